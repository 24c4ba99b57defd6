"""Writes evidence of noise: `<root>/noise/<machine>.jsonl`, to which lines are added and from which none goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from driftline.artifacts.profile import TOTALS
from driftline.capture.times import utc
from driftline.files import file_name
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.json_lines import append_objects

FOLDER = "noise"
# Of a whole capture; of a stage all that it measures.
METRICS = ("wall_time_s", "peak_rss_mb", "avg_wall_time_per_episode_s")


def of_captures(captures: Sequence[Capture], platform: str) -> list[dict[str, Any]]:
    """How much each capture differs from the one before, as logs, in every metric of the whole and of each stage; what
    was not sampled, or is 0, in one of them tells nothing."""
    session, lines = uuid4().hex[:8], []
    for number, (before, after) in enumerate(pairwise(captures), start=1):
        told = [_values(capture) for capture in (before, after)]
        for place in told[0].keys() & told[1].keys():
            values = [side[place] for side in told]
            if min(values) > 0:
                stage, metric = place
                lines.append(
                    {
                        "recorded_at": utc(after.execution.started), "platform": platform, "side": "profile",
                        "metric": metric, "scale": "log", "stage": stage, "difference": math.log(values[1] / values[0]),
                        "variance": None, "pairs": 1, "baseline": f"{session}/{number}",
                        "candidate": f"{session}/{number + 1}",
                    }
                )  # fmt: skip
    return sorted(lines, key=lambda line: (line["candidate"], line["stage"], line["metric"]))


def _values(capture: Capture) -> dict[tuple[str, str], float]:
    entry = capture.entry()
    stages = {TOTALS: {name: entry["totals"].get(name) for name in METRICS}, **entry["stages"]}
    return {
        (stage, metric): value
        for stage, measured in stages.items()
        for metric, value in measured.items()
        if isinstance(value, (int, float))
    }


def append(root: Path, lines: Iterable[dict[str, Any]]) -> list[Path]:
    """Adds the lines to the files of their platforms; the files. Raises UserError where that cannot be."""
    return append_objects(lines, lambda platform: root / FOLDER / f"{file_name(platform)}.jsonl")
