"""The trend of a metric over all releases: a row a stage, drawn by hvplot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import holoviews as hv
import hvplot.pandas  # noqa: F401 - gives frames their .hvplot
import pandas as pd
from bokeh.models import (
    CDSView,
    ColumnDataSource,
    CrosshairTool,
    CustomJS,
    FixedTicker,
    HoverTool,
    IndexFilter,
    Range1d,
    Scatter,
    Span,
)

from driftline.charts.style import (
    FONT,
    LETTER_WIDTH,
    MARKED,
    NARROW_WIDTH,
    OVER,
    Palette,
    Style,
    draw,
    source_of,
    write,
)
from driftline.charts.trend_layout import FLOOR, NAME, Trends, with_breaks
from driftline.metrics import Metric

ROW_HEIGHT = 62
DOTS_UP_TO = 60


def draw_trends(trends: Trends, palette: Palette, marker: Span, axis: Range1d, width: int | None = None) -> Any:
    """One figure of a metric: a row a stage on the release axis that `axis` and `marker` share with other figures."""
    lines = with_breaks(trends.points)
    line = lines.hvplot.line(x="x", y="y", hover=False, legend=False)
    dots = lines.hvplot.scatter(x="x", y="y", hover_cols=["stage", "label", "shown"], legend=False)
    hooks = [_style(trends, palette, marker, axis)]
    return (
        line.opts(hv.opts.Curve(color=palette["ink2"], line_width=1.2, tools=[]))
        * dots.opts(
            hv.opts.Scatter(
                color=palette["ink2"],
                size=_dot_size(trends),
                tools=["hover"],
                hover_tooltips=[("", "@label"), ("", "@stage"), (trends.metric.label, "@shown")],
            )
        )
    ).opts(
        hv.opts.Overlay(
            height=ROW_HEIGHT * max(len(trends.rows), 1) + 34,
            hooks=hooks,
            toolbar=None,
            title="",
            yaxis=None,
            xlabel="",
            ylabel="",
            width=width or 600,
        )
    )


def _dot_size(trends: Trends) -> float:
    return 5.0 if len(trends.releases) <= DOTS_UP_TO else 2.0


def _style(trends: Trends, palette: Palette, marker: Span, axis: Range1d) -> Callable[[Any, Any], None]:
    def hook(plot: Any, _element: Any) -> None:
        figure = plot.state
        figure.x_range = axis
        figure.y_range = Range1d(-0.05, len(trends.rows))
        figure.output_backend = "canvas"
        figure.outline_line_color = None
        figure.background_fill_color = figure.border_fill_color = palette["bg"]
        figure.min_border_left, figure.min_border_right, figure.min_border_top = 2, 2, 0
        figure.grid.grid_line_color = None
        figure.tags = ["trend", trends.metric.metric]
        _release_axis(figure, trends, palette)
        _marks(figure, trends, palette)
        _pointed_at(figure, trends, palette)
        _texts(figure, trends, palette)
        for renderer in figure.renderers:
            glyph = getattr(renderer, "glyph", None)
            if glyph is not None and type(glyph).__name__ == "Line":
                renderer.nonselection_glyph = None
        # Panning and zooming would leave the shared axis with no way back, and take the finger that scrolls the page.
        pointing = [tool for tool in figure.tools if isinstance(tool, HoverTool)]
        for hover in pointing:
            hover.point_policy = "snap_to_data"
        figure.tools = [*pointing, CrosshairTool(overlay=marker)]

    return hook


def _release_axis(figure: Any, trends: Trends, palette: Palette) -> None:
    """Names only where they matter: the first release, the one in focus, the last."""
    last = len(trends.releases) - 1
    ticks = sorted({0, last, *(at for at in (trends.focus, trends.baseline) if at is not None)}) if last >= 0 else []
    kept: list[int] = []
    pixels = NARROW_WIDTH / (trends.right_end + 0.45)

    def is_clear(tick: int, other: int) -> bool:
        letters = len(trends.releases[tick]) + len(trends.releases[other])
        return abs(tick - other) * pixels > letters / 2 * LETTER_WIDTH + LETTER_WIDTH

    for tick in sorted(ticks, key=lambda at: (at != trends.focus, at not in (0, last))):
        if all(is_clear(tick, other) for other in kept):
            kept.append(tick)
    figure.xaxis.ticker = FixedTicker(ticks=sorted(kept))
    figure.xaxis.major_label_overrides = {at: trends.releases[at] for at in kept}
    figure.xaxis.axis_line_color = figure.xaxis.major_tick_line_color = figure.xaxis.minor_tick_line_color = None
    figure.xaxis.major_label_text_font_size = "11px"
    figure.xaxis.major_label_text_font = FONT
    figure.xaxis.major_label_text_color = palette["ink3"]
    figure.xaxis.axis_label = None


def _marks(figure: Any, trends: Trends, palette: Palette) -> None:
    """Floors of the rows, dashes at gaps, spread, the baseline's ring and level, the focus."""
    last = max(len(trends.releases) - 1, 0)
    rows = trends.rows["row"].to_numpy(float)
    figure.segment(
        x0=[-0.35] * len(rows), x1=[last + 0.35] * len(rows), y0=rows + FLOOR, y1=rows + FLOOR,
        line_color=palette["hair"], line_width=1, level="underlay",
    )  # fmt: skip
    figure.scatter(
        x="x", y="y", marker="dash", size=7, line_width=1.5, line_color=palette["ink3"],
        source=ColumnDataSource(trends.gaps[["x", "y"]], tags=["gaps"]),
    )  # fmt: skip
    figure.segment(
        x0="x", x1="x", y0="low", y1="high", line_width=9, line_alpha=0.55, line_color=palette["rule"],
        source=ColumnDataSource(trends.spread, tags=["spread"]), level="underlay",
    )  # fmt: skip
    if trends.focus is not None:
        figure.add_layout(
            Span(location=trends.focus, dimension="height", line_color=palette["accent"], line_alpha=0.45, line_width=1)
        )
    for at, colour, is_ring in ((trends.baseline, "base", True), (trends.focus, "accent", False)):
        here = trends.points[trends.points["x"] == at].dropna(subset=["y"])
        if is_ring:
            figure.segment(
                x0=here["x"].to_numpy(), x1=[last + 0.35] * len(here), y0=here["y"].to_numpy(), y1=here["y"].to_numpy(),
                line_color=palette["base"], line_dash=[4, 3], line_width=1,
            )  # fmt: skip
        figure.scatter(
            x=here["x"].to_numpy(), y=here["y"].to_numpy(), size=8, line_width=1.5, line_color=palette[colour],
            fill_color=palette["bg"] if is_ring else palette[colour],
        )  # fmt: skip


