"""Delta: every metric of every candidate against the baseline, what differs first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from driftline import queries
from driftline.metrics import MINUS, THIN, Metric, percent
from driftline.reports import answer, csv, html
from driftline.reports.choice import Comparison
from driftline.reports.html import STRIP_HIGH, STRIP_LOW, esc

Row = dict[str, Any]
METRICS_SHOWN, CANDIDATES_SHOWN, NAMED = 40, 8, 3
FILE_COLUMNS = (
    "metric", "label", "unit", "reference", "is_primary", "warn_pct", "fail_pct", "warn_abs", "fail_abs",
    "baseline", "run", "candidate", "delta", "delta_pct", "level", "gain", "status", "note",
)  # fmt: skip


def render(connection: queries.Connection, comparison: Comparison, shows_all: bool = False) -> str:
    """The whole page as HTML."""
    registry = queries.registry(connection)
    runs = comparison.candidates[:CANDIDATES_SHOWN]
    table = queries.delta_matrix(connection, comparison.baseline, list(runs))
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
        + html.lead(esc(against + (answer.WEIGHED if answer.is_weighed(by_run[comparison.focus]) else answer.NO_NOISE)))
    )


def insight(by_run: dict[str, list[Row]], comparison: Comparison, registry: answer.Registry) -> str:
    """Who is better, worse or mixed by the levels: the candidate in focus with its metrics, the others by name."""
    focus, *others = by_run
    better, worse = (answer.judged(by_run[focus], side) for side in ("gain", "level"))
    ways = [f"is {way} in {_metrics(rows, registry)}" for way, rows in (("better", better), ("worse", worse)) if rows]
    clauses = [f"{comparison.labels[focus]} {' but '.join(ways) or _standing(by_run[focus], 'is')}"]
    standing: dict[str, list[str]] = {}
    for run in others:
        standing.setdefault(_standing(by_run[run], "is"), []).append(run)
    for runs in standing.values():
        names = _list([comparison.labels[run] for run in runs], NAMED)
        clauses.append(f"{names} {_standing(by_run[runs[0]], 'is' if len(runs) == 1 else 'are')}")
    return "; ".join(clauses) + "."


def _standing(rows: Sequence[Row], verb: str) -> str:
    better, worse = (answer.judged(rows, side) for side in ("gain", "level"))
    if better or worse:
        return f"{verb} {'mixed' if better and worse else 'better' if better else 'worse'}"
    if not any(row["is_primary"] and row["delta"] is not None for row in rows):
        return f"{'shares' if verb == 'is' else 'share'} no primary metric with the baseline"
    return f"{'stays' if verb == 'is' else 'stay'} inside every level"


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
    """The name of a candidate, which focuses it, and how many of its metrics passed a level."""
    counts = ("past_fail", "past fail"), ("past_warn", "past warn"), ("gains", "gain")
    told = [f"{row[name]} {words}" for name, words in counts if row[name]] if row else []
    told = [text + "s" if text.endswith(" gain") and not text.startswith("1 ") else text for text in told]
    is_focus = run == comparison.focus
    dot = '<span class="dot-f"></span>' if is_focus else ""
    name = html.link(
        comparison.to(run), f"<b>{esc(comparison.labels[run])}</b>", 'aria-current="true"' if is_focus else ""
    )
    return (
        f'<th scope="col" class="hc{" foc" if is_focus else ""}" title="{esc(run)}">{dot}{name}'
        f'<span class="m">{", ".join(told) or "inside every level"}</span></th>'
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
    beyond = '<div class="l3">beyond scale</div>' if (row["delta_pct"] or 0) > STRIP_HIGH else _ends(row)
    moved = html.change(row["delta"], metric.shown_change(row["delta"], row["delta_pct"]))
    return (
        f'<div class="l1">{value}<span>{moved}</span></div><div class="l2">{html.chip(row)}{_strip(row)}</div>{beyond}'
    )


def _ends(row: Row) -> str:
    """The ends of the interval, where a verdict rests on it; what is open says from where on it would be seen."""
    if row["ci_low"] is None:
        return ""
    if row["verdict"] in ("suspect", "inconclusive"):
        return f'<div class="l3">{html.sees(row)}</div>'
    return f'<div class="l3">{esc(percent(row["ci_low"]))} … {esc(percent(row["ci_high"]))}</div>'


def _missing(row: Row, metric: Metric) -> str:
    if row["status"] == "not comparable":
        return f'<span class="chip np">not comparable</span><div class="l3">{esc(row["note"])}</div>'
    if row["candidate"] is not None:
        return f'<div class="l1"><b>{esc(metric.shown(row["candidate"]))}</b><span class="m">only here</span></div>'
    return f'<span class="m">{esc(row["note"] or row["status"])}</span>'


def _strip(row: Row) -> str:
    """The change on a scale of −100 … +100 % of the baseline over the warn level, with its 95 % interval; a hollow dot
    where none is known."""
    has_interval = row["ci_low"] is not None
    pct = row["effect_pct"] if has_interval else row["delta_pct"]
    if pct is None:
        return '<span class="m">baseline is 0</span>'
    share = 100 / (STRIP_HIGH - STRIP_LOW)
    at, low, high = (
        (min(max(end, STRIP_LOW), STRIP_HIGH) - STRIP_LOW) * share
        for end in (pct, row["ci_low"] or 0.0, row["ci_high"] or 0.0)
    )
    bar = f'<em style="left:{low:.1f}%;width:{high - low:.1f}%"></em>' if has_interval else ""
    half = min(row["warn_at_pct"] or 0, STRIP_HIGH) * share
    return (
        f'<span class="iv" role="img" aria-label="{esc(percent(pct))}"><i style="left:{50 - half:.1f}%;'
        f'width:{2 * half:.1f}%"></i><u></u>{bar}<s{" class=sure" if has_interval else ""} style="left:{at:.1f}%"></s>'
        "</span>"
    )


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
        f'<p class="cap read">Strip: {MINUS}100 … +100{THIN}% of the baseline, grey inside the warn level, hollow dot: '
        "no interval known. A name in the head brings its candidate into focus.</p>"
    )
