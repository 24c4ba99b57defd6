"""The cache of a root: immutable Parquet segments and one manifest that says which of them hold.

Deleting it costs time and changes no row. Readers never lock; writers take one lock, write segments, then swap the
manifest, so that a process that dies leaves either the old state or the new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from driftline.artifacts.bulk import is_plain_path
from driftline.artifacts.scan import Signature
from driftline.errors import UserError
from driftline.files import RETIRED_FOR_S, is_left, remove, write_atomically


def _readers() -> str:
    """A name for the way files are read: other readers make other rows, so each way keeps a folder of its own."""
    digest = hashlib.sha256()
    folder = resources.files("driftline") / "artifacts"
    for source in sorted((entry for entry in folder.iterdir() if entry.is_file()), key=lambda entry: entry.name):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


FORMAT = _readers()
_FORMAT_NAME = re.compile(r"[0-9a-f]{16}")
ABANDONED_AFTER_S = 7 * 24 * 3600
DIGEST = ', "digest": "'


class Entry(NamedTuple):
    """One file as it was read: its signature, the id of that reading, how it went (`ok`, `partial`, `failed`), and
    which kinds of rows it may have made, as one number."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    file_id: int
    artifact: str
    status: str
    kinds: int

    @property
    def signature(self) -> Signature:
        """What the file was known by when it was read."""
        return self[:4]


