"""Reads JSONL in bulk through DuckDB: files without any fault become Parquet at once, all others are named.

The SQL beside this file gives the rows that `run_lines` would give; a test holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

LINES = Path(__file__).with_name("lines.sql").read_text()
STATEMENTS = {
    artifact: Path(__file__).with_name(f"{artifact}.sql").read_text().replace("$lines", f"({LINES})")
    for artifact in ("predictions", "diagnostics")
}
TOTALS = {
    "predictions": Path(__file__).with_name("prediction_totals.sql").read_text(),
    "diagnostics": Path(__file__).with_name("diagnostic_totals.sql").read_text(),
}
GLOB = re.compile(r"([\[*?])")
PLAIN = Path(__file__).with_name("plain_files.sql").read_text()
UNREADABLE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.DataError)
# Packing would take longer than parsing, and what is packed would be unpacked by every question after.
PARQUET = "(format parquet, compression uncompressed, row_group_size 8192, dictionary_size_limit 512)"


@dataclass(frozen=True)
class Asked:
    """One JSONL file to read: its absolute path, the run it belongs to and the id of this reading."""

    path: str
    run: str
    file_id: int


def literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """The texts as an SQL list."""
    return "[" + ", ".join(map(literal, texts)) + "]"


def is_plain_path(path: str) -> bool:
    """Whether DuckDB can open the path: it is UTF-8 and has no backslash, which DuckDB takes for an escape."""
    return "\\" not in path and (path.isascii() or path == path.encode("utf-8", "replace").decode())


def as_pattern(path: str) -> str:
    """The path with every glob character in brackets, since DuckDB takes a file name for a pattern."""
    return GLOB.sub(r"[\1]", path) if GLOB.search(path) else path


def copy_plain(connection: duckdb.DuckDBPyConnection, artifact: str, asked: list[Asked], target: Path) -> set[int]:
    """Writes the rows of the files to `target`; returns the ids of those that need the tolerant reader instead.

    Rows of such files may be in `target`, so their ids must never be taken for live ones. `target` is not made when
    no file can be read in bulk.
    """
    usable = asked
    try:
        plain = _copy(connection, artifact, usable, target)
    except UNREADABLE:
        usable = [file for file in asked if _is_utf8(file.path)]
        try:
            plain = _copy(connection, artifact, usable, target)
        except UNREADABLE:
            plain = set()
    if not plain:
        target.unlink(missing_ok=True)
    return {file.file_id for file in asked} - plain


def _copy(connection: duckdb.DuckDBPyConnection, artifact: str, asked: list[Asked], target: Path) -> set[int]:
    """Fills `target`; returns the ids of the files whose every row is plain and every episode named once."""
    if not asked:
        return set()
    rows = ", ".join(f"({literal(file.path)}, {literal(file.run)}, {file.file_id})" for file in asked)
    connection.execute(f"create or replace temp table asked as from (values {rows}) as t(path, run, file_id)")
    statement = STATEMENTS[artifact].replace("$files", literals([as_pattern(file.path) for file in asked]))
    connection.execute(f"copy ({statement}) to {literal(str(target))} {PARQUET}")
    found = connection.execute(PLAIN.replace("$target", literal(as_pattern(str(target))))).fetchall()
    return {file_id for (file_id,) in found}


def _is_utf8(path: str) -> bool:
    try:
        Path(path).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return False
    return True
