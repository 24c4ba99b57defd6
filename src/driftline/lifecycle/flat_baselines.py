"""The text of baselines of platforms by its members, and an old flat one, of a single platform, as one of platforms."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from driftline.artifacts.history import platform_named
from driftline.artifacts.perf_baselines import LIMITS, METADATA, RESERVED, flat_platform, is_platform, may_be_flat
from driftline.artifacts.values import storable
from driftline.errors import UserError
from driftline.lifecycle.json_members import Members, shifted, style_of

# What the flat part said otherwise than the platform's own entries, in the platform's metadata.
FLAT = "flat"


@dataclass(frozen=True)
class Upgraded:
    """The text with every number below a platform, and what was done for it."""

    text: str
    notes: tuple[str, ...] = ()


class Content:
    """The members of a text, and what stands around its object. The text must be as `read_document` gives it. `known`
    are the metrics that are taken for such where they stand beside platforms."""

    def __init__(self, told: str, known: Collection[str] = ()) -> None:
        self._known = known
        start, end = told.index("{"), told.rindex("}") + 1
        self._before, self._after = told[:start], told[end:]
        self.style = style_of(told)
        self.members = Members(told[start:end], self.style, 1)

    def __str__(self) -> str:
        return f"{self._before}{self.members}{self._after}"

    def of(self, platform: str) -> tuple[str, Members]:
        """The name that the text has for the platform, and what it says of it. Raises UserError where there are several
        names, and where what stands there is no object."""
        names = [name for name in self.members.names if name not in RESERVED and self.is_object(name)]
        keys = [name for name in names if platform_named(storable(name)) == platform]
        if len(keys) > 1:
            raise UserError(f"the file has {platform} as {' and as '.join(keys)}", "leave one of them, and try again")
        key = keys[0] if keys else platform
        if not keys and key in self.members:
            raise UserError(f"what the file says of {platform} is no object", "mend the file and try again")
        return key, self.members.members(key)

    def is_object(self, name: str) -> bool:
        return (self.members.get(name) or "").startswith("{")

    @property
    def flat_names(self) -> list[str]:
        """The numbers, as text too, and gaps that stand below no platform and are metrics: all of an old flat file,
        and the known ones beside platforms."""
        members, has_platforms = self.members, self.has_platforms
        names = [name for name in members.names if may_be_flat(name) and (name in self._known or not has_platforms)]
        return [name for name in names if _may_be_number(members.get(name) or "")]

    @property
    def has_platforms(self) -> bool:
        return any(is_platform(name, self._read(name)) for name in self.members.names if self.is_object(name))

    @property
    def flat_platform(self) -> str | None:
        """The platform that the metadata of the file names."""
        if not self.is_object(METADATA):
            return None
        return flat_platform({METADATA: self._read(METADATA)})

    def _read(self, name: str) -> Any:
        # As floats: an int of thousands of digits cannot be read.
        return json.loads(self.members.get(name) or "", parse_int=float)


def flat_owner(told: str) -> str | None:
    """The platform that the metadata of the file names for what stands below none."""
    return Content(told).flat_platform


def names_its_platforms(told: str, known: Collection[str] = ()) -> bool:
    """Whether the text says of every metric in it of which platform it is."""
    content = Content(told, known)
    return not content.flat_names or content.flat_platform is not None


def upgraded(told: str, platform: str | None = None, known: Collection[str] = ()) -> Upgraded:
    """An old flat file with its numbers and limits below the platform that its metadata names, else the given one; of
    numbers beside platforms the known metrics.

    What the platform has of its own counts; what the flat part said otherwise is kept in its metadata as `flat`. Raises
    UserError where no platform is named, and where the metadata of one is no object.
    """
    content = Content(told, known)
    names, members = content.flat_names, content.members
    if not names:
        return Upgraded(told)
    owner = content.flat_platform or platform
    if owner is None:
        raise UserError(
            "the file does not say of which platform its numbers are",
            "name it: `driftline baselines update --platform NAME`, or metadata.platform in the file",
        )
    check_platform(owner)
    is_flat = not content.has_platforms
    takes_metadata = content.is_object(METADATA) and (is_flat or content.flat_platform is not None)
    is_first = members.names[0] in names
    moved = {name: members.pop(name) for name in names}
    if is_flat:
        # At the top they would hold for platforms that are added later.
        moved |= {name: shifted(members.pop(name), content.style) for name in LIMITS if content.is_object(name)}
    flat_metadata = Members(members.pop(METADATA), content.style, 2) if takes_metadata else None
    key, entries = content.of(owner)
    outranked = _merge(moved, entries)
    notes = [f"the numbers of the old flat file go below {owner}"]
    notes += [
        f"{name} stands below {owner} as {entries.get(name)}, which counts, and flat as {value}, which is kept in its"
        f" metadata as {FLAT}"
        for name, value in outranked.items()
    ]
    stated = metadata_of(entries, owner)
    if flat_metadata:
        said = {name: shifted(flat_metadata.get(name) or "", content.style) for name in flat_metadata.names}
        outranked |= {f"{METADATA}.{name}": value for name, value in _merge(said, stated).items()}
    if outranked:
        _keep(outranked, stated)
    if stated.names:
        entries.put(METADATA, str(stated))
    members.put(key, str(entries), members.names[0] if is_first and members.names else METADATA)
    return Upgraded(str(content), tuple(notes))


def check_platform(platform: str) -> None:
    """Raises UserError for a name that the file uses for something else."""
    if platform in RESERVED:
        raise UserError(f"no platform can be called {platform}", "name another one with --platform")


def metadata_of(entries: Members, platform: str) -> Members:
    """The metadata of a platform. Raises UserError where they are no object."""
    if not (entries.get(METADATA) or "{}").startswith("{"):
        raise UserError(f"the metadata of {platform} are no object", "mend the file and try again")
    return entries.members(METADATA)


def _merge(given: dict[str, str], into: Members) -> dict[str, str]:
    """Adds what is not there; what is there otherwise is given back."""
    outranked = {name: value for name, value in given.items() if into.get(name) not in (None, value)}
    for name, value in given.items():
        if name not in into:
            into.put(name, value, METADATA)
    return outranked


def _keep(outranked: dict[str, str], stated: Members) -> None:
    """Puts it into the metadata, under a name that is free."""
    number, name = 1, FLAT
    while name in stated:
        number += 1
        name = f"{FLAT}_{number}"
    told = stated.members(name)
    for what, value in outranked.items():
        told.put(what, value)
    stated.put(name, str(told))


def _may_be_number(value: str) -> bool:
    if not value.startswith('"'):
        return value == "null" or value[:1] in "-0123456789"
    try:
        return math.isfinite(float(json.loads(value)))
    except ValueError:
        return False
