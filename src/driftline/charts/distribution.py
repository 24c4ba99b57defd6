"""Chart A: how many tokens each run writes, an episode a dot over the box of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from bokeh.models import ColumnDataSource, HBar, Plot, Range1d, Scatter, Segment
from bokeh.transform import linear_cmap

from driftline.charts import style
from driftline.charts.style import Frame, Palette, Style, Texts, draw, draw_marked
from driftline.metrics import Metric

# Heights of a row, in pixels: up to FEW_RUNS, and above. Dots stand STEP apart, and at the edge of a row there is none.
ROW, LOW_ROW, FEW_RUNS, EDGE = 40, 28, 8, 5
ABOVE = 16
# Names of runs are told apart by model and date: they may be longer than those of episodes.
NAME_UP_TO = 28
STEP = 6.4
DOT, STRIP_DOT, STRIP_ALPHA = 7, 5, 0.35
OTHER, BASELINE, FOCUS = 0, 1, 2
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Points:
    """What charts A and B draw: `dots` has at (number of the run), role, episode, label, tokens, latency, row, shown
    texts; `runs` has a row a run with its box, where it stands and what it is called. NaN is a gap."""

    dots: pd.DataFrame
    runs: pd.DataFrame
    tokens: Metric
    latency: Metric

    @property
    def is_strip(self) -> bool:
        return bool(self.dots.groupby("at").size().max() > style.EACH_UP_TO) if len(self.dots) else False

    @property
    def is_beside(self) -> bool:
        """Whether the names of the runs stand left of their rows."""
        return style.is_beside(list(self.runs["label"]), NAME_UP_TO)

    @property
    def gutter(self) -> int:
        return style.gutter(list(self.runs["label"]), NAME_UP_TO)

    @property
    def row_height(self) -> int:
        above = 0 if self.is_beside else ABOVE
        return (ROW if len(self.runs) <= FEW_RUNS else LOW_ROW) + above

    @property
    def range(self) -> tuple[float, float]:
        return style.value_range(self.runs["min_tokens"].min(), self.runs["max_tokens"].max())


def lay_out_points(
    frame: pd.DataFrame, runs: Sequence[str], labels: Sequence[str], tokens: Metric, latency: Metric
) -> Points:
    """`frame` is queries.episode_points; `runs` are the baseline, the candidate in focus, then the others. A run
    without episodes keeps its row."""
    numbers = {run: at for at, run in enumerate(runs)}
    dots = pd.DataFrame(
        {
            "at": frame["run"].map(numbers).astype(int),
            "episode": frame["episode_id"],
            "failed": (frame["status"] == "failed").astype(bool),
            "tokens": frame["output_tokens"].astype(float),
            "latency": frame["latency_s"].astype(float),
        }
    )
    dots["role"] = np.select([dots["at"] == 0, dots["at"] == 1], [BASELINE, FOCUS], OTHER)
    dots["label"] = [labels[at] for at in dots["at"]]
    for name, metric in (("tokens", tokens), ("latency", latency)):
        dots[f"{name}_shown"] = [metric.shown_with_unit(None if value != value else value) for value in dots[name]]
    spread = frame.drop_duplicates("run").set_index("run").reindex(list(runs))
    boxes = pd.DataFrame(
        {
            "at": range(len(runs)),
            "key": list(runs),
            "label": list(labels),
            "y": [len(runs) - 0.5 - at for at in range(len(runs))],
            "failed": [int(dots.loc[dots["at"] == at, "failed"].sum()) for at in range(len(runs))],
            "role": [BASELINE, FOCUS, *[OTHER] * (len(runs) - 2)],
        }
    )
    for column in ("min_tokens", "q1_tokens", "median_tokens", "q3_tokens", "max_tokens", "mean_tokens"):
        boxes[column] = spread[column].astype(float).to_numpy()
    boxes["mean_shown"] = [tokens.shown(None if value != value else value) for value in boxes["mean_tokens"]]
    points = Points(dots, boxes, tokens, latency)
    rows = boxes["y"].to_numpy()[dots["at"]] - _sinking(points)
    start, end = points.range
    offsets = np.zeros(len(dots))
    reach = (ROW if len(runs) <= FEW_RUNS else LOW_ROW) / 2 - EDGE
    for _, of_run in dots.groupby("at"):
        places = swarm(of_run["tokens"].to_numpy(), (end - start) / (style.NARROW_WIDTH - 130), reach, points.is_strip)
        offsets[of_run.index.to_numpy()] = places / points.row_height
    dots["row"] = np.where(dots["tokens"].isna(), np.nan, rows + offsets)
    faint = STRIP_ALPHA if points.is_strip else 1.0
    dots["alpha"] = np.where(dots["role"] == OTHER, faint, min(1.0, 2.3 * faint))
    # What is drawn later lies on top: the candidate in focus over the baseline over the others.
    return Points(dots.sort_values("role", kind="stable", ignore_index=True), boxes, tokens, latency)


def _sinking(points: Points) -> float:
    """How far the dots stand below the middle of a row that has its label above them."""
    return 0.0 if points.is_beside else ABOVE / 2 / points.row_height


def swarm(values: npt.NDArray[np.float64], per_pixel: float, reach: float, is_strip: bool) -> npt.NDArray[np.float64]:
    """How far each dot stands from the middle of its row, in pixels, at most `reach`: beside its neighbours as long as
    there is room. `per_pixel` is how much of the values a pixel holds.

    A strip spreads the dots in order of their value by the golden ratio. The same values always have the same places.
    """
    order = np.argsort(values, kind="stable")
    places = np.zeros(len(values))
    if is_strip:
        places[order] = (((np.arange(len(values)) + 0.5) * GOLDEN) % 1 * 2 - 1) * reach
        return places
    lanes = [0.0, *(side * lane * STEP for lane in range(1, int(reach / STEP) + 1) for side in (1, -1))]
    taken = dict.fromkeys(lanes, -np.inf)
    for index in order:
        x = values[index] / per_pixel
        free = [lane for lane in lanes if x - taken[lane] >= STEP]
        lane = free[0] if free else min(lanes, key=lambda lane: taken[lane])
        taken[lane], places[index] = x, lane
    return places


def draw_distribution(points: Points, source: ColumnDataSource, palette: Palette) -> Plot:
    """The figure; `source` holds the dots and is shared with chart B."""
    start, end = points.range
    count = len(points.runs)
    room = Frame(left=points.gutter, right=52, top=24, bottom=22)
    ends = Range1d(start, end), Range1d(0, count)
    drawn = style.canvas(palette, ["quality", "A"], points.row_height * count, *ends, room)
    style.add_scale(drawn, palette, "below")
    rows = points.runs.assign(left=start, right=end)[["at", "key", "y", "left", "right"]]
    band = HBar(y="y", left="left", right="right", height=1, fill_alpha=0, line_color=None, fill_color=palette["ink"])
    draw_marked(drawn, style.source_of(rows, style.MARKED, "rows"), band, {"fill_alpha": style.TINT}, {})
    draw_dots(drawn, source, palette, "tokens", "row", points.is_strip)
    _boxes(drawn, points, palette)
    texts = Texts()
    _baseline_median(drawn, points, palette, texts)
    _row_texts(points, palette, texts)
    # Above its row a name lies on the lines of the scale.
    texts.draw(drawn, halo=None if room.left > ABOVE else palette["bg"])
    return drawn


def _boxes(drawn: Plot, points: Points, palette: Palette) -> None:
    half = 9 / points.row_height
    middle = points.runs["y"] - _sinking(points)
    boxes = points.runs.assign(y=middle, low=middle - half, high=middle + half).dropna(subset=["median_tokens"])
    source = style.source_of(boxes.drop(columns=["key"]), "boxes")
    box = HBar(y="y", left="q1_tokens", right="q3_tokens", height=2 * half, fill_color=palette["band"], line_color=None)
    whisker = Segment(x0="min_tokens", x1="max_tokens", y0="y", y1="y", line_color=palette["rule"])
    median = Segment(x0="median_tokens", x1="median_tokens", y0="low", y1="high", line_width=1.5)
    median.line_color = palette["ink2"]
    for glyph in (box, whisker):
        draw(drawn, source, glyph, "underlay")
    # The dots of a strip would hide its median.
    draw(drawn, source, median, style.OVER if points.is_strip else "underlay")


def draw_dots(
    drawn: Plot, source: ColumnDataSource, palette: Palette, x: str, y: str, is_strip: bool, level: str = style.OVER
) -> None:
    """Every episode: a ring in the baseline, accent in focus, grey elsewhere; one pointed at is ringed in ink."""
    glyph = Scatter(
        x=x, y=y, size=STRIP_DOT if is_strip else DOT, line_width=1 if is_strip else 1.5, line_alpha="alpha",
        fill_alpha="alpha",
        line_color=linear_cmap("role", [palette["ink3"], palette["base"], palette["accent"]], 0, 2),
        fill_color=linear_cmap("role", [palette["ink3"], palette["bg"], palette["accent"]], 0, 2),
    )  # fmt: skip
    marked: Style = {"line_color": palette["ink"], "line_alpha": 1, "fill_alpha": 1, "line_width": 2}
    alpha = style.DIMMED * (STRIP_ALPHA if is_strip else 1)
    draw_marked(drawn, source, glyph, marked, {"line_alpha": alpha, "fill_alpha": alpha}, "dots", level)


def _baseline_median(drawn: Plot, points: Points, palette: Palette, texts: Texts) -> None:
    at = float(points.runs["median_tokens"].iloc[0])
    if np.isnan(at):
        return
    top, (start, end) = len(points.runs), points.range
    line = Segment(x0="x", x1="x", y0="y0", y1="y1", line_color=palette["base"], line_dash=[4, 3], line_width=1)
    draw(drawn, pd.DataFrame({"x": [at], "y0": [0], "y1": [top]}), line, "underlay", "median")
    align = "right" if at > start + 0.5 * (end - start) else "left"
    texts.add(at, top, f"baseline median {points.tokens.shown(at)}", palette["ink2"], align, dy=-10)


def _row_texts(points: Points, palette: Palette, texts: Texts) -> None:
    """Names at the left, means at the right, and how many of a run failed."""
    start, end = points.range
    labels = list(points.runs["label"])
    is_beside, left = points.is_beside, 2 - points.gutter
    texts.add(end, len(labels), "mean", palette["ink3"], "right", dx=50, dy=-10)
    for run in points.runs.to_dict("records"):
        is_focus = run["role"] == FOCUS
        colour = palette["ink" if is_focus else "ink2"]
        middle = run["y"] - _sinking(points)
        failed = f"{run['failed']} failed" if run["failed"] else ""
        texts.add(end, middle, run["mean_shown"], colour, "right", dx=50, is_bold=is_focus)
        if is_beside:
            texts.add(start, run["y"], run["label"], colour, dx=left, dy=-7 if failed else 0, is_bold=is_focus)
        else:
            up = ABOVE // 2 - points.row_height // 2 + 1
            texts.add(start, run["y"], run["label"], colour, dy=up, is_bold=is_focus)
        if failed:
            texts.add(
                start if is_beside else end,
                middle,
                failed,
                palette["worse"],
                "left" if is_beside else "right",
                dx=left if is_beside else 50,
                dy=7 if is_beside else -14,
            )
        if np.isnan(run["median_tokens"]):
            texts.add(start, middle, "no output tokens", palette["ink3"], dx=6)