@dataclass
class Manifest:
    """Which files were read into which segments. `dead` are, by kind, ids of readings that a later one replaced."""

    files: dict[str, Entry] = field(default_factory=dict)
    segments: dict[str, list[str]] = field(default_factory=dict)
    dead: dict[str, list[int]] = field(default_factory=dict)
    retired: dict[str, float] = field(default_factory=dict)
    stamps: dict[str, list[int]] = field(default_factory=dict)
    next_id: int = 1

    def take_id(self) -> int:
        """The id of a new reading."""
        self.next_id += 1
        return self.next_id - 1

    def bury(self, file_id: int, kinds: Iterable[str]) -> None:
        """What this reading left in segments of these kinds no longer holds."""
        for kind in kinds:
            self.dead.setdefault(kind, []).append(file_id)

    def to_json(self) -> str:
        names = ("files", "segments", "dead", "retired", "stamps", "next_id")
        body = json.dumps({name: getattr(self, name) for name in names})[:-1]
        return f'{body}{DIGEST}{_digest(body)}"}}'

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        body, _, digest = text.rpartition(DIGEST)
        if digest != f'{_digest(body)}"}}':
            raise ValueError("the manifest is damaged")
        raw = json.loads(text)
        files = dict(zip(raw["files"], map(Entry._make, raw["files"].values()), strict=True))
        return cls(files, raw["segments"], raw["dead"], raw["retired"], raw["stamps"], raw["next_id"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """A folder below `place` that holds the manifest, the segments, the kept model and the shell's start file."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = folder = place / FORMAT
        self.segments = folder / "segments"
        self.manifest_path = folder / "manifest.json"

    def stamp(self) -> tuple[int, int] | None:
        """Tells the states of the manifest apart; taken before `load`, it shows whether what was loaded still holds."""
        try:
            status = self.manifest_path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def load(self) -> Manifest:
        """The manifest in force; an empty one where there is none, or none that can be used."""
        try:
            manifest = Manifest.from_json(self.manifest_path.read_text())
            return manifest if self._is_complete(manifest) else Manifest()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Manifest()

    def _is_complete(self, manifest: Manifest) -> bool:
        """Whether every segment is there as it was written."""
        present = self._stamps()
        return all(
            present.get(name) == manifest.stamps.get(name, []) for names in manifest.segments.values() for name in names
        )

    def _stamps(self) -> dict[str, list[int]]:
        try:
            with os.scandir(self.segments) as entries:
                return {entry.name: [entry.stat().st_size, entry.stat().st_mtime_ns] for entry in entries}
        except OSError:
            return {}

    def save(self, manifest: Manifest) -> None:
        """Swaps the manifest in and removes segments that no process can be reading any more. Needs the lock."""
        present = self._stamps()
        manifest.stamps = {name: present[name] for names in manifest.segments.values() for name in names}
        write_atomically(self.manifest_path, manifest.to_json())
        remove(self._strays(manifest))
        self._remove_abandoned()

    def sweep(self, manifest: Manifest) -> None:
        """Removes what a process left that died, unless another one is writing just now."""
        if not self._strays(manifest):
            return
        try:
            with self.lock(wait=False):
                remove(self._strays(self.load()))
        except OSError:
            return

    def _strays(self, manifest: Manifest) -> list[Path]:
        """Segments that neither hold nor were retired of late, models but for the newest, and what was never named."""
        now = time.time()
        live = {name for names in manifest.segments.values() for name in names}
        live |= {name for name, at in manifest.retired.items() if now - at < RETIRED_FOR_S}
        files = [path for path in self.folder.glob(".*.tmp*") if path.name.startswith(".manifest.") or is_left(path)]
        return [*files, *self.models()[:-1], *(self.segments / name for name in self._stamps() if name not in live)]

    def models(self, version: str = "*") -> list[Path]:
        """The kept models, of one version or of all, from the oldest to the newest; names end with their time."""
        found = self.folder.glob(f"model-{version}-*.duckdb")
        return sorted(found, key=lambda path: path.stem.rpartition("-")[2].rjust(20))

    def discard(self) -> None:
        """Forgets everything that was read or laid, so that the next refresh reads it again."""
        self.segments.mkdir(parents=True, exist_ok=True)
        remove(self.models())
        self.manifest_path.unlink(missing_ok=True)

    def _remove_abandoned(self) -> None:
        """Removes what versions of driftline left that nobody has used for a week; other folders here are no caches."""
        for entry in os.scandir(self.place):
            if entry.is_dir(follow_symlinks=False) and entry.name != FORMAT and _FORMAT_NAME.fullmatch(entry.name):
                manifest = Path(entry.path, "manifest.json")
                if not manifest.exists() or time.time() - manifest.stat().st_mtime > ABANDONED_AFTER_S:
                    shutil.rmtree(entry.path, ignore_errors=True)

    def retire(self, manifest: Manifest, names: list[str]) -> None:
        """Keeps segments that left the manifest for a while, because another process may still read them."""
        now = time.time()
        manifest.retired = {name: at for name, at in manifest.retired.items() if now - at < RETIRED_FOR_S}
        manifest.retired |= dict.fromkeys(names, now)

    @contextmanager
    def lock(self, wait: bool = True) -> Iterator[None]:
        """One writer at a time; the lock goes with the process. Raises OSError where it is held and not waited for."""
        self.segments.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield


def find_cache(root: Path) -> Cache:
    """The first cache that can be written."""
    return next(find_caches(root))


def find_caches(root: Path) -> Iterator[Cache]:
    """Those of these that can be written: `<root>/.driftline`, the user's cache folder, a temporary folder."""
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:24]
    user = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    for folder in (root / ".driftline", Path(user) / "driftline" / name):
        if folder.is_absolute() and is_plain_path(str(folder)) and _is_writable(folder):
            yield Cache(folder)
    yield _temporary_cache()


def make_place(place: Path) -> None:
    """A folder that no git takes for a part of the project. Raises OSError."""
    place.mkdir(parents=True, exist_ok=True)
    ignore = place / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


def _is_writable(place: Path) -> bool:
    folder = place / FORMAT
    try:
        make_place(place)
        (folder / "segments").mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("a"):
            return os.access(folder, os.W_OK) and os.access(folder / "segments", os.W_OK)
    except OSError:
        return False


def _temporary_cache() -> Cache:
    try:
        folder = Path(tempfile.mkdtemp(prefix="driftline-"))
        (folder / FORMAT / "segments").mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"no folder can be written for the cache: {error}", "free space on the disk, or set TMPDIR"
        ) from error
    cache = Cache(folder)
    weakref.finalize(cache, shutil.rmtree, folder, ignore_errors=True)
    return cache
