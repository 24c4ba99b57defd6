"""One capture of a profile: what an execution cost as a whole and in each stage, rounded as a profile states it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from driftline.capture.attribution import (
    DIRECT,
    HIGH_WATER,
    NONE,
    PROPORTIONAL,
    SAMPLED,
    StageCost,
    direct,
    proportional,
    samples_of,
)
from driftline.capture.execution import Execution
from driftline.capture.stage_log import Window, merged, outermost
from driftline.capture.times import utc

NEAR_PEAK = 0.95
DIGITS, TIME_DIGITS = {"avg_cpu_pct": 2, "overhead_pct": 3}, 4


@dataclass(frozen=True)
class Capture:
    """An execution with its stages. `reported` are the stage times of the program, where it marks no stages itself, and
    `excerpt` what else stage_truth keeps of the file that they stand in."""

    execution: Execution
    episodes: int | None
    reported: Mapping[str, float] | None = None
    excerpt: Mapping[str, Any] = field(default_factory=dict)

    @property
    def attribution(self) -> str:
        """How the stages came by their memory and CPU."""
        if self.execution.log.windows:
            return DIRECT
        return PROPORTIONAL if self.reported else NONE

    @property
    def stages(self) -> dict[str, StageCost]:
        execution = self.execution
        if self.attribution == DIRECT:
            return direct(execution)
        samples = samples_of(execution)
        return proportional(samples, execution.started, execution.ended, self.reported or {})

    @property
    def overlap_s(self) -> float:
        """For how long stages ran side by side: their times less the time in which any was open, without those that lie
        inside of others."""
        by_stage: dict[str, list[Window]] = {}
        for window in outermost(self.execution.log.windows):
            by_stage.setdefault(window.stage, []).append(window)
        whole = sum(end - start for windows in by_stage.values() for start, end in merged(windows))
        covered = sum(end - start for start, end in merged(w for windows in by_stage.values() for w in windows))
        return max(0.0, whole - covered)

    def totals(self) -> dict[str, Any]:
        """What the whole execution cost. `peak_rss_mb` is the larger of the sampled tree and of the largest process."""
        execution, looks = self.execution, self.execution.looks
        sampled = max((look.rss_mb for look in looks), default=None)
        peak = max((value for value in (sampled, execution.high_water_mb) if value is not None), default=None)
        cpu_s = None if execution.user_s is None else execution.user_s + (execution.system_s or 0.0)
        per_episode = execution.wall_s / self.episodes if self.episodes else None
        told = {
            "peak_rss_mb": peak,
            "wall_time_s": execution.wall_s,
            "avg_wall_time_per_episode_s": per_episode,
            "avg_cpu_pct": 100 * cpu_s / execution.wall_s if cpu_s is not None and execution.wall_s > 0 else None,
            "peak_rss_mb_sampled": sampled,
            "peak_rss_mb_largest_process": execution.high_water_mb,
            # It is added up seldom: what was not near the peak says nothing of it.
            "peak_pss_mb": _most(look.pss_mb for look in looks if look.rss_mb >= NEAR_PEAK * (sampled or 0.0)),
            "peak_gpu_mb": _most(look.gpu_mb for look in looks),
            "cpu_user_s": execution.user_s,
            "cpu_system_s": execution.system_s,
            "disk_read_mb": _most(look.read_mb for look in looks),
            "disk_write_mb": _most(look.write_mb for look in looks),
            "overhead_pct": 100 * execution.overhead_s / execution.wall_s if execution.wall_s > 0 else None,
        }
        stated = ("peak_rss_mb", "wall_time_s", "avg_wall_time_per_episode_s")
        return {name: rounded(name, value) for name, value in told.items() if value is not None or name in stated}

    def peak_method(self) -> str:
        """Where the peak of the whole comes from."""
        sampled = max((look.rss_mb for look in self.execution.looks), default=0.0)
        return HIGH_WATER if (self.execution.high_water_mb or 0.0) > sampled else SAMPLED

    def entry(self) -> dict[str, Any]:
        """The capture as `captures` of a profile holds it."""
        return {
            "started_at": utc(self.execution.started),
            "run_wall_s": rounded("run_wall_s", self.execution.wall_s),
            "stages": {stage: _measures(cost) for stage, cost in self.stages.items()},
            "totals": self.totals(),
        }


def _measures(cost: StageCost) -> dict[str, Any]:
    values = {"wall_time_s": cost.wall_time_s, "peak_rss_mb": cost.peak_rss_mb, "avg_cpu_pct": cost.avg_cpu_pct}
    return {name: rounded(name, value) for name, value in values.items()}


def _most(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)


def rounded(name: str, value: float | None) -> float | int | None:
    """As a profile states it: whole MiB, cut off; seconds with four digits."""
    if value is None:
        return None
    if "_mb" in name:
        return int(value)
    return round(value, DIGITS.get(name, TIME_DIGITS))


def medians(entries: Sequence[Mapping[str, float | None]]) -> dict[str, float | int | None]:
    """The median of every value over the captures in which it was measured."""
    names = dict.fromkeys(name for entry in entries for name in entry)
    known = {name: [value for entry in entries if (value := entry.get(name)) is not None] for name in names}
    return {name: rounded(name, median(values)) if values else None for name, values in known.items()}
