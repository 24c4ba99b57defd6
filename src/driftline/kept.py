"""The model as it was laid last, kept in the cache so that the next open need not lay it again.

It is never opened where it is: each store works in a copy of its own, which loses its name at once. So nobody waits for
anybody, what is written into a store is forgotten with it, and a kept model is always as it was laid.
"""

from __future__ import annotations

import functools
import hashlib
import mmap
import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from driftline import model as laying
from driftline.artifacts.bulk import literal
from driftline.cache import Cache
from driftline.files import remove, unnamed
from driftline.model import Model, files_of_sql, lay

# One thread to begin with: reading brings threads of its own, and the model ends by giving questions every core.
CONNECTION: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": 1,
}
# What a full disk or a damaged file raises; anything else is a fault of ours and must be heard.
FAULTS = (
    OSError,
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)
# Small blocks, since most tables are small; no log of what is written, since it is not to outlive the process.
OPTIONS = "block_size 65536, recovery_mode no_wal_writes"


@functools.cache
def _version() -> str:
    """A name for the model, for the way it is laid and for the format of a database: no other version is of use."""
    code = [Path(source).read_text(encoding="utf-8") for source in (__file__, laying.__file__)]
    return hashlib.sha256("\n".join([duckdb.__version__, *code, *files_of_sql()]).encode()).hexdigest()[:16]


def _name(path: Path, content: Path) -> str:
    """The name under which a model is trusted. A file that was copied, unpacked or written to would need another one:
    what it holds is executed when it is asked, so only what driftline itself put there may count.
    """
    status = path.stat()
    with content.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        checksum = zlib.crc32(held)
    return f"model-{_version()}-{checksum:08x}-{status.st_ino}-{status.st_mtime_ns}.duckdb"


def copy_kept(cache: Cache) -> Path | None:
    """A copy of the newest kept model of this version that is as it was written; None where there is none."""
    copy = unnamed(cache.folder / "model.duckdb")
    for path in reversed(cache.models(_version())):
        try:
            shutil.copyfile(path, copy)
            if path.name == _name(path, copy):
                return copy
        except (OSError, ValueError):
            # It has gone, or is empty.
            continue
    remove([copy])
    return None


def connect(cache: Cache) -> duckdb.DuckDBPyConnection:
    """A connection at work in the catalog `model`: a copy of the kept one, without a name; else one yet to be laid."""
    with ThreadPoolExecutor(1) as pool:
        copying = pool.submit(copy_kept, cache)
        connection = duckdb.connect(config=CONNECTION)
        copy = copying.result()
    if copy is None:
        return connection
    try:
        _attach(connection, copy)
        # Nobody will read the copy again.
        connection.execute("pragma disable_checkpoint_on_shutdown")
    except FAULTS:
        # A copy that cannot be used is as good as none: what is not there is laid.
        connection.close()
        return duckdb.connect(config=CONNECTION)
    finally:
        remove([copy])
    return connection


def keep(cache: Cache, model: Model) -> None:
    """Brings the kept model up to date, in a file of its own that then takes the place of the other.

    What stands in the way of it is no fault: without it the next open lays the model itself.
    """
    copy = copy_kept(cache) or unnamed(cache.folder / "model.duckdb")
    try:
        with duckdb.connect(config=CONNECTION) as connection:
            _attach(connection, copy)
            lay(connection, model)
            connection.execute("checkpoint model; use memory; detach model")
        target, others = cache.folder / _name(copy, copy), cache.models()
        copy.replace(target)
        remove(other for other in others if other != target)
    except FAULTS:
        pass
    finally:
        remove([copy])


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"attach {literal(str(path))} as model ({OPTIONS}); use model")
