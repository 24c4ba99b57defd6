"""Moments as artifacts write them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: float) -> str:
    """Epoch seconds as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def utc_seconds(moment: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, whole seconds."""
    return utc(moment)[:19] + "Z"
