"""Files that are written whole or not at all, and names for what is on its way to become one."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def remove(paths: Iterable[Path]) -> None:
    """Removes files that nobody needs; one that cannot be removed is in nobody's way."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def unnamed(path: Path) -> Path:
    """A name beside the path for what is to become it: of this process and of nothing else in it."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.{os.getpid()}.tmp")


def write_atomically(path: Path, text: str) -> None:
    """The whole text or nothing: a temporary file, fsync, rename. What is replaced leaves its permissions; where the
    path is a link, the file behind it is written. Raises OSError."""
    path = Path(os.path.realpath(path))
    temporary = unnamed(path)
    try:
        # As it stands: the ends of lines belong to the text.
        with temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except OSError:
        remove([temporary])
        raise
