"""What a URL says: the page, what is compared on it, how it is filtered and sorted, the theme. Unknown keys are told,
never followed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

FIELDS = 2000
PAGES = {
    "home": "Home",
    "kpis": "KPIs",
    "delta": "Delta",
    "episodes": "Episodes",
    "performance": "Performance",
    "tracking": "Tracking",
    "problems": "Problems",
}
# What a field is called in the URL, where that is shorter.
NAMES = {
    "baseline": "base",
    "candidates": "cand",
    "profile_baseline": "pbase",
    "profile_candidates": "pcand",
    "profile_focus": "pfocus",
    "profile_find": "pfind",
    "hosts": "host",
    "profile_datasets": "pdata",
    "platforms": "platform",
    "run_types": "runtype",
    "reference": "ref",
    "episode": "ep",
    "search": "q",
}
ALLOWED = {
    "page": tuple(PAGES),
    "theme": ("light", "dark"),
    "trend": ("cpu",),
    "days": ("30", "90", "all"),
}
# Where nothing stands behind the =, those profiles, or records, are meant that state none.
MAY_BE_EMPTY = ("hosts", "profile_datasets", "run_types")


@dataclass(frozen=True)
class Selection:
    """The screen as its URL holds it. Empty means: the default.

    `category` to `find` filter the runs that are offered, `profile_find` to `profile_datasets` the profiles; `show`,
    `sort`, `only`, `search`, `at`, `episode` and `view` belong to the tables and the open episode; `trend`, `quality`,
    `cost`, `reference` and `monitor` to the charts of Performance; `days`, `platforms` and `run_types` to Tracking.
    """

    page: str = "home"
    baseline: str = ""
    candidates: tuple[str, ...] = ()
    focus: str = ""
    category: str = ""
    kind: str = ""
    task: str = ""
    dataset: str = ""
    model: str = ""
    has: str = ""
    find: str = ""
    show: str = ""
    sort: str = ""
    only: str = ""
    search: str = ""
    at: str = ""
    episode: str = ""
    view: str = ""
    profile_baseline: str = ""
    profile_candidates: tuple[str, ...] = ()
    profile_focus: str = ""
    profile_find: str = ""
    hosts: tuple[str, ...] = ()
    profile_datasets: tuple[str, ...] = ()
    trend: str = ""
    quality: str = ""
    cost: str = ""
    reference: str = ""
    monitor: str = ""
    days: str = ""
    platforms: tuple[str, ...] = ()
    run_types: tuple[str, ...] = ()
    theme: str = ""

    @classmethod
    def from_query(cls, query: str) -> Selection:
        """Reads `?page=…&base=…&cand=…`; what it does not know it leaves out, and more than FIELDS it does not read."""
        try:
            given = parse_qs(query.lstrip("?"), keep_blank_values=True, max_num_fields=FIELDS)
        except ValueError:
            return cls()
        read: dict[str, Any] = {}
        for field in fields(cls):
            values = given.get(NAMES.get(field.name, field.name), [])
            # No artifact has a NUL in a name, and no statement can hold one.
            values = [value for value in values if "\0" not in value and (value or field.name in MAY_BE_EMPTY)]
            if field.name in ALLOWED:
                values = [value for value in values[:1] if value in ALLOWED[field.name]]
            if values:
                read[field.name] = tuple(dict.fromkeys(values)) if isinstance(field.default, tuple) else values[0]
        return cls(**read)

    def query(self, **changes: Any) -> str:
        """The URL's query for this screen with some changes."""
        changed = replace(self, **changes)
        pairs: list[tuple[str, str]] = []
        for field in fields(changed):
            value = getattr(changed, field.name)
            values = value if isinstance(value, tuple) else (value,) if value else ()
            pairs += [(NAMES.get(field.name, field.name), each) for each in values]
        return "?" + urlencode(pairs)
