"""Import of a performance.db of the tracking guide, which stays as it is."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from driftline.artifacts import foreign_sqlite
from driftline.artifacts.foreign import read_foreign
from driftline.errors import Problems, UserError
from foreign_files import imported

pytest_plugins = ("zones",)
TABLE = """
create table performance_runs (
    id integer primary key autoincrement, timestamp text not null, git_commit text, git_branch text,
    platform text not null, python_version text, run_type text not null, query_latency_no_vllm real,
    embedding_throughput real, avg_mrr real, num_test_queries integer, test_duration_seconds real, notes text
);
create index idx_platform_timestamp on performance_runs (platform, timestamp)
"""
FIRST: dict[str, Any] = {
    "timestamp": "2026-03-01T10:00:00.250000", "git_commit": "abc123", "git_branch": "main", "platform": "M1_Mac_16GB",
    "python_version": "3.11.9", "run_type": "nightly", "query_latency_no_vllm": 8.25, "embedding_throughput": 67,
    "num_test_queries": 5, "test_duration_seconds": 12.5, "notes": "after the upgrade",
}  # fmt: skip
Runs = list[dict[str, Any]]


def insert(connection: sqlite3.Connection, run: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(run))
    connection.execute(f"insert into performance_runs ({', '.join(run)}) values ({marks})", list(run.values()))
    connection.commit()


def database(path: Path, *runs: dict[str, Any], table: str = TABLE, mode: str = "delete") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"pragma journal_mode = {mode}")
        connection.executescript(table)
        for run in runs:
            insert(connection, run)
    return path


def folder(path: Path) -> dict[str, bytes]:
    """A database and all files beside it; of the memory that its users share only that it is there."""
    return {file.name: b"" if file.name.endswith("-shm") else file.read_bytes() for file in path.parent.iterdir()}


@contextmanager
def untouched(path: Path) -> Iterator[None]:
    before = folder(path)
    yield
    assert folder(path) == before


def latencies(path: Path) -> list[float | None]:
    with untouched(path):
        return [record["metrics"]["query_latency_no_vllm"] for record in imported(path)[0]]


def refused(path: Path) -> UserError:
    with untouched(path), pytest.raises(UserError) as error:
        read_foreign(path, Problems())
    assert str(path) in error.value.message
    return error.value


@pytest.mark.usefixtures("two_hours_ahead")
def test_a_run_becomes_a_record_and_its_local_time_utc(tmp_path: Path) -> None:
    (first, second), problems = imported(
        database(tmp_path / "a.db", FIRST, FIRST | {"platform": "A100", "notes": None})
    )
    assert len(first.pop("record_id")) == 32
    assert first == {
        "recorded_at": "2026-03-01T08:00:00.250000Z", "platform": "M1_Mac_16GB", "os_arch": None,
        "run_type": "nightly", "git_commit": "abc123", "git_branch": "main", "python_version": "3.11.9",
        "metrics": {"query_latency_no_vllm": 8.25, "embedding_throughput": 67.0, "avg_mrr": None},
        "num_test_queries": 5, "test_duration_seconds": 12.5, "notes": "after the upgrade", "provider": None,
        "workload": None,
    }  # fmt: skip
    assert (second["platform"], second["notes"]) == ("A100", None)
    assert problems == ["info: 2 times have no zone and were read as local time of this machine"]


@pytest.mark.usefixtures("two_hours_ahead")
def test_times_with_a_zone_are_honoured(tmp_path: Path) -> None:
    times = ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+05:30", "2026-03-01 10:00:00")
    records, problems = imported(database(tmp_path / "a.db", *(FIRST | {"timestamp": time} for time in times)))
    assert [record["recorded_at"][11:16] for record in records] == ["10:00", "04:30", "08:00"]
    assert problems == ["info: 1 times have no zone and were read as local time of this machine"]


def test_where_there_is_no_usable_time_that_of_the_file_is_taken(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", FIRST | {"timestamp": "soon"}, FIRST | {"timestamp": b"\xff"})
    os.utime(path, (1_700_000_000, 1_700_000_000))
    records, problems = imported(path)
    assert [record["recorded_at"] for record in records] == ["2023-11-14T22:13:20.000000Z"] * 2
    assert problems[0] == "warning: timestamp of run 1 is no ISO time: 'soon'; the record has the time of the file"
    assert len(problems) == 2


def test_the_same_runs_have_the_same_ids_wherever_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    path = database(tmp_path / "a.db", FIRST, FIRST)
    before = [record["record_id"] for record in imported(path)[0]]
    request.getfixturevalue("two_hours_ahead")
    with closing(sqlite3.connect(path)) as connection:
        insert(connection, FIRST | {"timestamp": "2026-04-01T10:00:00"})
    after = [record["record_id"] for record in imported(path)[0]]
    assert after[:2] == before
    assert len(set(after)) == 3


def test_runs_without_a_number_are_told_apart(tmp_path: Path) -> None:
    table = "create table performance_runs (platform text, avg_mrr real)"
    records, problems = imported(database(tmp_path / "a.db", {"avg_mrr": 1}, {"avg_mrr": 1}, table=table))
    assert len({record["record_id"] for record in records}) == 2
    assert [record["platform"] for record in records] == [None, None]
    assert {record["run_type"] for record in records} == {"manual"}
    assert len(problems) == 2


def test_number_columns_are_metrics_and_others_are_not(tmp_path: Path) -> None:
    table = """create table Performance_Runs (ID integer primary key, TimeStamp text, score_delta double precision,
        "p95 ""of all"" ms" bigint, comment text, is_ci boolean, untyped, "select" real)"""
    run = {"TimeStamp": "2026-03-01T10:00:00Z", "score_delta": -0.5, '"p95 ""of all"" ms"': 7, "comment": "5"}
    records, problems = imported(database(tmp_path / "a.db", run, table=table))
    assert records[0]["metrics"] == {"score_delta": -0.5, 'p95_"of_all"_ms': 7.0, "select": None}
    assert (records[0]["recorded_at"], problems) == ("2026-03-01T10:00:00.000000Z", [])


@pytest.mark.parametrize("value", [float("inf"), -1.0, "8.25 s", b"8"])
def test_a_bad_value_is_a_problem_and_a_gap(value: Any, tmp_path: Path) -> None:
    run = FIRST | {"timestamp": "2026-03-01T10:00:00Z", "query_latency_no_vllm": value}
    records, problems = imported(database(tmp_path / "a.db", run))
    assert records[0]["metrics"]["query_latency_no_vllm"] is None
    assert records[0]["metrics"]["embedding_throughput"] == 67.0
    assert len(problems) == 1
    assert problems[0].startswith("warning: query_latency_no_vllm of run 1 is ")


def test_text_that_is_not_utf_8_is_still_read(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", FIRST)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update performance_runs set notes = cast(x'61ff' as text)")
        connection.commit()
    assert imported(path)[0][0]["notes"] == "a\ufffd"


@pytest.mark.parametrize("mode", ["delete", "persist", "truncate", "wal"])
def test_a_database_that_nobody_has_open_is_left_alone(mode: str, tmp_path: Path) -> None:
    assert latencies(database(tmp_path / "a?b#c%41 é'\".db", FIRST, mode=mode)) == [8.25]


def test_a_write_ahead_log_is_read_and_left_alone(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", FIRST, mode="wal")
    (tmp_path / "links").mkdir()
    (tmp_path / "copied").mkdir()
    link, copied = tmp_path / "links/b.db", tmp_path / "copied/a.db"
    link.symlink_to(path)
    with closing(sqlite3.connect(path)) as writer:
        insert(writer, FIRST | {"query_latency_no_vllm": 9.0})
        writer.execute("insert into performance_runs (timestamp, platform, run_type) values ('x', 'not done', 'yet')")
        for source in (path, tmp_path / "a.db-wal"):
            (copied.parent / source.name).write_bytes(source.read_bytes())
        assert latencies(copied) == [8.25, 9.0]
        assert [record["platform"] for record in imported(link)[0]] == ["M1_Mac_16GB"] * 2
        assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["a.db", "a.db-shm", "a.db-wal"]
    assert os.listdir(link.parent) == ["b.db"]


@pytest.mark.parametrize("keeps_times", [True, False])
def test_a_log_that_starts_anew_while_it_is_copied_loses_nothing(
    keeps_times: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "a.db", FIRST, mode="wal")
    # So long that every run has a page of its own.
    long = FIRST | {"notes": "x" * 3000}
    read, copies = foreign_sqlite.file_bytes, []

    def interrupted(wanted: Path) -> bytes:
        data = read(wanted)
        if wanted == path and not copies:
            # What the copy of the database lacks is no longer in the log when that is copied.
            copies.append(wanted)
            insert(writer, long | {"query_latency_no_vllm": 10.0})
            writer.execute("pragma wal_checkpoint(restart)")
            insert(writer, long | {"query_latency_no_vllm": 11.0})
        return data

    with closing(sqlite3.connect(path)) as writer:
        insert(writer, long | {"query_latency_no_vllm": 9.0})
        monkeypatch.setattr(foreign_sqlite, "file_bytes", interrupted)
        if not keeps_times:
            # Two changes within one tick of a coarse clock look like one.
            found = os.stat(path)
            monkeypatch.setattr(foreign_sqlite, "os", SimpleNamespace(stat=lambda _: found, path=os.path))
        records, _ = imported(path)
    assert [record["metrics"]["query_latency_no_vllm"] for record in records] == [8.25, 9.0, 10.0, 11.0]


def test_a_database_that_never_rests_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = database(tmp_path / "a.db", FIRST, mode="wal")
    read, times = foreign_sqlite.file_bytes, iter(range(1, 1000))

    def restless(wanted: Path) -> bytes:
        os.utime(path, (next(times),) * 2)
        return read(wanted)

    monkeypatch.setattr(foreign_sqlite, "file_bytes", restless)
    assert "changes all the time" in refused(path).message


def elsewhere(path: Path, code: str) -> subprocess.Popen[str]:
    """Another program that has the database open; it says when it is ready."""
    start = "import os, sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    arguments = [sys.executable, "-c", start + code, str(path)]
    program = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def test_a_locked_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_sqlite, "BUSY_S", 0.0)
    path = database(tmp_path / "a.db", FIRST)
    locking = "c.execute('begin exclusive'); print('ready', flush=True); sys.stdin.read()"
    program = elsewhere(path, locking)
    try:
        error = refused(path)
    finally:
        program.communicate("")
    assert "is locked by another program" in error.message
    assert "wait" in error.remedy
    assert latencies(path) == [8.25]


def test_a_change_that_was_cut_short_is_not_rolled_back_here(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", FIRST)
    dying = """c.execute("pragma cache_size = 1"); c.execute("begin immediate")
