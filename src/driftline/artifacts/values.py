"""Cleans single values found in artifacts: numbers, times and text. What is not usable is None, never a guess."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

from driftline.errors import Problems

REPAIR = "write a plain JSON number"


def number(
    value: Any,
    name: str,
    problems: Problems,
    line: int | None = None,
    low: float | None = None,
    high: float | None = None,
) -> float | None:
    """The value as a finite float inside [low, high], else None with a warning. None stays None in silence."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        problems.warning(f"{name} is not a number: {excerpt(value)}", REPAIR, line)
        return None
    if isinstance(value, str):
        parsed = _number_in_text(value)
        if parsed is None:
            problems.warning(f"{name} is not a number: {excerpt(value)}", REPAIR, line)
            return None
        problems.warning(f"{name} is a number written as text: {excerpt(value)}", REPAIR, line)
        value = parsed
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        problems.warning(f"{name} is not finite: {excerpt(value)}", REPAIR, line)
        return None
    if (low is not None and result < low) or (high is not None and result > high):
        limits = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
        problems.warning(f"{name} is outside its range ({limits}): {result:g}", "look at what wrote it", line)
        return None
    return result


def count(value: Any, name: str, problems: Problems, line: int | None = None) -> int | None:
    """A whole number of at least 0, else None with a warning."""
    result = number(value, name, problems, line, low=0)
    if result is None:
        return None
    if result != int(result):
        problems.warning(f"{name} is not a whole number: {result:g}", "write a whole number", line)
        return None
    return int(result) if result < 2**62 else None


def _number_in_text(value: str) -> float | None:
    try:
        return float(value.strip()) if len(value) <= 400 and "_" not in value else None
    except ValueError:
        return None


def text(value: Any) -> str | None:
    """A non-blank string without surrounding white space; numbers become their text; anything else is None."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return storable(str(value)).strip() or None


def storable(value: str) -> str:
    """The text with every lone surrogate and NUL, which no UTF-8 store can hold, as U+FFFD."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def moment(value: Any) -> str | None:
    """An ISO date or time, or a YAML date, as `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC; one without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        return None
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if value.tzinfo else value.isoformat(" ")
    except OverflowError:
        return None


def excerpt(value: Any, limit: int = 60) -> str:
    """The value as it may be shown in a problem: one line, control characters visible, cut at `limit`."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    try:
        shown = repr(value) if isinstance(value, str) else str(value)
    except ValueError:
        return "a number of thousands of digits"
    shown = storable(shown)
    return shown if len(shown) <= limit else shown[:limit] + " …"
