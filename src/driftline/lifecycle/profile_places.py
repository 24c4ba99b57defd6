"""Where the profiles of a root lie, and which of them a name means. Reads the names of files, and no file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from driftline.artifacts.scan import PARTIAL_SUFFIX, scan_profiles
from driftline.errors import UserError

FOLDER, REFERENCES, ARCHIVE = "profiles", "references", "_archive"
COMPANIONS = (".stage_truth.json", ".monitor.log")
# What a key may have become since it was written down: promoted under that id, or archived.
PLAIN = ("",)
CURRENT = ("", f"{REFERENCES}/")
EVERYWHERE = (*CURRENT, f"{ARCHIVE}/", f"{ARCHIVE}/{REFERENCES}/")
# A name that begins with "_" counts as archived wherever it is.
_PLAIN_NAME = re.compile(r"(?!_)\w[\w.+-]*")
LONG = 100


@dataclass(frozen=True)
class Place:
    """A profile's key, None outside of the root, and its YAML file."""

    key: str | None
    path: Path

    def companion(self, suffix: str) -> Path:
        """A file beside the profile that has its name."""
        return self.path.with_name(self.path.name.removesuffix(".yaml") + suffix)

    @property
    def companions(self) -> list[str]:
        """The suffixes of the companions that are there."""
        return [suffix for suffix in COMPANIONS if os.path.isfile(self.companion(suffix))]


def places(root: Path) -> dict[str, Place]:
    """Every profile of the root by its key. What cannot be opened is no place."""
    found = (found for found in scan_profiles(root) if found.artifact == "profile" and found.fault is None)
    return {entry.key: Place(entry.key, root / entry.rel) for entry in found}


def is_archived(key: str) -> bool:
    """As the relation `profiles` sees it."""
    return any(part.startswith("_") for part in key.split("/"))


def place_of(known: Mapping[str, Place], name: str, prefixes: Iterable[str]) -> Place | None:
    """The profile with that key, with or without .yaml, below the first of the folders that has it."""
    for prefix in prefixes:
        for key in (name, name.removesuffix(".yaml")):
            if f"{prefix}{key}" in known:
                return known[f"{prefix}{key}"]
    return None


def find_place(root: Path | None, name: str, prefixes: Iterable[str]) -> Place:
    """The profile that a key or the path of a file means; a key comes first. Raises UserError."""
    known = places(root) if root else {}
    found = place_of(known, name, prefixes)
    if found:
        return found
    if os.path.isfile(name):
        real = os.path.realpath(name)
        same = [place for place in known.values() if os.path.realpath(place.path) == real]
        return min(same, key=lambda place: place.path.is_symlink(), default=Place(None, Path(name)))
    if os.path.lexists(name):
        raise UserError(f"{shortened(name)} is no file", "name the YAML file of a profile")
    raise no_profile(name, known)


def no_profile(name: str, known: Mapping[str, Place]) -> UserError:
    """There is none of that name, and what it may have been meant to be."""
    near = get_close_matches(name[:LONG], known, 3)
    remedy = f"did you mean {' or '.join(near)}?" if near else "`driftline profile list --all` lists them"
    return UserError(
        f"no profile {shortened(name)}", remedy if known else "name the file of one, or a root with --root"
    )


def shortened(name: str) -> str:
    return name if len(name) <= LONG else f"{name[:LONG]}…"


def is_partial(path: Path) -> bool:
    """Whether the file is what a measurement that was broken off left."""
    return path.name.endswith(PARTIAL_SUFFIX)


def check_id(promoted_id: str) -> str:
    """The id as it was given. Raises UserError where it is not the name of a file and of nothing else, or is no id of
    what is finished."""
    if "wip" in promoted_id.lower():
        raise UserError(
            f"{shortened(promoted_id)} is an id of work in progress", "promote under an id without wip in it"
        )
    is_reserved = promoted_id == "regression_rules" or promoted_id.endswith((".yaml", ".partial"))
    if not _PLAIN_NAME.fullmatch(promoted_id) or is_reserved or len(os.fsencode(promoted_id)) > LONG:
        raise UserError(
            f"{shortened(promoted_id)!r} is no id",
            "use up to 100 letters, digits, '.', '_', '+' and '-', a letter or digit first: it becomes a file's name",
        )
    return promoted_id


def check_reason(reason: str) -> str:
    """The reason without white space around it. Raises UserError where it says nothing."""
    if not reason.strip():
        raise UserError("the reason is empty", "say in --reason why, for those who look at it later")
    return reason.strip()
