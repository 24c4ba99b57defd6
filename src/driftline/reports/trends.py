"""The small multiples of the Performance page: one figure a metric, all on one release axis."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import pandas as pd

from driftline import queries
from driftline.charts import trends as charts
from driftline.charts.style import DARK, LIGHT
from driftline.metrics import arrow
from driftline.reports import html
from driftline.reports.performance import ProfileComparison

METRICS = ("wall_time_s", "peak_rss_mb")


def trend_figures(
    connection: queries.Connection, comparison: ProfileComparison, theme: str, width: int | None = None
) -> list[tuple[str, Any]]:
    """Titles as HTML and Bokeh figures of wall time and memory, their release axis and marker shared."""
    hv.extension("bokeh", logo=False) if not hv.Store.renderers.get("bokeh") else None
    hv.Store.set_current_backend("bokeh")
    palette = DARK if theme == "dark" else LIGHT
    registry = queries.registry(connection)
    labels = {profile: html.visible(label) for profile, label in comparison.labels.items()}
    changes = queries.stage_deltas(connection, comparison.baseline, comparison.focus).rows
    marker = charts.release_marker(palette)
    axis = None
    figures = []
    for name in METRICS:
        metric = registry[name]
        texts = {html.visible(row["stage"]): _change(row, metric) for row in changes if row["metric"] == name}
        trend, spread = (_with_visible_stages(ask(connection, name)) for ask in (queries.trend, queries.spread))
        trends = charts.lay_out_trends(trend, spread, metric, labels, comparison.baseline, comparison.focus, texts)
        axis = axis or charts.release_axis(trends)
        figure = hv.render(charts.draw_trends(trends, palette, marker, axis, width))
        if width is None:
            figure.update(width=None, sizing_mode="stretch_width")
        title = html.esc(f"{metric.label}, {metric.shown_unit}")
        figures.append((f'<p class="cap">{title}</p>', figure))
    return figures


def _with_visible_stages(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(stage=[html.visible(stage) for stage in frame["stage"]])


def _change(row: dict[str, Any], metric: Any) -> str:
    if row["delta"] is None:
        return {"only in baseline": "gone", "only in candidate": "new"}.get(row["status"], "no sample")
    if row["delta"] == 0:
        return "= 0"
    return f"{arrow(row['delta'])} {metric.shown_delta(row['delta'])} {metric.shown_unit}"
