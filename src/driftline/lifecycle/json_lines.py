"""Adds objects to files of lines, from which none goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from driftline.errors import UserError
from driftline.files import append_lines


def append_objects(objects: Iterable[Mapping[str, Any]], file_of: Callable[[str], Path]) -> list[Path]:
    """Adds each object to the file of its `platform`, those of a file in one write; the files. Raises UserError where
    one cannot be written.

    A last line that its writer was killed in stays by itself: the next begins below it.
    """
    lines: dict[Path, list[str]] = {}
    for one in objects:
        lines.setdefault(file_of(one["platform"]), []).append(json.dumps(one, allow_nan=False))
    for path, texts in lines.items():
        try:
            append_lines(path, "\n".join(texts) + "\n")
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "check who owns the folder") from error
    return list(lines)
