"""Small panels side by side on the same rows: from a ring, the baseline, to a dot, the candidate in focus.

All panels are one plot; each has its own scale from zero. Charts C and D are drawn so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import HBar, Plot, Range1d, Scatter, Segment

from driftline.charts import style
from driftline.charts.style import Frame, Palette, Style, Texts, draw, draw_marked, source_of
from driftline.metrics import THIN, Metric, arrow, percent

ROW, ABOVE, LINE, LIMIT_LINE, GAP = 22, 14, 16, 13, 0.16
# Room left and right of all panels, so that no dot is cut.
EDGE = 0.03
MEAN, EPISODE, FAILED = "mean", "episode", "failed"


@dataclass(frozen=True)
class Limit:
    """An upright line in a panel and what it is called."""

    value: float
    text: str


@dataclass(frozen=True)
class Panel:
    """One of the panels: the metric it shows, up to which value, what stands in its head, and its limits."""

    metric: str
    name: str
    top: float
    top_shown: str
    head: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Panels:
    """What is drawn. `pairs` has episode, kind, name (of the panel), y, x0 and x1 (NaN at a gap), was and now; `rows`
    has episode ('' for a mean), label, kind, y from the top row down to 0."""

    panels: tuple[Panel, ...]
    pairs: pd.DataFrame
    rows: pd.DataFrame

    @property
    def width(self) -> float:
        return len(self.panels) * (1 + GAP) - GAP

    @property
    def is_beside(self) -> bool:
        return style.is_beside(list(self.rows["label"]))

    @property
    def row_height(self) -> int:
        return ROW if self.is_beside else ROW + ABOVE


def scale_top(values: Iterable[float]) -> float:
    """Where a scale from zero ends: at the largest value, rounded up to two digits."""
    highest = max((value for value in values if value == value), default=0.0)
    if not highest > 0:
        return 1.0
    step = 10.0 ** (math.floor(math.log10(highest)) - 1)
    return math.ceil(highest * 1.02 / step) * step


def left_of(panel: int) -> float:
    """Where a panel begins; each is 1 wide."""
    return panel * (1 + GAP)


def head_lines(means: Iterable[float], metric: Metric) -> tuple[str, str]:
    """Both means, and the change in per cent where there is one. `means` are baseline, candidate and per cent."""
    was, now, pct = (None if value != value else float(value) for value in means)
    change = "" if pct is None else "= 0" if pct == 0 else f"{arrow(pct)} {percent(pct)}"
    return f"{metric.shown(was)}{THIN}→{THIN}{metric.shown(now)}", change


def lay_out_panels(
    panels: Sequence[Panel], rows: pd.DataFrame, values: pd.DataFrame, shown: Mapping[str, Any]
) -> Panels:
    """`rows` has key, episode, label, kind in their order; `values` has key, metric, baseline, candidate; `shown`
    writes a value of a metric."""
    placed = rows.assign(y=[len(rows) - 0.5 - at for at in range(len(rows))])
    at = {panel.metric: number for number, panel in enumerate(panels)}
    known = values[values["metric"].isin(list(at))].merge(placed, on="key", how="inner")
    known = known.assign(number=known["metric"].map(at)).sort_values(["y", "number"], ascending=[False, True])
    number = known["number"].to_numpy(int)
    scale = np.array([1 / panel.top if panel.top > 0 else 0 for panel in panels])
    left = np.array([left_of(panel) for panel in range(len(panels))])
    pairs = pd.DataFrame(
        {
            "episode": known["episode"],
            "kind": known["kind"],
            "name": [panels[panel].name for panel in number],
            "y": known["y"],
            "x0": left[number] + known["baseline"].to_numpy(float) * scale[number],
            "x1": left[number] + known["candidate"].to_numpy(float) * scale[number],
            "was": _shown(known, "baseline", shown),
            "now": _shown(known, "candidate", shown),
        }
    )
    return Panels(tuple(panels), pairs, placed)


def _shown(known: pd.DataFrame, side: str, shown: Mapping[str, Any]) -> list[str]:
    columns = zip(known["metric"], known[side], strict=True)
    return [shown[metric](None if value != value else value) for metric, value in columns]


def draw_panels(panels: Panels, palette: Palette, tag: str) -> Plot:
    """The figure of chart C or D."""
    above = LIMIT_LINE * max(len(panel.limits) for panel in panels.panels)
    head = (1 + max(len(panel.head) for panel in panels.panels)) * LINE + 6
    room = Frame(left=style.gutter(list(panels.rows["label"])), right=8, top=head + above, bottom=20)
    ends = Range1d(-EDGE, panels.width + EDGE), Range1d(0, len(panels.rows))
    drawn = style.canvas(palette, ["quality", tag], panels.row_height * len(panels.rows), *ends, room)
    texts = Texts()
    _frame(drawn, panels, palette, texts)
    _rows(drawn, panels, palette, texts)
    _limits(drawn, panels, palette, texts)
    _pairs(drawn, panels, palette)
    _heads(panels, palette, texts, above)
    texts.draw(drawn)
    return drawn


def _uprights(drawn: Plot, panels: Panels, x: list[float], tag: str, **look: Any) -> None:
    frame = pd.DataFrame({"x": x, "y0": [0.0] * len(x), "y1": [float(len(panels.rows))] * len(x)})
    draw(drawn, frame, Segment(x0="x", x1="x", y0="y0", y1="y1", **look), "underlay", tag)


def _frame(drawn: Plot, panels: Panels, palette: Palette, texts: Texts) -> None:
    """The zero of each panel, and where its scale ends."""
    zeros = [left_of(at) for at in range(len(panels.panels))]
    _uprights(drawn, panels, zeros, "zeros", line_color=palette["rule"])
    for zero, panel in zip(zeros, panels.panels, strict=True):
        texts.add(zero, 0, "0", palette["ink3"], dy=11, size="11px")
        texts.add(zero + 1, 0, panel.top_shown, palette["ink3"], "right", dy=11, size="11px")


def _rows(drawn: Plot, panels: Panels, palette: Palette, texts: Texts) -> None:
    rows = panels.rows
    lines = pd.DataFrame({"y": rows["y"] - 0.5, "left": 0.0, "right": panels.width})
    draw(drawn, lines, Segment(x0="left", x1="right", y0="y", y1="y", line_color=palette["hair"]), "underlay")
    band = HBar(y="y", left=0, right=panels.width, height=1, fill_alpha=0, line_color=None, fill_color=palette["ink"])
    source = source_of(rows.loc[rows["episode"] != "", ["episode", "y"]], style.MARKED, "rows")
    draw_marked(drawn, source, band, {"fill_alpha": style.TINT}, {})
    beside = 2 - style.gutter(list(rows["label"]))
    dx, dy = (beside, 0) if panels.is_beside else (4, 8 - panels.row_height // 2)
    rings = {(pair["episode"], pair["name"]): pair["x0"] for pair in panels.pairs.to_dict("records")}
    for row in rows.to_dict("records"):
        colour = palette[{MEAN: "ink", EPISODE: "ink2", FAILED: "worse"}[row["kind"]]]
        texts.add(0, row["y"], row["label"], colour, dx=dx, dy=dy, is_bold=row["kind"] == MEAN)
        for at, panel in enumerate(panels.panels if row["kind"] == FAILED else ()):
            # The baseline's ring stays: the words keep to the side that it leaves free.
            share = rings.get((row["episode"], panel.name), np.nan) - left_of(at)
            x, align, dx = (left_of(at) + 1, "right", 0) if share < 0.5 else (left_of(at), "left", 4)
            words = "failed: no score" if np.isnan(share) else "failed"
            texts.add(x, row["y"] - _sinking(panels), words, palette["worse"], align, dx, size="11px")


def _sinking(panels: Panels) -> float:
    """How far the marks stand below the middle of a row that has its label above them."""
    return 0.0 if panels.is_beside else ABOVE / 2 / panels.row_height


def _limits(drawn: Plot, panels: Panels, palette: Palette, texts: Texts) -> None:
    """The lines of limits, each told on a line of its own: two of a panel may be close."""
    marks: list[float] = []
    for at, panel in enumerate(panels.panels):
        for number, limit in enumerate(panel.limits):
            share = limit.value / panel.top
            marks.append(left_of(at) + share)
            align, up = "right" if share > 0.5 else "left", 8 + number * LIMIT_LINE
            texts.add(marks[-1], len(panels.rows), limit.text, palette["worse"], align, dy=-up, size="11px")
    if marks:
        _uprights(drawn, panels, marks, "limits", line_color=palette["worse"], line_dash=[1, 3], line_width=1.5)


def _pairs(drawn: Plot, panels: Panels, palette: Palette) -> None:
    """Hairlines from ring to dot; those of the means are thick."""
    is_mean = panels.pairs["kind"] == MEAN
    placed = panels.pairs.assign(
        y=panels.pairs["y"] - _sinking(panels), width=np.where(is_mean, 4.0, 1.5), alpha=np.where(is_mean, 0.75, 0.45)
    )
    source = source_of(placed, style.MARKED, "pairs")
    accent = palette["accent"]
    line = Segment(x0="x0", x1="x1", y0="y", y1="y", line_color=accent, line_width="width", line_alpha="alpha")
    ring = Scatter(x="x0", y="y", size=9, line_width=1.5, line_color=palette["base"], fill_color=palette["bg"])
    dot = Scatter(x="x1", y="y", size=7, line_width=1.5, line_color=accent, fill_color=accent)
    marked: Style = {"line_color": palette["ink"], "line_width": 2}
    dimmed = {"line_alpha": style.DIMMED}
    draw_marked(drawn, source, line, {"line_alpha": 1}, {"line_alpha": 0.15})
    draw_marked(drawn, source, ring, marked, dimmed, "rings")
    draw_marked(drawn, source, dot, marked, {**dimmed, "fill_alpha": style.DIMMED}, "dots")


def _heads(panels: Panels, palette: Palette, texts: Texts, above: int) -> None:
    """Name, numbers and change, one below the other: side by side they would meet on a phone."""
    for at, panel in enumerate(panels.panels):
        for number, text in enumerate(reversed(panel.head)):
            texts.add(
                left_of(at), len(panels.rows), text, palette["ink2"], dy=-(above + 12 + number * LINE), size="11px"
            )
        up = -(above + 12 + len(panel.head) * LINE)
        texts.add(left_of(at), len(panels.rows), panel.name, palette["ink"], dy=up, is_bold=True)
