"""Chart B: how long each episode took against how much was written, with the runs' names at their clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from bokeh.models import ColumnDataSource, Plot, Range1d, Segment

from driftline.charts import style
from driftline.charts.distribution import BASELINE, FEW_RUNS, FOCUS, OTHER, Points, draw_dots
from driftline.charts.style import Frame, Palette, Style, Texts, draw_marked

Numbers = npt.NDArray[np.float64]
# Heights in pixels: of a plot beside few rows of chart A and beside many, and of a name.
HEIGHT, MOST_HEIGHT, LINE = 240, 420, 15
# The name of a run that is neither baseline nor in focus stays away where it would lie on more dots than these.
HIDES_UP_TO = 3


def pair_lines(dots: pd.DataFrame) -> pd.DataFrame:
    """episode, x0, y0, x1, y1: from the baseline's dot of an episode to that of the candidate in focus."""
    drawn = dots.dropna(subset=["tokens", "latency"])
    sides = [drawn[drawn["role"] == role][["episode", "tokens", "latency"]] for role in (BASELINE, FOCUS)]
    pairs = sides[0].merge(sides[1], on="episode", suffixes=("_0", "_1"))
    return pd.DataFrame(
        {
            "episode": pairs["episode"],
            "x0": pairs["tokens_0"],
            "y0": pairs["latency_0"],
            "x1": pairs["tokens_1"],
            "y1": pairs["latency_1"],
        }
    )


@dataclass(frozen=True)
class _Box:
    """A rectangle on the plot in pixels, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: _Box) -> bool:
        is_beside = self.right <= other.left or other.right <= self.left
        return not is_beside and self.bottom < other.top and other.bottom < self.top

    def is_inside(self, width: float, height: float) -> bool:
        return self.left >= 0 and self.right <= width and self.bottom >= 0 and self.top <= height

    def hidden(self, x: Numbers, y: Numbers) -> int:
        """How many dots a text in this box lies on."""
        return int(((x > self.left - 3) & (x < self.right + 3) & (y > self.bottom - 2) & (y < self.top + 2)).sum())


@dataclass(frozen=True)
class Spot:
    """Where the name of a run stands: a point in pixels of a plot of NARROW_WIDTH, and pixels from it, y downwards.

    The point belongs to the cluster, so that the name stays there on a wider plot."""

    align: str
    x: float
    y: float
    dx: float
    dy: float

    def box(self, size: float) -> _Box:
        left = self.x + self.dx - {"left": 0.0, "right": size, "center": size / 2}[self.align]
        middle = self.y - self.dy
        return _Box(left, middle - LINE / 2, left + size, middle + LINE / 2)


def place_names(points: Points, width: float = style.NARROW_WIDTH - 54) -> pd.DataFrame:
    """role, label, align, x, y (of the data), dx, dy (pixels) of the names that fit: beside, above or below a cluster,
    where they hide least.

    The candidate in focus chooses first, then the baseline, then the others, as long as they are few. A name that
    would lie on another is left out; the row of chart A names that run, and pointing at it marks the cluster.
    """
    dots, height = points.dots.dropna(subset=["tokens", "latency"]), plot_height(points)
    (left, right), (bottom, top) = ranges(points)
    x = (dots["tokens"].to_numpy(float) - left) / (right - left) * width
    y = (dots["latency"].to_numpy(float) - bottom) / (top - bottom) * height
    taken: list[_Box] = []
    rows = []
    for run in points.runs.sort_values("role", ascending=False, kind="stable").to_dict("records"):
        mine = (dots["at"] == run["at"]).to_numpy()
        if not mine.any() or (run["role"] == OTHER and len(points.runs) > FEW_RUNS):
            continue
        label = run["label"] + (" (baseline)" if run["role"] == BASELINE else "")
        size = len(label) * style.LETTER_WIDTH + 4.0
        boxes = [(spot, spot.box(size)) for spot in _spots(x[mine], y[mine])]
        free = [
            (box.hidden(x, y), order, spot, box)
            for order, (spot, box) in enumerate(boxes)
            if box.is_inside(width, height) and not any(box.meets(other) for other in taken)
        ]
        if not free or (run["role"] == OTHER and min(free)[0] > HIDES_UP_TO):
            continue
        _, _, spot, box = min(free, key=lambda found: found[:2])
        taken.append(box)
        to_x, to_y = left + spot.x / width * (right - left), bottom + spot.y / height * (top - bottom)
        rows.append((run["role"], label, spot.align, to_x, to_y, spot.dx, spot.dy))
    return pd.DataFrame(rows, columns=["role", "label", "align", "x", "y", "dx", "dy"])


def _spots(x: Numbers, y: Numbers) -> list[Spot]:
    """Right, left, above and below of a cluster, then inside it, in order of preference."""
    low, high, middle, centre = float(x.min()), float(x.max()), float(np.median(y)), float(np.median(x))
    top, bottom = float(y.max()), float(y.min())
    return [
        Spot("left", high, middle, 8, 0), Spot("right", low, middle, -8, 0),
        Spot("center", centre, top, 0, -13), Spot("center", centre, bottom, 0, 13),
        Spot("right", high, top, 0, -13), Spot("left", low, top, 0, -13),
        Spot("right", high, bottom, 0, 13), Spot("left", low, bottom, 0, 13),
        Spot("center", centre, middle, 0, 0), Spot("right", high, middle, 0, 0), Spot("left", low, middle, 0, 0),
    ]  # fmt: skip


def plot_height(points: Points) -> int:
    """As high as chart A beside it, within reason."""
    return min(max(HEIGHT, points.row_height * len(points.runs)), MOST_HEIGHT)


def ranges(points: Points) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the axes show of tokens and of latency."""
    drawn = points.dots.dropna(subset=["tokens", "latency"])
    tokens, latency = (style.value_range(drawn[name].min(), drawn[name].max()) for name in ("tokens", "latency"))
    return tokens, latency


def draw_latency(points: Points, source: ColumnDataSource, palette: Palette) -> Plot:
    """The figure; `source` holds the dots and is shared with chart A."""
    x, y = ranges(points)
    room = Frame(left=44, right=10, top=24, bottom=38)
    drawn = style.canvas(palette, "B", plot_height(points), Range1d(*x), Range1d(*y), room)
    style.add_scale(drawn, palette, "below")
    style.add_scale(drawn, palette, "left")
    lines = pair_lines(points.dots)
    many = len(lines) > style.EACH_UP_TO
    line = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color=palette["accent"], line_alpha=0.12 if many else 0.4)
    marked: Style = {"line_alpha": 1, "line_color": palette["ink"]}
    pairs = style.source_of(lines, style.MARKED, "pairs")
    # The names lie over the dots, so all of it is painted together.
    draw_marked(drawn, pairs, line, marked, {"line_alpha": 0.05 if many else 0.12}, level="underlay")
    draw_dots(drawn, source, palette, "tokens", "latency", points.is_strip, "glyph")
    axes, names = Texts(), Texts()
    axes.add(x[0], y[1], "s per episode", palette["ink3"], dx=-40, dy=-14)
    axes.add(x[1], y[0], "output tokens", palette["ink3"], "right", dy=30)
    for name in place_names(points).to_dict("records"):
        is_focus = name["role"] == FOCUS
        place = name["x"], name["y"], name["label"], palette["accent" if is_focus else "ink2"], name["align"]
        names.add(*place, dx=name["dx"], dy=name["dy"], is_bold=is_focus)
    axes.draw(drawn)
    names.draw(drawn, halo=palette["bg"])
    return drawn
