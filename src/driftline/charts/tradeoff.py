"""Quality against cost: a dot a release, the way from release to release, and the front that none of them beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from bokeh.models import Arrow, ColumnDataSource, Plot, Range1d, Scatter, Segment, Step, VeeHead

from driftline.charts import style
from driftline.charts.distribution import BASELINE, FOCUS, OTHER
from driftline.charts.labels import Name, Spot, place
from driftline.charts.style import Frame, Palette, Style, Texts, draw, draw_marked
from driftline.metrics import Metric

HEIGHT, DOT = 260, 8
# A candidate that is not in focus; OTHER is a release that is not compared.
SELECTED = -1
# A marker for every kind of dot, as Bokeh names it and as a letter; the last one stands for all further kinds.
SHAPES = (
    ("circle", "●"), ("triangle", "▲"), ("square", "■"), ("diamond", "◆"), ("inverted_triangle", "▼"), ("hex", "⬢"),
)  # fmt: skip
# At its end the head of an arrow would lie below the dot.
HEAD_AT = 0.6
# With more dots the way from one to the next is a tangle.
PATH_UP_TO = 30


@dataclass(frozen=True)
class Tradeoff:
    """What is drawn: `dots` has at (number of the release on the axis of the trends), key, label, role, kind (number of
    its shape), on_front, cost, quality, cost_shown, quality_shown and against, in release order."""

    dots: pd.DataFrame
    quality: Metric
    cost: Metric
    quality_name: str
    cost_name: str

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What the axes show of cost and of quality."""
        cost, quality = (
            style.value_range(self.dots[name].min(), self.dots[name].max()) for name in ("cost", "quality")
        )
        return cost, quality


def shape(kind: int) -> tuple[str, str]:
    """Bokeh's name and a letter for the marker of a kind of dots."""
    return SHAPES[min(kind, len(SHAPES) - 1)]


def steps(dots: pd.DataFrame) -> pd.DataFrame:
    """x0, y0, x1, y1: from each release to the next; x, y: where between them the head of its arrow is."""
    x, y = dots["cost"].to_numpy(float), dots["quality"].to_numpy(float)
    heads = [start[:-1] + HEAD_AT * np.diff(start) for start in (x, y)]
    return pd.DataFrame({"x0": x[:-1], "y0": y[:-1], "x1": x[1:], "y1": y[1:], "x": heads[0], "y": heads[1]})


def front(tradeoff: Tradeoff) -> pd.DataFrame:
    """x, y: the corners of the front of the first kind of dots, from the cheapest one up to the edge of the plot."""
    dots = tradeoff.dots[(tradeoff.dots["on_front"]) & (tradeoff.dots["kind"] == 0)].sort_values(["cost", "quality"])
    if dots.empty:
        return pd.DataFrame({"x": [], "y": []}, dtype=float)
    (_, right), (bottom, top) = tradeoff.ranges
    outer = bottom if tradeoff.quality.better == "higher" else top
    x, y = dots["cost"].to_numpy(float), dots["quality"].to_numpy(float)
    return pd.DataFrame({"x": [x[0], *x, right], "y": [outer, *y, y[-1]]})


def place_names(tradeoff: Tradeoff, width: float = style.NARROW_WIDTH - 60) -> pd.DataFrame:
    """at, label, role, align, x, y (of the data), dx, dy (pixels) of the names that fit: focus, baseline, the front,
    the other candidates, then all else, as long as they lie on no dot."""
    dots = tradeoff.dots
    (left, right), (bottom, top) = tradeoff.ranges
    x = (dots["cost"].to_numpy(float) - left) / (right - left) * width
    y = (dots["quality"].to_numpy(float) - bottom) / (top - bottom) * HEIGHT
    rank = dots["role"].map({FOCUS: 0, BASELINE: 1, SELECTED: 3}).fillna(4).to_numpy(float)
    order = np.argsort(np.where(dots["on_front"], np.minimum(rank, 2), rank), kind="stable")
    names = [Name(_told(dots.iloc[at]), _spots(x[at], y[at]), None if rank[at] < 2 else 0) for at in order]
    rows = []
    for at, name, spot in zip(order, names, place(names, x, y, width, HEIGHT), strict=True):
        if spot:
            dot = dots.iloc[at]
            rows.append((dot["at"], name.text, dot["role"], spot.align, dot["cost"], dot["quality"], spot.dx, spot.dy))
    return pd.DataFrame(rows, columns=["at", "label", "role", "align", "x", "y", "dx", "dy"])


