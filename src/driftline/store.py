"""Opens a root: brings its cache up to date and lays the SQL model over it, in a database that ends with the process.

Python and the duckdb shell load the same text (`model.py`), so both answer alike.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from types import TracebackType

import duckdb

from driftline import kept
from driftline.artifacts.history import history_folder
from driftline.artifacts.rows import Row
from driftline.artifacts.scan import Places
from driftline.cache import Cache, find_cache, find_caches
from driftline.errors import UserError
from driftline.files import write_atomically
from driftline.model import Model, cursor_of, lay, model_of
from driftline.places import find_root
from driftline.refresh import Progress, refreshed
from driftline.segments import MAX_SEGMENTS, merge, new_segment, write_rows

PUBLIC_RELATIONS = (
    "metrics",
    "runs",
    "run_metrics",
    "run_kpis",
    "episodes",
    "episode_metrics",
    "profiles",
    "profile_environments",
    "stage_metrics",
    "stage_trend",
    "totals_trend",
    "releases",
    "reference_runs",
    "comparison_groups",
    "captures",
    "monitor_samples",
    "noise",
    "history",
    "history_trend",
    "perf_baselines",
    "platform_baselines",
    "change_points",
    "problems",
)
CACHE_FAULTS = (OSError, duckdb.Error)


class Store:
    """The SQL model over one root. `connection` answers any SQL; `cursor()` is for another thread.

    What is written into it stays in this process; relations dropped or changed there are not mended by `refresh`. To
    close it keeps what was laid for the next one. `threads` is how many a question may use: all, if none is given.
    """

    def __init__(
        self,
        root: Path,
        cache: Cache,
        progress: Progress | None = None,
        threads: int | None = None,
        places: Places | None = None,
    ) -> None:
        self.root, self._threads, self.places = root, threads, places or Places(history=history_folder())
        self._start(cache)
        self.refresh(progress)

    def _start(self, cache: Cache) -> None:
        """Connects in the background: a database takes as long to start as many files take to be looked at."""
        self.cache, self._model, self._has_laid, self._stamp = cache, Model(), False, cache.stamp()
        pool = ThreadPoolExecutor(1)
        self._connecting = pool.submit(kept.connect, cache)
        pool.shutdown(wait=False)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self._connecting.result()

    def refresh(self, progress: Progress | None = None) -> bool:
        """Reads what changed on disk. Returns whether anything did.

        A cache that is damaged or vanishes is made anew; where that fails, in the next place for one.
        """
        try:
            return self._load(progress)
        except CACHE_FAULTS as error:
            fault: Exception = error
        caches = chain([self.cache], find_caches(self.root))
        for cache in caches:
            try:
                cache.discard()
                self._start(cache)
                return self._load(progress)
            except CACHE_FAULTS as error:
                fault = error
        if isinstance(fault, (OSError, duckdb.IOException)):
            raise UserError(f"no folder can hold the cache: {fault}", "free space on the disk and try again") from fault
        raise fault

    def _load(self, progress: Progress | None) -> bool:
        with refreshed(self.root, self.cache, lambda: self.connection, progress, self.places) as manifest:
            model = model_of(self.root, self.cache, manifest)
            if self._threads:
                model = model._replace(end=f"set threads = {self._threads};")
            if model == self._model:
                return False
            self._has_laid |= lay(self.connection, model)
        self._model, self._stamp = model, self.cache.stamp()
        if manifest.files and self._stamp is None:
            raise FileNotFoundError(f"the cache {self.cache.place} is gone")
        return True

    def add(self, kind: str, rows: list[Row], replaces: bool = False) -> bool:
        """Keeps rows that were computed from what was read, beside those of their kind or in their place; a refresh
        makes them visible. Returns whether they could be kept."""
        with self.cache.lock():
            manifest = self.cache.load()
            # Where the cache has gone meanwhile, the ids in the rows mean nothing any more.
            if not rows or not manifest.files:
                return False
            segment = new_segment(kind)
            write_rows(self.connection, self.cache.segments / segment, kind, rows)
            if replaces:
                self.cache.retire(manifest, manifest.segments.pop(kind, []))
            manifest.segments[kind] = [*manifest.segments.get(kind, []), segment]
            if len(manifest.segments[kind]) > MAX_SEGMENTS:
                self.cache.retire(manifest, merge(self.connection, self.cache, manifest, kind))
            self.cache.save(manifest)
        return True

    @property
    def sources(self) -> list[str]:
        """What the model reads, without scores, verdicts and change points: where these are equal, so are all rows but
        those."""
        computed = tuple(f"create or replace view source_{kind} " for kind in ("scores", "verdicts", "change_points"))
        return [part for part in self._model.sources if not part.startswith(computed)]

    def write_shell_file(self) -> Path:
        """The start file of the duckdb shell: the same model, in the cache folder."""
        target = self.cache.folder / "shell.sql"
        if not target.exists() or target.read_text() != self._model.text:
            write_atomically(target, self._model.text)
        return target

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return cursor_of(self.connection)

    def close(self) -> None:
        self.connection.close()
        # Where another process has gone on since, the model of that one is the better one to keep.
        if self._has_laid and self.cache.stamp() == self._stamp:
            kept.keep(self.cache, self._model)
        self._has_laid = False

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(
    root: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    places: Places | None = None,
) -> Store:
    """The model over a root, up to date with its files. `progress` is called with bytes read and bytes to read;
    `threads` is how many a question may use: every core, if none is given. `places` says where what is tracked lies."""
    folder = find_root(root)
    return Store(folder, find_cache(folder), progress, threads, places)
