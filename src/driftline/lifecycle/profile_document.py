"""The text of a profile and of its stage_truth, from its captures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import yaml

from driftline.artifacts.profile import KNOWN_STAGES
from driftline.capture.attribution import DIRECT, HIGH_WATER, PROPORTIONAL
from driftline.capture.times import utc, utc_seconds
from driftline.lifecycle.captures import Capture, medians, rounded

TRUTH_VERSION = 1


@dataclass(frozen=True)
class Header:
    """What is said of a profile as a whole. Profiles with the same `rounds` were captured in turns: what the machine
    did meanwhile it did to all of a round. `looks` is how often it was asked whether the captures are enough."""

    release: str
    dataset_id: str | None
    environment: Mapping[str, Any]
    interval_s: float
    warmups: int = 0
    warnings: Sequence[str] = ()
    metrics_path: str | None = None
    rounds: str | None = None
    looks: int = 0


@dataclass(frozen=True)
class Broken:
    """Why a measurement was broken off, and the capture that was, if one was."""

    reason: str
    exit_code: int | None = None
    capture: Capture | None = None


def profile_text(header: Header, captures: Sequence[Capture], broken: Broken | None = None) -> str:
    """The profile as YAML. What was `broken` off, and why, stands apart from what was measured whole."""
    content = build_profile(header, captures)
    if broken:
        partial = {"reason": broken.reason, "exit_code": broken.exit_code}
        content["partial"] = partial | ({"capture": broken.capture.entry()} if broken.capture else {})
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def build_profile(header: Header, captures: Sequence[Capture]) -> dict[str, Any]:
    """Medians of all captures, and each of them. Seconds, whole MiB, per cent of one core; null is a gap."""
    entries = [capture.entry() for capture in captures]
    names = stage_names(entries)
    stages = {name: medians([entry["stages"][name] for entry in entries if name in entry["stages"]]) for name in names}
    episodes = [capture.episodes for capture in captures if capture.episodes is not None]
    first = captures[0] if captures else None
    content: dict[str, Any] = {
        "release": header.release,
        "date": utc_seconds(first.execution.started) if first else None,
        "dataset_id": header.dataset_id,
        "episodes_processed": int(median(episodes)) if episodes else None,
        "environment": dict(header.environment) | _told_by_program(captures),
        "attribution": first.attribution if first else None,
        "measurement": {
            "sample_interval_s": header.interval_s,
            "warmups": header.warmups,
            "captures": len(captures),
            **({"rounds": header.rounds} if header.rounds else {}),
            **({"looks": header.looks} if header.looks else {}),
        },
    }
    if header.warnings:
        content["warnings"] = list(header.warnings)
    return content | {
        "stages": stages,
        "totals": medians([entry["totals"] for entry in entries]) | {"sampling_note": sampling_note(captures)},
        "captures": entries,
    }


def _told_by_program(captures: Sequence[Capture]) -> dict[str, Any]:
    """What the program itself says of the Python and the libraries that it runs with."""
    told = [capture.execution.log.environment for capture in captures if capture.execution.log.environment]
    return dict(told[-1]) if told else {}


def stage_names(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The known stages in their order, then the others as they appeared first."""
    found = dict.fromkeys(name for entry in entries for name in entry["stages"])
    return [*(name for name in KNOWN_STAGES if name in found), *(name for name in found if name not in KNOWN_STAGES)]


