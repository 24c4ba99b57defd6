"""The SQL model as text: sources over the cache's segments, then every file of `sql/`; and how it is laid.

Every part creates one thing or a few that belong together. The order of the files is an order that works; a part
needs only those before it whose names it uses, so that parts that do not need each other can be laid side by side.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import duckdb

from driftline.artifacts.bulk import STATEMENTS, as_pattern, is_plain_path, literal, literals
from driftline.artifacts.rows import KINDS, columns
from driftline.cache import Cache, Manifest

# Kinds that grow with episodes or ticks stay on disk; the others are small, and in memory they cost no planning.
LARGE_KINDS = (
    *("predictions", "scores", "reruns", "verdicts", "diagnostics", "monitor_samples", "captures", "fingerprints"),
    "change_points",
)
VERDICT_CODE = ("judging.py", "evidence.py", "settings.py", "queries/comparisons.py", "queries/verdicts.py")
CREATED = re.compile(r"^create or replace (?:view|table|macro) (\w+)", re.MULTILINE)
TABLE = re.compile(r"^create or replace table ", re.MULTILINE)
# A name in a comment or a text is none.
TEXTS = re.compile(r"--[^\n]*|'[^']*'|\$\$.*?\$\$", re.DOTALL)
BETWEEN_WORDS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
PLACE = "attach if not exists ':memory:' as model; use model"
LAID = "create schema if not exists laid; create table if not exists laid.parts (digest varchar)"
HANDS = min(4, os.cpu_count() or 1)


class Model(NamedTuple):
    """The text of the model: `sources` need nothing but the settings, each relation at most what comes before it."""

    settings: str = ""
    sources: Sequence[str] = ()
    relations: Sequence[str] = ()
    end: str = ""

    @property
    def parts(self) -> list[str]:
        """Sources, then relations."""
        return [*self.sources, *self.relations]

    @property
    def text(self) -> str:
        """All of it, in an order in which it can be executed."""
        return "\n".join([self.settings, *self.parts, self.end])


def model_of(root: Path, cache: Cache, manifest: Manifest) -> Model:
    """The model over the segments of a manifest."""
    settings, *relations, end = files_of_sql()
    sources = [_source(kind, cache, manifest) for kind in KINDS]
    lines = [_files(artifact, root, manifest) for artifact in STATEMENTS]
    code = f"create or replace view source_code as select '{_code_digest()}' as digest;"
    return Model(settings, [*sources, *lines, code], relations, end)


@functools.cache
def _code_digest() -> str:
    """Of everything that verdicts are made by: what an older version worked out does not hold."""
    package = Path(__file__).parent
    code = [*sorted(package.glob("verdicts/*.py")), *(package / name for name in VERDICT_CODE)]
    texts = [path.read_text(encoding="utf-8") for path in code]
    return hashlib.sha256("\n".join([*texts, *files_of_sql()]).encode()).hexdigest()[:16]


@functools.cache
def files_of_sql() -> list[str]:
    """The settings to begin with, every relation and macro, the settings to end with."""
    return [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).with_name("sql").glob("*.sql"))]


# What judges numbers that no root holds: direction and unit by name, the declared metrics and what others call them,
# the one limit.
STANDALONE = ("007_inferred", "008_metric_aliases", "009_declared_metrics", "200_judged", "340_tracked_status")


def macros() -> duckdb.DuckDBPyConnection:
    """A connection of its own that has the declared metrics and what a value is held against its baseline by."""
    connection = duckdb.connect()
    for name in STANDALONE:
        connection.execute((Path(__file__).with_name("sql") / f"{name}.sql").read_text(encoding="utf-8"))
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor that finds the model as the connection does: a new one looks into the database it came with."""
    cursor = connection.cursor()
    cursor.execute("use model")
    return cursor


def lay(connection: duckdb.DuckDBPyConnection, model: Model) -> bool:
    """Executes, in the catalog `model`, what is not there as the model says it, each part as soon as those are there
    that it needs. Returns whether anything was to be done.

    Views and macros ask when they are asked; a table holds what it was made from, so it is made again with that.
    """
    connection.execute(PLACE)
    digests = [hashlib.sha256(part.encode("utf-8", "surrogateescape")).hexdigest() for part in model.parts]
    connection.execute(LAID)
    laid = {digest for (digest,) in connection.execute("select digest from laid.parts").fetchall()}
    differing = {number for number, digest in enumerate(digests) if digest not in laid}
    if differing:
        needed = needs(model)
        chosen = _outdated(model, differing, needed)
        if len(chosen) > 1:
            # To end threads and start them again would hold up who is asking meanwhile, and one part is laid by one.
            connection.execute(model.settings)
        _note(connection, [digest for number, digest in enumerate(digests) if number not in chosen])
        _execute(connection, model, chosen, needed)
        _note(connection, digests)
    connection.execute(model.end)
    return bool(differing)


def _outdated(model: Model, differing: set[int], needed: dict[int, set[int]]) -> set[int]:
    """The parts that differ, and the tables behind which one of them is."""
    touched: set[int] = set()
    for number in needed:
        if number in differing or needed[number] & touched:
            touched.add(number)
    return differing | {number for number in touched if TABLE.search(model.parts[number])}


def _note(connection: duckdb.DuckDBPyConnection, digests: list[str]) -> None:
    """What holds from now on; taken back before a part is replaced, so that a failure half-way leaves no false word."""
    # As one text: a list of as many literals takes longer to parse than all the rest, and a parameter imports pandas.
    listed = f"string_split({literal(' '.join(digests))}, ' ')"
    connection.execute(f"create or replace table laid.parts as select unnest({listed}) as digest")


def _execute(
    connection: duckdb.DuckDBPyConnection, model: Model, chosen: set[int], needed: dict[int, set[int]]
) -> None:
    """Executes the chosen parts side by side, each after those that it needs."""
    parts, lock = model.parts, threading.Lock()
    if len(chosen) == 1:
        # New scores change no other part; to hand it to threads takes longer than to do it.
        (only,) = chosen
        connection.execute(parts[only])
        return
    running: list[Future[None]] = []
    sorter = TopologicalSorter(needed)
    sorter.prepare()

    def go_on() -> None:
        running.extend(pool.submit(follow, number) for number in sorter.get_ready())

    def follow(number: int) -> None:
        if number in chosen:
            with cursor_of(connection) as cursor:
                cursor.execute(parts[number])
        with lock:
            sorter.done(number)
            go_on()

    with ThreadPoolExecutor(HANDS) as pool:
        with lock:
            go_on()
        # The list grows while it is read: a part that is done has put those behind it that waited for it alone.
        for part in running:
            part.result()


def needs(model: Model) -> dict[int, set[int]]:
    """For each part by its number, the earlier ones that create what it names."""
    sources = [CREATED.findall(part) for part in model.sources]
    return _needs(tuple(map(tuple, sources)), tuple(model.relations))


@functools.cache
def _needs(sources: tuple[tuple[str, ...], ...], relations: tuple[str, ...]) -> dict[int, set[int]]:
    """The same of what each source creates, which is always the same; and of the relations, which need each other."""
    makers = {name: number for number, created in enumerate(sources) for name in created}
    needed: dict[int, set[int]] = {number: set() for number in range(len(sources))}
    for number, part in enumerate(relations, len(sources)):
        names = set(TEXTS.sub(" ", part).translate(BETWEEN_WORDS).split())
        needed[number] = {makers[name] for name in names & makers.keys()}
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
    dead = ", ".join(map(str, manifest.dead.get(kind, [])))
    alive = f" where file_id not in ({dead})" if dead else ""
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
