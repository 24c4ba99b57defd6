"""Problems: everything that is wrong or missing, and what to do about it."""

from __future__ import annotations

import duckdb

from driftline import queries
from driftline.reports import html
from driftline.reports.html import esc

SHOWN = 500


def render(connection: duckdb.DuckDBPyConnection) -> str:
    """The whole page as HTML; missing optional files are folded."""
    counts = queries.loaded_counts(connection)
    columns, rows = queries.problem_rows(connection, with_info=True)
    listed = [dict(zip(columns, row, strict=True)) for row in rows]
    serious = [row for row in listed if row["severity"] != "info"]
    infos = [row for row in listed if row["severity"] == "info"]
    words = _count(counts["errors"], "error") + " and " + _count(counts["warnings"], "warning")
    first = (
        f'<h1><span class="{"w" if counts["errors"] else ""}">{words}.</span> Everything else is loaded: {counts["runs"]} runs with '
        f"{counts['episodes']} predictions, {counts['profiles']} profiles.</h1>"
        if serious
        else f"<h1>No problems. {counts['runs']} runs with {counts['episodes']} predictions and {counts['profiles']} profiles are loaded.</h1>"
    )
    body = html.heading(
        "What is wrong, and what to do", "Errors first: an artifact that could not be used at all.", queries.problems_sql(False)
    )
    body += _table(serious) if serious else html.empty("Nothing is wrong with the artifacts of this root.")
    if infos:
        body += f'<details class="more"><summary>{_count(len(infos), "optional file")} missing</summary>{_table(infos)}</details>'
    return f'{first}<section class="sec2">{body}</section>'


def _count(number: int, word: str) -> str:
    return f"{number or 'No'} {word}{'' if number == 1 else 's'}"


def _table(rows: list[queries.Row]) -> str:
    head = (("", "Severity"), ("", "File"), ("n", "Line"), ("", "Problem"), ("", "What to do"))
    cells = [
        ("", [f'<span class="{"w" if row["severity"] == "error" else ""}">{esc(row["severity"])}</span>', esc(row["file"]),
              esc(row["line"]), esc(row["problem"]), esc(row["remedy"])])
        for row in rows[:SHOWN]
    ]  # fmt: skip
    rest = len(rows) - SHOWN
    return html.table(head, cells, "problems") + (f'<p class="cap">{rest} more: driftline check</p>' if rest > 0 else "")
