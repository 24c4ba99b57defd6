"""Delta: every metric of every candidate against the baseline, what differs first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from driftline import queries
from driftline.metrics import MINUS, THIN, Metric
from driftline.reports import answer, csv, html, marks, standing, sureness
from driftline.reports.choice import Choice, Comparison
from driftline.reports.html import esc

Row = dict[str, Any]
METRICS_SHOWN, CANDIDATES_SHOWN, NAMED = 40, 8, 3
# What is counted in a head: by verdicts, where noise was weighed, else by levels.
WEIGHED = (("regressed", "regressed"), ("improved", "improved"), ("open", "open"))
LEVELS = (("past_fail", "past fail"), ("past_warn", "past warn"), ("gains", "past a level for the better"))
FILE_COLUMNS = (
    "metric", "label", "unit", "reference", "is_primary", "warn_pct", "fail_pct", "warn_abs", "fail_abs",
    "baseline", "run", "candidate", "delta", "delta_pct", "level", "gain", "status", "note",
    "verdict", "verdict_level", "effect_pct", "ci_low", "ci_high", "q", "mde_pct", "n_pairs", "noise_source", "reason",
)  # fmt: skip


def ask_ahead(model: queries.Remembering, choice: Choice) -> None:
    """Begins with what `render` asks and needs no verdicts."""
    model.ahead([lambda other: _cells_of(other, choice.baseline, (choice.focus, *choice.others))])


def _cells_of(connection: queries.Connection, baseline: str, candidates: Sequence[str]) -> queries.Table:
    return queries.delta_matrix(connection, baseline, list(candidates[:CANDIDATES_SHOWN]))


def render(connection: queries.Connection, comparison: Comparison, shows_all: bool = False) -> str:
    """The whole page as HTML."""
    registry = queries.registry(connection)
    runs = comparison.candidates[:CANDIDATES_SHOWN]
    weighed = queries.weighed(connection, "run", comparison.baseline, comparison.candidates)
    table = queries.with_verdicts(_cells_of(connection, comparison.baseline, comparison.candidates), weighed, "run")
    if not table.rows:
        return "<h1>Nothing to compare.</h1>" + html.empty("No run shown here has a metric.", "driftline check")
    rows = [
        {row["run"]: row for row in cells}
        for _, cells in groupby(table.rows, key=lambda row: (row["metric"], row["reference"]))
    ]
    shown = rows if shows_all else [row for row in rows if _is_first(_any(row))]
    folded = "" if shows_all else _folds(rows, registry, len(runs))
    body = (
        _matrix(shown[:METRICS_SHOWN], table.rows, comparison, runs, registry)
        if shown
        else html.empty("Every metric that was compared is the same.")
    )
    return (
        _heading(table.rows, comparison, runs, registry)
        + _controls(table, comparison, len(rows), shows_all)
        + body
        + _fold(shown[METRICS_SHOWN:], "more, with less effect, in CSV and SQL", registry)
        + folded
        + _more_candidates(comparison)
        + sureness.panel(connection, "run", comparison.baseline, comparison.candidates)
        + _reading()
    )


def _any(row: dict[str, Row]) -> Row:
    """One cell of a metric's row, for what all of them share."""
    return next(iter(row.values()))


def _is_first(cell: Row) -> bool:
    """Whether a metric is to be seen at once: it differs, or it is a primary one that is missing at a candidate."""
    return cell["standing"] == "differs" or (
        cell["standing"] == "not compared" and cell["is_primary"] and cell["baseline"] is not None
    )


def _heading(cells: Sequence[Row], comparison: Comparison, runs: Sequence[str], registry: answer.Registry) -> str:
    by_run = {run: [row for row in cells if row["run"] == run] for run in runs}
    said = answer.run_answer(by_run[comparison.focus], registry, comparison.labels[comparison.focus])
    references = sorted({row["reference"] for row in cells if row["reference"] and row["baseline"] is not None})
    against = f"Scores against {_list(references)}. " if references else ""
    return (
        f'<h1><span class="{said.tone}">{esc(said.word)}</span> {esc(insight(by_run, comparison, registry))}</h1>'
        + html.lead(esc(against + standing.caption(by_run[comparison.focus])))
    )


def insight(by_run: dict[str, list[Row]], comparison: Comparison, registry: answer.Registry) -> str:
    """Who is better, worse or mixed: the candidate in focus with its metrics, the others by name."""
    focus, *others = by_run
    found = standing.standing(by_run[focus])
    verb = "is" if found.is_weighed else "seems"
    ways = [
        f"{verb} {way} in {_metrics(rows, registry)}"
        for way, rows in (("better", found.better), ("worse", found.worse))
        if rows
    ]
    clauses = [f"{comparison.labels[focus]} {' but '.join(ways) or _standing(found, 'is')}"]
    told: dict[tuple[str, str], list[str]] = {}
    for run in others:
        other = standing.standing(by_run[run])
        told.setdefault((_standing(other, "is"), _standing(other, "are")), []).append(run)
    for (one, several), runs in told.items():
        names = _list([comparison.labels[run] for run in runs], NAMED)
        clauses.append(f"{names} {one if len(runs) == 1 else several}")
    return "; ".join(clauses) + "."


