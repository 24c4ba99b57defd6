"""What a record of the history may hold: names, numbers and texts as they can be written and read again."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from driftline.artifacts.values import count, excerpt, number, storable, text
from driftline.errors import Problems, UserError

TEXTS = (
    *("platform", "run_type", "git_commit", "git_branch", "python_version", "os_arch", "notes", "provider", "workload"),
)
QUERIES, DURATION = "num_test_queries", "test_duration_seconds"
# What a run has beside its metrics, here or where it is listed: a metric of that name would hide it.
RESERVED = (*TEXTS, QUERIES, DURATION, "id", "record_id", "timestamp", "recorded_at", "number", "metrics")


def metric_values(metrics: Mapping[str, Any]) -> dict[str, float | str | None]:
    """Names and numbers of a record; what is not finite is a text. Raises UserError where there is no metric, one that
    is no number, and for a name that stands for something else or is given twice."""
    if not metrics:
        raise UserError("there is nothing to record", "give at least one metric: name and number")
    found: dict[str, float | str | None] = {}
    for given, value in metrics.items():
        name = storable(str(given))
        if not name.strip() or name in RESERVED:
            raise UserError(
                f"no metric can be named {excerpt(name)}",
                f"take another name: runs have {', '.join(sorted(RESERVED))} beside their metrics",
            )
        if name in found:
            raise twice(name)
        found[name] = metric_value(name, value)
    return found


def twice(name: str) -> UserError:
    """That a metric is given more than once."""
    return UserError(f"{name} is given twice", "record one value of each metric; a second record holds a second value")


def metric_value(name: str, value: Any) -> float | str | None:
    """The value as a finite number, else as the text of what it is. Raises UserError where it is no number."""
    if value is None:
        return None
    try:
        told = float(value)
    except OverflowError:
        told = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        raise UserError(
            f"{name} is no number: {_shown(value)}", "record numbers in the unit that the name says"
        ) from None
    if not math.isfinite(told):
        return str(told)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else told


def facts(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a record, by the fields of a record; None and blank texts are left out. Raises UserError for what
    cannot be written so that it can be read again."""
    told: dict[str, Any] = {name: _text(name, stated[name]) for name in TEXTS if stated.get(name) is not None}
    for name, clean in ((QUERIES, count), (DURATION, number)):
        if (value := stated.get(name)) is not None:
            told[name] = _number(name, value, clean)
    return {name: value for name, value in told.items() if value is not None}


def _text(name: str, value: Any) -> str | None:
    # Paths and versions have types of their own, and are texts; what holds other things is none.
    if isinstance(value, (bytes, bytearray, bool)) or (isinstance(value, Collection) and not isinstance(value, str)):
        raise _unusable(name, "text", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _unusable(name, "text", value)
    try:
        return text(str(value))
    except ValueError:
        raise _unusable(name, "text", value) from None


def _number(name: str, value: Any, clean: Any) -> float | int:
    """As a reader takes it: what a reader would warn of is refused."""
    if isinstance(value, (str, bytes, bool)):
        raise _unusable(name, "number", value)
    problems = Problems()
    try:
        told: float | int | None = clean(float(value), name, problems)
    except (TypeError, ValueError, OverflowError):
        raise _unusable(name, "number", value) from None
    if told is None or problems:
        raise _unusable(name, "number", value)
    return told


def _unusable(name: str, wanted: str, value: Any) -> UserError:
    whole = " of at least 0, without a fraction" if name == QUERIES else ""
    return UserError(f"{name} is no {wanted}: {_shown(value)}", f"give a {wanted}{whole}, or leave it out")


def _shown(value: Any) -> str:
    return excerpt(value if isinstance(value, (str, int, float, dict, list)) else repr(value))
