"""`driftline profile list`: every profile in release order, and what measurements left behind."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftline.lifecycle.left_behind import is_running, outlived
from hostile import hostile_root
from profile_roots import frozen
from roots import Root

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)
LEFT = ".driftline/left"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """One that waits until the test is over."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield started


def started(pid: int) -> int:
    """When a process began, in clock ticks (proc(5))."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def note(root: Root, name: str, *processes: object, **other: object) -> Path:
    told = {"at": 1767225600.0, "command": ["python", "a b.py"], "processes": list(processes), **other}
    root.file(f"{LEFT}/{name}.json", json.dumps(told))
    return root.folder / LEFT / f"{name}.json"


def kept(root: Root) -> Root:
    """Three in another order than that of their names, one promoted, one archived, two captures in one."""
    capture = {"stages": {}, "totals": {"wall_time_s": 1.0}}
    frozen(root, "b", 123.456, day=1, captures=[capture, capture])
    frozen(root, "references/c", day=2, promoted={"promoted_id": "c"}, totals={"wall_time_s": 5})
    frozen(root, "a", day=3, host="server")
    return frozen(root, "_archive/references/z", day=4, promoted={"promoted_id": "z"})


def test_the_list_is_in_release_order_and_says_what_there_is(root: Root, driftline: Run) -> None:
    done = driftline("profile", "list", "--root", kept(root).folder)

    cells = [line.split() for line in done.out.splitlines()]
    assert cells[0] == [
        "profile",
        "release",
        "date",
        "dataset",
        "host",
        "captures",
        "wall_time_s",
        "peak_rss_mb",
        "state",
    ]
    assert cells[2:] == [
        ["b", "b", "2026-01-01", "00:00:00", "d", "laptop", "2", "123", "100"],
        ["references/c", "c", "2026-01-02", "00:00:00", "d", "laptop", "1", "5.00", "–", "promoted", "as", "c"],
        ["a", "a", "2026-01-03", "00:00:00", "d", "server", "1", "10.0", "100"],
    ]
    assert (done.code, done.err) == (0, "")


def test_the_archived_are_shown_when_asked_for(root: Root, driftline: Run) -> None:
    told = driftline("profile", "list", "--all", "--root", kept(root).folder, "--format", "markdown").out
    assert told.splitlines()[-1].endswith("| promoted as z, archived |")
    assert len(told.splitlines()) == 6


def test_json_and_csv_are_rows_of_the_model(root: Root, driftline: Run) -> None:
    command = ("profile", "list", "--all", "--root", kept(root).folder, "--format")
    listed = json.loads(driftline(*command, "json").out)

    names = "profile, release, dataset_id, hostname, wall_time_s, peak_rss_mb, promoted_id, archived"
    expected = root.rows(f"select {names} from profiles order by release_order")
    assert [tuple(row[name] for name in names.split(", ")) for row in listed] == expected
    assert [(row["captured_at"], row["captures"]) for row in listed[:2]] == [
        ("2026-01-01T00:00:00Z", 2),
        ("2026-01-02T00:00:00Z", 1),
    ]
    rows = list(csv.DictReader(io.StringIO(driftline(*command, "csv").out)))
    assert [row["profile"] for row in rows] == ["b", "references/c", "a", "_archive/references/z"]
    assert (rows[0]["wall_time_s"], rows[1]["peak_rss_mb"], rows[0]["captured_at"]) == (
        "123.456",
        "",
        "2026-01-01T00:00:00Z",
    )


@pytest.mark.parametrize("layout", ["table", "json", "csv", "markdown"])
def test_names_are_text_in_every_layout(tmp_path: Path, driftline: Run, layout: str) -> None:
    root = hostile_root(tmp_path / "root")
    root.profile("x", {"release": "=1+1", "dataset_id": "a\nb", "stages": {}, "partial": 1})
    root.file("profiles/\x1b[31m.partial.yaml", 'partial: {reason: "\\e[31m"}')
    done = driftline("profile", "list", "--root", root.folder, "--format", layout)

    assert done.code == 0
    assert not {"\x1b", "\u202e"} & set(done.out + done.err)
    if layout == "csv":
        assert ",'=1+1,\n" not in done.out
        assert "'=1+1" in done.out
        assert "a\\nb" in done.out
    if layout == "markdown":
        assert "<script" not in done.out


def test_a_root_without_profiles_is_told(root: Root, driftline: Run) -> None:
    done = driftline("profile", "list", "--root", root.folder)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith(f"no profiles in {root.folder}: ")
    assert driftline("profile", "list", "--root", root.folder, "--format", "json").out == "[]\n"


def test_what_was_broken_off_is_told_with_its_reason(root: Root, driftline: Run) -> None:
    frozen(root, "a").file("profiles/a.partial.yaml", "release: a\nstages: {}\npartial: {reason: 'ended by SIGKILL'}\n")
    root.file("profiles/sub/b.partial.yaml", "release: [").file("profiles/.c.partial.yaml", "a: 1")
    (root.folder / "profiles/d.partial.yaml").mkdir()
    done = driftline("profile", "list", "--root", root.folder)

    assert done.err.splitlines() == [
        "profiles/a.partial.yaml was broken off: ended by SIGKILL",
        "profiles/d.partial.yaml was broken off: it cannot be read: Is a directory",
        "profiles/sub/b.partial.yaml was broken off: it gives no reason",
    ]
    assert len(done.out.splitlines()) == 3


def test_a_process_that_still_runs_is_told_and_its_note_stays(
    root: Root, driftline: Run, process: subprocess.Popen[bytes]
) -> None:
    frozen(root, "a")
    pid = process.pid
    there = note(root, "1", {"pid": pid, "name": "e\x1bvil", "started": started(pid)}, {"pid": 2**22 + 1, "started": 1})
    done = driftline("profile", "list", "--root", root.folder)

    told = f"e\\x1bvil ({pid}) still runs, left by python 'a b.py' at 2026-01-01T00:00:00Z: `kill {pid}` ends it\n"
    assert (done.code, done.err) == (0, told)
    assert there.exists()


def test_a_note_goes_when_all_its_processes_are_gone(root: Root, process: subprocess.Popen[bytes]) -> None:
    pid, ticks = process.pid, started(process.pid)
    renumbered = note(root, "1", {"pid": pid, "name": "a", "started": ticks + 1})
    running = note(root, "2", {"pid": pid, "name": "a", "started": ticks})
    told = outlived(root.folder)

    assert len(told) == 1
    assert (renumbered.exists(), running.exists()) == (False, True)
    process.communicate(b"\n")
    assert (outlived(root.folder), running.exists()) == ([], False)


def test_a_process_that_ended_and_was_not_waited_for_does_not_run(process: subprocess.Popen[bytes]) -> None:
    ticks = started(process.pid)
    assert is_running(process.pid, ticks)
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{process.pid}/stat").exists()
    assert not is_running(process.pid, ticks)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"processes": {}}', '{"processes": [5]}', '{"processes": [{"pid": "1", "started": 1}]}',
     '{"processes": [{"pid": -1, "started": 1}]}', '{"processes": [{"pid": true, "started": 1}]}'],
)  # fmt: skip
def test_what_is_no_note_is_told_and_left(root: Root, text: str) -> None:
    path = root.file(f"{LEFT}/x.json", text).folder / LEFT / "x.json"
    assert outlived(root.folder) == [f"warning: {path} is no note of processes"]
    assert path.exists()


def test_a_note_may_say_nothing_more_than_its_processes(root: Root, process: subprocess.Popen[bytes]) -> None:
    whole = {"pid": process.pid, "started": started(process.pid)}
    note(root, "1", whole, at=1e300, command="x")
    assert outlived(root.folder) == [
        f"a process ({process.pid}) still runs, left by a command: `kill {process.pid}` ends it"
    ]
