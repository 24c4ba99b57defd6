"""Metrics for charts, and what a plot holds."""

from __future__ import annotations

from typing import Any

from bokeh.models import GlyphRenderer, Plot

from driftline.charts import scores
from driftline.metrics import Metric


def metric(name: str, unit: str = "tokens", decimals: int = 0) -> Metric:
    return Metric(name, name, unit, "lower", "log", "length", False, 10, 25, None, None, None, decimals, "")


REGISTRY = {
    **{name: metric(name) for name in ("map_tokens", "reduce_input_tokens", "final_tokens")},
    **{name: metric(name, "score", 3) for name in scores.METRICS},
    "reduce_input_chars": metric("reduce_input_chars", "characters"),
}


def glyphs(drawn: Plot, kind: str, tag: str = "") -> list[GlyphRenderer]:
    return [
        found
        for found in drawn.renderers
        if type(found.glyph).__name__ == kind and (not tag or tag in found.data_source.tags)
    ]


def column(renderer: Any, name: str) -> list[Any]:
    return [None if value != value else value for value in renderer.data_source.data[name]]
