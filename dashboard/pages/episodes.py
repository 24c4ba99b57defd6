"""Episodes: what became of each, worst first, and one of them opened."""

from __future__ import annotations

from dataclasses import replace

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports import episodes
from driftline.reports.choice import Comparison


def build(connection: queries.Connection, selection: Selection) -> Page:
    opened: list[str] = []

    def body(connection: queries.Connection, comparison: Comparison, full: Selection) -> str:
        asked = episodes.Asked.from_text(full.only, full.search, full.at, full.episode, full.view)
        listed = episodes.read(connection, comparison, asked)
        opened.extend([listed.opened] if listed.opened else [])
        return episodes.render(connection, comparison, full.candidates, listed)

    page = quality.build(connection, selection, body)
    return replace(page, full=replace(page.full, episode=opened[0])) if opened else page
