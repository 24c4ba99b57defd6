"""The SQL model as text: sources over the cache's segments, then every file of `sql/`; and how it is laid.

Every part creates one thing or a few that belong together. The order of the files is an order that works; a part
needs only those before it whose names it uses, so that parts that do not need each other can be laid side by side.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import duckdb

from driftline.artifacts.bulk import STATEMENTS, as_pattern, is_plain_path, literals
from driftline.artifacts.rows import KINDS, columns
from driftline.cache import Cache, Manifest

# Kinds that grow with episodes or ticks stay on disk; the others are small, and in memory they cost no planning.
LARGE_KINDS = ("predictions", "diagnostics", "monitor_samples", "captures", "fingerprints")
CREATED = re.compile(r"^create or replace (?:view|table|macro) (\w+)", re.MULTILINE)
# A name in a comment or a text is none.
TEXTS = re.compile(r"--[^\n]*|'[^']*'|\$\$.*?\$\$", re.DOTALL)
WORD = re.compile(r"\w+")
HANDS = min(4, os.cpu_count() or 1)


class Model(NamedTuple):
    """The text of the model: `sources` need nothing but the settings, each relation at most what comes before it."""

    settings: str = ""
    sources: Sequence[str] = ()
    relations: Sequence[str] = ()
    end: str = ""

    @property
    def text(self) -> str:
        """All of it, in an order in which it can be executed."""
        return "\n".join([self.settings, *self.sources, *self.relations, self.end])


def model_of(root: Path, cache: Cache, manifest: Manifest) -> Model:
    """The model over the segments of a manifest."""
    settings, *relations, end = _files_of_sql()
    sources = [_source(kind, cache, manifest) for kind in KINDS]
    lines = [_files(artifact, root, manifest) for artifact in STATEMENTS]
    return Model(settings, [*sources, *lines], relations, end)


def _files_of_sql() -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).with_name("sql").glob("*.sql"))]


def lay(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Executes the model: all sources, then each relation as soon as those are there that it needs."""
    connection.execute(model.settings)
    lock = threading.Lock()
    running: list[Future[None]] = []

    def execute(text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)

    def go_on() -> None:
        running.extend(pool.submit(follow, number) for number in sorter.get_ready())

    def follow(number: int) -> None:
        execute(model.relations[number])
        with lock:
            sorter.done(number)
            go_on()

    with ThreadPoolExecutor(HANDS) as pool:
        sources = [pool.submit(execute, source) for source in model.sources]
        sorter = TopologicalSorter(needs(model.relations))
        sorter.prepare()
        for source in sources:
            source.result()
        with lock:
            go_on()
        # The list grows while it is read: a part that is done has put those behind it that waited for it alone.
        for relation in running:
            relation.result()
    connection.execute(model.end)


def needs(parts: Sequence[str]) -> dict[int, set[int]]:
    """For each part by its number, the earlier ones that create what it names."""
    makers: dict[str, int] = {}
    needed: dict[int, set[int]] = {}
    for number, part in enumerate(parts):
        needed[number] = {makers[word] for word in set(WORD.findall(TEXTS.sub("", part))) & makers.keys()}
        makers |= dict.fromkeys(CREATED.findall(part), number)
    return needed


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
    place = os.path.join(root, "")
    paths = [
        place + rel
        for rel, entry in manifest.files.items()
        if entry.artifact == artifact and entry.status == "ok" and is_plain_path(place + rel)
    ]
    if not paths:
        return f"{view} null::varchar as file, null::varchar as content where false;"
    files = literals([as_pattern(path) for path in paths])
    return f"{view} substr(filename, {len(place) + 1}) as file, content from read_text({files});"
