"""The cache costs time when it is lost and never a row, whatever happens to it or beside it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from driftline import refresh as refreshing
from driftline.artifacts.scan import Found
from driftline.cache import FORMAT, RETIRED_FOR_S, Manifest, find_cache
from driftline.errors import UserError
from driftline.store import Store, open_store
from roots import SOURCE, Root, metrics, opened, prediction, profile, python, snapshot

ROUNDS = int(os.environ.get("DRIFTLINE_ROUNDS", "6"))
OPEN = "import sys; from driftline.store import open_store; open_store(sys.argv[1])"
STAGES = {"transcription": {"wall_time_s": 2.0, "peak_rss_mb": 100}}


@pytest.fixture
def filled(root: Root, monkeypatch: pytest.MonkeyPatch) -> Root:
    """A little of everything, faults included; what was written just now is not read again for that alone."""
    monkeypatch.setattr(refreshing, "RACY_NS", 0)
    for number in range(3):
        root.whole_run(f"runs/r{number}", baseline={"created_at": f"2026-01-0{number + 1}"})
        root.profile(f"p{number}", profile(f"v{number}", f"2026-01-0{number + 1}", stages=STAGES))
    root.file("eval/baselines/b/predictions.jsonl", '{"episode_id": "e1"}\ngarbage\n')
    root.file(
        "profiles/p1.monitor.log",
        "# x monitor (a)\n2026-01-01T00:00:00Z pid=1 stage=a rss_mb=1 peak_rss_mb=2 cpu_pct=3 elapsed_s=4\n",
    )
    return root.file("releases.yaml", "runs/r1: v1\n")


def cache_of(root: Root) -> Path:
    return root.folder / ".driftline" / FORMAT


def fresh(root: Root) -> dict[str, list[str]]:
    """What a store over a copy of nothing but the artifacts says."""
    copy = root.folder.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root.folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".driftline"))
    return opened(Root(copy))


def strays(root: Root) -> set[str]:
    """Files in the cache that the manifest does not know."""
    folder = cache_of(root)
    manifest = Manifest.from_json((folder / "manifest.json").read_text())
    known = {name for names in manifest.segments.values() for name in names} | set(manifest.retired)
    kept = {"manifest.json", "lock", "segments", "shell.sql"}
    return ({path.name for path in folder.iterdir()} - kept) | (
        {path.name for path in (folder / "segments").iterdir()} - known
    )


def test_deleting_the_cache_changes_no_row(filled: Root) -> None:
    before = opened(filled)
    assert opened(filled) == before
    shutil.rmtree(filled.folder / ".driftline")
    assert opened(filled) == before
    assert len(before["episodes"]) == 7


def test_the_cache_hides_itself_from_git(filled: Root) -> None:
    filled.open()
    assert (filled.folder / ".driftline" / ".gitignore").read_text() == "*\n"


CHANGES: dict[str, tuple[Callable[[Root], Any], set[str]]] = {
    "a changed score": (
        lambda root: root.run("runs/r1", metrics=metrics(2, tokens=9)),
        {"run_metrics", "run_kpis"},
    ),
    "an added profile": (
        lambda root: root.profile("p9", profile("v9", "2026-02-01", stages=STAGES)),
        {"profiles", "stage_metrics", "stage_trend", "totals_trend", "releases", "captures"},
    ),
    "a changed profile": (
        lambda root: root.profile(
            "p1", profile("v1", "2026-01-02", stages={"transcription": {"wall_time_s": 9.0, "peak_rss_mb": 100}})
        ),
        {"stage_metrics", "stage_trend", "captures"},
    ),
    "a removed log": (
        lambda root: (root.folder / "profiles/p1.monitor.log").unlink(),
        {"monitor_samples", "profiles"},
    ),
    "a mended line": (
        lambda root: root.file("eval/baselines/b/predictions.jsonl", '{"episode_id": "e1"}\n'),
        {"problems", "predictions_jsonl"},
    ),
    "a removed release": (lambda root: (root.folder / "releases.yaml").unlink(), {"runs", "releases"}),
    "changed levels": (lambda root: root.file("driftline.toml", "[metrics.wer]\nwarn_abs = 0.5\n"), {"metrics"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_what_it_should(filled: Root, name: str) -> None:
    change, relations = CHANGES[name]
    with filled.open() as store:
        before = snapshot(store)
        assert not store.refresh() or snapshot(store) == before
        change(filled)
        assert store.refresh()
        after = snapshot(store)
    assert {relation for relation in before if before[relation] != after[relation]} == relations
    assert after == fresh(filled)


def test_a_run_renamed_is_another_run(filled: Root) -> None:
    with filled.open() as store:
        (filled.folder / "eval/runs/r2").rename(filled.folder / "eval/runs/z")
        store.refresh()
        assert store.connection.execute("select run from runs order by run").fetchall() == [
            ("baselines/b",),
            ("runs/r0",),
            ("runs/r1",),
            ("runs/z",),
        ]
        assert snapshot(store) == fresh(filled)


def test_a_changed_profile_appears_once(filled: Root) -> None:
    with filled.open() as store:
        for hour in range(3):
            filled.profile("p1", profile("v1", f"2026-01-02T0{hour}:00:00Z", stages=STAGES))
            store.refresh()
        assert store.connection.execute("select count(*) from profiles where profile = 'p1'").fetchall() == [(1,)]
        assert store.connection.execute(
            "select captured_at::varchar from profiles where profile = 'p1'"
        ).fetchall() == [("2026-01-02 02:00:00",)]


def test_an_edit_within_one_tick_of_a_coarse_clock_is_seen(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size and times are the same before and after: only the suspicion of what changed just now tells."""
    tick, real = time.time_ns(), refreshing.scan

    def coarse(folder: Path) -> list[Found]:
        return [replace(file, signature=(file.signature[0], tick, tick, file.signature[3])) for file in real(folder)]

    monkeypatch.setattr(refreshing, "scan", coarse)
    monkeypatch.setattr(refreshing, "RACY_NS", 3_600_000_000_000)
    root.run("runs/a", metrics=metrics(1, tokens=1))
    with root.open() as store:
        root.run("runs/a", metrics=metrics(1, tokens=2))
        store.refresh()
        assert store.connection.execute("select avg_output_tokens from run_kpis").fetchall() == [(2.0,)]


