"""`python -m tests.bench.workloads`: how much longer a workload takes when it is measured than bare, as a ratio.

An iteration takes as long as the generation that `driftline benchmark` was specified for (F-136: 1.25 s). Exits 1 above
the bound.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from driftline.artifacts.benchmark_config import Program, Workload
from driftline.capture.iterations import iterate
from tests.bench.__main__ import machine
from tests.bench.measure import ROUNDS

RATIO = 1.05
ITERATION_S, ITERATIONS = 1.25, 6
# Half of the time it computes, half of it waits, as what asks a model does.
PROGRAM = f"""
import time
def work():
    until = time.process_time() + {ITERATION_S / 2}
    while time.process_time() < until:
        sum(range(10_000))
    time.sleep({ITERATION_S / 2})
if __name__ == "__main__":
    work()
"""
BARE_CALLS = f"import pipeline\nfor _ in range({ITERATIONS}):\n    pipeline.work()\n"


def seconds(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def commands() -> tuple[float, float]:
    """Seconds of a series of processes, bare and measured."""
    command = (sys.executable, "pipeline.py")

    def bare() -> None:
        for _ in range(ITERATIONS):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)

    workload = Workload("bench", ITERATIONS, program=Program(command))
    return seconds(bare), seconds(lambda: iterate(workload, warmups=0))


def calls() -> tuple[float, float]:
    """Seconds of a process that calls a function again and again, bare and measured."""
    bare = [sys.executable, "-c", BARE_CALLS]
    workload = Workload("bench", ITERATIONS, program=Program(function="pipeline:work"))
    return seconds(lambda: subprocess.run(bare, check=True)), seconds(lambda: iterate(workload, warmups=0))


def main() -> int:
    print(machine())
    missed = 0
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="driftline-") as folder:
        Path(folder, "pipeline.py").write_text(PROGRAM)
        os.chdir(folder)
        try:
            for what, measure in (
                (f"{ITERATIONS} commands of {ITERATION_S:g} s, measured / bare", commands),
                (f"{ITERATIONS} calls of {ITERATION_S:g} s, measured / bare", calls),
            ):
                ratios = [measured / bare for bare, measured in (measure() for _ in range(ROUNDS))]
                is_missed = median(ratios) > RATIO
                missed += is_missed
                told = f"{median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}), at most {RATIO:g}"
                print(f"{'MISSED' if is_missed else 'held'}: {what}: {told}", flush=True)
        finally:
            os.chdir(before)
    return min(1, missed)


if __name__ == "__main__":
    raise SystemExit(main())
