"""Files that are written whole or not at all, and names for what is on its way to become one."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNNAMED = re.compile(r"\..+\.[0-9a-f]{32}\.[0-9]+\.tmp", re.DOTALL)
# After so long nobody reads any more what was replaced, in seconds.
RETIRED_FOR_S = 900


def remove(paths: Iterable[Path]) -> None:
    """Removes files that nobody needs; one that cannot be removed is in nobody's way."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def unnamed(path: Path) -> Path:
    """A name beside the path for what is to become it: of this process and of nothing else in it."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.{os.getpid()}.tmp")


def sweep(folder: Path) -> None:
    """Removes what writers that were killed left on its way in a folder: names that only `unnamed` gives."""
    remove(path for path in folder.glob(".*.tmp") if _UNNAMED.fullmatch(path.name) and is_left(path))


def is_left(path: Path) -> bool:
    """Whether the process is gone whose number is in the name of the file."""
    try:
        os.kill(int(path.name.partition(".tmp")[0].rpartition(".")[2]), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, PermissionError):
        pass
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > RETIRED_FOR_S
    return False


def write_atomically(path: Path, text: str) -> None:
    """The whole text or nothing: a temporary file, fsync, rename. What is replaced leaves its permissions; where the
    path is a link, the file behind it is written. Raises OSError."""
    path = Path(os.path.realpath(path))
    with _written(path, text) as temporary:
        with suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)


def write_new(path: Path, text: str) -> None:
    """As `write_atomically`, but nothing is replaced. Raises FileExistsError where something is there, and OSError."""
    with _written(path, text) as temporary:
        # A link, unlike a rename, fails where there is a file already.
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:
            # Where there are no links the name is taken first.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.replace(temporary, path)
        else:
            temporary.unlink()


def append_lines(path: Path, text: str) -> None:
    """Adds whole lines to the end of a file, in one write and on the disk; who else does so, or rewrites the file under
    the lock of its folder, waits. A last line that its writer was killed in stays by itself. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = "\n" + text
            data = memoryview(text.encode())
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_OTHER, _HIDING = re.compile(r"[^A-Za-z0-9._-]"), re.compile(r"^\.+")


def file_name(name: str) -> str:
    """The name as one of a file and of nothing else; names that become the same one share the file. It never begins
    with a dot: such files are hidden, and no reader looks at them."""
    return _HIDING.sub("_", _OTHER.sub("_", name))[:100] or "_"


def check_writable(folder: Path) -> None:
    """Raises OSError where no file can be written into the folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = unnamed(folder / "probe")
    try:
        probe.touch(exist_ok=False)
    finally:
        remove([probe])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps out whoever else locks the folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _written(path: Path, text: str) -> Iterator[Path]:
    """A temporary file with the text, on the disk; gone where what follows fails."""
    temporary = unnamed(path)
    try:
        # As it stands: the ends of lines belong to the text.
        with temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except BaseException:
        remove([temporary])
        raise