row = "insert into performance_runs (timestamp, platform, run_type, notes) values (1, 1, 1, hex(zeroblob(400)))"
for _ in range(2000): c.execute(row)
print("ready", flush=True); os._exit(0)"""
    elsewhere(path, dying).communicate("")
    assert "a.db-journal" in folder(path)
    assert "left in the middle of a change" in refused(path).message


def _damaged(data: bytes, what: str) -> bytes:
    if what == "cut":
        return data[: len(data) // 2]
    if what == "only a header":
        return data[:16]
    if what == "another schema":
        # SQLite quotes it in its message, which is then no UTF-8.
        return data.replace(b"text not null", b"text not \xff\xff\xff\xff")
    return data[:4096] + bytes(len(data) - 4096)


@pytest.mark.parametrize("what", ["cut", "only a header", "another schema", "zeros"])
def test_a_damaged_database_is_refused(what: str, tmp_path: Path) -> None:
    path = database(tmp_path / "my runs.db", *[FIRST] * 100)
    path.write_bytes(_damaged(path.read_bytes(), what))
    error = refused(path)
    assert "cannot be read as an SQLite database" in error.message
    assert "sqlite3 'my runs.db' .recover" in error.remedy


def test_a_database_without_the_table_is_refused_and_a_view_is_never_run(tmp_path: Path) -> None:
    assert (
        "without the table performance_runs" in refused(database(tmp_path / "a.db", table="create table a (b)")).message
    )
    endless = """create view performance_runs as with recursive n(avg_mrr) as (select 1 union all select avg_mrr from n)
        select avg_mrr from n"""
    assert "without the table performance_runs" in refused(database(tmp_path / "b.db", table=endless)).message


def test_a_generated_column_is_never_computed(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", FIRST)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("alter table performance_runs add column z_ms real as (abs(-9223372036854775807 - 1))")
        with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
            connection.execute("select z_ms from performance_runs").fetchall()
    assert latencies(path) == [8.25]


def test_an_empty_table_gives_no_record_and_a_warning(tmp_path: Path) -> None:
    assert imported(database(tmp_path / "a.db")) == ([], ["warning: the file holds no measurement"])
