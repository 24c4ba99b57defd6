"""Makes records of the runs in a performance.db of the tracking guide, which is read and never changed.

SQLite leaves files beside a database with a write-ahead log even when it only reads, so such a one is read from a
copy. Any other is read where it lies, under the locks of SQLite.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from driftline.artifacts.foreign_records import (
    MEASUREMENT,
    Metrics,
    Record,
    apart,
    measured,
    new_record,
    told_time,
)
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.values import count, excerpt, text
from driftline.errors import Problems, UserError

MAGIC = b"SQLite format 3\0"
RUNS = Path(__file__).with_name("performance_db.sql").read_text()
COLUMNS = Path(__file__).with_name("performance_db_columns.sql").read_text()
TEXTS = ("platform", "run_type", "git_commit", "git_branch", "python_version", "notes")
NO_METRICS = {"id", "timestamp", "num_test_queries", "test_duration_seconds", *TEXTS}
# How long to wait for a writer, in seconds, and how often to copy again what a writer changes meanwhile.
BUSY_S, COPIES = 5.0, 5
# The salts in it change whenever the log starts anew; until then a page that the copy missed is in the log.
LOG_HEADER_BYTES = 32


def read_performance_db(path: Path, data: bytes, file_time: str, problems: Problems) -> list[Record]:
    """One record a run, in the order of the table; a NULL stays null. `data` is the content of the file.

    Every REAL or INTEGER column that says nothing about the run is a metric. Raises UserError where the database is
    locked or damaged or has no table of runs, and OSError.
    """
    try:
        with _opened(path, data) as connection:
            columns = connection.execute(COLUMNS).fetchall()
            if not columns:
                raise UserError(
                    f"{path} is an SQLite database without the table performance_runs",
                    "give the performance.db that the tracking guide's tools wrote",
                )
            # By the name of the table too: a name alone that no column has would be taken for text.
            quoted = ", ".join('performance_runs."' + name.replace('"', '""') + '"' for name, _ in columns)
            rows = connection.execute(RUNS.replace("$columns", quoted)).fetchall()
    # The second: SQLite quotes the damaged file in its message, and Python cannot decode that.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _explained(path, error) from error
    return _Table(columns, file_time, problems).records(rows)


@contextmanager
def _opened(path: Path, data: bytes) -> Iterator[sqlite3.Connection]:
    if 2 not in data[18:20]:
        with _connected(path) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        _copy(path, copy)
        with _connected(copy) as connection:
            yield connection


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, timeout=BUSY_S, uri=True)) as connection:
        connection.text_factory = _decoded
        yield connection


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _copy(path: Path, copy: Path) -> None:
    """The database and then its log, which a writer may lengthen meanwhile but must not start anew."""
    # As SQLite does: the log lies beside the file that a link leads to.
    path = Path(os.path.realpath(path))
    log = path.with_name(f"{path.name}-wal")
    for _ in range(COPIES):
        before = _state(path, log)
        copy.write_bytes(file_bytes(path))
        written = _content(log)
        if _state(path, log) == before:
            if written is not None:
                copy.with_name(f"{copy.name}-wal").write_bytes(written)
            return
    raise UserError(f"{path} changes all the time", "close the program that writes to it, and import again")


def _state(path: Path, log: Path) -> tuple[object, ...]:
    found = os.stat(path)
    header = (_content(log) or b"")[:LOG_HEADER_BYTES]
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, header


def _content(log: Path) -> bytes | None:
    try:
        return file_bytes(log)
    except FileNotFoundError:
        return None


def _explained(path: Path, error: Exception) -> UserError:
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return UserError(f"{path} is locked by another program", "wait until it is done, and import again")
    if name == "SQLITE_READONLY_ROLLBACK":
        return UserError(
            f"{path} was left in the middle of a change: its journal is not rolled back",
            "let the program that wrote it open it once, or import a copy of both files after `sqlite3` opened it",
        )
    what = "it is damaged" if isinstance(error, UnicodeDecodeError) else str(error)
    return UserError(
        f"{path} cannot be read as an SQLite database: {what}",
        f"restore it, or import what `sqlite3 {shlex.quote(path.name)} .recover | sqlite3 saved.db` saves",
    )


class _Table:
    """Turns rows of performance_runs into records."""

    def __init__(self, columns: list[tuple[str, str]], file_time: str, problems: Problems) -> None:
        self.file_time, self.problems = file_time, problems
        self.names = [name.lower() for name, _ in columns]
        taken = [name for name, type_ in columns if name.lower() not in NO_METRICS and _is_number(type_)]
        self.metrics = dict(zip((name.lower() for name in taken), apart(taken), strict=True))
        self.without_zone = 0

    def records(self, rows: list[tuple[Any, ...]]) -> list[Record]:
        """One record a row, and one problem for all times without a zone."""
        seen, records = Counter[str](), []
        for row in rows:
            told = dict(zip(self.names, row, strict=True))
            key = [told.get(name) for name in ("id", "timestamp", "platform")]
            seen[repr(key)] += 1
            records.append(self._record(told, [*key, seen[repr(key)]]))
        if self.without_zone:
            self.problems.add(
                "info",
                f"{self.without_zone} times have no zone and were read as local time of this machine",
                "import the file on the machine that wrote it, or set TZ",
            )
        return records

    def _record(self, told: dict[str, Any], key: list[Any]) -> Record:
        run = f"run {excerpt(told.get('id'))}"
        metrics = Metrics(self.problems)
        for column, name in self.metrics.items():
            low = 0.0 if MEASUREMENT.search(column) else None
            metrics.values[name] = measured(told[column], f"{name} of {run}", self.problems, low=low)
        texts = {name: text(told.get(name)) for name in TEXTS}
        queries, duration = told.get("num_test_queries"), told.get("test_duration_seconds")
        return new_record(
            "performance.db",
            key,
            recorded_at=self._time(told.get("timestamp"), run),
            metrics=metrics.values,
            num_test_queries=count(queries, f"num_test_queries of {run}", self.problems),
            test_duration_seconds=measured(duration, f"test_duration_seconds of {run}", self.problems),
            **{**texts, "run_type": texts["run_type"] or "manual"},
        )

    def _time(self, value: Any, run: str) -> str:
        told = told_time(value, zone=None)
        if told is None:
            self.problems.warning(
                f"timestamp of {run} is no ISO time: {excerpt(value)}; the record has the time of the file",
                "write it as 2026-04-10T09:18:35Z",
            )
            return self.file_time
        if datetime.fromisoformat(value.strip()).tzinfo is None:
            self.without_zone += 1
        return told


def _is_number(declared: str) -> bool:
    """Whether the rules of SQLite give a declared type the affinity INTEGER or REAL."""
    type_ = declared.upper()
    if "INT" in type_:
        return True
    return not any(part in type_ for part in ("CHAR", "CLOB", "TEXT", "BLOB")) and any(
        part in type_ for part in ("REAL", "FLOA", "DOUB")
    )
