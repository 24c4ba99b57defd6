"""What every test shares: small roots, a home of their own, and Hypothesis without deadlines."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cached_roots import STAGES
from driftline import kept
from driftline import refresh as refreshing
from driftline.cache import Cache
from driftline.files import unnamed
from driftline.store import open_store
from roots import Root, profile

pytest.register_assert_rewrite(
    "benchmarked", "browser", "console", "measured", "freezing", "home_charts", "hostile", "served_episodes"
)
settings.register_profile(
    "driftline",
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "driftline"))


# What would make a test depend on who runs it.
VARIABLES = (
    "DRIFTLINE_ROOT", "ENABLE_PERFORMANCE_RECORDING", "PERFORMANCE_RUN_TYPE", "PERFORMANCE_PLATFORM",
    "PERFORMANCE_DB_PATH", "REGRESSION_THRESHOLD", "BENCHMARK_MODE",
)  # fmt: skip
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="session")
def shipped_links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped root, read through a folder of the tests' own, so that no cache is written into it."""
    folder = tmp_path_factory.mktemp("shipped")
    for name in ("eval", "profiles"):
        (folder / name).symlink_to(DATA / name, target_is_directory=True)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """An empty root."""
    return Root(tmp_path / "root")


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the caches of the person who runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model over an empty root, as a store keeps it."""
    root = tmp_path_factory.mktemp("laid") / "root"
    root.mkdir()
    with open_store(root) as store:
        cache = store.cache
    (model,) = cache.models()
    return model


@pytest.fixture
def keeps() -> None:
    """For tests in which a store finds what the one before it has laid and kept, or nothing."""


@pytest.fixture(autouse=True)
def _begins_laid(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """To lay all of the model, and to lay it once more to keep it, takes longer than the rest of a small test: each
    store begins with the model over an empty root."""
    if "keeps" in request.fixturenames:
        return
    laid: Path = request.getfixturevalue("laid")

    def copy_laid(cache: Cache) -> Path | None:
        try:
            return Path(shutil.copyfile(laid, unnamed(cache.folder / "model.duckdb")))
        except OSError:
            return None

    monkeypatch.setattr(kept, "copy_kept", copy_laid)
    monkeypatch.setattr(kept, "keep", lambda _cache, _model: None)


@pytest.fixture(autouse=True)
def _in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The roots of tests are small, and are still to be read as large ones are."""
    monkeypatch.setattr(refreshing, "WORTH_A_PLAN_BYTES", 0)


@pytest.fixture
def discards(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The caches that were given up, one entry each time."""
    given_up: list[Path] = []
    discard = Cache.discard

    def note(cache: Cache) -> None:
        given_up.append(cache.place)
        discard(cache)

    monkeypatch.setattr(Cache, "discard", note)
    return given_up


@pytest.fixture(autouse=True)
def _keeps_its_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """Reading everything again would heal a fault of ours too: only a test that asks for `discards` may see that."""
    may_discard = "discards" in request.fixturenames
    given_up = request.getfixturevalue("discards")
    yield
    assert may_discard or given_up == []


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
