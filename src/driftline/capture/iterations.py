"""Runs the iterations of a workload one after another, each measured: a command each, or calls of a function."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import driftline
from driftline.artifacts.benchmark_config import Program, Workload
from driftline.capture.calls import COUNTED
from driftline.capture.execution import Execution, execute
from driftline.capture.launch import Request
from driftline.errors import UserError

# Run before, and left out: they fill caches and load what is loaded once.
WARMUPS = 3
INTERVAL_S = 0.1
# Of what a program that failed has printed.
LAST_LINES, WIDEST = 10, 300
# What lies in the current folder is found by the function alone (-P), and this very driftline whatever the paths say.
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from driftline.capture.calls import main; del sys.path[0];"
    " sys.exit(main(sys.argv[1:]))"
)
ALARMED = 128 + signal.SIGALRM

# Told how many iterations are done, of how many; warm-ups count.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Iteration:
    """One iteration: milliseconds, and what was reported in it, each only where it was."""

    latency_ms: float
    counts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """All iterations of a workload. `warmups_ms` are the latencies of those that are left out; memory, MiB, is that of
    the others: `looks_mb` what each look saw, `peak_mb` the most, None where nothing tells it."""

    kept: Sequence[Iteration]
    warmups_ms: Sequence[float]
    looks_mb: Sequence[float]
    peak_mb: float | None
    left: Sequence[str] = ()


def iterate(workload: Workload, progress: Progress | None = None, warmups: int = WARMUPS) -> Series:
    """Runs the warm-ups and the iterations. Raises UserError, with what was printed last, as soon as one fails."""
    if workload.program.function:
        return _called(workload, workload.program.function, progress, warmups)
    if workload.program.command:
        return _run(workload, progress, warmups)
    raise UserError(
        f"the workload {workload.name} has nothing to run",
        "give the command after --, or set `command` or `callable` of [benchmarks] in driftline.toml",
    )


def _run(workload: Workload, progress: Progress | None, warmups: int) -> Series:
    kept, warm, looks, peaks, left = [], [], [], [], []
    whole = warmups + workload.iterations
    for number in range(1, whole + 1):
        printed = _Tail()
        request = Request(
            workload.program.command, INTERVAL_S, workload.timeout_s, print_line=printed.take, env=workload.program.env
        )
        execution = execute(request)
        if execution.exit_code:
            raise _broken(workload, _place(number, warmups, whole), execution.reason, printed)
        latency_ms = execution.wall_s * 1000
        left += _left(execution)
        if progress:
            progress(number, whole)
        if number <= warmups:
            warm.append(latency_ms)
            continue
        kept.append(Iteration(latency_ms, _sums(execution)))
        seen = [look.rss_mb for look in execution.looks]
        looks += seen
        peaks += [*seen, *([execution.high_water_mb] if execution.high_water_mb is not None else [])]
    return Series(kept, warm, looks, max(peaks, default=None), left)


def _sums(execution: Execution) -> dict[str, float]:
    """What the program counted, in whichever stage."""
    told = execution.log.counts.values()
    return {
        name: sum(amounts[name] for amounts in told if name in amounts)
        for name in COUNTED
        if any(name in amounts for amounts in told)
    }


def _left(execution: Execution) -> list[str]:
    return [f"{process['name']} ({process['pid']}) goes on after it" for process in execution.left]


def _called(workload: Workload, function: str, progress: Progress | None, warmups: int) -> Series:
    whole, printed = warmups + workload.iterations, _Tail()
    with tempfile.TemporaryDirectory(prefix="driftline-", ignore_cleanup_errors=True) as scratch:
        results = Path(scratch, "calls.jsonl")
        results.touch(mode=0o600)
        allowed = "" if workload.timeout_s is None else str(workload.timeout_s)
        told = [function, str(results), str(warmups), str(workload.iterations), allowed]
        command = [sys.executable, "-P", "-c", START, str(Path(driftline.__file__).parents[1]), *told]

        def watch(_execution: Execution) -> None:
            if progress:
                progress(min(whole, results.read_bytes().count(b"\n")), whole)

        execution = execute(Request(command, INTERVAL_S, print_line=printed.take, env=workload.program.env), watch)
        lines: list[dict[str, Any]] = [json.loads(line) for line in results.read_text().splitlines()]
    done = [line for line in lines if "latency_s" in line]
    failed = next((line["failed"] for line in lines if "failed" in line), None)
    if execution.exit_code or failed or len(done) < whole:
        reason = failed or execution.reason or "the function ended the program"
        if execution.exit_code == ALARMED and workload.timeout_s is not None:
            reason = f"{function} did not return within {workload.timeout_s:g} s"
        raise _broken(workload, _place(len(done) + 1, warmups, whole), reason, printed)
    if progress:
        progress(whole, whole)
    end = lines[-1]
    kept = [
        # What a call returns is said of this very call, so it stands before what was counted meanwhile.
        Iteration(line["latency_s"] * 1000, {**counted, **line["said"]})
        for line, counted in zip(done[warmups:], end["counted"], strict=True)
    ]
    looks = [look.rss_mb for look in execution.looks if end["began"] <= look.at <= end["ended"]]
    peaks = [*looks, *([end["high_water_mb"]] if end["high_water_mb"] is not None else [])]
    warm = [line["latency_s"] * 1000 for line in done[:warmups]]
    return Series(kept, warm, looks, max(peaks, default=None), _left(execution))


class _Tail:
    """The last lines of what a program prints."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LAST_LINES)

    def take(self, line: str) -> None:
        if line.strip():
            self._lines.append(line.rstrip()[:WIDEST])

    def __str__(self) -> str:
        return "\n".join(f"    {line}" for line in self._lines)


def _place(number: int, warmups: int, whole: int) -> str:
    if number <= warmups:
        return f"in warm-up {number} of {warmups}"
    return f"in iteration {number - warmups} of {whole - warmups}"


def _broken(workload: Workload, place: str, reason: str, printed: _Tail) -> UserError:
    said = f"; it printed last:\n{printed}" if str(printed) else ""
    return UserError(
        f"{workload.name}: {reason}, {place}: nothing is kept{said}",
        f"see that this runs by itself: {_by_itself(workload.program)}",
    )


def _by_itself(program: Program) -> str:
    module, _, path = (program.function or "").partition(":")
    return f"python -c 'import {module}; {module}.{path}()'" if path else program.shown
