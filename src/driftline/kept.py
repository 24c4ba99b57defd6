"""The model as it was laid last, kept in the cache so that the next open need not lay it again.

It is never opened where it is: each store works in a copy of its own, which has no name and goes with the process. So
nobody waits for anybody, what is written into a store is forgotten with it, and a kept model is always as it was laid.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from driftline.artifacts.bulk import literal
from driftline.cache import Cache, unnamed
from driftline.model import Model, files_of_sql, lay
from driftline.refresh import CONNECTION

# What a full disk or a damaged file raises; anything else is a fault of ours and must be heard.
FAULTS = (OSError, duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)

# Small blocks, since most tables are small; no log, since what is written is not to outlive the process.
OPTIONS = "block_size 65536, recovery_mode no_wal_writes"


@functools.cache
def _version() -> str:
    """A name for the model and for the format of a database: a model of another version is of no use."""
    return hashlib.sha256("\n".join([duckdb.__version__, OPTIONS, *files_of_sql()]).encode()).hexdigest()[:16]


def copy_kept(cache: Cache) -> Path | None:
    """A copy of the newest kept model of this version that is as it was written; None where there is none."""
    found = []
    for path in cache.folder.glob(f"model-{_version()}-*.duckdb"):
        with suppress(OSError):
            status = path.stat()
            if path.stem.endswith(f"-{status.st_size}-{status.st_mtime_ns}"):
                found.append((status.st_mtime_ns, path))
    copy = unnamed(cache.folder / "model.duckdb")
    try:
        return Path(shutil.copyfile(max(found)[1], copy)) if found else None
    except OSError:
        copy.unlink(missing_ok=True)
        return None


def connect(copy: Path | None) -> duckdb.DuckDBPyConnection:
    """A connection at work in the catalog `model`: that of the copy, which loses its name; else one yet to be laid."""
    connection = duckdb.connect(config=CONNECTION)
    if copy:
        try:
            _attach(connection, copy)
        except FAULTS:
            # A copy that cannot be used is as good as none: what is not there is laid.
            pass
        finally:
            copy.unlink(missing_ok=True)
    return connection


def keep(cache: Cache, model: Model) -> None:
    """Brings the kept model up to date, in a file of its own that then takes the place of the other.

    What stands in the way of it is no fault: without it the next open lays the model itself.
    """
    connection, copy = duckdb.connect(config=CONNECTION), copy_kept(cache) or unnamed(cache.folder / "model.duckdb")
    try:
        # To pack so little takes longer than to read it.
        connection.execute("set force_compression = 'uncompressed'")
        _attach(connection, copy)
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


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"attach {literal(str(path))} as model ({OPTIONS}); use model")
