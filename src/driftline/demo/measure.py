"""Measuring one execution: a clock that knows the running stage, and a thread that samples memory and CPU beside it.

Every sample belongs to the stage that was running when it was taken; nothing is split up afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from threading import Event, Thread
from time import perf_counter
from types import TracebackType
from typing import TextIO

import psutil

MIB = 1024 * 1024
STARTING = "starting"
DONE = "done"


def utc_now() -> str:
    """The time now, ISO 8601 in UTC with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class StageClock:
    """Adds up the wall time of named stages and tells which one is running, and how far it has come."""

    def __init__(self) -> None:
        self.wall_s: dict[str, float] = {}
        self.current = STARTING
        self.started = perf_counter()
        self.current_started = self.started
        self.progress: tuple[int, int] | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as the stage `name`; a stage may be entered more than once."""
        began = perf_counter()
        self.current, self.current_started, self.progress = name, began, None
        try:
            yield
        finally:
            self.wall_s[name] = self.wall_s.get(name, 0.0) + perf_counter() - began
            self.current, self.current_started, self.progress = STARTING, perf_counter(), None


@dataclass(frozen=True)
class Sample:
    """One look at the process: memory in MiB, CPU in percent of one core."""

    stage: str
    rss_mb: float
    cpu_pct: float


@dataclass(frozen=True)
class StageResources:
    """Peak memory and mean CPU of the samples of one stage; both None where there was no sample."""

    peak_rss_mb: float | None
    avg_cpu_pct: float | None
    samples: int


class Sampler:
    """Samples the process every `interval_s` seconds between entering and leaving, on a thread of its own."""

    def __init__(self, clock: StageClock, interval_s: float, monitor: MonitorLog | None = None) -> None:
        self.samples: list[Sample] = []
        self._clock = clock
        self._interval_s = interval_s
        self._monitor = monitor
        self._stop = Event()
        self._process = psutil.Process()
        self._thread = Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Sampler:
        self._process.cpu_percent(None)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._monitor:
            self._monitor.finish(self._clock, self.samples)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            rss_mb = self._process.memory_info().rss / MIB
            self.samples.append(Sample(self._clock.current, rss_mb, self._process.cpu_percent(None)))
            if self._monitor:
                self._monitor.tick(self._clock, self.samples)

    def resources(self, stage: str) -> StageResources:
        """What the samples say about one stage."""
        return _resources([sample for sample in self.samples if sample.stage == stage])

    def peak_rss_mb(self) -> float | None:
        """The highest memory of any sample."""
        return max((sample.rss_mb for sample in self.samples), default=None)


def _resources(samples: list[Sample]) -> StageResources:
    if not samples:
        return StageResources(None, None, 0)
    return StageResources(max(s.rss_mb for s in samples), fmean(s.cpu_pct for s in samples), len(samples))


class MonitorLog:
    """Writes `.monitor.log` while the samples come in: a header, one line per `every` samples, a summary."""

    def __init__(self, path: Path, every: int) -> None:
        self._every = every
        self._file: TextIO = path.open("w", encoding="utf-8")
        now = utc_now()[:19] + "Z"
        self._file.write(f"\n# driftline monitor (demo capture; append log) session_start={now}\n")

    def tick(self, clock: StageClock, samples: list[Sample]) -> None:
        """Write a line if it is time for one."""
        if len(samples) % self._every:
            return
        self._write_tick(clock, clock.current, samples)

    def _write_tick(self, clock: StageClock, stage: str, samples: list[Sample]) -> None:
        moment = perf_counter()
        progress = clock.progress
        episodes = f" episodes={progress[0]}/{progress[1]}" if progress else ""
        peak = max(sample.rss_mb for sample in samples)
        self._file.write(
            f"{utc_now()[:19]}Z pid={os.getpid()} stage={stage}{episodes} rss_mb={int(samples[-1].rss_mb)} "
            f"peak_rss_mb={int(peak)} cpu_pct={samples[-1].cpu_pct:.1f} elapsed_s={moment - clock.started:.1f} "
            f"stage_elapsed_s={max(moment - clock.current_started, 0.0):.1f}\n"
        )

    def finish(self, clock: StageClock, samples: list[Sample]) -> None:
        """Write the last line and the summary, and close the file."""
        stages = {name: _resources([s for s in samples if s.stage == name]) for name in clock.wall_s}
        sampled = {name: found for name, found in stages.items() if found.samples}
        if sampled:
            self._write_tick(clock, DONE, samples)
            self._file.write(f"\n# summary\n{_summary_line(clock, samples, sampled)}\n")
            for name, found in sampled.items():
                self._file.write(
                    f"  stage={name} wall_s={clock.wall_s[name]:.1f} peak_mb={int(found.peak_rss_mb or 0)} "
                    f"avg_cpu={found.avg_cpu_pct or 0:.1f}\n"
                )
            self._file.write("pipeline_exited=1\n")
        self._file.close()


def _summary_line(clock: StageClock, samples: list[Sample], sampled: dict[str, StageResources]) -> str:
    peak = int(max(sample.rss_mb for sample in samples))
    average = fmean(found.avg_cpu_pct or 0 for found in sampled.values())
    return f"total_wall_s={perf_counter() - clock.started:.1f} peak_rss_mb={peak} avg_cpu_pct={average:.1f}"
