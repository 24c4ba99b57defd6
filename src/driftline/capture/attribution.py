"""Which stage needed what: from the marks of the program (direct), or from the times it reports (proportional)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftline.capture.execution import Execution
from driftline.capture.stage_log import Window, merged

DIRECT, PROPORTIONAL, NONE = "direct", "proportional", "none"
SAMPLED, HIGH_WATER = "sampled process tree", "high-water mark of one process"


@dataclass(frozen=True)
class StageCost:
    """What one stage cost: seconds, MiB, per cent of one core. None is what no look at the process tree fell into.

    `method` says where the peak comes from.
    """

    wall_time_s: float
    peak_rss_mb: float | None
    avg_cpu_pct: float | None
    samples: int
    method: str | None = None


def direct(execution: Execution) -> dict[str, StageCost]:
    """By the marks: a look belongs to every stage that was open then, and so does the CPU time of the whole tree.

    The wall time of a stage is the time in which it was open at all, however often at once.
    """
    by_stage: dict[str, list[Window]] = {stage: [] for stage in execution.log.stages}
    for window in execution.log.windows:
        by_stage[window.stage].append(window)
    clock = _CpuClock(execution)
    return {stage: _cost(execution, windows, clock) for stage, windows in by_stage.items()}


def _cost(execution: Execution, windows: list[Window], clock: _CpuClock) -> StageCost:
    stretches = list(merged(windows))
    wall_s = sum(end - start for start, end in stretches)
    times = [look.at for look in execution.looks]
    inside = [
        look
        for start, end in stretches
        for look in execution.looks[bisect_left(times, start) : bisect_right(times, end)]
    ]
    sampled = max((look.rss_mb for look in inside), default=None)
    mark = max((window.peak_rss_mb for window in windows if window.peak_rss_mb is not None), default=None)
    # The mark is of one process: where nothing was looked at it says all only if there was no other.
    if sampled is None and not _is_single(execution, stretches):
        mark = None
    peak = max((value for value in (sampled, mark) if value is not None), default=None)
    cpu = sum(clock.at(end) - clock.at(start) for start, end in stretches)
    return StageCost(
        wall_s, peak, 100 * cpu / wall_s if inside and wall_s > 0 else None, len(inside),
        None if peak is None else SAMPLED if peak == sampled else HIGH_WATER,
    )  # fmt: skip


def _is_single(execution: Execution, stretches: Sequence[tuple[float, float]]) -> bool:
    """Whether the looks before and after say that there was one process."""
    times = [look.at for look in execution.looks]
    if not times:
        return False
    beside = {at for start, end in stretches for at in (bisect_left(times, start) - 1, bisect_right(times, end))}
    return all(execution.looks[at].processes == 1 for at in beside if 0 <= at < len(times))


class _CpuClock:
    """The CPU time that the tree had used at any time, evenly between two looks."""

    def __init__(self, execution: Execution) -> None:
        points = [(execution.started, 0.0), *((look.at, look.cpu_s) for look in execution.looks)]
        whole = (execution.user_s or 0.0) + (execution.system_s or 0.0)
        points.append((max(execution.ended, points[-1][0]), max(whole, points[-1][1])))
        self._times, self._used = zip(*points, strict=True)

    def at(self, time: float) -> float:
        after = bisect_right(self._times, time)
        if after == 0:
            return float(self._used[0])
        if after == len(self._times):
            return float(self._used[-1])
        (start, end), (low, high) = self._times[after - 1 : after + 1], self._used[after - 1 : after + 1]
        return float(low + (high - low) * (time - start) / (end - start))


@dataclass(frozen=True)
class Sample:
    """A look as the proportional rule takes it: epoch seconds, MiB, per cent of one core since the one before."""

    at: float
    rss_mb: float
    cpu_pct: float


def samples_of(execution: Execution) -> list[Sample]:
    """The looks with the CPU since the one before."""
    samples, at, used = [], execution.started, 0.0
    for look in execution.looks:
        took = look.at - at
        samples.append(Sample(look.at, look.rss_mb, 100 * (look.cpu_s - used) / took if took > 0 else 0.0))
        at, used = look.at, look.cpu_s
    return samples


def proportional(
    samples: Iterable[Sample], started: float, ended: float, wall_s: Mapping[str, float]
) -> dict[str, StageCost]:
    """By the times that the program reports (RFC-064): the run is cut into windows, in the order of the stages and in
    proportion to their times, and a sample belongs to the first window that it falls into.

    A stage whose window is empty has neither memory nor CPU.
    """
    whole = sum(wall_s.values())
    if not whole > 0 or ended <= started:
        return {stage: StageCost(took, None, None, 0) for stage, took in wall_s.items()}
    borders, at = [], started
    for took in wall_s.values():
        borders.append((at, at + took / whole * (ended - started)))
        at = borders[-1][1]
    fell: list[list[Sample]] = [[] for _ in borders]
    for sample in samples:
        for inside, (start, end) in zip(fell, borders, strict=True):
            if start <= sample.at <= end:
                inside.append(sample)
                break
    return {
        stage: StageCost(
            took,
            max((sample.rss_mb for sample in inside), default=None),
            sum(sample.cpu_pct for sample in inside) / len(inside) if inside else None,
            len(inside),
            SAMPLED if inside else None,
        )
        for (stage, took), inside in zip(wall_s.items(), fell, strict=True)
    }
