"""Home: the answer, the tiles, what differs, the episodes, the four charts."""

from __future__ import annotations

from typing import Any

import duckdb

from dashboard.page import Page
from dashboard.pages import quality
from dashboard.state import Selection
from driftline.reports import home
from driftline.reports.choice import Comparison
from driftline.reports.quality_figures import figures


def build(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Page:
    return quality.build(connection, selection, _body)


def _body(connection: duckdb.DuckDBPyConnection, comparison: Comparison, selection: Selection) -> list[Any]:
    return [home.render(connection, comparison), *figures(connection, comparison, selection.theme), home.FOOT]
