"""Writes baselines of platforms, `performance_baselines.json`: values of one platform change, all else stays."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftline.artifacts.history import is_number, platform_named
from driftline.artifacts.perf_baselines import METADATA, RESERVED
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.scan import BASELINE_FILES
from driftline.artifacts.values import moment, storable, text
from driftline.errors import Problems, UserError
from driftline.files import locked, write_atomically
from driftline.lifecycle.flat_baselines import Content, check_platform, metadata_of, upgraded
from driftline.lifecycle.json_members import check_object

# What changed the baselines of a platform, in its metadata.
UPDATES = "updates"
NEW_FILE = "{}\n"
BY_HAND = "mend the file and try again"


@dataclass(frozen=True)
class Document:
    """A file of baselines as it was read; `text` is None where there is none yet."""

    path: Path
    text: str | None


def baselines_file(root: Path, given: Path | None = None) -> Path:
    """The file that is meant: the given one, else the first that the root has, else the root's own, not there yet."""
    if given:
        return given.absolute()
    return next((root / name for name in BASELINE_FILES if os.path.lexists(root / name)), root / BASELINE_FILES[0])


def read_document(path: Path) -> Document:
    """The file as it is. Raises UserError where it is no regular file, no UTF-8 or no JSON object, and where it names
    something twice or holds NaN: nothing can be written into it that keeps what it says."""
    if not os.path.lexists(path):
        return Document(path, None)
    try:
        data = file_bytes(path)
        told = data.decode()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "move it away, or name another file") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8", "save it as UTF-8 and try again") from None
    try:
        check_object(told.removeprefix("\ufeff"))
    except ValueError as fault:
        raise UserError(f"{path} cannot be used: {fault}", BY_HAND) from None
    return Document(path, told)


def updated(
    told: str, platform: str, values: Mapping[str, float], metadata: Mapping[str, Any], known: Collection[str] = ()
) -> str:
    """The text with these baselines of the platform, in the unit of each metric, and this in its metadata.

    `updates` of the metadata is a list whose items are added to those that are there. None is written as null where the
    metadata says something already, else not at all. New entries stand before `metadata`; an old flat file is upgraded,
    with the `known` metrics. Raises UserError as `upgraded` does, and ValueError for a value that is not finite.
    """
    check_platform(platform)
    content = Content(upgraded(told, platform, known).text)
    key, entries = content.of(platform)
    for name, value in values.items():
        before = entries.get(name)
        is_whole = before is not None and before.lstrip("-").isdigit() and float(value).is_integer()
        entries.put(name, content.style.dumped(int(value) if is_whole else float(value)), METADATA)
    stated = metadata_of(entries, platform)
    for name, value in metadata.items():
        if name == UPDATES:
            listed = stated.get(UPDATES)
            if listed is not None and not listed.startswith("["):
                raise UserError(f"metadata.{UPDATES} of {platform} is no list", "give it another name and try again")
            stated.put(UPDATES, content.style.appended(listed, list(value), 4))
        elif value is not None or name in stated:
            stated.put(name, content.style.dumped(value), UPDATES)
    entries.put(METADATA, str(stated))
    content.members.put(key, str(entries), METADATA)
    return str(content)


def names_of(told: str, platform: str) -> list[str]:
    """What the text has of a platform, by the names that it uses."""
    return Content(told).of(platform)[1].names


def unwritable(told: str, platform: str, metrics: Iterable[str]) -> dict[str, str]:
    """The metrics that no baseline can be written for, each with the reason."""
    entries = Content(told).of(platform)[1]
    found = {name: "the file uses that name for something else" for name in metrics if name in RESERVED}
    return found | {
        name: "the file has an object or a list there, no number"
        for name in metrics
        if name not in found and (entries.get(name) or "").startswith(("{", "["))
    }


def write(document: Document, told: str) -> None:
    """Writes the text in the place of the document, whole or not at all; behind a link the file that it leads to.
    Raises UserError where the file is no longer as it was read, and where it cannot be written."""
    folder = Path(os.path.realpath(document.path)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if read_document(document.path).text != document.text:
                raise UserError(f"{document.path} changed meanwhile", "run the command again and look at what it shows")
            write_atomically(document.path, told)
    except OSError as error:
        raise UserError(
            f"cannot write {document.path}: {error.strerror}", "name a file that you may write with --baselines FILE"
        ) from error


def read_updates(told: str, problems: Problems) -> list[dict[str, Any]]:
    """How the baselines changed, in the order in which it stands there: platform, at (UTC), metric, from, to, runs,
    git_commit, reason; None for what is not stated."""
    found: list[dict[str, Any]] = []
    # As floats: an int of thousands of digits cannot be read.
    for key, entries in json.loads(told.removeprefix("\ufeff"), parse_int=float).items():
        metadata = entries.get(METADATA) if isinstance(entries, dict) and key not in RESERVED else None
        listed = metadata.get(UPDATES) if isinstance(metadata, dict) else None
        if listed is not None and not isinstance(listed, list):
            problems.warning(f"metadata.{UPDATES} of {key} is no list", BY_HAND)
        for item in listed if isinstance(listed, list) else []:
            update = _update(item)
            if update is None:
                problems.warning(f"metadata.{UPDATES} of {key} holds what is no update of a metric", BY_HAND)
            else:
                found.append({"platform": platform_named(storable(key)), **update})
    return found


def _update(item: Any) -> dict[str, Any] | None:
    metric = text(item.get("metric")) if isinstance(item, dict) else None
    if metric is None:
        return None
    numbers = {name: item.get(name) if is_number(item.get(name)) else None for name in ("from", "to", "runs")}
    texts = {name: text(item.get(name)) for name in ("git_commit", "reason")}
    return {"at": moment(item.get("at")), "metric": metric, **numbers, **texts}
