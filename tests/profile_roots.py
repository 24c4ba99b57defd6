"""Frozen profiles as they lie in a root, with companions, and what a folder holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from roots import Root, profile

Rows = dict[tuple[str, str], dict[str, Any]]
NUMBERS = {"wall_time_s": 10.0, "peak_rss_mb": 100, "avg_cpu_pct": 50.0}


def frozen(
    root: Root, key: str, wall_s: float = 10.0, *, day: int = 1, host: str = "laptop", truth: bool = True, **parts: Any
) -> Root:
    """A whole profile whose stage and totals took `wall_s`."""
    content = profile(
        key.rpartition("/")[2],
        f"2026-01-{day:02}T00:00:00Z",
        dataset_id="d",
        environment={"hostname": host},
        stages={"load": {**NUMBERS, "wall_time_s": wall_s}},
        totals={"wall_time_s": wall_s, "peak_rss_mb": 100},
    )
    root.profile(key, {**content, **parts})
    return root.file(f"profiles/{key}.stage_truth.json", json.dumps({"release": key})) if truth else root


def files(folder: Path) -> dict[str, bytes]:
    """Every file below the folder with what it holds, the cache and its places too."""
    return {
        os.path.join(place, name): Path(place, name).read_bytes()
        for place, _, names in os.walk(folder)
        for name in names
    }


def profiles(root: Root) -> dict[str, bytes]:
    """Every file below profiles/ by its path there."""
    folder = root.folder / "profiles"
    return {os.path.relpath(path, folder): content for path, content in files(folder).items()}


def by_name(rows: list[dict[str, Any]]) -> Rows:
    """The rows of a diff by stage and metric."""
    return {(row["stage"], row["metric"]): row for row in rows}
