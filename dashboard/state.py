"""What a URL says: the page, what is compared on it, the theme. Unknown keys are told, never followed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import duckdb

from driftline import queries

PAGES = {"home": "Home", "performance": "Performance", "problems": "Problems"}
OTHERS = 3


@dataclass(frozen=True)
class Selection:
    """The screen as its URL holds it. Empty means: the default."""

    page: str = "home"
    baseline: str = ""
    candidates: tuple[str, ...] = ()
    focus: str = ""
    profile_baseline: str = ""
    profile_candidates: tuple[str, ...] = ()
    profile_focus: str = ""
    theme: str = ""

    @classmethod
    def from_query(cls, query: str) -> Selection:
        """Reads `?page=…&base=…&cand=…`; what it does not know it leaves out."""
        fields = parse_qs(query.lstrip("?"), max_num_fields=2000)

        def first(name: str) -> str:
            return fields.get(name, [""])[0]

        return cls(
            page=first("page") if first("page") in PAGES else "home",
            baseline=first("base"),
            candidates=tuple(dict.fromkeys(fields.get("cand", []))),
            focus=first("focus"),
            profile_baseline=first("pbase"),
            profile_candidates=tuple(dict.fromkeys(fields.get("pcand", []))),
            profile_focus=first("pfocus"),
            theme=first("theme") if first("theme") in ("light", "dark") else "",
        )

    def query(self, **changes: Any) -> str:
        """The URL's query for this screen with some changes."""
        changed = replace(self, **changes)
        pairs: list[tuple[str, str]] = [("page", changed.page)]
        pairs += [("base", changed.baseline)] if changed.baseline else []
        pairs += [("cand", key) for key in changed.candidates]
        pairs += [("focus", changed.focus)] if changed.focus else []
        pairs += [("pbase", changed.profile_baseline)] if changed.profile_baseline else []
        pairs += [("pcand", key) for key in changed.profile_candidates]
        pairs += [("pfocus", changed.profile_focus)] if changed.profile_focus else []
        pairs += [("theme", changed.theme)] if changed.theme else []
        return "?" + urlencode(pairs)


@dataclass(frozen=True)
class Choice:
    """A baseline and candidates that exist, the one in focus, why this baseline, and what the URL asked in vain."""

    baseline: str
    candidates: tuple[str, ...]
    focus: str
    reason: str
    unknown: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(key for key in self.candidates if key != self.focus)


def choose_runs(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Choice | None:
    """The runs to compare: those of the URL, else the default group's pair and the newest beside it."""
    runs = {row["run"]: row for row in queries.selectable_runs(connection)}
    asked = [key for key in (selection.baseline, *selection.candidates, selection.focus) if key]
    unknown = tuple(dict.fromkeys(key for key in asked if key not in runs))
    groups = queries.groups(connection)
    if selection.baseline in runs:
        group = next((g for g in groups if g["group_id"] == runs[selection.baseline]["group_id"]), None)
        baseline, reason = selection.baseline, "chosen by you"
    else:
        group = next((g for g in groups if g["is_default"] and g["default_baseline"]), None)
        group = group or next((g for g in groups if g["default_baseline"]), None)
        if group is None:
            return None
        baseline, reason = group["default_baseline"], group["reason"]
    candidates = tuple(key for key in selection.candidates if key in runs and key != baseline)
    if not candidates:
        candidates = _default_candidates(group, baseline, list(runs.values()))
    if not candidates:
        return None
    focus = selection.focus if selection.focus in candidates else candidates[0]
    return Choice(baseline, candidates, focus, reason, unknown)


def _default_candidates(group: queries.Row | None, baseline: str, runs: list[queries.Row]) -> tuple[str, ...]:
    """The group's candidate first, then the newest runs beside it as context."""
    if group is None:
        return ()
    members = [row["run"] for row in runs if row["group_id"] == group["group_id"] and row["category"] != "reference"]
    first = [key for key in (group["default_candidate"],) if key and key != baseline]
    rest = [key for key in members if key not in (baseline, *first)]
    return tuple([*first, *rest][: OTHERS + 1])


def choose_profiles(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Choice | None:
    """The profiles to compare: those of the URL, else the default pair and the others as context."""
    keys = [row["profile"] for row in queries.profile_list(connection)]
    asked = [key for key in (selection.profile_baseline, *selection.profile_candidates, selection.profile_focus) if key]
    unknown = tuple(dict.fromkeys(key for key in asked if key not in keys))
    default = queries.default_profiles(connection)
    if default is None or default["baseline"] is None:
        return None
    chosen = selection.profile_baseline in keys
    baseline = selection.profile_baseline if chosen else default["baseline"]
    candidates = tuple(key for key in selection.profile_candidates if key in keys and key != baseline)
    if not candidates:
        newest_first = [key for key in reversed(keys) if key != baseline]
        candidates = tuple(newest_first[: OTHERS + 1])
    focus = selection.profile_focus if selection.profile_focus in candidates else candidates[0]
    return Choice(baseline, candidates, focus, "chosen by you" if chosen else default["reason"], unknown)
