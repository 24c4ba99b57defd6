"""The cache costs time when it is lost and never a row, whatever happens to it or beside it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cached_roots import STAGES, cache_of, fresh, kept_models
from driftline import refresh as refreshing
from driftline.artifacts.scan import Found
from roots import Root, metrics, opened, profile, snapshot

pytestmark = pytest.mark.usefixtures("keeps")


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

    def coarse(*where: Any) -> list[Found]:
        return [file._replace(signature=(file.signature[0], tick, tick, file.signature[3])) for file in real(*where)]

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


def test_a_segment_damaged_behind_its_stamp_is_made_anew(filled: Root, discards: list[Path]) -> None:
    """Bytes that rot leave size and time as they were; DuckDB notices when the model is laid over them."""
    before = opened(filled)
    path = next(iter((cache_of(filled) / "segments").glob("run_values-*")))
    times = path.stat()
    path.write_bytes(b"\xff" * times.st_size)
    for model in kept_models(filled):
        model.unlink()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert opened(filled) == before
    assert len(discards) == 1
