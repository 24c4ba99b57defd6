"""Histories for tests: records of a platform, a day after each other, and committed baselines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from roots import Root, lines

LATENCY, TOKENS, CACHE, MRR = "query_latency_no_vllm", "tokens_per_second", "cache_hit_rate", "avg_mrr"
# The day of the newest record, unless another is given.
NEWEST = datetime(2026, 11, 6, 12)
BEFORE = {"os_arch": "linux-x86_64", "run_type": "nightly", "git_branch": "main", "python_version": "3.12.1"}


def recorded(
    root: Root, platform: str, records: Sequence[Mapping[str, Any]], newest: datetime | None = NEWEST, **told: Any
) -> Root:
    """A record a day, the last one on the day `newest`; each is its metrics. The commit is the number of the record."""
    items = []
    for at, metrics in enumerate(records):
        moment = None if newest is None else newest - timedelta(days=len(records) - 1 - at)
        items.append(
            {
                "record_id": f"{platform} {told.get('workload')} {at}",
                "recorded_at": None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "platform": platform,
                "git_commit": f"{at:02x}c0ffee",
                "metrics": dict(metrics),
                **BEFORE,
                **told,
            }
        )
    name = "".join(char if char.isalnum() else "_" for char in f"{platform}{told.get('workload', '')}")
    return root.file(f"history/{name}.jsonl", lines(items))


def committed(root: Root, baselines: Mapping[str, Mapping[str, float]]) -> Root:
    """performance_baselines.json of 2 September."""
    whole = {
        platform: {**values, "metadata": {"last_updated": "2026-09-02T10:00:00Z"}}
        for platform, values in baselines.items()
    }
    return root.file("performance_baselines.json", json.dumps(whole))


def wobbling(count: int, value: float, steps: Mapping[int, float] | None = None) -> list[float]:
    """Values within 2 % of one; from each place of `steps` on they are so many times as large."""
    found = []
    for at in range(count):
        value *= (steps or {}).get(at, 1.0)
        found.append(value * (1 + 0.005 * ((at * 7) % 5 - 2)))
    return found


def metrics(**columns: Sequence[float | None]) -> list[dict[str, Any]]:
    """Records of columns; a None is not recorded."""
    rows = zip(*columns.values(), strict=True)
    return [{name: value for name, value in zip(columns, row, strict=True) if value is not None} for row in rows]


def mock(root: Root, newest: datetime = NEWEST) -> Root:
    """Query latency regressed on M1_Mac_16GB, tokens per second improved, a gap; CI is stable, and knows RAG quality
    late; RunPod_A100 has only a baseline."""
    count = 46
    cache: list[float | None] = [None if 12 <= at < 17 else value for at, value in enumerate(wobbling(count, 0.7))]
    first = metrics(
        query_latency_no_vllm=wobbling(count, 1.8, {33: 1.27}), tokens_per_second=wobbling(count, 41, {20: 1.14}),
        cache_hit_rate=cache,
    )  # fmt: skip
    mrr: list[float | None] = [value if at >= 40 else None for at, value in enumerate(wobbling(80, 0.78))]
    second = metrics(query_latency_no_vllm=wobbling(80, 2.4), avg_mrr=mrr)
    recorded(root, "M1_Mac_16GB", first, newest)
    recorded(root, "GitHub_Actions_macOS", second, newest)
    return committed(
        root,
        {
            "M1_Mac_16GB": {LATENCY: 1.8, TOKENS: 41, CACHE: 0.7},
            "GitHub_Actions_macOS": {LATENCY: 2.4, MRR: 0.78},
            "RunPod_A100": {TOKENS: 120},
        },
    )


def now() -> datetime:
    """This moment, as the dashboard takes it."""
    return datetime.now(UTC).replace(tzinfo=None)