def test_what_has_not_changed_is_not_read_again(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled.open() as store:
        monkeypatch.setattr(refreshing, "read", None)
        monkeypatch.setattr(refreshing, "copy_plain", None)
        assert not store.refresh()
    opened(filled)


def test_what_a_dead_process_left_is_swept_away_unless_another_writes(filled: Root) -> None:
    with filled.open() as store:
        left = [store.cache.segments / "run_values-dead.parquet", store.cache.folder / ".manifest.json.1.tmp"]
        for path in left:
            path.write_text("left")
        with store.cache.lock():
            store.refresh()
            assert all(path.exists() for path in left)
        store.refresh()
        assert not any(path.exists() for path in left)


def test_an_edit_in_place_of_the_same_size_is_seen(root: Root) -> None:
    path = root.run("runs/a", metrics=metrics(1, tokens=1)).folder / "eval/runs/a/metrics.json"
    with root.open() as store:
        for tokens in range(2, 9):
            with path.open("r+") as file:
                file.write(path.read_text().replace(f": {tokens - 1}}}", f": {tokens}}}"))
            store.refresh()
            found = store.connection.execute("select avg_output_tokens from run_kpis").fetchall()
            assert found == [(float(tokens),)]


@pytest.mark.parametrize("kind", ["predictions", "monitor_samples", "run_values"])
@pytest.mark.parametrize("cut", [True, False], ids=["truncated", "garbage"])
def test_a_damaged_segment_is_made_anew(filled: Root, kind: str, cut: bool) -> None:
    before = opened(filled)
    path = next(iter((cache_of(filled) / "segments").glob(f"{kind}-*")))
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2] if cut else Random(1).randbytes(size))
    assert opened(filled) == before