def _told(dot: pd.Series) -> str:
    return str(dot["label"]) + (" (baseline)" if dot["role"] == BASELINE else "")


def _spots(x: float, y: float) -> list[Spot]:
    """Right, left, above and below of a dot, far enough from it not to lie on it."""
    return [
        Spot("left", x, y, 9, 0), Spot("right", x, y, -9, 0), Spot("center", x, y, 0, -15), Spot("center", x, y, 0, 15),
        Spot("left", x, y, 4, -14), Spot("right", x, y, -4, -14), Spot("left", x, y, 4, 14),
        Spot("right", x, y, -4, 14),
    ]  # fmt: skip


def draw_tradeoff(tradeoff: Tradeoff, palette: Palette) -> Plot:
    """The figure: cost to the right, quality upwards."""
    cost, quality = tradeoff.ranges
    room = Frame(left=48, right=12, top=26, bottom=40)
    drawn = style.canvas(palette, ["tradeoff"], HEIGHT, Range1d(*cost), Range1d(*quality), room)
    style.add_scale(drawn, palette, "below")
    style.add_scale(drawn, palette, "left")
    corners = front(tradeoff)
    edge = Step(x="x", y="y", mode="after", line_color=palette["ink2"], line_width=1.2)
    draw(drawn, corners, edge, "underlay", "front")
    _path(drawn, tradeoff, palette)
    _dots(drawn, tradeoff, palette)
    texts = Texts()
    (left, right), (_, top) = cost, quality
    texts.add(left, top, _with_unit(tradeoff.quality_name, tradeoff.quality), palette["ink3"], dx=-44, dy=-14)
    below = _with_unit(tradeoff.cost_name, tradeoff.cost)
    texts.add(right, quality[0], below, palette["ink3"], "right", dy=31)
    if len(corners):
        texts.add(right, corners["y"].iloc[-1], "Pareto front", palette["ink2"], "right", dy=-9)
    texts.draw(drawn)
    names = Texts()
    for name in place_names(tradeoff).to_dict("records"):
        is_focus = name["role"] == FOCUS
        place_of = name["x"], name["y"], name["label"], palette["accent" if is_focus else "ink2"], name["align"]
        names.add(*place_of, dx=name["dx"], dy=name["dy"], is_bold=is_focus)
    names.draw(drawn, halo=palette["bg"])
    return drawn


def _with_unit(name: str, metric: Metric) -> str:
    return ", ".join(filter(None, (name, metric.shown_unit)))


def _path(drawn: Plot, tradeoff: Tradeoff, palette: Palette) -> None:
    """Arrows along the order of the releases; of many only those between the releases that are compared."""
    dots = tradeoff.dots
    if len(dots) > PATH_UP_TO:
        dots = dots[dots["role"] != OTHER]
    source = style.source_of(steps(dots), "path")
    way = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color=palette["rule"])
    draw(drawn, source, way, "underlay")
    head = VeeHead(size=7, line_color=palette["base"], fill_color=palette["base"])
    place_of: Style = {"x_start": "x0", "y_start": "y0", "x_end": "x", "y_end": "y"}
    drawn.add_layout(Arrow(end=head, line_color=None, level="underlay", source=source, **place_of))


def _dots(drawn: Plot, tradeoff: Tradeoff, palette: Palette) -> None:
    """Filled for candidates, a ring for the baseline, pale for what is not compared; the shape tells the reference."""
    dots = tradeoff.dots
    colour = {FOCUS: palette["accent"], BASELINE: palette["base"], SELECTED: palette["ink2"]}
    is_ring = (dots["role"] == BASELINE).to_numpy(bool)
    line = [colour.get(role, palette["rule"]) for role in dots["role"]]
    frame = dots.assign(
        marker=[shape(kind)[0] for kind in dots["kind"]],
        line=line,
        fill=np.where(is_ring, palette["bg"], line),
        size=np.where(dots["role"] == OTHER, DOT - 2, DOT + 1).astype(float),
    ).drop(columns=["on_front"])
    source: ColumnDataSource = style.source_of(frame, style.MARKED, "releases")
    glyph = Scatter(
        x="cost", y="quality", marker={"field": "marker"}, size={"field": "size"}, line_width=1.6,
        line_color={"field": "line"}, fill_color={"field": "fill"},
    )  # fmt: skip
    marked: Style = {"line_color": palette["ink"], "size": DOT + 5}
    draw_marked(drawn, source, glyph, marked, {}, "dots")