def _standing(found: standing.Standing, verb: str) -> str:
    is_one = verb == "is"
    if not found.compared:
        return f"{'shares' if is_one else 'share'} no primary metric with the baseline"
    if found.better or found.worse:
        way = "mixed" if found.better and found.worse else "better" if found.better else "worse"
        return f"{verb if found.is_weighed else 'seems' if is_one else 'seem'} {way}"
    if found.suspect:
        return f"{verb} suspect"
    if found.open or (found.is_weighed and len(found.same) < len(found.compared)):
        return f"{verb} not decided"
    if found.is_weighed:
        return f"{verb} as the baseline{' where it can be compared' if found.apart else ''}"
    return f"{'stays' if is_one else 'stay'} inside every level"


def _metrics(rows: Sequence[Row], registry: answer.Registry) -> str:
    return _list(list(dict.fromkeys(_name(registry[row["metric"]].label) for row in rows)), NAMED)


def _name(label: str) -> str:
    """A label inside a sentence: acronyms stay as they are."""
    return label.removesuffix(" F1") if label[:2].isupper() else label[:1].lower() + label[1:]


def _list(words: Sequence[str], at_most: int | None = None) -> str:
    """a, b and c; beyond a number of them: a, b and 2 more."""
    if at_most is not None and len(words) > at_most:
        words = [*words[:at_most], f"{len(words) - at_most} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _controls(table: queries.Table, comparison: Comparison, count: int, shows_all: bool) -> str:
    tabs = (("", "What differs", not shows_all), ("all", f"All {count}", shows_all))
    shown = html.join(
        f'<b aria-current="true">{name}</b>' if is_current else html.link(comparison.query(show=value), name)
        for value, name, is_current in tabs
    )
    order = f"largest change of {comparison.labels[comparison.focus]} first, primary metrics before the rest"
    return (
        f'<div class="hd ctl"><span class="ctl-tabs">{shown}</span><span class="m dsk">{esc(order)}</span>'
        f"{csv.behind('delta.csv', table, FILE_COLUMNS)}</div>"
    )


def _matrix(
    rows: Sequence[dict[str, Row]],
    cells: Sequence[Row],
    comparison: Comparison,
    runs: Sequence[str],
    registry: answer.Registry,
) -> str:
    first = {row["run"]: row for row in reversed(cells)}
    heads = html.join(_head(run, first.get(run), comparison) for run in runs)
    body = html.join(_row(row, runs, comparison.focus, registry) for row in rows)
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Deltas of every candidate"><table class="dm">'
        '<thead><tr><th scope="col">Metric<span class="m">unit or reference</span></th>'
        f'<th scope="col" class="n bs"><b title="{esc(comparison.baseline)}">Baseline</b>'
        f'<span class="m">warn / fail at</span></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _head(run: str, row: Row | None, comparison: Comparison) -> str:
    """The name of a candidate, which focuses it, and how its metrics were judged."""
    counts = WEIGHED if row and row["is_weighed"] else LEVELS
    told = [f"{row[name]} {words}" for name, words in counts if row[name]] if row else []
    told = told or ["nothing decided" if counts is WEIGHED else "inside every level"]
    is_focus = run == comparison.focus
    dot = '<span class="dot-f"></span>' if is_focus else ""
    name = html.link(
        comparison.to(run), f"<b>{esc(comparison.labels[run])}</b>", 'aria-current="true"' if is_focus else ""
    )
    return (
        f'<th scope="col" class="hc{" foc" if is_focus else ""}" title="{esc(run)}">{dot}{name}'
        f'<span class="m">{", ".join(told)}</span></th>'
    )


def _row(row: dict[str, Row], runs: Sequence[str], focus: str, registry: answer.Registry) -> str:
    cell = _any(row)
    metric = registry[cell["metric"]]
    unit = html.breakable(", ".join(filter(None, (metric.told_unit, cell["reference"]))))
    before = "–" if cell["baseline"] is None else metric.shown(cell["baseline"])
    candidates = html.join(
        f'<td class="dc{" foc" if run == focus else ""}">{_cell(row.get(run), metric)}</td>' for run in runs
    )
    return (
        f'<tr><th scope="row" title="{esc(metric.description)}">{esc(metric.label)}<span class="m">{unit}</span>'
        f'<span class="m nb">baseline {esc(before)}</span></th>'
        f'<td class="n bs">{esc(before)}<span class="m">{levels(cell, metric)}</span></td>{candidates}</tr>'
    )


def levels(row: Row, metric: Metric) -> str:
    """From which change on a level is passed, in the unit of the metric."""
    if metric.better == "neutral":
        return "no level"
    if row["warn_abs"] is not None or row["fail_abs"] is not None:
        at = [row["warn_abs"], row["fail_abs"]]
        if not any(at):
            return "any rise" if metric.better == "lower" else "any loss"
        return " / ".join("–" if value is None else metric.shown(value) for value in at)
    if row["warn_pct"] is None and row["fail_pct"] is None:
        return "no level"
    return (
        " / ".join("–" if value is None else f"{value:g}" for value in (row["warn_pct"], row["fail_pct"])) + f"{THIN}%"
    )


def _cell(row: Row | None, metric: Metric) -> str:
    """Value, change and level of a candidate; what is missing is a word."""
    if row is None or (row["baseline"] is None and row["candidate"] is None):
        return '<span class="m">not measured</span>'
    if row["delta"] is None:
        return _missing(row, metric)
    value = f"<b>{esc(metric.shown(row['candidate']))}</b>"
    if row["delta"] == 0:
        return f'<div class="l1">{value}<span class="m">= 0</span></div>'
    below = "beyond scale" if marks.is_beyond(row) else marks.sees(row) or esc(marks.ends(row))
    return (
        f'<div class="l1">{value}<span>{marks.moved(row, metric)}</span></div>'
        f'<div class="l2">{marks.chip(row)}{marks.small_strip(row)}</div>'
        + (f'<div class="l3">{below}</div>' if below else "")
    )


def _missing(row: Row, metric: Metric) -> str:
    if row["status"] == "not comparable":
        return f'<span class="chip np">not comparable</span><div class="l3">{esc(row["note"])}</div>'
    if row["candidate"] is not None:
        return f'<div class="l1"><b>{esc(metric.shown(row["candidate"]))}</b><span class="m">only here</span></div>'
    return f'<span class="m">{esc(row["note"] or row["status"])}</span>'


def _folds(rows: Sequence[dict[str, Row]], registry: answer.Registry, candidates: int) -> str:
    """What is not in the table, by name: the same everywhere, or missing on one side of every pair."""
    everywhere = "" if candidates == 1 else " in both" if candidates == 2 else f" in all {candidates}"
    same = [row for row in rows if _any(row)["standing"] == "unchanged"]
    apart = [row for row in rows if _any(row)["standing"] == "not compared" and not _is_first(_any(row))]
    return _fold(same, "unchanged" + everywhere, registry) + _fold(apart, "not compared", registry)


def _fold(rows: Sequence[dict[str, Row]], words: str, registry: answer.Registry) -> str:
    """One line that opens: how many, which, and their values or what is missing."""
    if not rows:
        return ""
    names = [_named(_any(row), registry) for row in rows]
    told = html.join(f"<li>{_told(row, registry)}</li>" for row in rows[: 2 * METRICS_SHOWN])
    return html.fold(f"{len(rows)} {words}: {esc(_list(list(dict.fromkeys(names)), 12))}", f"<ul>{told}</ul>")


def _named(cell: Row, registry: answer.Registry) -> str:
    label = registry[cell["metric"]].label
    is_apart = cell["reference"] is not None and cell["baseline"] is None
    return f"{label} ({cell['reference']})" if is_apart else label


def _told(row: dict[str, Row], registry: answer.Registry) -> str:
    cell = _any(row)
    metric = registry[cell["metric"]]
    name = ", ".join(filter(None, (metric.label, cell["reference"])))
    if cell["standing"] == "unchanged":
        return esc(f"{name}: {metric.shown_with_unit(cell['baseline'])}")
    return esc(f"{name}: {'; '.join(dict.fromkeys(each['note'] or each['status'] for each in row.values()))}")


def _more_candidates(comparison: Comparison) -> str:
    """The candidates beyond the columns, each of which comes first when it is focused."""
    hidden = comparison.candidates[CANDIDATES_SHOWN:]
    if not hidden:
        return ""
    links = ", ".join(html.link(comparison.to(run), esc(comparison.labels[run])) for run in hidden[:METRICS_SHOWN])
    return f'<p class="cap more-runs">+ {len(hidden)} more candidates, not in the table: {links}</p>'


def _reading() -> str:
    return (
        f'<p class="cap read">Strip: {MINUS}100 … +100{THIN}% of the baseline, grey inside the warn level; dot: paired '
        "effect, bar: its 95 % interval, hollow dot: none known. Filled: regressed past the fail level, dashed: run it "
        "again to confirm. A name in the head brings its candidate into focus.</p>"
    )
