"""Figures as part of a page's HTML: their headings, and what Bokeh draws as JSON, which `figures.js` hands to it.

A figure is then text like the rest of the page: kept, sent and written to a file as that. Models that live on the
server would be registered, watched and serialized for every page, which took longer than to ask and to draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document

# Defines the element, and marks an episode everywhere; belongs behind everything else of a page.
SCRIPT = "".join((resources.files("driftline") / "reports" / name).read_text() for name in ("figures.js", "charts.js"))
Titled = Sequence[tuple[str, Any]]


def embedded(titled: Titled, css: str = "") -> str:
    """HTML of (heading as HTML, Bokeh figure) side by side, one below the other where there is no room. `css` is one
    more class, a word of ours."""
    document = Document()
    with document.models.freeze():
        for _, figure in titled:
            document.add_root(figure)
    drawn = serialize_json(document.to_json(deferred=False)).replace("<", "\\u003c")
    # As high as it will be, so that nothing below moves once it is drawn.
    cells = "".join(
        f'<div>{heading}<div class="figure" style="min-height: {figure.height}px"></div></div>'
        for heading, figure in titled
    )
    script = f'<script type="application/json">{drawn}</script>'
    return f'<driftline-figures class="{f"figures {css}".strip()}">{cells}{script}</driftline-figures>'
