"""The same program over and over on this machine: how often it is said to have changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from driftline.verdicts.captures import assess_captures
from driftline.verdicts.decision import decide_alone
from driftline.verdicts.episodes import Traits
from tests.bench.verdicts.goals import Goal, share
from tests.bench.verdicts.noise import noise_of

CAPTURES, TOGETHER, SESSIONS = 120, 3, 10
PROGRAM = """
import hashlib, json, time
def timed(work):
    began = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began[0], time.process_time() - began[1]
numbers = list(range(60_000, 0, -1))
work = {
    "hash": lambda: [hashlib.sha256(b"x" * 4096).digest() for _ in range(4000)],
    "sort": lambda: [sorted(numbers, key=str) for _ in range(2)],
    "text": lambda: [json.loads(json.dumps(numbers)) for _ in range(4)],
}
for name, one in work.items():
    print(name, *timed(one))
"""


def repetitions() -> Iterator[Goal]:
    """Sessions of three captures each, every one judged against the one before by the noise of ten earlier ones.

    No goal: they overlap in time, and the machine may really have become slower meanwhile.
    """
    captured = np.array([_capture() for _ in range(CAPTURES)])
    sessions = captured.reshape(CAPTURES // TOGETHER, TOGETHER, -1)
    names = [f"{kind} {stage}" for stage in ("hash", "sort", "text") for kind in ("wall", "CPU")]
    for kind in ("wall", "CPU"):
        alarms = trials = 0
        for column in (place for place, name in enumerate(names) if name.startswith(kind)):
            series = sessions[:, :, column]
            for at in range(SESSIONS, len(series) - 1):
                sigma, df = _known(np.median(series[at - SESSIONS : at], axis=1))
                sides = series[at : at + 1], series[at + 1 : at + 2]
                page = decide_alone(assess_captures(*sides, _cost(), sigma, df, np.array([np.nan])))
                trials += 1
                alarms += str(page.decided.verdict[0]) in ("regressed", "improved")
        yield share(f"really nothing changed, {kind} time, 3 captures a side: alarms", alarms, trials)


def _capture() -> list[float]:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return [float(number) for line in ended.stdout.splitlines() for number in line.split()[1:]]


def _known(medians: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    told = [np.log(after / before) for before, after in pairwise(medians)]
    known = noise_of(pd.DataFrame({"difference": told}))
    return np.asarray(known["sigma"], np.float64), np.asarray(known["df"], np.float64)


def _cost() -> Traits:
    none, one = np.array([np.nan]), np.ones(1)
    return Traits(-one, one > 0, one < 0, 10 * one, 25 * one, none, none, none)
