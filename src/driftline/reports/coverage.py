"""Which releases have an evaluation, a profile, or both; what is missing is a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.reports import html
from driftline.reports.html import esc

Row = dict[str, Any]
MISSING = '<span class="m">missing</span>'
REMEDY = "driftline releases map RUN RELEASE"
# The newest, in their order; those before them are folded away.
SHOWN = 20
HEAD = (("", "Release"), ("", "Evaluation"), ("n", "Episodes"), ("", "Profile, UTC"), ("n", "Captures"))


def render(table: queries.Table) -> str:
    """`table` is queries.coverage."""
    caption = "A release is measured on both sides where its runs and its profile carry the same tag."
    heading = html.heading(title(table.rows), caption, table.sql)
    if not table.rows:
        return heading + html.empty("Neither runs nor profiles are here.", "driftline check")
    rows = [("", _cells(row)) for row in table.rows]
    earlier, shown = rows[:-SHOWN], rows[-SHOWN:]
    folded = html.fold(f"{len(earlier)} earlier", html.table(HEAD, earlier, "coverage")) if earlier else ""
    remedy = "" if all(row["release"] and row["runs"] for row in table.rows) else f"<code>{esc(REMEDY)}</code>"
    named = remedy and f'<p class="cap">Name the release of a run: {remedy} notes it in releases.yaml.</p>'
    return heading + html.table(HEAD, shown, "coverage") + folded + named


def title(rows: Sequence[Row]) -> str:
    """How many releases have both sides, and which side the others lack; plain text."""
    named = [row for row in rows if row["release"] is not None]
    unnamed = sum(row["runs"] for row in rows if row["release"] is None)
    lacks = [
        f"{count} {_have(count)} no {side}" if len(named) > 1 else f"has no {side}"
        for side, count in (
            ("evaluation", sum(not row["runs"] for row in named)),
            ("profile", sum(not row["profiles"] for row in named)),
        )
        if count
    ]
    if not named:
        said = "No release is named"
    elif not lacks:
        said = f"{_both(len(named))} an evaluation and a profile"
    else:
        said = f"{'The one release' if len(named) == 1 else f'Of {len(named)} releases'} {' and '.join(lacks)}"
    return said + (f"; {unnamed} run{'s' if unnamed > 1 else ''} {_have(unnamed)} no release" if unnamed else "")


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _both(count: int) -> str:
    return "The one release has" if count == 1 else f"All {count} releases have"


def _cells(row: Row) -> list[str]:
    if row["release"] is None:
        runs = f"{row['runs']} run{'s' if row['runs'] > 1 else ''} without a release"
        return ['<span class="m">none</span>', runs, "", MISSING, ""]
    more = f' <span class="m">and {row["runs"] - 1} more</span>' if row["runs"] > 1 else ""
    evaluated = f'<span title="{esc(row["run"])}">{esc(row["label"])}</span>{more}' if row["runs"] else MISSING
    captured = "date not stated" if row["captured_at"] is None else f"{row['captured_at']:%Y-%m-%d %H:%M}"
    return [
        esc(row["release"]),
        evaluated,
        "" if row["episodes"] is None else f"{row['episodes']:,.0f}",
        esc(captured) if row["profiles"] else MISSING,
        "" if row["captures"] is None else str(row["captures"]),
    ]
