"""Typed questions to a store. The only place with inline SELECT … WHERE ?; everything asked for is a public relation.

Functions that return frames import pandas; those for the command line return plain rows, so that it starts fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from driftline.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

Connection = duckdb.DuckDBPyConnection
Rows = tuple[list[str], list[tuple[Any, ...]]]


def answer(connection: Connection, statement: str) -> Rows:
    """Column names and rows of any statement. Raises UserError with DuckDB's message."""
    try:
        cursor = connection.execute(statement)
        return [column[0] for column in cursor.description or []], cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"that statement failed: {error}", "`driftline sql \"show tables\"` lists what there is") from None


def problem_rows(connection: Connection, with_info: bool) -> Rows:
    """severity, artifact, file, line, problem, remedy: errors first."""
    hidden = "" if with_info else " where severity <> 'info'"
    return answer(
        connection,
        f"select severity, artifact, file, line, problem, remedy from problems{hidden}"
        " order by array_position(['error', 'warning', 'info'], severity), file, line, problem",
    )


def loaded_counts(connection: Connection) -> dict[str, int]:
    """How many runs, episodes, profiles, joined releases and problems the root has."""
    names, rows = answer(
        connection,
        """
        select
            (select count(*) from runs where not archived) as runs,
            (select count(*) from runs) as all_runs,
            (select count(*) from episodes as e inner join runs as r using (run) where not r.archived) as episodes,
            (select count(*) from episodes) as all_episodes,
            (select count(*) from profiles where not archived) as profiles,
            (select count(distinct release) from releases where side = 'both') as joined,
            (select count(*) from problems where severity = 'error') as errors,
            (select count(*) from problems where severity = 'warning') as warnings,
            (select count(*) from problems where severity = 'info') as infos
        """,
    )
    return dict(zip(names, rows[0], strict=True))


def frame(connection: Connection, statement: str, **parameters: Any) -> pd.DataFrame:
    """The rows of a statement with `$name` parameters as a frame."""
    return connection.execute(statement, parameters or None).df()
