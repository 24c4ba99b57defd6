"""Roots with a history and baselines of platforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from roots import Root, lines

PLATFORM = "M1_Mac_16GB"
FILE = "performance_baselines.json"
Metrics = dict[str, Any]


def recorded(root: Root, *runs: Metrics, platform: str = PLATFORM, **stated: Any) -> Root:
    """A record a day, the oldest first; a file for the platform."""
    told = [
        {
            "record_id": f"{platform}-{day}",
            "recorded_at": f"2026-10-{day:02d}T10:00:00Z",
            "platform": platform,
            "run_type": "manual",
            "git_commit": f"commit{day}",
            "git_branch": "main",
            "python_version": "3.12.1",
            "os_arch": "darwin-arm64",
            **stated,
            "metrics": metrics,
        }
        for day, metrics in enumerate(runs, start=1)
    ]
    return root.file(f"history/{platform.replace(' ', '_')}.jsonl", lines(told))


def latencies(root: Root, *values: Any, platform: str = PLATFORM, **stated: Any) -> Root:
    """A record a day of nothing but the query latency, in seconds."""
    return recorded(root, *({"query_latency_no_vllm": value} for value in values), platform=platform, **stated)


def baselines(root: Root, content: Any, rel: str = FILE) -> Path:
    """The file, with its content as `json.dumps` lays it out."""
    root.file(rel, json.dumps(content, indent=2) + "\n")
    return root.folder / rel


def based(root: Root, value: float = 8.0) -> Path:
    """A baseline of the query latency, in seconds, and one of another platform."""
    return baselines(
        root,
        {
            PLATFORM: {"query_latency_no_vllm": value, "metadata": {"notes": "by hand"}},
            "RTX_4090_24GB": {"query_latency_no_vllm": 2, "metadata": {"notes": "kept"}},
        },
    )