def _pointed_at(figure: Any, trends: Trends, palette: Palette) -> None:
    """Rings around the dots of the release that is pointed at anywhere; `charts.js` selects them by `at`, the number of
    the release, and looks up which that is in `keys`."""
    dots = trends.points.dropna(subset=["y"]).assign(at=lambda points: points["x"])
    rings = source_of(dots[["x", "y", "at"]], MARKED, "releases")
    ring = Scatter(x="x", y="y", size=11, fill_color=None, line_color=palette["ink"], line_width=1.5)
    # Rings that are only made invisible are placed and painted all the same: with 200 releases the pointer feels it.
    picked = IndexFilter(indices=[], tags=["picked"])
    draw(figure, rings, ring, OVER).view = CDSView(filter=picked)
    rings.selected.js_on_change("indices", CustomJS(args={"picked": picked}, code="picked.indices = this.indices"))
    keys = trends.points.drop_duplicates("key").rename(columns={"x": "at"})[["at", "key"]]
    # Without a glyph that draws it the page would not be sent it.
    draw(figure, source_of(keys, MARKED, "keys"), Scatter(x="at", y=0), OVER).visible = False
    for renderer in figure.renderers:
        source = getattr(renderer, "data_source", None)
        if source is not None and "shown" in source.data:
            renderer.name = "dots"
            source.data["at"] = source.data["x"]


def _texts(figure: Any, trends: Trends, palette: Palette) -> None:
    """Stage names and changes above their rows, values at the dots they belong to."""
    last = max(len(trends.releases) - 1, 0)
    rows = trends.rows
    y = (rows["row"] + NAME).to_numpy(float)
    bold: Style = {"text_font_size": "12px", "text_font_style": "bold"}
    write(figure, [-0.35] * len(rows), y, rows["name"].to_list(), text_color=palette["ink"], **bold)
    changes = rows["change"].to_list()
    write(figure, [trends.right_end] * len(rows), y, changes, text_color=palette["ink2"], text_align="right")
    base = trends.points[trends.points["x"] == trends.baseline].dropna(subset=["y"])
    focus = trends.points[trends.points["x"] == trends.focus].dropna(subset=["y"])
    at_end = trends.focus is not None and trends.focus > last * 0.8
    beside: Style = {"x_offset": 5, "text_align": "left"}
    above: Style = {"x_offset": -7 if at_end else 7, "y_offset": -8, "text_align": "right" if at_end else "left"}
    for points, x, colour, place in (
        (base, [last + 0.35] * len(base), "ink2", beside),
        (focus, focus["x"], "accent", above),
    ):
        # The outline is drawn over its own letters, so the halo is a text of its own below them.
        halo: Style = {"text_color": palette["bg"], "text_outline_color": palette["bg"], "text_outline_width": 3}
        for style in (halo, {"text_color": palette[colour]}):
            write(figure, list(x), points["y"].to_numpy(), _bare(points, trends.metric), **style, **place)
    empty = rows[~rows["stage"].isin(trends.points.dropna(subset=["y"])["stage"])]
    if len(empty):
        y = (empty["row"] + FLOOR + 0.2).to_numpy(float)
        write(figure, [-0.35] * len(empty), y, ["no sample in any profile"] * len(empty), text_color=palette["ink3"])


def _bare(points: pd.DataFrame, metric: Metric) -> list[str]:
    return [metric.shown(value) for value in points["value"]]


def release_axis(trends: Trends) -> Range1d:
    """The x range that all figures of a page share."""
    return Range1d(-0.45, trends.right_end)


def release_marker(palette: Palette) -> Span:
    """The upright line that follows the pointer in all figures of a page, in a layer of its own: below it all stays as
    it was painted."""
    return Span(dimension="height", line_color=palette["ink3"], line_width=1, level=OVER)
