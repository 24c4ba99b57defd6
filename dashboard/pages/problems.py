"""Problems: what is wrong or missing in the artifacts of this root."""

from __future__ import annotations

import duckdb

from dashboard.page import Page
from dashboard.state import Selection
from driftline.reports import problems


def build(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Page:
    return Page("", "", [problems.render(connection)], selection)
