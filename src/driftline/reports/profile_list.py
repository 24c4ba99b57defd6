"""The profiles of a root as a list: what each is of, what it cost, and whether it is promoted or archived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline.metrics import Metric
from driftline.queries import Row
from driftline.reports import csv
from driftline.reports.tables import visible

COLUMNS = (
    "profile", "release", "captured_at", "dataset_id", "hostname", "captures", "wall_time_s", "peak_rss_mb",
    "promoted_id", "archived",
)  # fmt: skip
SHOWN = ("profile", "release", "date", "dataset", "host", "captures", "wall_time_s", "peak_rss_mb", "state")
NUMBERS = ("captures", "wall_time_s", "peak_rss_mb")
GAP = "–"


def plain(rows: Sequence[Row]) -> list[Row]:
    """The values of COLUMNS by their names; times as ISO 8601 in UTC."""
    return [
        {name: row[name] for name in COLUMNS} | {"captured_at": _time(row["captured_at"], "T", "Z")} for row in rows
    ]


def as_csv(rows: Sequence[Row]) -> str:
    """What `plain` gives, one line a row; control characters of texts are shown."""
    told = (
        {name: visible(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in plain(rows)
    )
    return csv.render(told, COLUMNS).rstrip("\r\n")


def shown(rows: Sequence[Row], registry: dict[str, Metric]) -> list[tuple[Any, ...]]:
    """The cells of SHOWN as they are read; a gap is a dash."""
    return [
        (
            row["profile"],
            row["release"],
            _time(row["captured_at"], " ", "") or GAP,
            row["dataset_id"] or GAP,
            row["hostname"] or GAP,
            GAP if row["captures"] is None else row["captures"],
            registry["wall_time_s"].shown(row["wall_time_s"]),
            registry["peak_rss_mb"].shown(row["peak_rss_mb"]),
            _state(row),
        )
        for row in rows
    ]


def _time(moment: Any, between: str, zone: str) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d}{between}{moment:%H:%M:%S}{zone}"


def _state(row: Row) -> str:
    words = [f"promoted as {row['promoted_id']}" if row["promoted_id"] else "", "archived" if row["archived"] else ""]
    return ", ".join(filter(None, words))
