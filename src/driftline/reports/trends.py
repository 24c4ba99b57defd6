"""The small multiples of the Performance page: one figure a metric, all on one release axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import holoviews as hv
import pandas as pd
from bokeh.events import SelectionGeometry
from bokeh.models import BoxSelectTool, CustomJS, HoverTool, TapTool

from driftline import queries
from driftline.charts import trends as charts
from driftline.charts.style import DARK, LIGHT
from driftline.charts.trend_layout import lay_out_trends
from driftline.metrics import arrow
from driftline.reports import html
from driftline.reports.choice import ProfileComparison
from driftline.reports.figures import embedded
from driftline.reports.performance import TREND_FROM

METRICS = ("wall_time_s", "peak_rss_mb")
CPU = "avg_cpu_pct"
GAPS = "Gaps indicate stages not present in that release's profile, or, for memory, a stage too short to be sampled."
# What the URL calls baseline, candidates and focus.
NAMES = ["pbase", "pcand", "pfocus"]


def render(connection: queries.Connection, comparison: ProfileComparison, theme: str) -> str:
    """The section as HTML; nothing where there are too few releases."""
    if len(comparison.profiles) < TREND_FROM:
        return ""
    rows = queries.ask(connection, queries.trend_sql(METRICS[0], comparison.kept)).rows
    # What quality costs and which trace is shown changes nothing here, and to draw takes longer than all the rest.
    key = repr(
        (
            theme == "dark",
            comparison.shows_cpu,
            comparison.baseline,
            comparison.focus,
            comparison.labels,
            comparison.kept,
        )
    )
    drawn = queries.keep(connection, "trends", key, lambda: embedded(trend_figures(connection, comparison, theme)))
    return f'{_heading(rows, comparison)}{drawn}<p class="cap">– {GAPS}</p>'


def _heading(rows: Sequence[dict[str, Any]], comparison: ProfileComparison) -> str:
    """Title and caption of the small multiples; `rows` are those of the trend of wall time."""
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
        "Point at a release to mark it everywhere"
    )
    cpu = ""
    if comparison.is_live:
        caption += "; drag over several to compare them"
        words = "Without CPU" if comparison.shows_cpu else "With CPU"
        cpu = " " + html.link(comparison.query(trend="" if comparison.shows_cpu else "cpu"), words)
    return html.heading(title, f"{caption}.", queries.trend_sql(METRICS[0], comparison.kept), cpu)


def trend_figures(
    connection: queries.Connection, comparison: ProfileComparison, theme: str, width: int | None = None
) -> list[tuple[str, Any]]:
    """Titles as HTML and Bokeh figures of the metrics, their release axis and marker shared."""
    hv.extension("bokeh", logo=False) if not hv.Store.renderers.get("bokeh") else None
    hv.Store.set_current_backend("bokeh")
    palette = DARK if theme == "dark" else LIGHT
    registry = queries.registry(connection)
    labels = {profile: html.visible(label) for profile, label in comparison.labels.items()}
    changes = queries.stage_deltas(connection, comparison.baseline, comparison.focus).rows
    marker = charts.release_marker(palette)
    axis = None
    figures: list[tuple[str, Any]] = []
    for name in (*METRICS, CPU) if comparison.shows_cpu else METRICS:
        metric = registry[name]
        texts = {html.visible(row["stage"]): _change(row, metric) for row in changes if row["metric"] == name}
        trend = _with_visible_stages(queries.trend(connection, name, comparison.kept))
        spread = _with_visible_stages(queries.spread(connection, name, comparison.kept))
        trends = lay_out_trends(trend, spread, metric, labels, comparison.baseline, comparison.focus, texts)
        axis = axis or charts.release_axis(trends)
        figure = hv.render(charts.draw_trends(trends, palette, marker, axis, width))
        if width is None:
            figure.update(width=None, sizing_mode="stretch_width")
        _link(figure, list(comparison.profiles))
        title = html.esc(f"{metric.label}, {metric.shown_unit}")
        # The heading of the section has the statement of the first.
        sql = html.show_sql(queries.trend_sql(name, comparison.kept)) if figures else ""
        sql += html.show_sql(queries.spread_sql(name, comparison.kept), "Spread") if len(trends.spread) else ""
        figures.append((f'<div class="cap">{title}{sql}</div>', figure))
    return figures


def focus_on_tap(figure: Any) -> None:
    """A click on a dot puts its release in focus."""
    dots = [renderer for renderer in figure.renderers if renderer.name == "dots"]
    code = "window.driftlineCharts?.focus(cb_data, names)"
    figure.add_tools(TapTool(renderers=dots, behavior="inspect", callback=CustomJS(args={"names": NAMES}, code=code)))


def mark_on_hover(figure: Any, hover: HoverTool) -> None:
    """What the tool points at is marked everywhere."""
    hover.callback = CustomJS(args={"figure": figure}, code="window.driftlineCharts?.point(figure, cb_data)")
    figure.js_on_event("mouseleave", CustomJS(code="window.driftlineCharts?.leave()"))


def _link(figure: Any, profiles: list[str]) -> None:
    """Pointing marks a release, a click focuses it, and to drag over several compares them."""
    for hover in (tool for tool in figure.tools if isinstance(tool, HoverTool)):
        mark_on_hover(figure, hover)
    focus_on_tap(figure)
    # It selects releases, not dots.
    box = BoxSelectTool(dimensions="width", renderers=[])
    figure.add_tools(box)
    figure.toolbar.active_drag = box
    code = "if (cb_obj.final) window.driftlineCharts?.choose(cb_obj.geometry, profiles, names)"
    figure.js_on_event(SelectionGeometry, CustomJS(args={"profiles": profiles, "names": NAMES}, code=code))


def _with_visible_stages(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(stage=[html.visible(stage) for stage in frame["stage"]])


def _change(row: dict[str, Any], metric: Any) -> str:
    if row["delta"] is None:
        return {"only in baseline": "gone", "only in candidate": "new"}.get(row["status"], "no sample")
    if row["delta"] == 0:
        return "= 0"
    return f"{arrow(row['delta'])} {metric.shown_delta(row['delta'])} {metric.shown_unit}"
