"""Archives a profile: moves it below `profiles/_archive/`, where it is hidden and still found by its old key."""

from __future__ import annotations

import os
import time
from pathlib import Path

from driftline.artifacts.yaml_text import load_mapping
from driftline.cache import find_cache
from driftline.capture.times import utc_seconds
from driftline.errors import Problems, UserError
from driftline.files import remove
from driftline.lifecycle.profile_index import index_of, write_index
from driftline.lifecycle.profile_places import (
    ARCHIVE,
    CURRENT,
    EVERYWHERE,
    FOLDER,
    Place,
    check_reason,
    is_archived,
    no_profile,
    place_of,
    places,
)
from driftline.lifecycle.profile_text import Copy, Source, read_source, read_text, with_block, write_whole


def archive(root: Path, name: str, reason: str, is_dry_run: bool = False) -> list[str]:
    """Moves the profile with its companions and returns what was done, or would be in a dry run, as lines.

    `name` is a key, or the id of a reference. Raises UserError for what cannot be moved.
    """
    if is_dry_run:
        place, target, _ = plan(root, name, reason)
        return [f"would move {place.path} to {target.path}", f"would write {index_of(root)}"]
    with find_cache(root).lock():
        place, target, text = plan(root, name, reason)
        companions = {suffix: read_text(place.companion(suffix)) for suffix in place.companions}
        if text is not None:
            copies = [Copy(target.companion(suffix), content) for suffix, content in companions.items()]
            write_whole(Copy(target.path, text), copies)
        # The old profile goes last: as long as it is there, what was broken off can be finished.
        remove(place.companion(suffix) for suffix in companions)
        try:
            place.path.unlink()
        except OSError as error:
            problem = f"{target.path} is written, but {place.path} cannot be removed: {error.strerror}"
            raise UserError(problem, "make the folder writable and archive it again") from None
        return [f"moved {place.path} to {target.path}", *write_index(root)]


def plan(root: Path, name: str, reason: str) -> tuple[Place, Place, str | None]:
    """From where to where, and the text; no text where it was moved already but for the removal of the old file."""
    block = {"at": utc_seconds(time.time()), "reason": check_reason(reason)}
    known = places(root)
    place = place_of(known, name, CURRENT)
    if place is None or place.key is None:
        archived = place_of(known, name, EVERYWHERE)
        if archived:
            raise UserError(f"{name} is archived already: {archived.key}", "nothing is left to do")
        raise no_profile(name, known)
    if is_archived(place.key):
        raise UserError(f"{place.key} is archived already", "nothing is left to do")
    source = read_source(place.path)
    target = Place(f"{ARCHIVE}/{place.key}", root / FOLDER / ARCHIVE / place.path.relative_to(root / FOLDER))
    if not os.path.lexists(target.path):
        return place, target, with_block(source, "archived", block)
    if not _is_copy(target, source):
        raise UserError(f"{target.path} is there already", "give one of the two another name")
    return place, target, None


def _is_copy(target: Place, source: Source) -> bool:
    """Whether the archived file holds just what the source does: a removal was broken off."""
    try:
        document = load_mapping(read_text(target.path).encode(errors="surrogateescape"), Problems())
    except UserError:
        return False
    if document is None:
        return False
    content = {key: value for key, value in document.content.items() if key != "archived"}
    return "archived" in document.content and repr(content) == repr(source.content)
