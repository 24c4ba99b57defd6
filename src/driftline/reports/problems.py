"""Problems: everything that is wrong or missing, and what to do about it."""

from __future__ import annotations

from driftline import queries
from driftline.reports import html
from driftline.reports.html import esc

SHOWN = 500


def render(connection: queries.Connection) -> str:
    """The whole page as HTML; what is optional is folded."""
    counts = queries.loaded_counts(connection)
    columns, rows = queries.problem_rows(connection, with_info=True)
    listed = [dict(zip(columns, row, strict=True)) for row in rows]
    serious = [row for row in listed if row["severity"] != "info"]
    infos = [row for row in listed if row["severity"] == "info"]
    words = _count(counts["errors"], "error") + " and " + _count(counts["warnings"], "warning")
    loaded = f"{counts['runs']} runs with {counts['episodes']} predictions and {counts['profiles']} profiles"
    tone = "w" if counts["errors"] else ""
    first = (
        f'<h1><span class="{tone}">{words}.</span> Everything else is loaded: {loaded}.</h1>'
        if serious
        else f"<h1>No problems. {loaded} are loaded.</h1>"
    )
    body = html.heading(
        "What is wrong, and what to do",
        "Errors first: an artifact that could not be used at all.",
        queries.problems_sql(True),
    )
    body += _table(serious) if serious else html.empty("Nothing is wrong with the artifacts of this root.")
    if infos:
        body += html.fold(_count(len(infos), "note"), _table(infos))
    return f'{first}<section class="sec2">{body}</section>'


def _count(number: int, word: str) -> str:
    return f"{number or 'No'} {word}{'' if number == 1 else 's'}"


def _table(rows: list[queries.Row]) -> str:
    head = (("", "Severity"), ("", "File"), ("n", "Line"), ("", "Problem"), ("", "What to do"))
    cells = [("", _cells(row)) for row in rows[:SHOWN]]
    rest = len(rows) - SHOWN
    return html.table(head, cells, "problems") + (
        f'<p class="cap">{rest} more: driftline check</p>' if rest > 0 else ""
    )


def _cells(row: queries.Row) -> list[str]:
    tone = "w" if row["severity"] == "error" else ""
    rest = [esc(row[name]) for name in ("file", "line", "problem", "remedy")]
    return [f'<span class="{tone}">{esc(row["severity"])}</span>', *rest]