def sampling_note(captures: Sequence[Capture]) -> str:
    """How memory and CPU were measured, and which stages have none: sentences."""
    if not captures:
        return "No capture was finished."
    first = captures[0]
    notes = [f"Medians of {len(captures)} captures."] if len(captures) > 1 else []
    notes.append("Memory is the resident memory of the whole process tree; what processes share counts in each.")
    if first.attribution == DIRECT:
        notes.append("Every sample belongs to the stages that were open when it was taken.")
    elif first.attribution == PROPORTIONAL:
        notes.append(
            "The run was cut into windows in proportion to the reported stage times: "
            "parallel work can mis-attribute samples."
        )
    if any(capture.peak_method() == HIGH_WATER for capture in captures):
        notes.append("totals.peak_rss_mb is the high-water mark of the largest process, above every sample.")
    methods = {stage: cost.method for capture in captures for stage, cost in capture.stages.items() if cost.method}
    marked = [stage for stage, method in methods.items() if method == HIGH_WATER]
    if marked:
        notes.append(f"The peak of {_listed(marked)} is the high-water mark of one process, reset when it began.")
    stages = [capture.stages for capture in captures]
    unsampled = Counter(name for found in stages for name, cost in found.items() if cost.avg_cpu_pct is None)
    if unsampled:
        told = _listed([_counted(name, count, len(stages)) for name, count in unsampled.items()])
        notes.append(f"No sample in {told}: memory and CPU are unknown, not 0, where no mark tells them.")
    entered = Counter(name for found in stages for name in found)
    rare = [_counted(name, count, len(stages)) for name, count in entered.items() if count < len(stages)]
    if rare:
        notes.append(f"Not in every capture: {_listed(rare)}.")
    unended = [stage for capture in captures for stage in capture.execution.unended]
    if unended:
        notes.append(f"{_listed(unended)} never ended: counted to the end of the run.")
    refused = sum(capture.execution.log.refused for capture in captures)
    if refused:
        notes.append(f"{refused} lines of the stage file were no marks.")
    return " ".join(notes)


def _counted(stage: str, count: int, captures: int) -> str:
    return stage if count == captures else f"{stage} ({count} of {captures} captures)"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def stage_truth(header: Header, capture: Capture) -> dict[str, Any]:
    """`stage_truth.json` of one capture: its stages less rounded, how parallel they were, what the program counted."""
    execution, stages = capture.execution, capture.stages
    whole = sum(cost.wall_time_s for cost in stages.values())
    run_wall_s = rounded("run_wall_s", execution.wall_s) or 0.0
    sampled = max((look.rss_mb for look in execution.looks), default=None)
    by_stage, by_episode = _counts(capture)
    return {
        "profile_stage_truth_version": TRUTH_VERSION,
        "release": header.release,
        "dataset_id": header.dataset_id,
        "source_metrics_path": header.metrics_path,
        "sample_interval_s": header.interval_s,
        "capture_started_at": utc(execution.started),
        "attribution": capture.attribution,
        "run_wall_s": run_wall_s,
        "sum_mapped_stage_wall_s": round(whole, 4),
        "parallelism_hint_ratio": round(round(whole, 4) / run_wall_s, 4) if run_wall_s > 0 else 0.0,
        **({"overlap_s": round(capture.overlap_s, 4)} if capture.attribution == DIRECT else {}),
        "wall_seconds_by_stage": {name: round(cost.wall_time_s, 4) for name, cost in stages.items()},
        "resource_by_stage_psutil": {
            name: {
                "peak_rss_mb": _two(cost.peak_rss_mb),
                "avg_cpu_pct": _two(cost.avg_cpu_pct),
                "samples": cost.samples,
                "peak_method": cost.method,
            }
            for name, cost in stages.items()
        },
        "global_peak_rss_mb_sampled": _two(sampled),
        "peak_rss_mb_largest_process": _two(execution.high_water_mb),
        "peak_method": capture.peak_method(),
        "counts_by_stage": by_stage,
        "counts_by_episode": by_episode,
        "metrics_excerpt": dict(capture.excerpt),
    }


def _counts(capture: Capture) -> tuple[dict[str, Any], dict[str, Any]]:
    by_stage: dict[str, dict[str, float]] = {}
    by_episode: dict[str, dict[str, dict[str, float]]] = {}
    for (stage, episode), amounts in capture.execution.log.counts.items():
        sums = by_stage.setdefault(stage or "(no stage)", {})
        for name, amount in amounts.items():
            sums[name] = sums.get(name, 0.0) + amount
        if episode:
            by_episode.setdefault(episode, {})[stage or "(no stage)"] = amounts
    return by_stage, by_episode


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
