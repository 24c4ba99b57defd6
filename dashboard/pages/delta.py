"""Delta: metrics by candidates, what differs first."""

from __future__ import annotations

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports import delta
from driftline.reports.choice import Comparison


def build(connection: queries.Connection, selection: Selection) -> Page:
    return quality.build(connection, selection, _body)


def _body(connection: queries.Connection, comparison: Comparison, selection: Selection) -> str:
    return delta.render(connection, comparison, selection.show == "all")
