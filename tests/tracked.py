"""Histories and baselines of tests: records of a day each, oldest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from roots import Root, lines

DAY = "2026-{month:02d}-{day:02d}T12:00:00Z"


def record(number: int, metrics: Mapping[str, Any], platform: str = "M1_Mac_16GB", **facts: Any) -> dict[str, Any]:
    """A record of the day of that number, counted from the first of January."""
    at = DAY.format(month=1 + number // 28, day=1 + number % 28)
    told = {"record_id": f"{platform}-{number}", "recorded_at": at, "platform": platform, "run_type": "ci"}
    return {**told, **facts, "metrics": dict(metrics)}


def history(root: Root, values: Mapping[str, Sequence[Any]], platform: str = "M1_Mac_16GB", **facts: Any) -> Root:
    """A record for each place of the lists, which are of one length; None leaves the metric out."""
    (count,) = {len(column) for column in values.values()}
    records = [
        record(at, {name: column[at] for name, column in values.items() if column[at] is not None}, platform, **facts)
        for at in range(count)
    ]
    return written(root, platform, records)


def written(root: Root, platform: str, records: Iterable[Mapping[str, Any]]) -> Root:
    return root.file(f"history/{platform}.jsonl", lines(records))


def baselines(root: Root, values: Mapping[str, Any], name: str = "performance_baselines.json") -> Root:
    return root.file(name, json.dumps(values, indent=2))


def status(root: Root, limit_pct: float = 20) -> dict[str, str]:
    """What `tracked` says of each metric."""
    return dict(root.rows(f"select metric, status from tracked({limit_pct})"))