def test_a_segment_damaged_behind_its_stamp_is_made_anew(filled: Root) -> None:
    """Bytes that rot leave size and time as they were; DuckDB notices when the model is laid over them."""
    before = opened(filled)
    path = next(iter((cache_of(filled) / "segments").glob("run_values-*")))
    times = path.stat()
    path.write_bytes(b"\xff" * times.st_size)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert opened(filled) == before


MANIFESTS = [b"", b"\xff\x00garbage", b"[]", b"null", b"{}", b'{"files": 3}', None]


@pytest.mark.parametrize("content", MANIFESTS, ids=repr)
def test_a_damaged_manifest_is_made_anew(filled: Root, content: bytes | None) -> None:
    before = opened(filled)
    path = cache_of(filled) / "manifest.json"
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    assert opened(filled) == before
    assert strays(filled) == set()


def test_a_digit_that_flips_in_the_manifest_is_noticed(filled: Root) -> None:
    before = opened(filled)
    path = cache_of(filled) / "manifest.json"
    text = path.read_text()
    path.write_text(re.sub(r'"dead": \[\d+', lambda found: f"{found[0]}, 1, 2, 3", text))
    assert path.read_text() != text
    assert opened(filled) == before


def test_a_cache_deleted_between_refresh_and_load_is_made_anew(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = opened(filled), refreshing.refresh
    calls: list[int] = []

    def refresh_then_lose(*arguments: Any) -> Manifest:
        manifest = real(*arguments)
        if not calls:
            shutil.rmtree(filled.folder / ".driftline")
        calls.append(1)
        return manifest

    monkeypatch.setattr("driftline.store.refresh", refresh_then_lose)
    assert opened(filled) == before
    assert len(calls) == 2


def test_a_cache_deleted_under_an_open_store_is_made_anew(filled: Root) -> None:
    with filled.open() as store:
        before = snapshot(store)
        shutil.rmtree(filled.folder / ".driftline")
        store.refresh()
        assert snapshot(store) == before


def test_a_file_in_place_of_the_cache_leads_to_the_users(filled: Root) -> None:
    before = opened(filled)
    shutil.rmtree(filled.folder / ".driftline")
    filled.file(".driftline", "in the way")
    with filled.open() as store:
        assert store.cache.place.is_relative_to(os.environ["XDG_CACHE_HOME"])
        assert snapshot(store) == before


def test_a_cache_that_fails_when_written_leads_to_the_users(filled: Root) -> None:
    before = opened(filled)
    manifest = cache_of(filled) / "manifest.json"
    manifest.unlink()
    manifest.mkdir()
    with filled.open() as store:
        assert store.cache.place.is_relative_to(os.environ["XDG_CACHE_HOME"])
        assert snapshot(store) == before


def test_without_any_place_the_cache_is_temporary_and_goes(filled: Root, tmp_path: Path) -> None:
    before = len(opened(filled)["episodes"])
    shutil.rmtree(filled.folder / ".driftline")
    filled.file(".driftline", "in the way")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "home").write_text("no directory")
    asked = python(
        "import os, sys; from driftline.store import open_store; store = open_store(sys.argv[1]);"
        "episodes = store.connection.sql('select count(*) from episodes').fetchall();"
        "print(store.cache.place.parent, episodes, os.listdir(os.environ['TMPDIR']) != [])",
        str(filled.folder),
        HOME=str(tmp_path / "home"),
        XDG_CACHE_HOME=str(tmp_path / "home"),
        TMPDIR=str(temporary),
    )
    assert asked.stdout == f"{temporary} [({before},)] True\n", asked.stderr
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 300])
def test_a_disk_without_room_is_told_in_words(filled: Root, limit: int) -> None:
    """No file may grow beyond the limit, wherever it lies."""
    asked = python(
        "import resource, sys\n"
        "from driftline.store import open_store\n"
        "from driftline.errors import UserError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try:\n    open_store(sys.argv[1])\n"
        "except UserError as error:\n    print('told', bool(error.remedy))\n",
        str(filled.folder),
        str(limit),
    )
    assert asked.stdout == "told True\n", asked.stderr


@pytest.fixture
def few_segments(monkeypatch: pytest.MonkeyPatch) -> int:
    """Compaction after few refreshes, so that a test needs few."""
    monkeypatch.setattr(refreshing, "MAX_SEGMENTS", 4)
    return 4


