"""Delta: metrics by candidates, what differs first."""

from __future__ import annotations

from typing import Any

import duckdb

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline.reports import delta
from driftline.reports.choice import Comparison


def build(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Page:
    return quality.build(connection, selection, _body)


def _body(connection: duckdb.DuckDBPyConnection, comparison: Comparison, selection: Selection) -> list[Any]:
    return [delta.render(connection, comparison, selection.show == "all")]
