"""What can be watched while a command is measured: a log of ticks, and a file that says which stage it is in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import time
from typing import Any, TextIO

from driftline.artifacts.reading import file_bytes
from driftline.capture.attribution import StageCost, direct
from driftline.capture.execution import Execution
from driftline.capture.times import utc_seconds
from driftline.capture.tree import Look
from driftline.files import remove, write_atomically

STARTING, BETWEEN, DONE = "starting", "between", "done"
STATUS_NAME, LOG_NAME = ".pipeline_status.json", ".monitor.log"


@dataclass(frozen=True)
class Tick:
    """What is shown of a running command: MiB, per cent of one core, seconds."""

    pid: int
    stage: str
    progress: tuple[int, int] | None
    rss_mb: float
    peak_rss_mb: float
    cpu_pct: float
    elapsed_s: float
    stage_elapsed_s: float


def tick_of(execution: Execution, ended: bool = False) -> Tick:
    """The newest look of an execution that has one."""
    looks, log = execution.looks, execution.log
    stage = DONE if ended else log.current or (BETWEEN if log.windows else STARTING)
    now = execution.ended if ended else looks[-1].at
    since = now if ended else stage_started(execution)
    return tick(looks, execution.pid, execution.started, stage, since, now, log.progress)


def stage_started(execution: Execution) -> float:
    """When the stage began that the command is in, or where it is in none the last one ended; epoch seconds."""
    windows = execution.log.windows
    opened = [window.start for window in windows if window.end is None and window.stage == execution.log.current]
    ended = [window.end for window in windows if window.end is not None]
    return max(opened or ended, default=execution.started)


def tick(
    looks: Sequence[Look], pid: int, started: float, stage: str, since: float, now: float,
    progress: tuple[int, int] | None = None,
) -> Tick:  # fmt: skip
    """The last of some looks at a process that `started`, whose stage began at `since`, epoch seconds."""
    last = looks[-1]
    at, used = (looks[-2].at, looks[-2].cpu_s) if len(looks) > 1 else (started, 0.0)
    cpu_pct = 100 * (last.cpu_s - used) / (last.at - at) if last.at > at else 0.0
    peak = max(look.rss_mb for look in looks)
    return Tick(
        pid, "_".join(stage.split()), progress, last.rss_mb, peak, cpu_pct, now - started, max(0.0, now - since)
    )


def header(reason: str) -> str:
    """What a session of a monitor log begins with."""
    return f"\n# driftline monitor ({reason}; append log) session_start={utc_seconds(time())}\n"


def line_of(tick: Tick, at: float) -> str:
    """A tick as a line of a monitor log."""
    progress = f" episodes={tick.progress[0]}/{tick.progress[1]}" if tick.progress else ""
    return (
        f"{utc_seconds(at)} pid={tick.pid} stage={tick.stage}{progress} rss_mb={int(tick.rss_mb)} "
        f"peak_rss_mb={int(tick.peak_rss_mb)} cpu_pct={tick.cpu_pct:.1f} elapsed_s={tick.elapsed_s:.1f} "
        f"stage_elapsed_s={tick.stage_elapsed_s:.1f}"
    )


class MonitorLog:
    """Appends one session to a log: a header, a line a look, a summary."""

    def __init__(self, file: TextIO, reason: str) -> None:
        self._file = file
        self._file.write(header(reason))

    def tick(self, execution: Execution) -> None:
        """A line about the newest look."""
        if execution.looks:
            self._write(tick_of(execution), execution.looks[-1].at)

    def finish(self, execution: Execution) -> None:
        """The last line, and what each stage with a sample cost."""
        if execution.looks:
            self._write(tick_of(execution, ended=True), execution.ended)
            costs = {stage: cost for stage, cost in direct(execution).items() if cost.samples}
            self._file.write(f"\n# summary\n{_summary(execution, costs)}\n")
            for stage, cost in costs.items():
                self._file.write(
                    f"  stage={'_'.join(stage.split())} wall_s={cost.wall_time_s:.1f} "
                    f"peak_mb={int(cost.peak_rss_mb or 0)} avg_cpu={cost.avg_cpu_pct or 0:.1f}\n"
                )
        self._file.write("pipeline_exited=1\n")
        self._file.flush()

    def _write(self, tick: Tick, at: float) -> None:
        self._file.write(line_of(tick, at) + "\n")
        # It is read while it is written.
        self._file.flush()


def _summary(execution: Execution, costs: Mapping[str, StageCost]) -> str:
    peak = max(look.rss_mb for look in execution.looks)
    mean = fmean([cost.avg_cpu_pct or 0.0 for cost in costs.values()] or [0.0])
    return f"total_wall_s={execution.wall_s:.1f} peak_rss_mb={int(peak)} avg_cpu_pct={mean:.1f}"


class StatusFile:
    """Which stage a command is in, for whoever asks: replaced as a whole, gone when the command ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: dict[str, Any] = {}

    def tell(self, execution: Execution) -> None:
        """Writes where something changed. Raises OSError."""
        log = execution.log
        stage = log.current or (BETWEEN if log.windows else STARTING)
        status: dict[str, Any] = {"pid": execution.pid, "stage": stage, "started_at": execution.started}
        status["stage_started_at"] = stage_started(execution)
        if log.progress:
            status["episode_idx"], status["episode_total"] = log.progress
        if status != self._written:
            write_atomically(self._path, json.dumps(status, indent=2, sort_keys=True) + "\n")
            self._written = status

    def close(self) -> None:
        remove([self._path])


def read_status(path: Path) -> dict[str, Any] | None:
    """What a status file says; None where it is missing or says nothing."""
    try:
        status = json.loads(file_bytes(path))
    except (OSError, ValueError, RecursionError):
        return None
    return status if isinstance(status, dict) else None
