"""KPIs: every number of every run of the selection in one table."""

from __future__ import annotations

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports import kpis
from driftline.reports.choice import Comparison


def build(connection: queries.Connection, selection: Selection) -> Page:
    return quality.build(connection, selection, _body)


def _body(connection: queries.Connection, comparison: Comparison, selection: Selection) -> str:
    view = kpis.View(selection.sort, selection.search, selection.show == "group")
    return kpis.render(connection, comparison, view)
