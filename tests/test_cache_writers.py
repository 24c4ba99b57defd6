"""Many writers, sudden deaths and compaction change no row; and where a root is looked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cached_roots import STAGES, fresh, strays
from driftline import refresh as refreshing
from driftline.cache import RETIRED_FOR_S, find_cache
from driftline.errors import UserError
from driftline.store import Store, open_store
from roots import SOURCE, Root, metrics, opened, prediction, profile, python, snapshot

pytestmark = pytest.mark.usefixtures("keeps")

ROUNDS = int(os.environ.get("DRIFTLINE_ROUNDS", "6"))
OPEN = "import sys; from driftline.store import open_store; open_store(sys.argv[1]).close()"


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


def test_segments_of_both_readers_are_joined_without_reading_again(
    filled: Root, few_segments: int, discards: list[Path]
) -> None:
    """One run is read in bulk and one line by line, in turns; nothing that was read before is given up."""
    with filled.open() as store:
        for number in range(2 * few_segments):
            filled.run("runs/clean", predictions=[prediction(f"e{number}")])
            filled.run("runs/odd", predictions=[prediction(f"e{number}", output_tokens="5")])
            store.refresh()
        assert discards == []
        assert len(store.cache.load().segments["predictions"]) <= few_segments + 2
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
        killed = python(KILLED, str(filled.folder), str(random.randrange(1, 75)))
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
open_store(sys.argv[1]).close()
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
