"""What a URL says: the page, what is compared on it, the theme. Unknown keys are told, never followed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

FIELDS = 2000
PAGES = {"home": "Home", "performance": "Performance", "problems": "Problems"}


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
        """Reads `?page=…&base=…&cand=…`; what it does not know it leaves out, and more than FIELDS it does not read."""
        try:
            fields = parse_qs(query.lstrip("?"), max_num_fields=FIELDS)
        except ValueError:
            return cls()

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
