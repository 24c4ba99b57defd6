"""Brings the cache of a root up to date: reads what changed, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from driftline.artifacts.bulk import (
    STATEMENTS,
    TOTALS,
    Asked,
    as_pattern,
    copy_plain,
    is_plain_path,
    literals,
)
from driftline.artifacts.reading import DERIVED_KINDS, note_plain, note_totals, read
from driftline.artifacts.rows import KINDS, Batch, Row, as_number, kinds_in
from driftline.artifacts.scan import Found, Places, Signature, scan
from driftline.cache import Cache, Entry, Manifest
from driftline.segments import MAX_SEGMENTS, dead_ids, merge, new_segment, write_rows

Progress = Callable[[int, int], None]

# Below this, to plan the reading in bulk takes longer than to read line by line.
WORTH_A_PLAN_BYTES = 1024 * 1024
BATCH_BYTES = 32 * 1024 * 1024
BATCHES = 12
ROWS_IN_MEMORY = 50_000
# From here on it pays to write rows while DuckDB still reads in the background.
ROWS_WORTH_WAITING = 5_000
RACY_NS = 50_000_000


@contextmanager
def refreshed(
    root: Path,
    cache: Cache,
    connect: Callable[[], duckdb.DuckDBPyConnection],
    progress: Progress | None = None,
    places: Places | None = None,
) -> Iterator[Manifest]:
    """Brings the cache in line with the files as they are now and gives the manifest that says so.

    A new manifest is saved while it is used; it is in force when the block ends. `connect` gives the connection that
    reads in bulk; `progress` is called with bytes read and bytes to read.
    """
    started, found, stamp, manifest = time.time_ns(), scan(root, places), cache.stamp(), cache.load()
    if not _changes(manifest, found):
        cache.sweep(manifest)
        yield manifest
        return
    with ExitStack() as held, ThreadPoolExecutor(1) as pool:
        held.enter_context(cache.lock())
        if cache.stamp() != stamp:
            started, found, manifest = time.time_ns(), scan(root, places), cache.load()
        saving = None
        if _changes(manifest, found):
            _Reading(root, cache, manifest, started, connect(), progress).run(found)
            saving = pool.submit(_save, cache, manifest, held.pop_all())
        else:
            held.close()
        yield manifest
        if saving:
            saving.result()


def _save(cache: Cache, manifest: Manifest, held: ExitStack) -> None:
    """The lock goes as soon as the manifest is in force."""
    with held:
        cache.save(manifest)


def _changes(manifest: Manifest, found: list[Found]) -> bool:
    return len(manifest.files) != len(found) or any(_has_changed(manifest, file) for file in found)


def _has_changed(manifest: Manifest, file: Found) -> bool:
    entry = manifest.files.get(file.rel)
    return entry is None or entry.signature != file.signature


def _be_silent(done: int, total: int) -> None:
    """The progress of nobody who asks."""


class _Reading:
    """One pass over the changed files, under the lock."""

    def __init__(
        self,
        root: Path,
        cache: Cache,
        manifest: Manifest,
        started: int,
        connection: duckdb.DuckDBPyConnection,
        progress: Progress | None,
    ) -> None:
        self.root, self.cache, self.manifest, self.started = root, cache, manifest, started
        self.connection = connection
        self.progress = progress or _be_silent
        self.done = self.total = 0
        self.pending = Batch()
        self.entries: dict[str, Entry] = {}
        self.written: dict[str, list[str]] = {}

    def run(self, found: list[Found]) -> None:
        known = self.manifest.files
        changed = [file for file in found if _has_changed(self.manifest, file)]
        present = {file.rel for file in found}
        replaced = {file.rel for file in changed} & known.keys()
        gone = known.keys() - present
        self.total = sum(file.signature[0] for file in changed if file.fault is None)
        self.entries = {rel: entry for rel, entry in known.items() if rel in present and rel not in replaced}
        self._read(changed)
        self._flush(KINDS.keys() - set().union(*DERIVED_KINDS.values()))
        self._add_up()
        self._flush(KINDS)
        manifest = self.manifest
        manifest.files = {file.rel: self.entries[file.rel] for file in found}
        for rel in sorted(replaced | gone):
            manifest.bury(known[rel].file_id, kinds_in(known[rel].kinds))
        for kind, names in self.written.items():
            manifest.segments[kind] = [*manifest.segments.get(kind, []), *names]
        manifest.dead = {kind: ids for kind, ids in manifest.dead.items() if manifest.segments.get(kind)}
        retired = self._compact()
        self.cache.retire(manifest, retired)

    def _read(self, changed: list[Found]) -> None:
        """JSONL goes through DuckDB in the background, unless it is little; this thread reads all else meanwhile."""
        in_bulk = [file for file in changed if file.artifact in STATEMENTS and self._is_simple(file)]
        if sum(file.signature[0] for file in in_bulk) < WORTH_A_PLAN_BYTES:
            in_bulk = []
        with ThreadPoolExecutor(max_workers=2) as pool:
            jobs = [self._submit(pool, group) for group in _groups(in_bulk)]
            bulk = {file.rel for file in in_bulk}
            for file in changed:
                if file.rel not in bulk:
                    self._read_one(file)
            if self._pending_rows() > ROWS_WORTH_WAITING:
                self._flush(KINDS)
            for job in jobs:
                self._settle(*job.result())

    def _is_simple(self, file: Found) -> bool:
        """Whether DuckDB can be given the file."""
        return file.fault is None and is_plain_path(os.path.join(self.root, file.rel))

    def _signature(self, file: Found) -> Signature:
        """A file that changed just before it was read may change again within the clock's tick: it is read again."""
        size, modified, changed, inode = file.signature
        is_racy = file.fault is None and max(modified, changed) > self.started - RACY_NS
        return (size, modified, changed, -1) if is_racy else (size, modified, changed, inode)

    def _submit(self, pool: ThreadPoolExecutor, group: list[Found]) -> Future[tuple[dict[int, Found], set[int], str]]:
        artifact = group[0].artifact
        numbered = {self.manifest.take_id(): file for file in group}
        asked = [Asked(os.path.join(self.root, file.rel), file.key, file_id) for file_id, file in numbered.items()]
        name = self._segment(artifact)

        def job() -> tuple[dict[int, Found], set[int], str]:
            cursor = self.connection.cursor()
            try:
                return numbered, copy_plain(cursor, artifact, asked, self.cache.segments / name), name
            finally:
                cursor.close()

        return pool.submit(job)

    def _segment(self, kind: str) -> str:
        name = new_segment(kind)
        self.written.setdefault(kind, []).append(name)
        return name

    def _path(self, kind: str) -> Path:
        return self.cache.segments / self._segment(kind)

    def _settle(self, numbered: dict[int, Found], faulty: set[int], segment: str) -> None:
        """Takes over what was read in bulk; a faulty file is read again under an id of its own."""
        artifact = next(iter(numbered.values())).artifact
        if len(faulty) == len(numbered):
            self.written[artifact].remove(segment)
        else:
            for file_id in sorted(faulty):
                self.manifest.bury(file_id, [artifact])
        for file_id, file in numbered.items():
            if file_id in faulty:
                self._read_one(file)
            else:
                note_plain(self.pending, file, file_id)
                self._enter(file, file_id, "ok", {"artifacts", artifact})

    def _read_one(self, file: Found) -> None:
        file_id = self.manifest.take_id()
        batch = read(self.root, file, file_id)
        self.pending.extend(batch)
        if self._pending_rows() > ROWS_IN_MEMORY:
            self._flush(KINDS)
        self._enter(file, file_id, batch.rows["artifacts"][0]["status"] if batch.rows else "other", set(batch.rows))

    def _pending_rows(self) -> int:
        return sum(map(len, self.pending.rows.values()))

    def _enter(self, file: Found, file_id: int, status: str, kinds: set[str]) -> None:
        kinds |= DERIVED_KINDS.get(file.artifact, set())
        self.entries[file.rel] = Entry(*self._signature(file), file_id, file.artifact, status, as_number(kinds))
        self.done += file.signature[0] if file.fault is None else 0
        self.progress(self.done, self.total)

    def _flush(self, kinds: Iterable[str]) -> None:
        """Writes the rows of these kinds that are in memory, a segment a kind, side by side."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            jobs = [
                pool.submit(write_rows, self.connection, self._path(kind), kind, self.pending.rows.pop(kind))
                for kind in kinds
                if kind in self.pending.rows
            ]
            for job in jobs:
                job.result()

    def _add_up(self) -> None:
        """Totals of every JSONL file that was just read, so that opening the root reads no episode."""
        with ThreadPoolExecutor(max_workers=len(TOTALS)) as pool:
            for artifact, rows in zip(TOTALS, pool.map(self._totals, TOTALS), strict=True):
                for totals in rows:
                    note_totals(self.pending, artifact, totals)

    def _totals(self, artifact: str) -> list[Row]:
        segments = self.written.get(artifact, [])
        if not segments:
            return []
        paths = literals([as_pattern(str(self.cache.segments / name)) for name in segments])
        dead = dead_ids(self.manifest, artifact)
        rows = f"(from read_parquet({paths}) where file_id not in ({dead}))"
        with self.connection.cursor() as cursor:
            found = cursor.execute(TOTALS[artifact].replace("$rows", rows)).fetchall()
            names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, totals, strict=True)) for totals in found]

    def _compact(self) -> list[str]:
        """Merges kinds with many segments, and those of which much is dead. Returns the segments left behind."""
        manifest = self.manifest
        much = max(64, len(manifest.files) // 5)
        left: list[str] = []
        for kind, names in list(manifest.segments.items()):
            if len(names) > MAX_SEGMENTS or len(manifest.dead.get(kind, [])) > much:
                left += merge(self.connection, self.cache, manifest, kind)
        return left


def _groups(files: list[Found]) -> list[list[Found]]:
    """Files of one artifact in batches of about BATCH_BYTES, at most about BATCHES of them."""
    groups: list[list[Found]] = []
    for artifact in STATEMENTS:
        chosen = [file for file in files if file.artifact == artifact]
        limit = max(BATCH_BYTES, sum(file.signature[0] for file in chosen) // BATCHES)
        size = limit
        for file in chosen:
            if size >= limit:
                groups.append([])
                size = 0
            groups[-1].append(file)
            size += file.signature[0]
    return groups
