"""Chart B: how long each episode took against how much was written, with the runs' names at their clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, Plot, Range1d, Segment

from driftline.charts import style
from driftline.charts.distribution import BASELINE, FEW_RUNS, FOCUS, OTHER, Points, draw_dots
from driftline.charts.labels import Name, Numbers, Spot, place
from driftline.charts.style import Frame, Palette, Style, Texts, draw_marked

# Heights in pixels: of a plot beside few rows of chart A and beside many.
HEIGHT, MOST_HEIGHT = 240, 420
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
    named: list[tuple[int, Name]] = []
    for run in points.runs.sort_values("role", ascending=False, kind="stable").to_dict("records"):
        mine = (dots["at"] == run["at"]).to_numpy()
        if not mine.any() or (run["role"] == OTHER and len(points.runs) > FEW_RUNS):
            continue
        label = run["label"] + (" (baseline)" if run["role"] == BASELINE else "")
        most = HIDES_UP_TO if run["role"] == OTHER else None
        named.append((run["role"], Name(label, _spots(x[mine], y[mine]), most)))
    rows = []
    spots = place((name for _, name in named), x, y, width, height)
    for (role, name), spot in zip(named, spots, strict=True):
        if spot:
            to_x, to_y = left + spot.x / width * (right - left), bottom + spot.y / height * (top - bottom)
            rows.append((role, name.text, spot.align, to_x, to_y, spot.dx, spot.dy))
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
    drawn = style.canvas(palette, ["quality", "B"], plot_height(points), Range1d(*x), Range1d(*y), room)
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
