"""What a page consists of, before it becomes Panel objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.state import Selection
from driftline import queries


@dataclass(frozen=True)
class Page:
    """HTML of the side panel, the context line and the body; the selection with every default written out, for sharing;
    and what draws the figures below the body as HTML, once a person comes near them."""

    panel: str
    context: str
    body: str
    full: Selection
    figures: Callable[[queries.Connection], str] | None = None
