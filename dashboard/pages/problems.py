"""Problems: what is wrong or missing in the artifacts of this root."""

from __future__ import annotations

from dashboard.page import Page
from dashboard.state import Selection
from driftline import queries
from driftline.reports import problems


def build(connection: queries.Connection, selection: Selection) -> Page:
    return Page("", "", problems.render(connection), selection)
