"""Performance: did time or memory change between two profiles, and in which stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.artifacts.profile import TOTALS
from driftline.metrics import Metric
from driftline.reports import answer, comparable, cost_answer, html, marks, stages, sureness, waterfall
from driftline.reports.choice import Choice, ProfileComparison
from driftline.reports.html import esc

Row = dict[str, Any]
TILES = ("peak_rss_mb", "wall_time_s", "avg_wall_time_per_episode_s", "episodes_processed")
SECTIONS = (
    ("stages", "Stages"), ("blame", "What the change is made of"), ("trends", "Trends"),
    ("tradeoff", "Quality against cost"), ("coverage", "Coverage"), ("monitors", "Monitor traces"),
)  # fmt: skip
# With fewer profiles there is a difference, and no trend.
TREND_FROM = 3
OTHERS_SHOWN = 3
NAMED = 3
# With more candidates the table of stages takes all the width.
BESIDE_UP_TO = 2


def ask_ahead(model: queries.Remembering, choice: Choice) -> None:
    """Begins with what `before_trends` asks and needs no verdicts."""
    candidates = [choice.focus, *choice.others]
    model.ahead(
        [
            lambda other: queries.stage_matrix(other, choice.baseline, candidates),
            lambda other: queries.stage_contributions(other, choice.baseline, choice.focus),
        ]
    )


def before_trends(connection: queries.Connection, comparison: ProfileComparison) -> str:
    """Answer, warnings, tiles and the stage table, as HTML."""
    registry = queries.registry(connection)
    weighed = queries.weighed(connection, "profile", comparison.baseline, comparison.candidates)
    cells = queries.stage_matrix(connection, comparison.baseline, list(comparison.candidates))
    matrix = queries.with_verdicts(cells, weighed, "profile")
    steps = queries.stage_contributions(connection, comparison.baseline, comparison.focus)
    focused = [row for row in matrix.rows if row["profile"] == comparison.focus]
    labels = comparison.labels
    sure = sureness.panel(connection, "profile", comparison.baseline, comparison.candidates)
    said = cost_answer.profile_answer(focused, registry, labels[comparison.baseline], labels[comparison.focus])
    return (
        f'<h1><span class="{said.tone}">{esc(said.word)}</span> {esc(said.sentence)}</h1>'
        + html.lead(_stages(focused, comparison, registry))
        + comparable.banner(connection, comparison)
        + _tiles(comparison, matrix.rows, registry)
        + html.jumps(_sections(connection, comparison))
        + f'<div class="{"beside" if len(comparison.candidates) <= BESIDE_UP_TO else ""}">'
        + html.section("stages", stages.render(matrix, comparison, registry) + sure, "sec2")
        + html.section("blame", waterfall.render(steps, comparison, registry["wall_time_s"]), "sec2")
        + "</div>"
    )


def _sections(connection: queries.Connection, comparison: ProfileComparison) -> list[tuple[str, str]]:
    """The sections that have something to show."""
    empty = {"trends"} if len(comparison.profiles) < TREND_FROM else set()
    empty |= set() if queries.traces(connection, comparison.kept).rows else {"monitors"}
    return [(name, label) for name, label in SECTIONS if name not in empty]


def _stages(rows: Sequence[Row], comparison: ProfileComparison, registry: answer.Registry) -> str:
    """What the totals do not tell: stages on one side only, and stages past the level at which a change fails."""
    timed = sorted((row for row in rows if row["metric"] == "wall_time_s"), key=lambda row: row["stage_order"])
    gone = [row["stage"] for row in timed if row["status"] == "only in baseline"]
    new = [row["stage"] for row in timed if row["status"] == "only in candidate"]
    parts = []
    is_weighed = cost_answer.cost_standing(rows).is_weighed
    of_stages = [row for row in rows if row["stage"] != TOTALS]
    past = [row for row in of_stages if row["level"] == "fail" and row["verdict"] != "not comparable"]
    if is_weighed:
        past = [row for row in of_stages if row["verdict"] == "regressed"]
        past.sort(key=lambda row: row["verdict_level"] != "fail")
    if past:
        named = [_past_level(row, registry[row["metric"]]) for row in past[:NAMED]]
        word = "Regressed" if is_weighed else "Past fail"
        more = f" and {len(past) - NAMED} more" if len(past) > NAMED else ""
        parts.append(f"{word}: {', '.join(named)}{more}.")
    if gone:
        parts.append(f"<b>{esc(', '.join(gone))}</b> only in {esc(comparison.labels[comparison.baseline])}.")
    if new:
        parts.append(f"<b>{esc(', '.join(new))}</b> only in {esc(comparison.labels[comparison.focus])}.")
    if is_weighed:
        parts.append("Verdicts weigh how far captures of one release differ.")
    else:
        drawn = "drawn below, but " if len(comparison.profiles) >= TREND_FROM else ""
        parts.append(f"Levels are thresholds only: how far captures of one release differ is {drawn}not known enough.")
    return " ".join(parts)


def _past_level(row: Row, metric: Metric) -> str:
    return f"<b>{esc(row['stage'])}</b> {marks.moved(row, metric)} ({esc(metric.label)})"


def _tiles(comparison: ProfileComparison, rows: Sequence[Row], registry: answer.Registry) -> str:
    by = {(row["profile"], row["metric"]): row for row in rows if row["stage"] == TOTALS}
    tiles = html.join(_tile(metric, comparison, by, registry) for metric in TILES)
    return f'<div class="tiles">{tiles}{_host(comparison)}</div>'


def _tile(name: str, comparison: ProfileComparison, by: dict[tuple[str, str], Row], registry: answer.Registry) -> str:
    metric = registry[name]
    row = by.get((comparison.focus, name))
    if row is None or row["candidate"] is None:
        return html.tile(metric.label, '<div class="v gap">not stated</div>')
    lines = html.join(_other(run, comparison, by.get((run, name)), metric) for run in comparison.others[:OTHERS_SHOWN])
    more = len(comparison.others) - OTHERS_SHOWN
    moved = marks.told(row, metric)
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
    return (
        f"<span>{name}</span><span>{esc(metric.shown(row['candidate']))}</span><span>{marks.moved(row, metric)}</span>"
    )


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
