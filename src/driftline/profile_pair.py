"""The two profiles of a diff, each named by its key or by the path of a file, in one store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftline import queries
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.regression_rules import NAME, Limit, errors_of, read_limits
from driftline.errors import Problems, UserError
from driftline.lifecycle.profile_places import EVERYWHERE, FOLDER, Place, find_place, is_partial
from driftline.places import find_root
from driftline.refresh import Progress
from driftline.store import Store, open_store

SETTINGS = "driftline.toml"


@dataclass(frozen=True)
class Side:
    """One profile: how it was named, its key in the store, and the file that it was read from."""

    name: str
    key: str
    path: Path
    is_partial: bool = False


@dataclass(frozen=True)
class Pair:
    """Both profiles and the store that has them."""

    store: Store
    baseline: Side
    candidate: Side


@dataclass(frozen=True)
class Rules:
    """The limits of a file, and what it says that nobody asks for."""

    path: Path
    limits: list[Limit]
    warnings: list[str]


def root_if_any(given: Path | None) -> Path | None:
    """The root in use; None where none is named and none is here. Raises UserError for one that is not there."""
    try:
        return find_root(given)
    except UserError:
        if given or os.environ.get("DRIFTLINE_ROOT"):
            raise
        return None


@contextmanager
def open_pair(root: Path | None, baseline: str, candidate: str, progress: Progress | None = None) -> Iterator[Pair]:
    """Both profiles in the store of the root; where one is outside of it, copies of both in a store of their own, with
    the root's levels of metrics. Raises UserError for what is not there or is no profile."""
    named = [(name, find_place(root, name, EVERYWHERE)) for name in (baseline, candidate)]
    if root and all(place.key for _, place in named):
        with open_store(root, progress) as store:
            yield _pair(store, [Side(name, str(place.key), place.path) for name, place in named])
        return
    with tempfile.TemporaryDirectory(prefix="driftline-") as folder:
        sides = [
            _copied(name, place, Path(folder), key)
            for (name, place), key in zip(named, ("baseline", "candidate"), strict=True)
        ]
        if root and (root / SETTINGS).is_file():
            (Path(folder) / SETTINGS).write_bytes(_bytes(root / SETTINGS))
        with open_store(folder, progress) as store:
            yield _pair(store, sides)


def _copied(name: str, place: Place, folder: Path, key: str) -> Side:
    target = folder / FOLDER / f"{key}.yaml"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(_bytes(place.path))
    return Side(name, key, place.path, is_partial(place.path))


def _bytes(path: Path) -> bytes:
    try:
        return file_bytes(path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "check its owner and permissions") from None


def _pair(store: Store, sides: list[Side]) -> Pair:
    found = queries.profile_rows(store.connection, [side.key for side in sides])
    for side in sides:
        if side.key not in found:
            reasons = queries.file_problems(store.connection, f"{FOLDER}/{side.key}.yaml")
            reason = reasons[0] if reasons else "it needs a release, and stages or totals"
            raise UserError(f"{side.path} is no profile: {reason}", "mend the file, or name another one")
    return Pair(store, *sides)


def find_rules(root: Path | None, given: Path | None) -> Rules | None:
    """The rules of the given file, else those of the root; None where there are none.

    Raises UserError for a file that is not there or cannot be used: what is not judged would pass.
    """
    path = given or (root / FOLDER / NAME if root else None)
    if path is None or not (given or os.path.lexists(path)):
        return None
    problems = Problems()
    limits = read_limits(_bytes(path), problems)
    for reason in errors_of(problems):
        raise UserError(f"{path} cannot be used: {reason}", "mend it; `--rules FILE` takes other rules")
    return Rules(path, limits, [f"warning: {path}: {problem.problem}" for problem in problems])
