"""Opens a root: brings its cache up to date and lays the SQL model over it, in memory.

Python and the duckdb shell load the same text (`model_sql`), so both answer alike.
"""

from __future__ import annotations

import os
from importlib import resources
from itertools import chain
from pathlib import Path
from types import TracebackType

import duckdb

from driftline.artifacts.bulk import as_pattern, is_plain_path, literals
from driftline.artifacts.rows import KINDS, columns
from driftline.artifacts.scan import looks_like_root
from driftline.cache import Cache, Manifest, find_cache, find_caches, write_atomically
from driftline.errors import UserError
from driftline.refresh import CONNECTION, Progress, refresh

PUBLIC_RELATIONS = (
    "metrics",
    "runs",
    "run_metrics",
    "run_kpis",
    "episodes",
    "episode_metrics",
    "profiles",
    "stage_metrics",
    "stage_trend",
    "totals_trend",
    "releases",
    "reference_runs",
    "comparison_groups",
    "captures",
    "monitor_samples",
    "problems",
)
# Kinds that grow with episodes or ticks stay on disk; the others are small, and in memory they cost no planning.
LARGE_KINDS = ("predictions", "diagnostics", "monitor_samples", "captures", "fingerprints")
CACHE_FAULTS = (OSError, duckdb.Error)
LINE_ARTIFACTS = ("predictions", "diagnostics")


def find_root(given: str | os.PathLike[str] | None = None) -> Path:
    """The root to use: the given one, else DRIFTLINE_ROOT, else ./data or the current directory if it is one."""
    named = given or os.environ.get("DRIFTLINE_ROOT")
    if named:
        root = Path(named)
        if not os.path.isdir(root):
            raise UserError(f"no directory {root}", "name the directory that holds eval/ or profiles/ with --root")
        return root.absolute()
    for folder in (Path("data"), Path()):
        if looks_like_root(folder):
            return folder.absolute()
    raise UserError(
        "no root here: neither ./data nor the current directory holds eval/, profiles/ or releases.yaml",
        "name one with --root DIR, or make one: python -m driftline.demo --out data",
    )


class Store:
    """The SQL model over one root. `connection` answers any SQL; `cursor()` is for another thread."""

    def __init__(self, root: Path, cache: Cache, progress: Progress | None = None) -> None:
        self.root = root
        self.cache = cache
        self.connection = duckdb.connect(config=CONNECTION)
        self._model = ""
        self.refresh(progress)

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
            self.cache = cache
            try:
                cache.discard()
                return self._load(progress)
            except CACHE_FAULTS as error:
                fault = error
        if isinstance(fault, (OSError, duckdb.IOException)):
            raise UserError(f"no folder can hold the cache: {fault}", "free space on the disk and try again") from fault
        raise fault

    def _load(self, progress: Progress | None) -> bool:
        manifest = refresh(self.root, self.cache, self.connection, progress)
        text = model_sql(self.root, self.cache, manifest)
        if text == self._model:
            return False
        self.connection.execute(text)
        self._model = text
        return True

    def write_shell_file(self) -> Path:
        """The start file of the duckdb shell: the same model, in the cache folder."""
        target = self.cache.folder / "shell.sql"
        if not target.exists() or target.read_text() != self._model:
            write_atomically(target, self._model)
        return target

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(root: str | os.PathLike[str] | None = None, progress: Progress | None = None) -> Store:
    """The model over a root, up to date with its files. `progress` is called with bytes read and bytes to read."""
    folder = find_root(root)
    return Store(folder, find_cache(folder), progress)


def model_sql(root: Path, cache: Cache, manifest: Manifest) -> str:
    """The whole model as SQL text: sources over the cache's segments, then every file of `sql/` in order."""
    sources = [_source(kind, cache, manifest) for kind in KINDS]
    lines = [_files(artifact, root, manifest) for artifact in LINE_ARTIFACTS]
    folder = resources.files("driftline") / "sql"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return "\n".join([*sources, *lines, *(entry.read_text() for entry in files)])


def _source(kind: str, cache: Cache, manifest: Manifest) -> str:
    names = ", ".join(f'"{name}"' for name in columns(kind))
    segments = manifest.segments.get(kind, [])
    relation = "view" if kind in LARGE_KINDS else "table"
    if not segments:
        empty = ", ".join(f'null::{type_} as "{name}"' for name, type_ in columns(kind).items())
        return f"create or replace {relation} source_{kind} as select {empty} where false;"
    paths = literals([as_pattern(str(cache.segments / name)) for name in segments])
    alive = f" where file_id not in ({', '.join(map(str, manifest.dead))})" if manifest.dead else ""
    return f"create or replace {relation} source_{kind} as select {names} from read_parquet({paths}){alive};"


def _files(artifact: str, root: Path, manifest: Manifest) -> str:
    """The faultless JSONL files themselves, whole, by their path below the root."""
    view = f"create or replace view source_{artifact}_files as select"
    names = [
        rel
        for rel, entry in manifest.files.items()
        if entry.artifact == artifact and entry.status == "ok" and is_plain_path(os.path.join(root, rel))
    ]
    if not names:
        return f"{view} null::varchar as file, null::varchar as content where false;"
    paths = literals([as_pattern(os.path.join(root, rel)) for rel in names])
    prefix = len(os.path.join(root, ""))
    return f"{view} substr(filename, {prefix + 1}) as file, content from read_text({paths});"
