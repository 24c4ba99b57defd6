"""What all figures share: the palettes of the tokens' names, the bare canvas, texts, and marks that follow the pointer.

A source whose tags begin with MARKED has a column `episode` or `at` (the number of a run): `charts.js` selects its rows
when the pointer is on that episode or run anywhere on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from bokeh.models import BasicTicker, ColumnDataSource, GlyphRenderer, Grid, LinearAxis, Plot, Range1d, Text

Palette = Mapping[str, str]
Style = dict[str, Any]

LIGHT = {
    "bg": "#ffffff", "ink": "#15171c", "ink2": "#474c57", "ink3": "#666c78", "base": "#7a808c", "accent": "#3d46c9",
    "better": "#006f66", "worse": "#bf3a06", "hair": "#e6e8ec", "rule": "#c8ccd3", "band": "#eceef1",
}  # fmt: skip
DARK = {
    "bg": "#101216", "ink": "#eceef2", "ink2": "#b6bbc6", "ink3": "#8f96a3", "base": "#868d9b", "accent": "#a3acff",
    "better": "#34c3b0", "worse": "#ff8a4c", "hair": "#23272f", "rule": "#3b414c", "band": "#22262e",
}  # fmt: skip
FONT = "Liberation Sans, Segoe UI, Inter, Arial, sans-serif"
# The narrowest a figure gets, on a phone, and a letter of a label, in pixels: what is clear there is clear everywhere.
NARROW_WIDTH, LETTER_WIDTH = 350, 6
# Labels up to this many letters stand left of their row; longer ones above it, so that none is ever cut.
BESIDE_UP_TO = 20
MARKED = "marked"
# The level of what changes under the pointer: a layer of its own, painted in half the time of the rest. No text is put
# there, since of what lies at its edge traces stay. A row that is pointed at is tinted: what lies below can be read.
OVER, TINT = "overlay", 0.04
DIMMED = 0.28
# Up to this many episodes each has a place of its own; above, they are a strip, or the worst of them are shown.
EACH_UP_TO, WORST_SHOWN = 20, 12


@dataclass(frozen=True)
class Frame:
    """The room around the plot of a figure, in pixels."""

    left: int = 2
    right: int = 2
    top: int = 0
    bottom: int = 0


def gutter(labels: list[str], most: int = BESIDE_UP_TO) -> int:
    """How much room labels need left of the plot, in pixels: none where they stand above their rows."""
    longest = max((len(label) for label in labels), default=0)
    return round(longest * LETTER_WIDTH * 0.97) + 12 if longest <= most else 2


def is_beside(labels: list[str], most: int = BESIDE_UP_TO) -> bool:
    return all(len(label) <= most for label in labels)


def canvas(palette: Palette, tags: list[Any], height: int, x: Range1d, y: Range1d, room: Frame) -> Plot:
    """An empty plot that fills the width it is given, without toolbar, axes and grid."""
    return Plot(
        height=height + room.top + room.bottom, sizing_mode="stretch_width", x_range=x, y_range=y,
        toolbar_location=None, output_backend="canvas", outline_line_color=None,
        background_fill_color=palette["bg"], border_fill_color=palette["bg"], min_border_left=room.left,
        min_border_right=room.right, min_border_top=room.top, min_border_bottom=room.bottom, tags=tags,
    )  # fmt: skip


def add_scale(drawn: Plot, palette: Palette, side: Literal["below", "left"]) -> None:
    """An axis of numbers and hairlines at them, without lines of its own."""
    ticker = BasicTicker(desired_num_ticks=5)
    axis = LinearAxis(
        ticker=ticker, axis_line_color=None, major_tick_line_color=None, minor_tick_line_color=None,
        major_label_text_font_size="11px", major_label_text_font=FONT, major_label_text_color=palette["ink3"],
    )  # fmt: skip
    drawn.add_layout(axis, side)
    drawn.add_layout(Grid(dimension=0 if side == "below" else 1, ticker=ticker, grid_line_color=palette["hair"]))


def source_of(frame: pd.DataFrame, *tags: str) -> ColumnDataSource:
    """The columns of a frame: numbers as arrays, the rest as lists."""
    data = {name: frame[name].to_numpy() if frame[name].dtype.kind in "fiub" else list(frame[name]) for name in frame}
    return ColumnDataSource(data, tags=list(tags))


def draw(drawn: Plot, frame: pd.DataFrame | ColumnDataSource, glyph: Any, level: str = "glyph", tag: str = "") -> Any:
    """One bare glyph: the methods of a figure make three more of each that nothing ever shows."""
    source = frame if isinstance(frame, ColumnDataSource) else source_of(frame, tag)
    renderer = GlyphRenderer(data_source=source, glyph=glyph, level=level)
    drawn.renderers.append(renderer)
    return renderer


def draw_marked(
    drawn: Plot,
    source: ColumnDataSource,
    glyph: Any,
    marked: Style,
    dimmed: Style,
    name: str | None = None,
    level: str = OVER,
) -> Any:
    """A glyph that stands out where it is pointed at, and steps back where another is."""
    renderer = draw(drawn, source, glyph, level)
    renderer.name = name
    renderer.selection_glyph = glyph.clone(**marked)
    renderer.nonselection_glyph = glyph.clone(**dimmed)
    return renderer


class Texts:
    """Texts at points of a plot, also beyond its frame, drawn at once: every glyph costs the server and the page."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(
        self, x: float, y: float, text: str, colour: str, align: str = "left", dx: float = 0, dy: float = 0,
        is_bold: bool = False, size: str = "11.5px",
    ) -> None:  # fmt: skip
        """A text `dx`, `dy` pixels right of and below a point of the data."""
        self._rows.append((float(x), float(y), text, colour, align, dx, dy, "bold" if is_bold else "normal", size))

    def draw(self, drawn: Plot, halo: str | None = None) -> None:
        """Puts the texts over everything but OVER; `halo` is the colour that keeps them readable over other marks."""
        if not self._rows:
            return
        names = ("x", "y", "text", "colour", "align", "dx", "dy", "weight", "size")
        source = ColumnDataSource(
            dict(zip(names, map(list, zip(*self._rows, strict=True)), strict=True)), tags=["texts"]
        )
        look: Style = {
            "text_font": {"value": FONT}, "text_font_size": {"field": "size"}, "text_font_style": {"field": "weight"},
            "text_align": {"field": "align"}, "text_baseline": "middle", "text_color": {"field": "colour"},
            "x_offset": {"field": "dx"}, "y_offset": {"field": "dy"},
        }  # fmt: skip
        if halo:
            # The outline is drawn over its own letters, so the halo is a text of its own below them.
            behind = {"text_color": halo, "text_outline_color": halo, "text_outline_width": 3}
            draw(drawn, source, Text(x="x", y="y", text="text", **{**look, **behind}), "annotation")
        draw(drawn, source, Text(x="x", y="y", text="text", **look), "annotation")


def write(drawn: Any, x: Any, y: Any, text: list[str], **style: Any) -> None:
    """Texts of one look, as one bare glyph."""
    look = {"text_font": {"value": FONT}, "text_font_size": "11.5px", "text_baseline": "middle", **style}
    drawn.add_glyph(ColumnDataSource({"x": x, "y": y, "text": text}), Text(x="x", y="y", text="text", **look))


def value_range(low: float, high: float) -> tuple[float, float]:
    """Where an axis of values begins and ends: at zero, but close to values that lie far from it and close together."""
    if low < 0 < high:
        beyond = (high - low) * 0.075
        return low - beyond, high + beyond
    if low < 0:
        end, start = value_range(-high, -low)
        return -start, -end
    if not high > 0:
        return 0.0, 1.0
    room = (high - low) * 0.15 or high * 0.1
    return (low - room if low > 0.4 * high else 0.0), high + room / 2
