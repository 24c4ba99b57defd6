"""Rows as CSV that a spreadsheet opens without running any of it, and what a table offers to take along."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from driftline.queries import Table
from driftline.reports.html import esc, show_sql

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def render(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A header and one line a row; numbers in full, a gap as nothing. A text that a spreadsheet would take for a
    formula gets a leading apostrophe."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(map(_cell, columns))
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return target.getvalue()


def behind(name: str, table: Table, columns: Sequence[str]) -> str:
    """Behind a table: the link that saves its rows under a name of ours, and the statement that gave them."""
    data = quote(render(table.rows, columns), errors="replace")
    return (
        f'<a class="csv" download="{esc(name)}" href="data:text/csv;charset=utf-8,{data}">CSV</a>{show_sql(table.sql)}'
    )


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    is_formula = text.startswith(FORMULA) and not NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
