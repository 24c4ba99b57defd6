"""The lower half of Performance: trends, what the quality cost, which releases have both sides, and monitor traces."""

from __future__ import annotations

from driftline import queries
from driftline.reports import coverage, html, monitors, tradeoff, trends
from driftline.reports.choice import ProfileComparison
from driftline.reports.performance import TREND_FROM
from driftline.reports.tradeoff import Sides

NO_TREND = f"A trend begins with {TREND_FROM} profiles."


def figures(
    connection: queries.Connection, comparison: ProfileComparison, theme: str, sides: Sides | None = None,
    monitor: str = "",
) -> str:  # fmt: skip
    """All of it as HTML. What is set against what and which trace is shown is as a URL says it; empty means the
    default."""
    drawn = trends.render(connection, comparison, theme) or html.empty(NO_TREND)
    pair = html.section("tradeoff", tradeoff.render(connection, comparison, theme, sides or Sides()))
    pair += html.section("coverage", coverage.render(queries.coverage(connection)))
    traced = html.section("monitors", monitors.render(connection, comparison, theme, monitor), "sec2")
    return f'{html.section("trends", drawn, "sec2")}<div class="halves sec2">{pair}</div>{traced}'
