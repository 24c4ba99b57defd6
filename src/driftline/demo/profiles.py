"""Writes the profile of one release from its captures, with the companion that says how it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from driftline.demo.artifacts import write_json, write_text
from driftline.demo.corpus import DATASET_ID
from driftline.demo.execution import SAMPLE_INTERVAL_S
from driftline.demo.releases import Release

Measured = Mapping[str, Any]


def write_profile(
    folder: Path, release: Release, captures: Sequence[Measured], environment: Mapping[str, Any], monitored: bool
) -> None:
    """`<release>.yaml` with medians and all captures, and `<release>.stage_truth.json` about the last capture.

    `monitored` says that the last capture left `<release>.monitor.log` in the folder.
    """
    profile = build_profile(release, captures, environment)
    write_text(folder / f"{release.name}.yaml", yaml.safe_dump(profile, sort_keys=False, allow_unicode=True))
    monitor_log = folder / f"{release.name}.monitor.log" if monitored else None
    write_json(folder / f"{release.name}.stage_truth.json", stage_truth(release, captures[-1], monitor_log))


def build_profile(release: Release, captures: Sequence[Measured], environment: Mapping[str, Any]) -> dict[str, Any]:
    """The profile as a mapping; times in seconds, memory in whole MiB."""
    described = [_capture(captured) for captured in captures]
    names = list(described[0]["stages"])
    return {
        "release": release.name,
        "date": captures[0]["started_at"][:19] + "Z",
        "dataset_id": DATASET_ID,
        "episodes_processed": _processed(captures[0]),
        "environment": dict(environment),
        "stages": {name: _medians([capture["stages"][name] for capture in described]) for name in names},
        "totals": _medians([capture["totals"] for capture in described])
        | {"sampling_note": _sampling_note(len(captures))},
        "captures": described,
    }


def _capture(captured: Measured) -> dict[str, Any]:
    stages = {
        name: {
            "wall_time_s": round(wall_s, 4),
            "peak_rss_mb": _whole(captured["resources"][name]["peak_rss_mb"]),
            "avg_cpu_pct": _rounded(captured["resources"][name]["avg_cpu_pct"]),
        }
        for name, wall_s in captured["wall_s"].items()
    }
    wall_s = round(captured["run_wall_s"], 4)
    return {
        "started_at": captured["started_at"],
        "run_wall_s": wall_s,
        "stages": stages,
        "totals": {
            "peak_rss_mb": _whole(captured["peak_rss_mb"]),
            "wall_time_s": wall_s,
            "avg_wall_time_per_episode_s": round(captured["run_wall_s"] / max(_processed(captured), 1), 4),
        },
    }


def _medians(measurements: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """The median of every value over the captures in which it was measured."""
    medians: dict[str, float | None] = {}
    for name in measurements[0]:
        values = [value for measured in measurements if (value := measured[name]) is not None]
        digits = {"peak_rss_mb": None, "avg_cpu_pct": 2}.get(name, 4)
        medians[name] = round(median(values), digits) if values else None
    return medians


def stage_truth(release: Release, captured: Measured, monitor_log: Path | None) -> dict[str, Any]:
    """`stage_truth.json` of one capture, unrounded where the profile rounds."""
    stage_wall_s = sum(captured["wall_s"].values())
    truth: dict[str, Any] = {
        "profile_stage_truth_version": 1,
        "release": release.name,
        "dataset_id": DATASET_ID,
        "source_metrics_path": None,
        "sample_interval_s": SAMPLE_INTERVAL_S,
        "capture_started_at": captured["started_at"],
        "run_wall_s": round(captured["run_wall_s"], 6),
        "sum_mapped_stage_wall_s": round(stage_wall_s, 6),
        "parallelism_hint_ratio": round(stage_wall_s / captured["run_wall_s"], 4),
        "wall_seconds_by_stage": {name: round(wall_s, 6) for name, wall_s in captured["wall_s"].items()},
        "resource_by_stage_psutil": {
            name: {
                "peak_rss_mb": _rounded(found["peak_rss_mb"]),
                "avg_cpu_pct": _rounded(found["avg_cpu_pct"]),
                "samples": found["samples"],
            }
            for name, found in captured["resources"].items()
        },
        "global_peak_rss_mb_sampled": _rounded(captured["peak_rss_mb"]),
        "metrics_excerpt": {
            "episodes_total": len(captured["episodes"]),
            "episodes_processed": _processed(captured),
        },
    }
    return truth | ({"rfc065_monitor": _monitor(monitor_log)} if monitor_log else {})


def _monitor(monitor_log: Path) -> dict[str, Any]:
    content = monitor_log.read_bytes()
    return {
        "enabled": True,
        "forced_file_log_env": False,
        "source_log": monitor_log.name,
        "archived_log": monitor_log.name,
        "lines": content.count(b"\n"),
        "bytes": len(content),
    }


def _processed(captured: Measured) -> int:
    return sum(not row["error"] for row in captured["episodes"])


def _sampling_note(captures: int) -> str:
    return (
        f"Medians of {captures} captures, each in a process of its own. Every sample belongs to the stage that was "
        "running when it was taken."
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
