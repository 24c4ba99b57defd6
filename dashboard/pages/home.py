"""Home: the answer, the tiles, what differs, the episodes, the four charts."""

from __future__ import annotations

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports import home
from driftline.reports.choice import Comparison
from driftline.reports.quality_figures import figures


def build(connection: queries.Connection, selection: Selection) -> Page:
    return quality.build(connection, selection, _body, _figures)


def _body(connection: queries.Connection, comparison: Comparison, _: Selection) -> str:
    return home.render(connection, comparison)


def _figures(connection: queries.Connection, comparison: Comparison, selection: Selection) -> str:
    return figures(connection, comparison, selection.theme) + home.end(connection, comparison)