def test_many_small_refreshes_are_compacted_without_a_change_of_rows(filled: Root, few_segments: int) -> None:
    with filled.open() as store:
        for number in range(2 * few_segments):
            filled.run("runs/r1", metrics=metrics(2, tokens=number))
            store.refresh()
        held = store.cache.load().segments
        assert max(map(len, held.values())) <= few_segments + 1
        assert snapshot(store) == fresh(filled)
    assert strays(filled) == set()


def test_much_that_is_dead_is_dropped(filled: Root) -> None:
    with filled.open() as store:
        for batch in range(3):
            for number in range(40):
                filled.run(f"runs/many{number}", predictions=[prediction(f"e{batch}")])
            store.refresh()
        assert len(store.cache.load().dead) < 80
        assert snapshot(store) == fresh(filled)


def test_retired_segments_are_kept_for_a_while_and_then_go(
    filled: Root, few_segments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.open() as store:
        for number in range(2 * few_segments):
            filled.run("runs/r1", metrics=metrics(2, tokens=number))
            store.refresh()
        retired = set(store.cache.load().retired)
        segments = store.cache.segments
        assert retired
        assert retired <= {path.name for path in segments.iterdir()}
        later = time.time() + RETIRED_FOR_S + 1
        monkeypatch.setattr("driftline.cache.time.time", lambda: later)
        store.refresh()
        assert not retired & {path.name for path in segments.iterdir()}


def change(root: Root, number: int) -> None:
    """Several files of several kinds change."""
    for run in range(3):
        root.whole_run(
            f"runs/r{run}",
            predictions=[prediction(f"e{number}"), prediction("e2", output_tokens="5" if number % 2 else 5)],
        )
    root.profile("p0", profile(f"v{number}", f"2026-01-{number % 28 + 1:02}", stages=STAGES))


def start(root: Root) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen([sys.executable, "-c", OPEN, str(root.folder)], env=environment, stderr=subprocess.PIPE)


def test_two_refreshes_at_once(filled: Root) -> None:
    for number in range(ROUNDS):
        change(filled, number)
        processes = [start(filled), start(filled)]
        for process in processes:
            assert process.communicate()[1] == b""
            assert process.returncode == 0
        assert opened(filled) == fresh(filled)
        assert strays(filled) == set()


def test_killed_at_any_moment(filled: Root) -> None:
    """A process is killed at the n-th thing it does to the cache, n drawn at random."""
    random = Random(20260101)
    for number in range(ROUNDS):
        change(filled, number)
        killed = python(KILLED, str(filled.folder), str(random.randrange(1, 60)))
        assert killed.returncode in (0, -signal.SIGKILL), killed.stderr
        assert opened(filled) == fresh(filled)
        filled.open()
        assert strays(filled) == set()


KILLED = """
import os, signal, sys
from driftline.store import open_store
left = [int(sys.argv[2])]
def count(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.scandir", "fcntl.flock"):
        if any(".driftline" in str(argument) or event == "fcntl.flock" for argument in arguments):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
open_store(sys.argv[1])
"""


def test_the_cache_of_a_root_is_its_own(tmp_path: Path) -> None:
    places = {find_cache(Root(tmp_path / name).folder).place for name in ("a", "b")}
    assert len(places) == 2


def test_no_root_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no root here"):
        open_store()
    with pytest.raises(UserError, match="no directory"):
        open_store(tmp_path / "nowhere")


def test_the_root_is_found_as_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Root(tmp_path).whole_run("runs/here")
    Root(tmp_path / "named").whole_run("runs/named")

    def runs(store: Store) -> list[Any]:
        return store.connection.execute("select run from runs").fetchall()

    assert runs(open_store()) == [("runs/here",)]
    Root(tmp_path / "data").whole_run("runs/data")
    assert runs(open_store()) == [("runs/data",)]
    monkeypatch.setenv("DRIFTLINE_ROOT", str(tmp_path / "named"))
    assert runs(open_store()) == [("runs/named",)]
    assert runs(open_store(tmp_path / "data")) == [("runs/data",)]
