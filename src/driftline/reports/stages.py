"""What every stage cost each candidate: a row a stage and metric, a column a candidate, what changed most first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import html, marks
from driftline.reports.choice import Comparison
from driftline.reports.html import esc

Row = dict[str, Any]
Registry = dict[str, Metric]
ROWS_SHOWN = 12
# It is a tile, and no cost.
LEFT_OUT = "episodes_processed"


def render(table: queries.Table, comparison: Comparison, registry: Registry) -> str:
    """`table` is queries.stage_matrix."""
    rows = [
        {row["profile"]: row for row in cells}
        for (_, metric), cells in groupby(table.rows, key=lambda row: (row["stage"], row["metric"]))
        if metric != LEFT_OUT
    ]
    caption = (
        f"Totals first, then what changed most from {comparison.labels[comparison.baseline]} to "
        f"{comparison.labels[comparison.focus]}. “No sample” is not 0."
    )
    shown, rest = rows[:ROWS_SHOWN], rows[ROWS_SHOWN:]
    folded = ""
    if rest:
        folded = html.fold(f"{len(rest)} more row{'s' if len(rest) > 1 else ''}", _table(rest, comparison, registry))
    heading = html.heading(title(table.rows, comparison, registry), caption, table.sql)
    body = _table(shown, comparison, registry) if rows else html.empty("Neither profile states totals or stages.")
    return heading + body + folded


def title(rows: Sequence[Row], comparison: Comparison, registry: Registry) -> str:
    """The stage whose wall time moved most at the candidate in focus; plain text."""
    moved = [
        row
        for row in rows
        if row["profile"] == comparison.focus
        and row["stage"] != "(totals)"
        and row["metric"] == "wall_time_s"
        and row["delta"]
    ]
    most = max(moved, key=lambda row: abs(row["delta"]), default=None)
    return (
        f"{most['stage']} moved most: {registry['wall_time_s'].shown_delta(most['delta'])} s"
        if most
        else "No stage moved"
    )


def _table(rows: Sequence[dict[str, Row]], comparison: Comparison, registry: Registry) -> str:
    heads = html.join(_head(profile, comparison) for profile in comparison.candidates)
    body = html.join(_row(row, comparison, registry) for row in rows)
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Stages of every candidate"><table class="dm st">'
        '<thead><tr><th scope="col">Stage<span class="m">metric</span></th>'
        f'<th scope="col" class="n bs"><b title="{esc(comparison.baseline)}">Baseline</b></th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _head(profile: str, comparison: Comparison) -> str:
    is_focus = profile == comparison.focus
    dot, current = ('<span class="dot-f"></span>', 'aria-current="true"') if is_focus else ("", "")
    name = html.link(comparison.to(profile), f"<b>{esc(comparison.labels[profile])}</b>", current)
    return f'<th scope="col" class="hc{" foc" if is_focus else ""}" title="{esc(profile)}">{dot}{name}</th>'


def _row(row: dict[str, Row], comparison: Comparison, registry: Registry) -> str:
    known = next(iter(row.values()))
    metric = registry[known["metric"]]
    stage = "Totals" if known["stage"] == "(totals)" else known["stage"]
    unit = ", ".join(filter(None, (metric.label, metric.shown_unit)))
    before = _baseline(list(row.values()), metric)
    cells = html.join(
        f'<td class="dc{" foc" if profile == comparison.focus else ""}">{_cell(row.get(profile), metric)}</td>'
        for profile in comparison.candidates
    )
    return (
        f'<tr><th scope="row">{html.breakable(stage)}<span class="m">{esc(unit)}</span>'
        f'<span class="m nb">baseline {before}</span></th><td class="n bs">{before}</td>{cells}</tr>'
    )


def _baseline(cells: Sequence[Row], metric: Metric) -> str:
    value = next((cell["baseline"] for cell in cells if cell["baseline"] is not None), None)
    if value is None and any("no sample" in (cell["note"] or "") for cell in cells):
        return "no sample"
    return esc(metric.shown(value))


def _cell(row: Row | None, metric: Metric) -> str:
    """Value, change in per cent, level, and the change itself; what is missing is a word."""
    if row is None:
        return '<span class="m">–</span>'
    if row["delta"] is None:
        words = f'<span class="m">{esc(row["note"] or row["status"])}</span>'
        value = "" if row["candidate"] is None else f"<b>{esc(metric.shown(row['candidate']))}</b>"
        return f'<div class="l1">{value}{words}</div>'
    value = f"<b>{esc(metric.shown(row['candidate']))}</b>"
    if row["delta"] == 0:
        return f'<div class="l1">{value}<span class="m">= 0</span></div>'
    return (
        f'<div class="l1">{value}<span>{marks.moved(row, metric)}</span></div>'
        f'<div class="l2">{marks.chip(row)}<span class="m">{esc(metric.shown_delta(row["delta"]))}</span></div>'
        + (f'<div class="l3">{seen}</div>' if (seen := marks.sees(row)) else "")
    )
