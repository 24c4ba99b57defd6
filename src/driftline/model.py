"""The SQL model as text: sources over the cache's segments, then every file of `sql/`; and how it is laid.

Every part creates one thing or a few that belong together. The order of the files is an order that works; a part
needs only those before it whose names it uses, so that parts that do not need each other can be laid side by side.
"""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from importlib import resources
from pathlib import Path

import duckdb

from driftline.artifacts.bulk import as_pattern, is_plain_path, literals
from driftline.artifacts.rows import KINDS, columns
from driftline.cache import Cache, Manifest

# Kinds that grow with episodes or ticks stay on disk; the others are small, and in memory they cost no planning.
LARGE_KINDS = ("predictions", "diagnostics", "monitor_samples", "captures", "fingerprints")
LINE_ARTIFACTS = ("predictions", "diagnostics")
CREATED = re.compile(r"^create or replace (?:view|table|macro) (\w+)", re.MULTILINE)
TEXTS = re.compile(r"--[^\n]*|'[^']*'|\$\$.*?\$\$", re.DOTALL)
WORD = re.compile(r"\w+")
HANDS = min(4, os.cpu_count() or 1)


def model_parts(root: Path, cache: Cache, manifest: Manifest) -> list[str]:
    """The whole model, in an order in which it can be executed."""
    sources = [_source(kind, cache, manifest) for kind in KINDS]
    lines = [_files(artifact, root, manifest) for artifact in LINE_ARTIFACTS]
    settings, *relations = _files_of_sql()
    return [settings, *sources, *lines, *relations]


def _files_of_sql() -> list[str]:
    folder = resources.files("driftline") / "sql"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [entry.read_text() for entry in files]


def lay(connection: duckdb.DuckDBPyConnection, parts: list[str]) -> None:
    """Executes the parts, each as soon as those are there that it needs."""
    first, *middle, last = parts
    connection.execute(first)
    sorter = TopologicalSorter(_needs(middle))
    sorter.prepare()
    lock = threading.Lock()
    running: list[Future[None]] = []

    def execute(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(middle[number])
        with lock:
            sorter.done(number)
            go_on()

    def go_on() -> None:
        running.extend(pool.submit(execute, number) for number in sorter.get_ready())

    with ThreadPoolExecutor(HANDS) as pool:
        with lock:
            go_on()
        # The list grows while it is read: a part that is done has put those behind it that waited for it alone.
        for future in running:
            future.result()
    connection.execute(last)


def _needs(parts: list[str]) -> dict[int, set[int]]:
    """For each part, the earlier ones that create what it names."""
    makers: dict[str, int] = {}
    needs: dict[int, set[int]] = {}
    for number, part in enumerate(parts):
        needs[number] = {makers[word] for word in set(WORD.findall(TEXTS.sub("", part))) & makers.keys()}
        makers |= dict.fromkeys(CREATED.findall(part), number)
    return needs


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
