"""A trace of a monitor: memory and CPU over time above each other, the stages as bands behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from bokeh.models import Line, Plot, Quad, Range1d, Scatter, Segment

from driftline.charts import style
from driftline.charts.style import Frame, Palette, Texts, draw
from driftline.metrics import Metric

HEIGHT, GAP = 130, 0.3
DOTS_UP_TO = 120


@dataclass(frozen=True)
class Trace:
    """What is drawn: `points` has elapsed_s, stage, rss_mb, cpu_pct (NaN at a gap); `frozen` has stage, peak_rss_mb and
    avg_cpu_pct as the profile states them."""

    points: pd.DataFrame
    frozen: pd.DataFrame
    memory: Metric
    cpu: Metric

    @property
    def end(self) -> float:
        """Where the axis of time ends, s."""
        last = float(self.points["elapsed_s"].max())
        return last if last > 0 else 1.0


def bands(points: pd.DataFrame) -> pd.DataFrame:
    """stage, left, right: for how long a stage was on without another between; each ends where the next one begins."""
    begins = points[points["stage"] != points["stage"].shift()]
    left = begins["elapsed_s"].to_numpy(float)
    last = points["elapsed_s"].max() if len(points) else 0.0
    return pd.DataFrame({"stage": list(begins["stage"]), "left": left, "right": [*left[1:], float(last)]})


def draw_trace(trace: Trace, palette: Palette) -> Plot:
    """The figure: memory in the upper half, CPU in the lower; each has its own scale from zero."""
    points = trace.points
    room = Frame(left=52, right=12, top=24, bottom=36)
    drawn = style.canvas(palette, ["monitor"], 2 * HEIGHT, Range1d(0, trace.end), Range1d(0, 2 + GAP), room)
    style.add_scale(drawn, palette, "below")
    found = bands(points)
    shaded = found.iloc[1::2].assign(bottom=0.0, top=2 + GAP)
    draw(drawn, shaded, Quad(left="left", right="right", bottom="bottom", top="top", fill_color=palette["band"],
                             line_color=None), "image", "bands")  # fmt: skip
    texts = Texts()
    for name, label, metric, floor, frozen in (
        ("rss_mb", "RSS", trace.memory, 1 + GAP, "peak_rss_mb"),
        ("cpu_pct", "CPU", trace.cpu, 0.0, "avg_cpu_pct"),
    ):
        stated = found.merge(trace.frozen[["stage", frozen]], on="stage").dropna(subset=[frozen])
        # Of no number at all the largest is NaN, which is larger than none.
        top = pd.concat([points[name], stated[frozen]]).max()
        top = float(top) if top > 0 else 1.0
        levels = stated.assign(y=floor + stated[frozen] / top)[["left", "right", "y"]]
        line = Segment(
            x0="left", x1="right", y0="y", y1="y", line_color=palette["base"], line_width=1, line_dash=[4, 3]
        )
        draw(drawn, levels, line, "glyph", f"frozen {frozen}")
        heights = points.assign(y=floor + points[name] / top)
        steps = heights[["elapsed_s", "y", "stage"]].assign(
            rss=[_shown(value, trace.memory) for value in points["rss_mb"]],
            cpu=[_shown(value, trace.cpu) for value in points["cpu_pct"]],
            at_s=[f"{value:.1f} s" for value in points["elapsed_s"]],
        )
        source = style.source_of(steps, "trace", name)
        draw(drawn, source, Line(x="elapsed_s", y="y", line_color=palette["ink2"], line_width=1.3))
        dots = Scatter(x="elapsed_s", y="y", size=4 if len(points) <= DOTS_UP_TO else 2, line_color=None,
                       fill_color=palette["ink2"])  # fmt: skip
        draw(drawn, source, dots).name = "dots"
        base = pd.DataFrame({"x0": [0.0], "x1": [trace.end], "y": [floor]})
        draw(drawn, base, Segment(x0="x0", x1="x1", y0="y", y1="y", line_color=palette["rule"]), "glyph", "floor")
        texts.add(0, floor, "0", palette["ink3"], "right", dx=-6)
        texts.add(0, floor + 1, metric.shown(top), palette["ink3"], "right", dx=-6)
        texts.add(0, floor + 1, f"{label}, {metric.shown_unit}", palette["ink3"], dx=-46, dy=-15)
    per_second = (style.NARROW_WIDTH - room.left - room.right) / trace.end
    for band in found.to_dict("records"):
        if (band["right"] - band["left"]) * per_second > len(band["stage"]) * style.LETTER_WIDTH:
            texts.add(band["left"], 1 + GAP, band["stage"], palette["ink2"], dx=3, dy=12)
    texts.add(trace.end, 0, "s since the start", palette["ink3"], "right", dy=30)
    texts.draw(drawn, halo=palette["bg"])
    return drawn


def _shown(value: float, metric: Metric) -> str:
    return metric.shown_with_unit(None if pd.isna(value) else float(value))
