"""A kept model saves time and answers as a new one does, whatever happened to the files, to it or in a store."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import duckdb
import pytest

from cached_roots import cache_of, fresh, kept_models
from driftline import kept, model
from driftline import refresh as refreshing
from roots import Root, metrics, opened, prediction, profile, snapshot
from test_cache import CHANGES

pytestmark = pytest.mark.usefixtures("keeps")


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was created since, by name: opening a root creates only what is not kept."""
    created: list[str] = []
    execute = model._execute

    def note(
        connection: duckdb.DuckDBPyConnection, laid: model.Model, chosen: set[int], needed: dict[int, set[int]]
    ) -> None:
        created.extend(name for number in sorted(chosen) for name in model.CREATED.findall(laid.parts[number]))
        execute(connection, laid, chosen, needed)

    monkeypatch.setattr(model, "_execute", note)
    return created


def test_what_was_laid_once_is_not_laid_again(filled: Root, laid: list[str]) -> None:
    before = opened(filled)
    assert "runs" in laid
    laid.clear()
    assert opened(filled) == before
    assert laid == []
    assert len(list(kept_models(filled))) == 1


def test_a_store_that_is_never_closed_keeps_nothing_and_is_not_in_the_way(filled: Root) -> None:
    store = filled.open()
    assert list(kept_models(filled)) == []
    assert opened(filled) == snapshot(store)


def test_only_what_a_change_reaches_is_laid_again(filled: Root, laid: list[str]) -> None:
    opened(filled)
    filled.run("runs/r1", metrics=metrics(2, tokens=9))
    laid.clear()
    after, touched = opened(filled), set(laid)
    assert after == fresh(filled)
    assert {"source_run_values", "run_aggregates", "runs", "metrics"} <= touched
    assert not {"source_stage_values", "profiles", "stage_metrics", "stage_trend", "episodes", "deltas"} & touched


@pytest.mark.parametrize("name", CHANGES)
def test_a_kept_model_follows_every_change(filled: Root, name: str) -> None:
    opened(filled)
    CHANGES[name][0](filled)
    after = opened(filled)
    assert after == fresh(filled)
    assert opened(filled) == after


def test_a_kept_model_follows_many_changes_at_random(filled: Root) -> None:
    random = Random(2)
    for step in range(12):
        run = f"runs/r{random.randrange(4)}"
        filled.run(run, predictions=[prediction(f"e{n}") for n in range(random.randrange(4))])
        filled.run(run, metrics=metrics(random.randrange(4), tokens=step, failed=["e1"][: random.randrange(2)]))
        filled.run(f"references/gold/g{random.randrange(2)}", predictions=[prediction("e1", "a b")])
        filled.profile("p1", profile(f"v{random.randrange(3)}", stages={"s": {"wall_time_s": float(step)}}))
        assert opened(filled) == fresh(filled)


def test_what_is_written_into_a_store_is_forgotten_with_it(filled: Root) -> None:
    before = opened(filled)
    with filled.open() as store:
        store.connection.execute("delete from runs; create table mine as select 1 as one; drop view episodes")
        filled.run("runs/r1", metrics=metrics(2, tokens=9))
        store.refresh()
    after = opened(filled)
    assert after == fresh(filled)
    assert after["episodes"] == before["episodes"]
    with filled.open() as store, pytest.raises(duckdb.CatalogException, match="mine"):
        store.connection.execute("from mine")


DAMAGE = {
    "garbage": lambda content: Random(1).randbytes(len(content)),
    "empty": lambda content: content[:0],
    "cut": lambda content: content[: len(content) // 2],
    "zeros at the end": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "one bit": lambda content: content[:-99_999] + bytes([content[-99_999] ^ 1]) + content[-99_998:],
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("is_noticed", [True, False], ids=["noticed", "under the right name"])
def test_a_damaged_model_is_laid_anew(
    filled: Root, name: str, is_noticed: bool, discards: list[Path], laid: list[str]
) -> None:
    before = opened(filled)
    (path,) = kept_models(filled)
    times, content = path.stat(), DAMAGE[name](path.read_bytes())
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    if not is_noticed and name not in ("one bit", "empty"):
        path.rename(path.with_name(kept._name(path, path)))
    laid.clear()
    assert opened(filled) == before
    assert "runs" in laid
    assert opened(filled) == before
    assert len(list(kept_models(filled))) == 1


def test_a_model_from_elsewhere_is_not_trusted(filled: Root, laid: list[str]) -> None:
    """What it says would be executed: a copy with the same bytes and times is laid anew all the same."""
    before = opened(filled)
    (path,) = kept_models(filled)
    copy = path.with_suffix(".copy")
    shutil.copy2(path, copy)
    copy.replace(path)
    laid.clear()
    assert opened(filled) == before
    assert "runs" in laid


def test_small_files_read_line_by_line_and_large_ones_in_bulk_go_together(
    filled: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(filled)
    monkeypatch.setattr(refreshing, "WORTH_A_PLAN_BYTES", 1024 * 1024)
    filled.run("runs/r1", predictions=[prediction(f"e{number}") for number in range(3)])
    assert opened(filled) == fresh(filled)
    filled.run("runs/r2", predictions=[prediction(f"e{number}", "word " * 200) for number in range(2_000)])
    assert opened(filled) == fresh(filled)


def test_whoever_closes_late_leaves_the_newer_model_alone(filled: Root, laid: list[str]) -> None:
    store = filled.open()
    filled.run("runs/r1", metrics=metrics(2, tokens=9))
    after = opened(filled)
    newer = list(kept_models(filled))
    store.close()
    assert list(kept_models(filled)) == newer
    laid.clear()
    assert opened(filled) == after
    assert laid == []


def test_a_cache_lost_before_the_end_is_no_fault_of_closing(filled: Root) -> None:
    with filled.open() as store:
        folder = store.cache.folder
        for path in (folder / "segments").iterdir():
            path.write_bytes(b"damaged")
    assert list(kept_models(filled)) == []
    with filled.open() as store:
        shutil.rmtree(filled.folder / ".driftline")
        (filled.folder / ".driftline").write_text("a file")
    (filled.folder / ".driftline").unlink()


def test_a_model_that_cannot_be_kept_is_no_fault(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened(filled)
    for path in kept_models(filled):
        path.unlink()
    monkeypatch.setattr(kept, "unnamed", lambda path: path / "no" / "such" / "folder")
    assert opened(filled) == before
    assert list(kept_models(filled)) == []


def test_a_fault_of_ours_is_heard_of(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled.open()
    store._model = store._model._replace(relations=["select no_such_column"])
    with pytest.raises(duckdb.BinderException, match="no_such_column"):
        store.close()
    assert [path.name for path in cache_of(filled).glob(".*")] == []
