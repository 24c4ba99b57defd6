"""Performance: did time or memory change between two profiles, and in which stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import answer, coverage, html, stages, waterfall
from driftline.reports.choice import Comparison
from driftline.reports.figures import Titled, embedded
from driftline.reports.html import esc

Row = dict[str, Any]
TILES = ("peak_rss_mb", "wall_time_s", "avg_wall_time_per_episode_s", "episodes_processed")
OTHERS_SHOWN = 3
NAMED = 3
GAPS = "Gaps indicate stages not present in that release's profile, or, for memory, a stage too short to be sampled."
MACHINES = "Selected profiles come from different machines: absolute RSS and CPU values are not directly comparable."
DATASETS = (
    "Profiles use different datasets: wall times are not directly comparable across different episode counts or sizes."
)


@dataclass(frozen=True)
class ProfileComparison(Comparison):
    """The same of profiles, with the rows of all of them."""

    profiles: dict[str, Row] = field(default_factory=dict)

    def to(self, candidate: str) -> str:
        return self.query(profile_focus=candidate)


def before_trends(connection: queries.Connection, comparison: ProfileComparison) -> str:
    """Answer, warnings, tiles and the stage table, as HTML."""
    registry = queries.registry(connection)
    matrix = queries.stage_matrix(connection, comparison.baseline, list(comparison.candidates))
    steps = queries.stage_contributions(connection, comparison.baseline, comparison.focus)
    focused = [row for row in matrix.rows if row["profile"] == comparison.focus]
    labels = comparison.labels
    said = answer.profile_answer(focused, registry, labels[comparison.baseline], labels[comparison.focus])
    return (
        f'<h1><span class="{said.tone}">{esc(said.word)}</span> {esc(said.sentence)}</h1>'
        + html.lead(_stages(focused, comparison, registry))
        + _banner(comparison)
        + _tiles(comparison, matrix.rows, registry)
        + f'<section class="sec2">{stages.render(matrix, comparison, registry)}</section>'
        + f'<section class="sec2">{waterfall.render(steps, comparison, registry["wall_time_s"])}</section>'
    )


def trends(connection: queries.Connection, comparison: ProfileComparison, figures: Titled) -> str:
    """The small multiples under their heading, and which releases have both sides."""
    rows = queries.ask(connection, queries.trend_sql("wall_time_s")).rows
    heading = _trends_heading(rows, comparison)
    sides = coverage.render(queries.coverage(connection))
    drawn = f'<section class="sec2">{heading}{embedded(figures)}<p class="cap">– {GAPS}</p></section>'
    return f'{drawn}<section class="sec2">{sides}</section>'


def _trends_heading(rows: Sequence[Row], comparison: ProfileComparison) -> str:
    """Title and caption of the small multiples; `rows` are those of `stage_trend` for wall time."""
    stages = {row["stage"] for row in rows}
    gone = sorted({row["stage"] for row in rows if not row["present"]} - {"(totals)"})
    verb = " and others are" if len(gone) > 2 else " is" if len(gone) == 1 else " are"
    title = (
        f"{', '.join(gone[:2])}{verb} missing in some releases"
        if gone
        else f"All {len(stages) - 1} stages are in every release"
    )
    caption = (
        f"{len(comparison.profiles)} releases in order of capture; every row has its own scale from zero. "
        "Ring and dashes: baseline; filled: in focus; grey bar: spread of captures. "
        "Point at a release to mark it everywhere."
    )
    return html.heading(title, caption, queries.trend_sql("wall_time_s"))


def _stages(rows: Sequence[Row], comparison: ProfileComparison, registry: answer.Registry) -> str:
    """What the totals do not tell: stages on one side only, and stages past the level at which a change fails."""
    timed = sorted((row for row in rows if row["metric"] == "wall_time_s"), key=lambda row: row["stage_order"])
    gone = [row["stage"] for row in timed if row["status"] == "only in baseline"]
    new = [row["stage"] for row in timed if row["status"] == "only in candidate"]
    parts = []
    past = [row for row in rows if row["stage"] != "(totals)" and row["level"] == "fail"]
    if past:
        named = [_past_level(row, registry[row["metric"]]) for row in past[:NAMED]]
        parts.append(f"Past fail: {', '.join(named)}{f' and {len(past) - NAMED} more' if len(past) > NAMED else ''}.")
    if gone:
        parts.append(f"<b>{esc(', '.join(gone))}</b> only in {esc(comparison.labels[comparison.baseline])}.")
    if new:
        parts.append(f"<b>{esc(', '.join(new))}</b> only in {esc(comparison.labels[comparison.focus])}.")
    parts.append("Levels are thresholds only: how far captures of one release differ is drawn below, but not weighed.")
    return " ".join(parts)


def _past_level(row: Row, metric: Metric) -> str:
    moved = html.change(row["delta"], metric.shown_change(row["delta"], row["delta_pct"]))
    return f"<b>{esc(row['stage'])}</b> {moved} ({esc(metric.label)})"


def _banner(comparison: ProfileComparison) -> str:
    chosen = [comparison.profiles[name] for name in (comparison.baseline, comparison.focus, *comparison.others)]
    hosts = {row["hostname"] for row in chosen if row["hostname"]}
    datasets = {row["dataset_id"] for row in chosen if row["dataset_id"]}
    lines = []
    if len(hosts) > 1:
        lines.append(f"<b>Different machines.</b> {esc(', '.join(sorted(hosts)))}. {MACHINES}")
    if len(datasets) > 1:
        lines.append(f"<b>Different datasets.</b> {esc(', '.join(sorted(datasets)))}. {DATASETS}")
    return f'<div class="ban">{"<br>".join(lines)}</div>' if lines else ""


def _tiles(comparison: ProfileComparison, rows: Sequence[Row], registry: answer.Registry) -> str:
    by = {(row["profile"], row["metric"]): row for row in rows if row["stage"] == "(totals)"}
    tiles = html.join(_tile(metric, comparison, by, registry) for metric in TILES)
    return f'<div class="tiles">{tiles}{_host(comparison)}</div>'


def _tile(name: str, comparison: ProfileComparison, by: dict[tuple[str, str], Row], registry: answer.Registry) -> str:
    metric = registry[name]
    row = by.get((comparison.focus, name))
    if row is None or row["candidate"] is None:
        return html.tile(metric.label, '<div class="v gap">not stated</div>')
    lines = html.join(_other(run, comparison, by.get((run, name)), metric) for run in comparison.others[:OTHERS_SHOWN])
    more = len(comparison.others) - OTHERS_SHOWN
    moved = (
        f'<span class="m">{esc(row["status"])}</span>' if row["delta"] is None
        else '<span class="m">= 0 unchanged</span>' if row["delta"] == 0
        else f"{html.change(row['delta'], metric.shown_change(row['delta'], row['delta_pct']))} {html.chip(row)}"
    )  # fmt: skip
    unit = "" if name == "episodes_processed" else metric.shown_unit
    return html.tile(
        metric.label,
        f'<div class="v">{esc(metric.shown(row["candidate"]))} <small>{esc(unit)}</small></div>'
        f'<div class="d">{moved}</div><div class="was">baseline {esc(metric.shown(row["baseline"]))}</div>'
        + (f'<div class="o">{lines}</div>' if lines else "")
        + (f'<div class="was">+ {more} more</div>' if more > 0 else ""),
    )


def _other(profile: str, comparison: ProfileComparison, row: Row | None, metric: Any) -> str:
    name = html.link(comparison.to(profile), esc(comparison.labels[profile]), f'title="{esc(profile)}"')
    if row is None or row["candidate"] is None:
        return f'<span>{name}</span><span class="m">–</span><span></span>'
    moved = html.change(row["delta"], metric.shown_change(row["delta"], row["delta_pct"]))
    return f"<span>{name}</span><span>{esc(metric.shown(row['candidate']))}</span><span>{moved}</span>"


def _host(comparison: ProfileComparison) -> str:
    mine = comparison.profiles[comparison.focus]
    base = comparison.profiles[comparison.baseline]
    same = (
        "same as baseline"
        if mine["hostname"] == base["hostname"]
        else f"baseline on {base['hostname'] or 'an unknown host'}"
    )
    lines = html.join(
        f"<span>{esc(comparison.labels[other])}</span><span></span><span>"
        + (
            "same"
            if comparison.profiles[other]["hostname"] == base["hostname"]
            else '<span class="warn">other host</span>'
        )
        + "</span>"
        for other in comparison.others[:OTHERS_SHOWN]
    )
    return html.tile(
        "Host",
        f'<div class="v host">{esc(mine["hostname"] or "not stated")}</div>'
        f'<div class="was">{esc(same)}</div><div class="was">{esc(mine["platform"] or "")}</div>'
        + (f'<div class="o">{lines}</div>' if lines else ""),
    )
