"""Promotes a profile: copies it below `profiles/references/`, where it never changes. The source stays as it is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from driftline.artifacts.decode import json_object
from driftline.cache import find_cache
from driftline.capture.times import utc_seconds
from driftline.errors import Problems, UserError
from driftline.lifecycle.profile_index import index_of, write_index
from driftline.lifecycle.profile_places import (
    ARCHIVE,
    FOLDER,
    PLAIN,
    REFERENCES,
    Place,
    check_id,
    check_reason,
    find_place,
    is_archived,
    is_partial,
)
from driftline.lifecycle.profile_text import Copy, Source, read_source, read_text, with_block, write_whole

REQUIRED = ("release", "date", "dataset_id", "stages", "totals")
TRUTH = ".stage_truth.json"


@dataclass(frozen=True)
class Promotion:
    """What a promotion asks for. `source` is a key or the path of a file."""

    source: str
    promoted_id: str
    reason: str
    needs_truth: bool = True


def promote(root: Path, asked: Promotion, is_dry_run: bool = False) -> list[str]:
    """Writes the reference and returns what was done, or would be in a dry run, which writes nothing, as lines.

    Raises UserError for what is wrong with the source, the id or the target.
    """
    if is_dry_run:
        profile, companions = plan(root, asked)
        return [*(f"would write {copy.path}" for copy in (*companions, profile)), f"would write {index_of(root)}"]
    with find_cache(root).lock():
        profile, companions = plan(root, asked)
        write_whole(profile, companions)
        return [*(f"wrote {copy.path}" for copy in (*companions, profile)), *write_index(root)]


def plan(root: Path, asked: Promotion) -> tuple[Copy, list[Copy]]:
    """The reference and its companions, after every check."""
    place = find_place(root, asked.source, PLAIN)
    if is_partial(place.path):
        raise UserError(f"{place.path} was broken off: it is no whole profile", "freeze it again")
    if place.key and is_archived(place.key):
        raise UserError(f"{place.key} is archived", "promote a profile that is not")
    promoted_id = check_id(asked.promoted_id)
    target = Place(f"{REFERENCES}/{promoted_id}", root / FOLDER / REFERENCES / f"{promoted_id}.yaml")
    _check_target(root, target)
    if asked.needs_truth:
        _check_truth(place)
    source = read_source(place.path)
    _check_content(source)
    block = {
        "promoted_id": promoted_id,
        "promoted_from": place.key or place.path.name,
        "promoted_at": utc_seconds(time.time()),
        "reason": check_reason(asked.reason),
    }
    profile = Copy(target.path, with_block(source, "promoted", block))
    return profile, [Copy(target.companion(suffix), read_text(place.companion(suffix))) for suffix in place.companions]


def _check_target(root: Path, target: Place) -> None:
    archived = root / FOLDER / ARCHIVE / REFERENCES / target.path.name
    for path, what in ((target.path, "is there already"), (archived, "was archived under that id")):
        if os.path.lexists(path):
            raise UserError(f"{path} {what}: a reference never changes", "promote under another id")


def _check_truth(place: Place) -> None:
    path, waived = place.companion(TRUTH), "write it again, or add --no-stage-truth-required"
    if TRUTH not in place.companions:
        raise UserError(f"{path} is not there", waived)
    problems = Problems()
    if json_object(read_text(path).encode(errors="surrogateescape"), problems) is None:
        raise UserError(f"{path} cannot be used: {next(iter(problems)).problem}", waived)


def _check_content(source: Source) -> None:
    content = source.content
    missing = [key for key in REQUIRED if content.get(key) is None]
    if missing:
        raise UserError(f"{source.path} states no {', '.join(missing)}", "a reference needs all of them")
    shapeless = [key for key in ("stages", "totals") if not isinstance(content[key], dict)]
    if shapeless:
        raise UserError(f"{shapeless[0]} of {source.path} is no mapping", "mend the file and try again")
    if content.get("partial") is not None:
        raise UserError(f"{source.path} was broken off: it is no whole profile", "freeze it again")
