"""The model as it was laid last, kept in the cache so that the next open need not lay it again.

It is never opened where it is: each store works in a copy of its own, which has no name and goes with the process. So
nobody waits for anybody, what is written into a store is forgotten with it, and a kept model is always as it was laid.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

import duckdb

from driftline.artifacts.bulk import literal
from driftline.cache import Cache
from driftline.model import Model, files_of_sql, lay
from driftline.refresh import CONNECTION

# What a full disk or a damaged file raises; anything else is a fault of ours and must be heard.
FAULTS = (OSError, duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)


def _version() -> str:
    """A name for the model and for the format of a database: a model of another version is of no use."""
    return hashlib.sha256("\n".join([duckdb.__version__, *files_of_sql()]).encode()).hexdigest()[:16]


def _models(cache: Cache) -> list[Path]:
    """The kept models of this version that are as they were written, the newest first."""
    found = []
    for path in cache.folder.glob(f"model-{_version()}-*.duckdb"):
        with suppress(OSError):
            status = path.stat()
            if path.stem.endswith(f"-{status.st_size}-{status.st_mtime_ns}"):
                found.append((status.st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True)]


def connect(cache: Cache) -> duckdb.DuckDBPyConnection:
    """A connection whose catalog `model` is a copy of the kept one; where there is none, so far there is no catalog."""
    connection, copy = duckdb.connect(config=CONNECTION), _own_name(cache)
    try:
        _copy_and_attach(connection, cache, copy)
    finally:
        copy.unlink(missing_ok=True)
    return connection


def keep(cache: Cache, model: Model) -> None:
    """Brings the kept model up to date, in a file of its own that then takes the place of the other.

    What stands in the way of it is no fault: without it the next open lays the model itself.
    """
    connection, copy = duckdb.connect(config=CONNECTION), _own_name(cache)
    try:
        if not _copy_and_attach(connection, cache, copy):
            _attach(connection, copy)
        # To pack so little takes longer than to read it.
        connection.execute("set force_compression = 'uncompressed'")
        lay(connection, model)
        connection.execute("checkpoint model; use memory; detach model")
        status, before = copy.stat(), [*cache.folder.glob("model-*.duckdb")]
        copy.replace(cache.folder / f"model-{_version()}-{status.st_size}-{status.st_mtime_ns}.duckdb")
        for path in before:
            path.unlink(missing_ok=True)
    except FAULTS:
        forget(cache)
    finally:
        connection.close()
        copy.unlink(missing_ok=True)


def forget(cache: Cache) -> None:
    """Removes every kept model."""
    for path in cache.folder.glob("model-*.duckdb"):
        with suppress(OSError):
            path.unlink()


def _copy_and_attach(connection: duckdb.DuckDBPyConnection, cache: Cache, copy: Path) -> bool:
    """Whether there is a kept model that can be used."""
    for path in _models(cache):
        try:
            shutil.copyfile(path, copy)
            _attach(connection, copy)
            return True
        except FAULTS:
            copy.unlink(missing_ok=True)
    return False


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"attach {literal(str(path))} as model (recovery_mode no_wal_writes); use model")


def _own_name(cache: Cache) -> Path:
    return cache.folder / f".model.{os.getpid()}.{uuid.uuid4().hex}.tmp"
