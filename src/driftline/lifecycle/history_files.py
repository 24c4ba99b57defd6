"""What is done to the files of a history as a whole: records of other programs taken over, torn and doubled lines
dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftline.artifacts.decode import UTF16, parse_json
from driftline.artifacts.history import record_digest
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.values import text as plain_text
from driftline.capture.environment import git_attribute, repository_of
from driftline.errors import UserError
from driftline.files import locked, write_atomically, write_new
from driftline.lifecycle.history import append_records
from driftline.lifecycle.history_reading import Record, history_files, read_records


@dataclass(frozen=True)
class Compacted:
    """What became of one file: how many lines went because they were torn, or said again what another one says, and
    where the file lies as it was."""

    path: Path
    torn: int
    doubled: int
    kept_as: Path | None


def take_over(folder: Path, records: list[Record]) -> tuple[int, list[Path]]:
    """Adds the records that are not there yet. How many these were, and the files they went to."""
    known = {record["record_id"] for record in read_records(folder)}
    new = {record["record_id"]: record for record in records if record["record_id"] not in known}
    return len(new), append_records(folder, list(new.values()))


def compact(folder: Path) -> list[Compacted]:
    """Drops the lines of all files that are no JSON object, and those whose record_id stands in an earlier line. Every
    other line stays as it is, byte for byte; a file that changes is kept beside it as it was. Raises UserError where a
    file cannot be read or written."""
    if not folder.is_dir():
        return []
    seen: set[str] = set()
    try:
        # Writers wait: what they add between reading and replacing would be lost.
        with locked(folder):
            return [_compact(path, seen) for path in history_files(folder)]
    except OSError as error:
        raise UserError(f"cannot rewrite {error.filename or folder}: {error.strerror}", "check who owns it") from error


def _compact(path: Path, seen: set[str]) -> Compacted:
    data = file_bytes(path)
    if data.startswith(UTF16):
        # To read it as anything else would tear every line.
        return Compacted(path, 0, 0, None)
    text = data.decode("utf-8", "surrogateescape")
    kept, torn, doubled = [], 0, 0
    for line in text.split("\n"):
        record = _record(line.removeprefix("\ufeff"))
        if not line.strip():
            continue
        if record is None:
            torn += 1
            continue
        if not isinstance(record.get("metrics"), dict):
            # No record: it says nothing that a line below it with the same name could say again.
            kept.append(line)
            continue
        name = plain_text(record.get("record_id")) or record_digest(record)
        if name in seen:
            doubled += 1
            continue
        seen.add(name)
        kept.append(line)
    if not torn and not doubled:
        return Compacted(path, 0, 0, None)
    kept_as = _keep(path, text)
    write_atomically(path, "".join(f"{line}\n" for line in kept))
    return Compacted(path, torn, doubled, kept_as)


def _record(line: str) -> dict[str, Any] | None:
    try:
        value = parse_json(line.strip(" \t\r"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _keep(path: Path, text: str) -> Path:
    """The file as it was, under the first name that is free."""
    for target in _names(path):
        try:
            write_new(target, text)
        except FileExistsError:
            continue
        return target
    raise AssertionError


def _names(path: Path) -> Iterator[Path]:
    yield path.with_name(f"{path.name}.bak")
    number = 2
    while True:
        yield path.with_name(f"{path.name}.bak{number}")
        number += 1


# What needs no quotes in a file of attributes, and what a pattern takes for more than itself.
_UNQUOTED, _PATTERN = re.compile(r"[A-Za-z0-9._/-]+"), re.compile(r"[*?\[\]\\!]")
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def merge_advice(folder: Path) -> str | None:
    """How to let git merge histories, where a repository holds the folder and nothing was said yet of how git is to
    merge its files."""
    repository = repository_of(folder)
    if repository is None or git_attribute(folder / "x.jsonl", "merge") not in (None, "unspecified"):
        return None
    inside = folder.resolve().relative_to(repository.resolve()).as_posix()
    pattern = "/*.jsonl" if inside == "." else f"{_PATTERN.sub(_as_itself, inside)}/*.jsonl"
    if not _UNQUOTED.fullmatch(inside):
        pattern = '"' + "".join(_ESCAPED.get(letter, letter) for letter in pattern) + '"'
    return f"to let git merge histories, add to {repository / '.gitattributes'}: {pattern} merge=union"


def _as_itself(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
