"""Which runs or profiles a page compares: what was asked for, else what the model names as the default pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from driftline import queries

CANDIDATES = 5


@dataclass(frozen=True)
class Choice:
    """A baseline and candidates that exist, the one in focus, why this baseline, and what was asked for in vain:
    because it is not there, or because a filter hides it."""

    baseline: str
    candidates: tuple[str, ...]
    focus: str
    reason: str
    unknown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(key for key in self.candidates if key != self.focus)


def _nowhere(**_changes: Any) -> str:
    return "#"


@dataclass(frozen=True)
class Comparison:
    """One baseline, the candidate in focus, the other candidates, and what each is called.

    `query` makes the link to this screen with some changes; where there is no screen to change it leads nowhere.
    """

    baseline: str
    focus: str
    others: tuple[str, ...]
    labels: dict[str, str]
    query: Callable[..., str] = _nowhere

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every candidate, the one in focus first."""
        return (self.focus, *self.others)

    @property
    def is_live(self) -> bool:
        """Whether there is a screen to change."""
        return self.query is not _nowhere

    def to(self, candidate: str) -> str:
        """The link that focuses a candidate."""
        return self.query(focus=candidate)


@dataclass(frozen=True)
class ProfileComparison(Comparison):
    """The same of profiles, with the rows of those that the filters keep, in release order."""

    profiles: dict[str, queries.Row] = field(default_factory=dict)
    kept: queries.Kept = queries.EVERY
    shows_cpu: bool = False

    def to(self, candidate: str) -> str:
        return self.query(profile_focus=candidate)


def _unknown(asked: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in asked if key and key not in known))


def choose_runs(
    connection: queries.Connection,
    baseline: str = "",
    candidates: tuple[str, ...] = (),
    focus: str = "",
    preset: str = "",
) -> Choice | None:
    """The named runs, else the default group's pair with the newest runs beside it as context; None without a pair.

    `preset` names a baseline for where none is: by its key, its run id, or as `[category] key`.
    """
    runs = {row["run"]: row for row in queries.selectable_runs(connection)}
    groups = queries.groups(connection)
    unknown = _unknown((baseline, *candidates, focus), set(runs))
    reason = "chosen by you"
    is_preset = bool(preset) and not baseline
    if is_preset:
        baseline, reason = _named(preset, runs), "preset as BASELINE"
        unknown = unknown if baseline else (*unknown, preset)
    if baseline in runs:
        group = next((row for row in groups if row["group_id"] == runs[baseline]["group_id"]), None)
        # A link to this screen names the default too: what chose it then still holds.
        if group and group["default_baseline"] == baseline and not is_preset:
            reason = group["reason"]
    else:
        paired = [row for row in groups if row["default_baseline"]]
        group = next((row for row in paired if row["is_default"]), paired[0] if paired else None)
        if group is None:
            return None
        baseline, reason = group["default_baseline"], group["reason"]
    chosen = tuple(key for key in candidates if key in runs and key != baseline)
    chosen = chosen or _default_candidates(group, baseline, list(runs.values()))
    if not chosen:
        return None
    return Choice(baseline, chosen, focus if focus in chosen else chosen[0], reason, unknown)


def _named(name: str, runs: dict[str, queries.Row]) -> str:
    """The run that is meant; of several with this run id the last one. Empty where there is none."""
    if name in runs:
        return name
    by_id = {row["run_id"]: key for key, row in sorted(runs.items())}
    with_category = {f"[{row['category']}] {key}": key for key, row in runs.items()}
    return by_id.get(name) or with_category.get(name, "")


def _default_candidates(group: queries.Row | None, baseline: str, runs: list[queries.Row]) -> tuple[str, ...]:
    if group is None:
        return ()
    members = [row["run"] for row in runs if row["group_id"] == group["group_id"] and row["category"] != "reference"]
    first = [key for key in (group["default_candidate"],) if key and key != baseline]
    rest = [key for key in members if key not in (baseline, *first)]
    return tuple([*first, *rest][:CANDIDATES])


def labels_of(runs: list[queries.Row], chosen: tuple[str, ...]) -> dict[str, str]:
    """What each run is called: its label, and beside runs of other groups what tells the groups apart."""
    labels = {row["run"]: row["label"] for row in runs}
    here = [row for row in runs if row["run"] in chosen]
    apart = [name for name in ("task", "kind", "dataset_id") if len({row[name] for row in here}) > 1]
    for row in here if apart else ():
        labels[row["run"]] = " · ".join([row["label"], *(row[name] or f"no {name}" for name in apart)])
    return labels


def choose_profiles(
    connection: queries.Connection,
    baseline: str = "",
    candidates: tuple[str, ...] = (),
    focus: str = "",
    kept: queries.Kept = queries.EVERY,
) -> Choice | None:
    """The named profiles of those that the filters keep, else the default pair with the newest beside it as context;
    None below two profiles."""
    rows = queries.profile_list(connection, kept)
    keys = [row["profile"] for row in rows if row["is_kept"]]
    asked = (baseline, *candidates, focus)
    unknown = _unknown(asked, {row["profile"] for row in rows})
    hidden = tuple(key for key in _unknown(asked, set(keys)) if key not in unknown)
    default = queries.default_profiles(connection, kept)
    if default is None or default["baseline"] is None:
        return None
    reason = "chosen by you"
    if baseline not in keys or baseline == default["baseline"]:
        baseline, reason = default["baseline"], default["reason"]
    chosen = tuple(key for key in candidates if key in keys and key != baseline)
    chosen = chosen or tuple(key for key in reversed(keys) if key != baseline)[:CANDIDATES]
    return Choice(baseline, chosen, focus if focus in chosen else chosen[0], reason, unknown, hidden)


def shorten(names: list[str]) -> tuple[dict[str, str], str]:
    """Each name without the prefix that all share, cut at a delimiter; and that prefix."""
    if len(names) < 2:
        return {name: name for name in names}, ""
    first, last = min(names), max(names)
    shared = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    cut = max((at + 1 for at in range(shared) if first[at] in "-_/ "), default=0)
    return {name: name[cut:] for name in names}, first[:cut]
