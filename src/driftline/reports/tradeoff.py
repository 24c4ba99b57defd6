"""What the quality of the releases costs: the choices, the chart, and which releases lack a side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from bokeh.models import HoverTool

from driftline import queries
from driftline.charts import style
from driftline.charts.distribution import BASELINE, FOCUS, OTHER
from driftline.charts.tradeoff import SELECTED, Tradeoff, draw_tradeoff, shape
from driftline.metrics import Metric
from driftline.reports import html
from driftline.reports.choice import ProfileComparison
from driftline.reports.figures import embedded
from driftline.reports.html import esc
from driftline.reports.trends import focus_on_tap, mark_on_hover

Row = dict[str, Any]
Registry = dict[str, Metric]
NAMED = 4
NO_PAIR = "A dot is a release with both an evaluation and a profile."
TIP = "@label · @quality_shown · @cost_shown · @against"
# What tells the dots apart by shape, and what each is called in a title.
TOLD_BY = {"reference": "references", "run_dataset": "datasets", "profile_dataset": "datasets of profiles"}


@dataclass(frozen=True)
class Sides:
    """What is set against what, as a URL says it: a metric, a total or `stage/metric`, and a reference. Empty means the
    default."""

    quality: str = ""
    cost: str = ""
    reference: str = ""


def render(connection: queries.Connection, comparison: ProfileComparison, theme: str, asked: Sides) -> str:
    """The section as HTML; where there is no screen to change nothing can be chosen."""
    registry, kept = queries.registry(connection), comparison.kept
    offers = queries.quality_offers(connection, kept)
    stages = queries.cost_stages(connection, kept)
    quality = _quality(asked.quality, [row["metric"] for row in offers])
    stage, cost = _cost(asked.cost, stages)
    chosen = [*comparison.others, comparison.baseline, comparison.focus]
    table = queries.tradeoff(connection, kept, quality, cost, stage, asked.reference, chosen)
    cost_name = _cost_name(stage, registry[cost])
    rows = [row for row in table.rows if row["quality"] is not None and row["cost"] is not None]
    kinds = _kinds(rows)
    has_both = any(row["run"] and row["profile"] for row in table.rows)
    heading = html.heading(title(rows, kinds, comparison, has_both), _caption(rows, kinds), table.sql)
    controls = (
        _controls(registry, offers, stages, quality, (stage, cost), table.rows, asked) if comparison.is_live else ""
    )
    lacks = _lacks(table.rows, registry[quality], cost_name, _behind(table.rows, comparison))
    if not rows:
        nothing = "A dot is a release with a value of both." if has_both else NO_PAIR
        return heading + controls + html.empty(nothing) + lacks
    dots = _dots(rows, kinds, comparison, registry[quality], registry[cost])
    name = html.visible(registry[quality].label)
    drawn = Tradeoff(dots, registry[quality], registry[cost], name, cost_name)
    figure = draw_tradeoff(drawn, style.DARK if theme == "dark" else style.LIGHT)
    _link(figure)
    return heading + controls + embedded([("", figure)]) + lacks


def _quality(asked: str, offered: Sequence[str]) -> str:
    return next((name for name in (asked, "rougeL_f1", "success_rate", *offered) if name in offered), "rougeL_f1")


def _cost(asked: str, stages: Sequence[str]) -> tuple[str, str]:
    """Stage and metric; the stage is empty for a total."""
    stage, _, metric = asked.rpartition("/")
    if stage in stages and metric in queries.STAGE_COSTS:
        return stage, metric
    return "", asked if asked in queries.TOTAL_COSTS else queries.TOTAL_COSTS[0]


def _cost_name(stage: str, metric: Metric) -> str:
    label = metric.label if stage or metric.metric != "wall_time_s" else "Total wall time"
    return f"{html.visible(stage)}: {label}" if stage else label


def _kinds(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """What the dots were measured on, the most frequent first: dots of one kind have one shape."""
    counts = Counter(tuple(row[name] for name in TOLD_BY) for row in rows)
    return sorted(counts, key=lambda kind: (-counts[kind], tuple(str(part) for part in kind)))


def _kind_of(row: Row, kinds: Sequence[tuple[Any, ...]]) -> int:
    return kinds.index(tuple(row[name] for name in TOLD_BY))


def title(rows: Sequence[Row], kinds: Sequence[tuple[Any, ...]], comparison: ProfileComparison, has_both: bool) -> str:
    """Which releases no other beats, and whether unlike things are mixed; plain text. `has_both` is whether any release
    has a run and a profile, with values or without."""
    if not rows:
        return "No release has both values" if has_both else "No release has both sides"
    best = [comparison.labels[row["profile"]] for row in rows if row["on_front"] and _kind_of(row, kinds) == 0]
    if not best:
        said = f"{len(rows)} release{'s have' if len(rows) > 1 else ' has'} both sides"
    elif len(best) > NAMED:
        said = f"{len(best)} releases hold the Pareto front"
    else:
        said = f"{_listed(best)} hold{'' if len(best) > 1 else 's'} the Pareto front"
    mixed = [
        f"{len(values)} {words}"
        for at, words in enumerate(TOLD_BY.values())
        if len(values := {kind[at] for kind in kinds}) > 1
    ]
    hosts = {comparison.profiles[row["profile"]]["hostname"] for row in rows}
    mixed += [f"{len(hosts)} machines"] if len(hosts) > 1 else []
    return said + (f"; {_listed(mixed)} are mixed" if mixed else "")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _caption(rows: Sequence[Row], kinds: Sequence[tuple[Any, ...]]) -> str:
    if not rows:
        return "Quality against cost."
    said = f"Quality against cost, {len(rows)} release{'s' if len(rows) > 1 else ''}; arrows follow their order."
    if len(kinds) < 2:
        return said
    told = [at for at in range(len(TOLD_BY)) if len({kind[at] for kind in kinds}) > 1]
    words = [
        f"{shape(number)[1]} {', '.join(str(kind[at] or 'not stated') for at in told)}"
        for number, kind in enumerate(kinds)
    ]
    return f"{said} {'; '.join(words)}. Compare within one shape."


def _behind(rows: Sequence[Row], comparison: ProfileComparison) -> list[str]:
    """The compared profiles that are no dot, because another profile of their release is one."""
    drawn = {row["profile"] for row in rows}
    return [comparison.labels[key] for key in (comparison.baseline, *comparison.candidates) if key not in drawn]


def _lacks(rows: Sequence[Row], metric: Metric, cost_name: str, behind: list[str]) -> str:
    """Which releases are no dot, and why."""
    missing = {"another profile of its release is drawn": behind} if behind else {}
    for row in rows:
        why = (
            "no evaluation" if row["run"] is None
            else "no profile" if row["profile"] is None
            else f"no {metric.label}" if row["quality"] is None
            else f"no {cost_name}" if row["cost"] is None
            else ""
        )  # fmt: skip
        if why:
            missing.setdefault(why, []).append(row["release"])
    if not missing:
        return ""
    parts = [f"{why[0].upper()}{why[1:]}: {html.some(names, NAMED)}" for why, names in missing.items()]
    return f'<p class="cap">{esc(". ".join(parts))}.</p>'


def _dots(
    rows: Sequence[Row], kinds: Sequence[tuple[Any, ...]], comparison: ProfileComparison, quality: Metric, cost: Metric
) -> pd.DataFrame:
    """The columns of Tradeoff.dots."""
    at = {profile: number for number, profile in enumerate(comparison.profiles)}
    roles = {comparison.baseline: BASELINE, comparison.focus: FOCUS, **dict.fromkeys(comparison.others, SELECTED)}
    return pd.DataFrame(
        {
            "at": [at[row["profile"]] for row in rows],
            "key": [row["profile"] for row in rows],
            "label": [html.visible(comparison.labels[row["profile"]]) for row in rows],
            "role": [roles.get(row["profile"], OTHER) for row in rows],
            "kind": [_kind_of(row, kinds) for row in rows],
            "on_front": [bool(row["on_front"]) for row in rows],
            "cost": [row["cost"] * cost.shown_factor for row in rows],
            "quality": [row["quality"] * quality.shown_factor for row in rows],
            "cost_shown": [cost.shown_with_unit(row["cost"]) for row in rows],
            "quality_shown": [
                f"{html.visible(quality.label)} {quality.shown_with_unit(row['quality'])}" for row in rows
            ],
            "against": [_against(row) for row in rows],
        }
    )


def _against(row: Row) -> str:
    """What the dot was measured on."""
    parts = (row["reference"] and f"against {row['reference']}", row["run_dataset"], row["label"])
    return " · ".join(html.visible(part) for part in parts if part)


def _controls(
    registry: Registry, offers: Sequence[Row], stages: Sequence[str], quality: str, cost: tuple[str, str],
    rows: Sequence[Row], asked: Sides,
) -> str:  # fmt: skip
    totals = [(name, _cost_name("", registry[name])) for name in queries.TOTAL_COSTS]
    by_stage = [
        (f"{stage}/{name}", _cost_name(stage, registry[name])) for stage in stages for name in queries.STAGE_COSTS
    ]
    metrics = [(row["metric"], registry[row["metric"]].label) for row in offers]
    references = sorted({name for row in rows for name in row["references"]} | ({asked.reference} - {""}))
    chosen = "/".join(filter(None, cost))
    fields = html.select("quality", "Quality", metrics, quality) if metrics else ""
    fields += html.select("cost", "Cost", [*totals, *by_stage], chosen)
    if len(references) > 1 or asked.reference:
        every = [("", "each the one most releases share"), *((name, name) for name in references)]
        fields += html.select("ref", "Reference", every, asked.reference)
    return f'<div class="picks">{fields}</div>'


def _link(figure: Any) -> None:
    """Pointing tells, and marks the release everywhere; a click focuses it."""
    dots = [renderer for renderer in figure.renderers if renderer.name == "dots"]
    hover = HoverTool(renderers=dots, tooltips=[("", TIP)], mode="mouse", limit=8, point_policy="snap_to_data")
    figure.add_tools(hover)
    mark_on_hover(figure, hover)
    focus_on_tap(figure)
