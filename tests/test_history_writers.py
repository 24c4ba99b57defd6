"""Many writers at once lose nothing, and one that is killed damages at most its own line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from driftline.cli.commands import app
from driftline.files import append_lines
from driftline.lifecycle.history import PerformanceHistory, append_records, new_record
from driftline.lifecycle.history_files import compact
from roots import SOURCE, Root
from tracked import record, written

WRITERS, RECORDS = 16, 50
RECORD = """
import sys
from driftline.lifecycle.history import PerformanceHistory
history = PerformanceHistory(sys.argv[1])
for number in range(int(sys.argv[3])):
    print(history.record_run({"x_ms": number}, {"platform": "shared", "notes": sys.argv[2] + "x" * 500}))
"""
WRITE = """
import sys
from pathlib import Path
from driftline.lifecycle.history import append_records, new_record
folder, writer, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
number = 0
while number != count:
    number += 1
    record = new_record({"x_ms": number}, {"platform": "shared", "notes": f"{writer} {number} " + "x" * 500})
    append_records(folder, [record])
    print(record["record_id"], flush=True)
"""


def writer(folder: Path, name: str, count: int, code: str = WRITE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), name, str(count)],
        stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(SOURCE)},
    )  # fmt: skip


def test_sixteen_processes_write_fifty_records_each_and_none_is_torn_or_lost(root: Root) -> None:
    folder = root.folder / "history"
    running = [writer(folder, str(number), RECORDS, RECORD) for number in range(WRITERS)]
    told = [int(number) for process in running for number in process.communicate()[0].split()]

    assert [process.returncode for process in running] == [0] * WRITERS
    lines = [json.loads(line) for line in (folder / "shared.jsonl").read_text().splitlines()]
    assert len({line["record_id"] for line in lines}) == len(lines) == WRITERS * RECORDS
    assert sorted(told) == list(range(1, WRITERS * RECORDS + 1))
    assert root.rows("select count(*), max(number) from history_records") == [(800, 800)]
    assert root.rows("from problems") == []


@pytest.mark.parametrize("seed", range(3))
def test_writers_killed_at_random_lose_no_record_that_was_written(root: Root, seed: int) -> None:
    folder, random = root.folder / "history", Random(seed)
    told: list[str] = []
    running = [writer(folder, str(number), -1) for number in range(4)]
    for process in running:
        assert process.stdout is not None
        told += [process.stdout.readline().strip() for _ in range(random.randrange(1, 20))]
        process.send_signal(signal.SIGKILL)
    for process in running:
        # What it said before its end was on the disk then.
        told += [line for line in process.communicate()[0].split("\n")[:-1] if line]
    PerformanceHistory(folder).record_run({"x_ms": 1}, {"platform": "shared", "notes": "after"})

    lines = (folder / "shared.jsonl").read_text().split("\n")
    whole = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    assert {name for name in told if name} <= {each["record_id"] for each in whole}
    assert whole[-1]["notes"] == "after"


def test_the_next_writer_does_not_join_onto_a_torn_line(root: Root) -> None:
    torn = json.dumps(record(1, {"x_ms": 2}))[:-20]
    written(root, "shared", [record(0, {"x_ms": 1})])
    path = root.folder / "history/shared.jsonl"
    path.write_text(path.read_text() + torn)

    append_records(path.parent, [new_record({"x_ms": 3}, {"platform": "shared"})])

    assert root.rows("select value from history order by value") == [(1.0,), (3.0,)]
    assert root.rows("select severity, line, remedy like '%driftline history compact%' from problems") == [
        ("warning", 2, True)
    ]


def test_a_whole_last_line_without_its_end_counts_and_is_not_joined_onto(root: Root) -> None:
    path = root.folder / "history/shared.jsonl"
    root.file("history/shared.jsonl", json.dumps(record(0, {"x_ms": 1})))
    append_lines(path, json.dumps(record(1, {"x_ms": 2})) + "\n")

    assert root.rows("select value from history order by value") == [(1.0,), (2.0,)]


def test_compaction_drops_only_torn_and_doubled_lines_and_keeps_the_file_as_it_was(root: Root) -> None:
    lines = [json.dumps(record(at, {"x_ms": at})) for at in (0, 1, 0, 2)]
    odd = '{"metrics": {"x_ms": 5},   "recorded_at": "2026-01-09" }'
    before = "\n".join([lines[0], '{"torn', *lines[1:], "", odd, '{"torn'])
    root.file("history/shared.jsonl", before)

    (found,) = compact(root.folder / "history")

    path = root.folder / "history/shared.jsonl"
    assert path.read_text() == "".join(f"{line}\n" for line in (lines[0], lines[1], lines[3], odd))
    assert (found.torn, found.doubled) == (2, 1)
    assert found.kept_as is not None
    assert found.kept_as.read_text() == before
    assert [one.kept_as for one in compact(root.folder / "history")] == [None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Of two lines with one name the first is no record, so that the second one counts.
        ('{"record_id": "a"}\n{"record_id": "a", "metrics": {"x": 1}}\n', None),
        ('\ufeff{"record_id": "a", "metrics": {"x": 1}}\n', None),
        (f'{{"record_id": "a", "metrics": {{"x": 1{"0" * 5000}}}}}\n', None),
        ('{"metrics":{},"record_id": " a"}\n{"metrics":{},"record_id": "a"}\n', '{"metrics":{},"record_id": " a"}\n'),
    ],
)  # fmt: skip
def test_compaction_takes_for_a_record_what_the_reader_does(root: Root, before: str, after: str | None) -> None:
    root.file("history/a.jsonl", before)
    compact(root.folder / "history")

    assert (root.folder / "history/a.jsonl").read_text() == (after or before)


def test_compaction_leaves_a_file_of_another_encoding_as_it_is(root: Root) -> None:
    path = root.folder / "history/a.jsonl"
    root.file("history/a.jsonl", "")
    path.write_bytes(json.dumps(record(0, {"x_ms": 1})).encode("utf-16"))
    before = path.read_bytes()
    compact(path.parent)

    assert path.read_bytes() == before
    assert root.rows("select value from history") == [(1.0,)]


def test_an_older_copy_is_never_overwritten(root: Root) -> None:
    for number in range(2):
        root.file("history/shared.jsonl", f'{{"torn {number}\n')
        compact(root.folder / "history")

    kept = sorted(path.name for path in (root.folder / "history").glob("*.bak*"))
    assert kept == ["shared.jsonl.bak", "shared.jsonl.bak2"]


def test_compaction_waits_for_writers(root: Root) -> None:
    """What they write meanwhile is neither lost nor joined onto anything."""
    folder = root.folder / "history"
    root.file("history/shared.jsonl", '{"torn\n')
    process = writer(folder, "w", 40)
    while process.poll() is None:
        append_lines(folder / "shared.jsonl", '{"torn\n')
        compact(folder)
    assert process.stdout is not None
    told = process.stdout.read().split()
    process.stdout.close()

    compact(folder)
    kept = [json.loads(line)["record_id"] for line in (folder / "shared.jsonl").read_text().splitlines()]
    assert kept == told
    assert len(kept) == 40


def test_compact_says_what_it_dropped(root: Root) -> None:
    root.file("history/shared.jsonl", '{"torn\n')
    found = CliRunner().invoke(app, ["history", "compact", "--root", str(root.folder)])

    assert found.exit_code == 0
    assert "1 torn and 0 doubled lines dropped" in found.stderr
