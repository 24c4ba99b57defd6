"""What a page consists of, before it becomes Panel objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.state import Selection


@dataclass(frozen=True)
class Page:
    """HTML of the side panel and the context line; a body of HTML texts and tuples of (heading as HTML, Bokeh figure)
    that stand side by side; and the selection with every default written out, for sharing."""

    panel: str
    context: str
    body: list[Any]
    full: Selection
