"""Segments: immutable Parquet files of the cache, each with rows of one kind."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import duckdb

from driftline.artifacts.bulk import PARQUET, as_pattern, literal, literals
from driftline.artifacts.rows import Row, columns
from driftline.cache import Cache, Manifest

MAX_SEGMENTS = 24


def new_segment(kind: str) -> str:
    """A name for a segment that no other has."""
    return f"{kind}-{uuid.uuid4().hex}.parquet"


def write_rows(connection: duckdb.DuckDBPyConnection, target: Path, kind: str, rows: list[Row]) -> None:
    """Writes the rows as one segment. May be called from any thread."""
    staged = target.with_suffix(".json")
    largest = staged.write_text(json.dumps(rows, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    types = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns(kind).items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"copy (from read_json({literal(as_pattern(str(staged)))}, format = 'array',"
            f" columns = {{{types}}}, maximum_object_size = {max(16_777_216, 4 * largest)}))"
            f" to {literal(str(target))} {PARQUET}"
        )
    staged.unlink()


def dead_ids(manifest: Manifest, kind: str) -> str:
    """The readings that no longer hold, as the inside of an SQL list that is never empty."""
    return ", ".join(map(str, [0, *manifest.dead.get(kind, [])]))


def merge(connection: duckdb.DuckDBPyConnection, cache: Cache, manifest: Manifest, kind: str) -> list[str]:
    """Writes what holds of a kind as one segment, and says so in the manifest. Returns the segments left behind."""
    left = manifest.segments[kind]
    name = new_segment(kind)
    paths = literals([as_pattern(str(cache.segments / each)) for each in left])
    kept = ", ".join(f'"{column}"' for column in columns(kind))
    connection.execute(
        f"copy (select {kept} from read_parquet({paths}) where file_id not in ({dead_ids(manifest, kind)}))"
        f" to {literal(str(cache.segments / name))} {PARQUET}"
    )
    manifest.segments[kind] = [name]
    manifest.dead.pop(kind, None)
    return left
