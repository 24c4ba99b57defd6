"""What a person means by the names of a comparison: runs, profiles, or releases that have either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driftline import queries
from driftline.errors import UserError

LISTED = 8


@dataclass(frozen=True)
class Comparand:
    """What is compared with what: keys of runs (`side` is run) or of profiles (`profile`), and why this baseline.

    `releases` are those of the candidates, in their order, where releases were named.
    """

    side: str
    baseline: str
    candidates: tuple[str, ...]
    reason: str
    releases: tuple[str, ...] = ()

    def subject(self, candidate: str) -> str:
        """What a gate answers for: the release that was named, else the candidate itself."""
        return self.releases[self.candidates.index(candidate)] if self.releases else candidate


def find_comparands(connection: queries.Connection, kind: str, names: Sequence[str]) -> list[Comparand]:
    """The comparisons that are meant by names, the first of which is the baseline; without names the default pair.

    `kind` is runs, profiles, releases, or empty: then runs, profiles and releases are looked for in this order. A
    release is its newest run, and its newest profile. Raises UserError for a name that nothing has.
    """
    if not names:
        if kind == "releases":
            raise UserError("--releases needs their names", "name the baseline's release, then the candidates'")
        return _default(connection, kind)
    if len(names) == 1:
        raise UserError(f"there is nothing to compare {names[0]} with", "name the baseline, then the candidates")
    reason = "named first"
    if kind == "releases":
        return _of_releases(connection, names)
    for side in ("run", "profile"):
        if kind in ("", f"{side}s"):
            keys = _keys(connection, side, names)
            if all(keys):
                if not _candidates(keys):
                    raise UserError(f"{names[0]} is compared with itself", "name another candidate")
                return [Comparand(side, keys[0], _candidates(keys), reason)]
            # A name that is there tells what the others were meant to be.
            if kind or any(keys):
                missing = next(name for name, key in zip(names, keys, strict=True) if not key)
                raise UserError(f"no {side} {missing} in this root", _known(connection, side))
    return _of_releases(connection, names)


def _candidates(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in dict.fromkeys(keys[1:]) if key != keys[0])


def _keys(connection: queries.Connection, side: str, names: Sequence[str]) -> list[str]:
    """The key that each name means; empty where it means none. A run goes by its key, its run id, or `[category] key`;
    a profile by its key."""
    if side == "profile":
        there = set(queries.profile_rows(connection, list(names)))
        return [name if name in there else "" for name in names]
    found = queries.runs_named(connection, list(names))
    for name in names:
        if len(found.get(name, [])) > 1:
            raise UserError(f"{name} is the id of several runs: {', '.join(found[name])}", "name one by its path")
    return [found.get(name, [""])[0] for name in names]


def _of_releases(connection: queries.Connection, names: Sequence[str]) -> list[Comparand]:
    newest = {row["release"]: row for row in queries.newest_of_releases(connection, list(names))}
    unknown = [name for name in names if name not in newest]
    if unknown:
        raise UserError(
            f"neither a run nor a profile nor a release {unknown[0]} in this root",
            '`driftline sql "from releases"` lists releases, `from runs` and `from profiles` the rest',
        )
    found = []
    for side in ("run", "profile"):
        keys = [newest[name][side] for name in names]
        if keys[0] and any(keys[1:]):
            there = {key: name for key, name in zip(keys[1:], names[1:], strict=True) if key}
            reason = f"the newest {side} of release {names[0]}"
            found.append(Comparand(side, keys[0], tuple(there), reason, tuple(there.values())))
    return found


def _default(connection: queries.Connection, kind: str) -> list[Comparand]:
    """The pair that a page opens with."""
    found = []
    group = next(
        (row for row in queries.groups(connection) if row["default_baseline"] and row["default_candidate"]), None
    )
    if group and kind in ("", "runs"):
        run = group["default_candidate"]
        release = queries.release_of(connection, "run", run)
        found.append(Comparand("run", group["default_baseline"], (run,), group["reason"], (release,)))
    pair = queries.default_profiles(connection)
    if pair and pair["baseline"] and pair["candidate"] and kind in ("", "profiles"):
        release = queries.release_of(connection, "profile", pair["candidate"])
        found.append(Comparand("profile", pair["baseline"], (pair["candidate"],), pair["reason"], (release,)))
    if not found:
        raise UserError("this root has no two runs and no two profiles to compare", "name a baseline and a candidate")
    return found


def _known(connection: queries.Connection, side: str) -> str:
    keys = (
        [row["run"] for row in queries.selectable_runs(connection)]
        if side == "run"
        else [row["profile"] for row in queries.profile_list(connection)]
    )
    more = f" and {len(keys) - LISTED} more" if len(keys) > LISTED else ""
    return f"there are {', '.join(keys[:LISTED])}{more}" if keys else "there is none"
