"""`python -m tests.bench.capture`: what measuring costs a program that is measured, and one that is not.

Exits 1 when a bound is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

from driftline.capture.execution import Request, execute
from tests.bench.__main__ import machine
from tests.bench.measure import REPOSITORY, ROUNDS

STAGE_US, OVERHEAD_PCT = 2.0, 1.0
PROCESSES, SECONDS = 8, 10
UNMEASURED = """
import timeit
import driftline
def enter():
    with driftline.stage("summarization"):
        pass
print(min(timeit.repeat(enter, number=200_000, repeat=3)) / 200_000 * 1e6)
"""
TREE = f"""
import multiprocessing, time
def work():
    block = bytearray(40 * 1024**2)
    until = time.monotonic() + {SECONDS}
    while time.monotonic() < until:
        sum(range(20_000))
        time.sleep(0.01)
if __name__ == "__main__":
    children = [multiprocessing.Process(target=work) for _ in range({PROCESSES - 1})]
    [child.start() for child in children]
    [child.join() for child in children]
"""


def stage_us() -> float:
    """What entering a stage costs where nobody measures, microseconds."""
    environment = {name: value for name, value in os.environ.items() if name != "DRIFTLINE_STAGES"}
    command = [sys.executable, "-c", UNMEASURED]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=REPOSITORY)
    return float(ended.stdout)


def overhead_pct() -> float:
    """The CPU time of measuring a tree of processes, per cent of its wall time."""
    execution = execute(Request([sys.executable, "-c", TREE]))
    seen = max(look.processes for look in execution.looks)
    assert (execution.exit_code, seen) == (0, PROCESSES), (execution.reason, seen)
    return 100 * execution.overhead_s / execution.wall_s


def main() -> int:
    print(machine())
    missed = 0
    for what, measure, bound in (
        ("a stage that nobody measures, µs", stage_us, STAGE_US),
        (f"overhead of a tree of {PROCESSES} processes over {SECONDS} s, looked at every 0.5 s, %", overhead_pct,
         OVERHEAD_PCT),
    ):  # fmt: skip
        values = [measure() for _ in range(ROUNDS)]
        is_missed = median(values) > bound
        missed += is_missed
        told = f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f}), at most {bound:g}"
        print(f"{'MISSED' if is_missed else 'held'}: {what}: {told}", flush=True)
    return min(1, missed)


if __name__ == "__main__":
    raise SystemExit(main())
