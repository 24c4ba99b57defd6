"""Names and numbers that come from outside: from the marks of a program, and from the files that it reports in."""

from __future__ import annotations

import math
from typing import Any

MOST_STAGES, LONGEST_NAME = 500, 200


def plain_name(value: Any) -> str:
    """A name as text without what is no text; '' where there is none."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return ""
    return " ".join("".join(letter for letter in str(value)[:10_000] if letter.isprintable()).split())[:LONGEST_NAME]


def finite(value: Any) -> float | None:
    """A number as it is; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
