"""Home: is the candidate better than its baseline, in which metrics, and which episodes to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.reports import answer, episode_rows, html, marks, standing, sureness
from driftline.reports.choice import Choice, Comparison
from driftline.reports.html import esc

Row = dict[str, Any]
TILES = ("rougeL_f1", "success_rate", "avg_output_tokens", "avg_latency_s", "gate_failures")
TILE_UNITS = {
    "avg_output_tokens": "per episode",
    "avg_latency_s": "s per episode",
    "gate_failures": "",
    "success_rate": "%",
}
OTHERS_SHOWN = 3
EPISODES_SHOWN, EPISODES_NAMED = 12, 3
CONFIGURED = {"configuration": "Configured differently", "preprocessing_drift": "Preprocessing drift"}
EFFECTS = ("length", "latency", "failed_episodes")
FOOT = (
    '<p class="foot">A gap is a value that could be there and is not: no score for a failed episode, '
    "no map or reduce numbers without diagnostics. It is never filled or shown as 0.</p>"
)


def ask_ahead(model: queries.Remembering, choice: Choice) -> None:
    """Begins with what `render` asks and needs neither scores of episodes nor verdicts, what takes longest first."""
    pair, candidates = (choice.baseline, choice.focus), [choice.focus, *choice.others]
    model.ahead(
        [
            lambda other: queries.causes(other, *pair),
            lambda other: queries.deltas(other, *pair),
            lambda other: queries.kpi_deltas(other, choice.baseline, candidates),
        ]
    )


def ask_beside(model: queries.Remembering, choice: Choice) -> None:
    """Begins with what else takes long and needs the scores."""
    model.ahead([lambda other: queries.episode_changes(other, choice.baseline, choice.focus)])


def render(connection: queries.Connection, comparison: Comparison) -> str:
    """The whole page as HTML."""
    registry = queries.registry(connection)
    pair = comparison.baseline, comparison.focus
    weighed = queries.weighed(connection, "run", comparison.baseline, comparison.candidates)
    table = queries.with_verdicts(queries.deltas(connection, *pair), weighed, "run")
    tiles = queries.kpi_deltas(connection, comparison.baseline, list(comparison.candidates))
    tiles = queries.with_verdicts(tiles, weighed, "run")
    episodes = queries.episode_changes(connection, *pair)
    by_run = {run: [row for row in tiles.rows if row["run"] == run] for run in comparison.others}
    by_run[comparison.focus] = table.rows
    return (
        _answer(comparison, table.rows, episodes.rows, by_run, queries.causes(connection, *pair).rows, registry)
        + _tiles(comparison, by_run, registry)
        + '<div class="hm2"><section>'
        + _differs(table, registry)
        + "</section><section>"
        + _episodes(comparison, episodes, registry)
        + "</section></div>"
    )


def end(connection: queries.Connection, comparison: Comparison) -> str:
    """What follows the charts: how sure the answer is, and what a gap means."""
    return sureness.panel(connection, "run", comparison.baseline, comparison.candidates) + FOOT


def _answer(
    comparison: Comparison,
    rows: Sequence[Row],
    episodes: Sequence[Row],
    by_run: dict[str, list[Row]],
    causes: Sequence[Row],
    registry: answer.Registry,
) -> str:
    said = answer.run_answer(rows, registry, comparison.labels[comparison.focus])
    parts = [f'<h1><span class="{said.tone}">{esc(said.word)}</span> {esc(said.sentence)}</h1>']
    parts.append(html.lead(_cause(causes, said) + _look_at(comparison, episodes)))
    if comparison.others:
        primary = {row["metric"] for row in rows if row["is_primary"]}
        clauses = []
        for run in comparison.others:
            told = [row | {"is_primary": row["metric"] in primary} for row in by_run[run]]
            name = html.link(comparison.to(run), esc(comparison.labels[run]))
            clauses.append(f"{name}: {esc(answer.other_clause(told, registry))}")
        parts.append(html.lead("Others: " + " · ".join(clauses) + ".", small=True))
    return html.join(parts)


def _cause(rows: Sequence[Row], answered: answer.Answer) -> str:
    """The likely cause with its evidence, and what was configured differently: the first thing to suspect.

    What explains the answer comes first: of a better run what made it better, and then what that costs. Of no change
    there is no cause, and of what is to be confirmed it is one only if it is.
    """
    is_better, is_open = answered.is_better, answered.word == "No answer yet."
    configured = next((row for row in rows if row["rule"] in CONFIGURED), None)
    # A change that only says the headline again is no cause of it.
    told = [row for row in rows if row["rule"] not in (*CONFIGURED, *EFFECTS)] if answered.is_change else []
    costs = [row for row in told if row["direction"] == "worse"] if is_better else []
    told = [row for row in told if row not in costs]
    told = [row for row in told[:2] if row["direction"] == told[0]["direction"]]
    said = ""
    if answered.is_change and not told and configured and configured["direction"] != "neutral":
        told, configured = [configured], None
    if told:
        name = "Likely cause" if told[0]["direction"] == "worse" and not is_better else "Likely reason"
        name += ", if it is real" if is_open else ""
        labels = " and ".join(f"<b>{esc(row['label'])}</b>" for row in told)
        said = f"{name}: {labels}. {' '.join(_sentence(row['evidence']) for row in told)} "
    if configured:
        said += f"{CONFIGURED[configured['rule']]}: {esc(configured['evidence'])}. "
    return said + (
        f"At the cost of: <b>{esc(costs[0]['label'])}</b>. {_sentence(costs[0]['evidence'])} " if costs else ""
    )


def _sentence(text: str) -> str:
    return f"{esc(text if '.' in text.split(' ')[0] else text[:1].upper() + text[1:])}."


def _look_at(comparison: Comparison, episodes: Sequence[Row]) -> str:
    """Which episodes to open: those that regressed or fail a gate, and that failed; the rows are worst first."""

    def named(rows: list[Row]) -> str:
        links = [episode_rows.link(comparison, row["episode_id"]) for row in rows[:EPISODES_NAMED]]
        more = len(rows) - EPISODES_NAMED
        return ", ".join(links) + (f" and {more} more" if more > 0 else "")

    failed = [row for row in episodes if row["status"] == "failed"]
    written = [row for row in episodes if row["status"] != "failed"]
    suspect = [row for row in written if row["change"] == "regressed" or row["gates"]]
    shorter = [row for row in written if (row["tokens_delta"] or 0) < 0]
    parts = []
    if suspect:
        parts.append(f"Look first at {named(suspect)}")
    if failed:
        parts.append(f'<span class="w">{named(failed)} failed</span>')
    if len(shorter) > len(episodes) / 2:
        parts.append(f"{len(shorter)} of {len(episodes)} outputs are shorter")
    return ("; ".join(parts) + ".") if parts else ""


def _tiles(comparison: Comparison, by_run: dict[str, list[Row]], registry: answer.Registry) -> str:
    return '<div class="tiles">' + html.join(_tile(metric, comparison, by_run, registry) for metric in TILES) + "</div>"


def _row_of(rows: Sequence[Row], metric: str) -> Row | None:
    """The row of a metric; of several references the one that both sides share."""
    found = [row for row in rows if row["metric"] == metric]
    return next((row for row in found if row["delta"] is not None), found[0] if found else None)


def _tile(name: str, comparison: Comparison, by_run: dict[str, list[Row]], registry: answer.Registry) -> str:
    metric = registry[name]
    row = _row_of(by_run[comparison.focus], name)
    unit = TILE_UNITS.get(name, metric.shown_unit)
    if row is None:
        return html.tile(metric.label, '<div class="v gap">not measured</div>')
    others = html.join(
        _other(run, comparison, _row_of(by_run[run], name), registry) for run in comparison.others[:OTHERS_SHOWN]
    )
    more = len(comparison.others) - OTHERS_SHOWN
    return html.tile(
        metric.label,
        f'<div class="v">{esc(metric.shown(row["candidate"]))} <small>{esc(unit)}</small></div>'
        f'<div class="d">{marks.told(row, metric)}</div>'
        f'<div class="was">baseline {esc(metric.shown_with_unit(row["baseline"]))}</div>'
        + (f'<div class="o">{others}</div>' if others else "")
        + (f'<div class="was">+ {more} more</div>' if more > 0 else ""),
    )


def _other(run: str, comparison: Comparison, row: Row | None, registry: answer.Registry) -> str:
    name = html.link(comparison.to(run), esc(comparison.labels[run]), f'title="{esc(run)}"')
    if row is None:
        return f'<span>{name}</span><span class="m">–</span><span></span>'
    metric = registry[row["metric"]]
    moved = marks.moved(row, metric).replace(" points", "")
    return f"<span>{name}</span><span>{esc(metric.shown(row['candidate']))}</span><span>{moved}</span>"


def _differs(table: queries.Table, registry: answer.Registry) -> str:
    moved = [row for row in table.rows if row["delta"] not in (None, 0)]
    same = [row for row in table.rows if row["delta"] == 0]
    apart = [row for row in table.rows if row["delta"] is None]
    title = f"What differs first: {len(moved)} of {len(table.rows)} metrics moved"
    against = sorted({row["reference"] for row in moved if row["reference"]})
    scored = f"Scores against {', '.join(against)}. " if against else ""
    caption = f"{scored}Strip: per cent of the baseline, grey inside the warn level. "
    head = (
        ("", "Metric"), ("n", "Baseline"), ("n", "Candidate"), ("fst", marks.strip_scale()), ("n", "Effect"),
        ("", "Verdict"),
    )  # fmt: skip
    rows = [("", _cells(row, registry)) for row in moved]
    folded = _folded("unchanged", [registry[row["metric"]].label for row in same])
    folded += _folded(
        "not compared", [f"{registry[row['metric']].label} ({row['note'] or row['status']})" for row in apart]
    )
    body = html.table(head, rows, "forest") if rows else html.empty("Every metric that both runs have is the same.")
    return html.heading(title, caption + standing.caption(table.rows), table.sql) + body + folded


def _cells(row: Row, registry: answer.Registry) -> list[str]:
    metric = registry[row["metric"]]
    return [
        f'<span title="{esc(metric.description)}">{esc(metric.label)}</span> '
        f'<span class="m">{esc(metric.told_unit)}</span>',
        esc(metric.shown(row["baseline"])),
        f"<b>{esc(metric.shown(row['candidate']))}</b>",
        marks.strip(row),
        marks.moved(row, metric),
        f"{marks.chip(row)} {marks.sees(row)}",
    ]


def _folded(word: str, names: list[str]) -> str:
    if not names:
        return ""
    return html.fold(f"{len(names)} {word}", esc(", ".join(names)))


def _episodes(comparison: Comparison, table: queries.Table, registry: answer.Registry) -> str:
    shown = table.rows[:EPISODES_SHOWN]
    if not shown:
        return html.heading("No episodes", "The candidate has no predictions.", table.sql) + html.empty(
            "predictions.jsonl is missing or empty.", "driftline check"
        )
    failed = sum(row["status"] == "failed" for row in table.rows)
    title = f"{len(table.rows)} episodes, " + (f"{failed} failed" if failed else "none failed")
    every = html.link(comparison.query(page="episodes"), f"all {len(table.rows)}")
    note = f" The {len(shown)} worst are listed: {every}." if len(shown) < len(table.rows) else ""
    caption = "Failed first, then the largest loss. A row opens the texts of both runs."
    return html.heading(title, caption, table.sql, note) + episode_rows.table(comparison, shown, registry)
