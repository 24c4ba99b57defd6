"""How a question becomes rows: one statement with its keys as literals, so that what runs is what "Show SQL" shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from driftline.errors import UserError

Connection = duckdb.DuckDBPyConnection


Rows = tuple[list[str], list[tuple[Any, ...]]]


Row = dict[str, Any]


TABLES = '`driftline sql "show tables"` lists what there is'


@dataclass(frozen=True)
class Table:
    """Rows and the statement that gave them."""

    rows: list[Row]
    sql: str


def ask(connection: Connection, statement: str) -> Table:
    """The rows of a statement. Raises duckdb.Error: a statement of ours that fails is a fault of ours."""
    cursor = connection.execute(statement)
    names = [column[0] for column in cursor.description or []]
    return Table([dict(zip(names, row, strict=True)) for row in cursor.fetchall()], statement)


def answer(connection: Connection, statement: str) -> Rows:
    """Column names and rows of a person's statement. Raises UserError with DuckDB's message."""
    try:
        if not connection.extract_statements(statement):
            raise UserError("that statement is empty", TABLES)
        cursor = connection.execute(statement)
        return [column[0] for column in cursor.description or []], cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"that statement failed: {error}", TABLES) from None
