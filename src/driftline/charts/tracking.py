"""The panels of a history: every metric of a series over time, its baseline, its limit and where its level changed.

All panels of a series are one plot, a cell each: a plot a metric would take too long. Across, a cell is 1 wide;
down, a unit is a pixel. `charts.js` puts the cells into as many columns as there is room for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from bokeh.events import MouseLeave, MouseMove, Tap
from bokeh.models import ColumnDataSource, CustomJS, Line, Plot, Range1d, Scatter, Segment

from driftline.charts import style
from driftline.charts.style import Frame, Palette, Texts, draw, source_of
from driftline.charts.tracking_layout import Change, Panel, Tracks, short_value, time_range

COLUMNS = 4
# A cell from top to bottom, in pixels: head (text of the page), day of a change point, plot, days, gap to the next.
HEAD, ABOVE, PLOT, BELOW = 34, 18, 78, 38
# From where to where the plot goes across a cell; right of it stand the values, right of those a gap.
LEFT, RIGHT = 0.01, 0.73
# How wide a cell is on the narrowest screens, in pixels.
NARROWEST = 230
# Up to so many records each has a dot; of more only those that stand alone.
LARGE_UP_TO, DOTS_UP_TO = 60, 400
# How far apart the labels at the right stand at least, and how far below the axis gaps are marked, in pixels.
APART, GAP = 12, 4
DASHES, DOTS = "4 3", "1 3"


class _Grid:
    """Where a moment and a value stand: x by the cell's column, y in pixels below the upper edge of the figure."""

    def __init__(self, tracks: Tracks, scale: tuple[float, float], head: int) -> None:
        self.low, self.high = scale
        self.above, self.cell = head + ABOVE, cell_height(head)
        self.start, self.end = time_range(tracks.records["x"].to_numpy(float))

    def across(self, moment: Any) -> Any:
        """How far right in its cell a moment (ms) is."""
        return LEFT + (RIGHT - LEFT) * (moment - self.start) / (self.end - self.start)

    def top(self, cell: int) -> float:
        """Where the plot of a cell begins."""
        return -float(cell // COLUMNS * self.cell + self.above)

    def x(self, cell: int, moment: Any) -> Any:
        return cell % COLUMNS + self.across(moment)

    def y(self, cell: int, pct: Any) -> Any:
        """What lies beyond the scale is drawn at its edge."""
        return self.top(cell) - PLOT * (self.high - np.clip(pct, self.low, self.high)) / (self.high - self.low)


def cell_height(head: int) -> int:
    """How high a cell is, in pixels, whose head is so high."""
    return head + ABOVE + PLOT + BELOW


def draw_tracks(tracks: Tracks, scale: tuple[float, float], palette: Palette, head: int = HEAD) -> Plot:
    """The figure of a series. `scale` is where every panel begins and ends, in per cent of its baseline; `head` is how
    high the heads are that the page puts over the cells, in pixels."""
    grid, records = _Grid(tracks, scale, head), tracks.records
    rows = max(math.ceil(len(tracks.panels) / COLUMNS), 1)
    figure = style.canvas(
        palette,
        ["tracks", tracks.series, grid.cell],
        rows * grid.cell,
        Range1d(0, COLUMNS),
        Range1d(-rows * grid.cell, 0),
        Frame(0, 0),
    )
    marks = pd.concat(
        [_marks(tracks, panel, cell, grid) for cell, panel in enumerate(tracks.panels)] or [pd.DataFrame()]
    )
    segment = Segment(x0="x0", x1="x1", y0="y0", y1="y1", line_color="line", line_width="width", line_dash="dash")
    if len(marks):
        marks = marks.assign(line=[palette[name] for name in marks["colour"]])
        # Many values hide what lies below them; a level is to be seen.
        is_level = marks["kind"] == "level"
        draw(figure, marks[~is_level], segment, "underlay", "marks")
        draw(figure, marks[is_level], segment, "annotation", "levels")
    values = source_of(_values(tracks, grid), "values")
    _draw_values(figure, tracks, values, grid, palette)
    texts = Texts()
    for cell, panel in enumerate(tracks.panels):
        _label(texts, tracks, panel, cell, grid, palette)
    texts.draw(figure, halo=palette["bg"])
    told = [panel.shown for panel in tracks.panels]
    # No glyph draws what is selected: else all would be painted anew, and not only what lies over it.
    named = records[["at", "key", "told", *told]].assign(across=grid.across(records["x"]))
    _point(figure, source_of(named, style.MARKED, "records"), values, grid, palette)
    return figure


def _point(figure: Plot, records: ColumnDataSource, values: ColumnDataSource, grid: _Grid, palette: Palette) -> None:
    """Wherever the pointer is in a cell, the record nearest in time is marked in all of them."""
    over = ColumnDataSource({"x": [], "y": [], "y0": [], "y1": []}, tags=["over"])
    line = Segment(x0="x", x1="x", y0="y0", y1="y1", line_color=palette["ink3"], line_width=1)
    ring = Scatter(x="x", y="y", size=9, fill_color=None, line_color=palette["ink"], line_width=1.5)
    for glyph in (line, ring):
        draw(figure, over, glyph, style.OVER)
    cell = {"height": grid.cell, "top": grid.above, "plot": PLOT}
    tell = CustomJS(
        args={"records": records, "values": values, "over": over, "figure": figure, "cell": cell},
        code="window.driftlineCharts?.tell(records, values, over, figure, cell)",
    )
    records.selected.js_on_change("indices", tell)
    near = CustomJS(args={"records": records, "cell": cell}, code="window.driftlineCharts?.near(cb_obj, records, cell)")
    figure.js_on_event(MouseMove, near)
    figure.js_on_event(Tap, near)
    figure.js_on_event(MouseLeave, CustomJS(code="window.driftlineCharts?.left()"))


def _marks(tracks: Tracks, panel: Panel, cell: int, grid: _Grid) -> pd.DataFrame:
    """Every straight line of a panel: kind, cell, x0, x1, y0, y1, colour (a token), width, dash."""
    rows: list[tuple[Any, ...]] = []

    def add(kind: str, start: float, end: float, y: float, colour: str, width: float, dash: str = "solid") -> None:
        rows.append((kind, cell, grid.x(cell, start), grid.x(cell, end), y, y, colour, width, dash))

    floor = grid.top(cell) - PLOT
    add("floor", grid.start, grid.end, floor, "rule", 1)
    if panel.baseline is not None:
        add("baseline", grid.start, grid.end, grid.y(cell, 0.0), "base", 1, DASHES)
    if panel.limit is not None and grid.low <= panel.place(panel.limit) <= grid.high:
        add("limit", grid.start, grid.end, grid.y(cell, panel.place(panel.limit)), "worse", 1.5, DOTS)
    for change in panel.changes:
        dash, x = DASHES if change.is_suspect else "solid", grid.x(cell, change.x)
        rows.append(("change", cell, x, x, floor, grid.top(cell), change.tone, 1, dash))
        add("level", change.x, change.end, grid.y(cell, change.level), change.tone, 2, dash)
    for start, end in gaps(tracks.records, panel.y, (grid.end - grid.start) * 0.012):
        add("gap", max(start, grid.start), min(end, grid.end), floor - GAP, "ink3", 2)
    return pd.DataFrame(rows, columns=["kind", "cell", "x0", "x1", "y0", "y1", "colour", "width", "dash"])


def gaps(records: pd.DataFrame, y: str, least: float) -> Iterator[tuple[float, float]]:
    """From when to when records lack a value, `least` ms before and after, so that one alone is seen."""
    x, is_gap = records["x"].to_numpy(float), records[y].isna().to_numpy()
    edges = np.flatnonzero(np.diff(np.r_[False, is_gap, False].astype(int)))
    for first, behind in edges.reshape(-1, 2):
        yield float(x[first]) - least, float(x[behind - 1]) + least


def _values(tracks: Tracks, grid: _Grid) -> pd.DataFrame:
    """Every value, panel after panel: cell, x, y (NaN at a gap) and pct; one row without any ends each panel, so that
    one line draws them all without joining them."""
    parts = []
    for cell, panel in enumerate(tracks.panels):
        pct = tracks.records[panel.y].to_numpy(float)
        x = grid.x(cell, tracks.records["x"].to_numpy(float))
        parts.append(pd.DataFrame({"cell": cell, "x": x, "y": grid.y(cell, pct), "pct": pct}))
        parts.append(pd.DataFrame({"cell": [cell], "x": [np.nan], "y": [np.nan], "pct": [np.nan]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["cell", "x", "y", "pct"])


def _draw_values(figure: Plot, tracks: Tracks, values: ColumnDataSource, grid: _Grid, palette: Palette) -> None:
    count = len(tracks.records)
    look = {"line_width": 1.2} if count <= DOTS_UP_TO else {"line_width": 1, "line_alpha": 0.6}
    draw(figure, values, Line(x="x", y="y", line_color=palette["ink2"], **look))
    if count <= DOTS_UP_TO:
        size = 3.6 if count <= LARGE_UP_TO else 2.4
        draw(figure, values, Scatter(x="x", y="y", size=size, line_color=None, fill_color=palette["ink2"]))
    special = pd.concat(
        [_special(tracks, panel, cell, grid) for cell, panel in enumerate(tracks.panels)] or [pd.DataFrame()]
    )
    if len(special):
        special = special.assign(fill=[palette[name] for name in special["colour"]])
        glyph = Scatter(x="x", y="y", size="size", marker={"field": "marker"}, line_color=None, fill_color="fill")
        draw(figure, special, glyph, tag="special")


def _special(tracks: Tracks, panel: Panel, cell: int, grid: _Grid) -> pd.DataFrame:
    """The newest value, those beyond the scale, and of many those that no line reaches: kind, cell, x, y, look."""
    x, pct = tracks.records["x"].to_numpy(float), tracks.records[panel.y].to_numpy(float)
    is_there = ~np.isnan(pct)
    chosen: list[tuple[str, Any, float, str, str]] = [
        ("above", pct > grid.high, 6, "triangle", "ink"),
        ("below", pct < grid.low, 6, "inverted_triangle", "ink"),
        ("newest", is_there & (np.arange(len(x)) == len(x) - 1), 7, "circle", "accent"),
    ]
    if len(x) > DOTS_UP_TO:
        has_neighbour = np.r_[False, is_there[:-1]] | np.r_[is_there[1:], False]
        chosen.append(("alone", is_there & ~has_neighbour, 3.6, "circle", "ink2"))
    rows = [
        (kind, cell, grid.x(cell, x[at]), float(grid.y(cell, pct[at])), size, marker, colour)
        for kind, which, size, marker, colour in chosen
        for at in np.flatnonzero(which)
    ]
    return pd.DataFrame(rows, columns=["kind", "cell", "x", "y", "size", "marker", "colour"])


def _label(texts: Texts, tracks: Tracks, panel: Panel, cell: int, grid: _Grid, palette: Palette) -> None:
    """Values right of the plot, the first and the last day below, and the newest change point above."""
    told = ((panel.newest, "accent", True), (panel.baseline, "ink2", False), (panel.limit, "worse", False))
    ends = [
        (float(grid.y(cell, panel.place(value))), short_value(value, panel.metric), colour, is_bold)
        for value, colour, is_bold in told
        if value is not None and math.isfinite(value)
    ]
    for y, (_, text, colour, is_bold) in zip(apart([-y for y, *_ in ends]), ends, strict=True):
        texts.add(cell % COLUMNS + RIGHT, -y, text, palette[colour], dx=7, is_bold=is_bold)
    x = tracks.records["x"].to_numpy(float)
    if len(x):
        first, last = day_labels(float(x[0]), float(x[-1]))
        below = grid.top(cell) - PLOT - 15
        texts.add(cell % COLUMNS + LEFT, below, first, palette["ink3"], size="11px")
        if last != first:
            texts.add(cell % COLUMNS + RIGHT, below, last, palette["ink3"], "right", size="11px")
    if panel.changes:
        _label_change(texts, panel.changes[-1], cell, grid, palette)


def _label_change(texts: Texts, change: Change, cell: int, grid: _Grid, palette: Palette) -> None:
    """Left of the line, and right of it where it would not fit."""
    room = (grid.across(change.x) - LEFT) * NARROWEST
    align, dx = ("right", -3) if room > len(change.text) * style.LETTER_WIDTH else ("left", 3)
    texts.add(grid.x(cell, change.x), grid.top(cell) + 9, change.text, palette[change.tone], align, dx=dx, size="11px")


def apart(places: Sequence[float]) -> list[float]:
    """The places in pixels from above, moved so that none is nearer than APART to the next and all stay near theirs."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    found = list(places)
    for before, at in pairwise(order):
        found[at] = max(found[at], found[before] + APART)
    pushed = max((found[at] - places[at] for at in order), default=0.0)
    return [place - pushed / 2 for place in found]


def day_labels(first: float, last: float) -> tuple[str, str]:
    """The first and the last day of an axis, ms since 1970; with the year where they are in different ones."""
    start, end = pd.Timestamp(first, unit="ms"), pd.Timestamp(last, unit="ms")
    form = "%b %-d" if start.year == end.year else "%b %-d %Y"
    return start.strftime(form), end.strftime(form)
