"""How a question becomes rows: one statement with its keys as literals, so that what runs is what "Show SQL" shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from driftline.errors import UserError
from driftline.queries.remembering import Remembering

if TYPE_CHECKING:
    import pandas as pd

# The smallest question.
NOTHING = "select 1 from metrics limit 0"

Rows = tuple[list[str], list[tuple[Any, ...]]]
T = TypeVar("T")


Row = dict[str, Any]


TABLES = '`driftline sql "show tables"` lists what there is'


@dataclass(frozen=True)
class Table:
    """Rows and the statement that gave them."""

    rows: list[Row]
    sql: str


Connection = duckdb.DuckDBPyConnection | Remembering


def ask(connection: Connection, statement: str) -> Table:
    """The rows of a statement. Raises duckdb.Error: a statement of ours that fails is a fault of ours."""
    if isinstance(connection, Remembering):
        table = connection.once("rows", statement, ask)
        return Table([dict(row) for row in table.rows], statement)
    cursor = connection.execute(statement)
    names = [column[0] for column in cursor.description or []]
    return Table([dict(zip(names, row, strict=True)) for row in cursor.fetchall()], statement)


def frame(connection: Connection, statement: str) -> pd.DataFrame:
    """The rows of a statement as a frame. Raises duckdb.Error."""
    if isinstance(connection, Remembering):
        return connection.once("frame", statement, frame).copy()
    return connection.execute(statement).df()


def keep(connection: Connection, kind: str, key: str, make: Callable[[], T]) -> T:
    """What `make` gives; a look that remembers makes it once for a key."""
    return connection.keep(kind, key, make) if isinstance(connection, Remembering) else make()


def answer(connection: duckdb.DuckDBPyConnection, statement: str) -> Rows:
    """Column names and rows of a person's statement. Raises UserError with DuckDB's message."""
    try:
        if not connection.extract_statements(statement):
            raise UserError("that statement is empty", TABLES)
        cursor = connection.execute(statement)
        return [column[0] for column in cursor.description or []], cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"that statement failed: {error}", TABLES) from None
