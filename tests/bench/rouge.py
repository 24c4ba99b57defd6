"""`python -m tests.bench.rouge`: how long scoring the texts of a large run takes, against the `rouge-score` package.

Every measurement is a fresh process on one core: it imports first, then times one call that finds no stem remembered.
The bound is on the seconds of the processor: one thread waits for no more than those where the core is its own.
Exits 1 when the bound is missed or a score is not the package's, 2 when something could not be measured.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from tests.bench.__main__ import machine
from tests.bench.bounds import Bound
from tests.bench.measure import REPOSITORY, ROUNDS, WorkerError
from tests.bench.prose import Prose

EPISODES, CHARS, SEED = 5_000, 1_200, 7
COMPARED = 250
BOUND_S = 2.0
TYPES = ("rouge1", "rouge2", "rougeL")
Pairs = list[tuple[str, str]]
Scored = list[tuple[float, ...]]


@dataclass(frozen=True)
class Timed:
    """Seconds of the imports and of one call (waited, and of the processor), and what it gave."""

    load_s: float
    score_s: float
    cpu_s: float
    scores: Scored


def episodes(count: int) -> Pairs:
    """References and predictions, each of exactly that many characters; the same ones every time."""
    source = random.Random(SEED)
    prose = Prose(SEED, words=400_000)
    texts = [prose.text(source, CHARS // 4)[:CHARS] for _ in range(2 * count)]
    if wrong := {len(text) for text in texts} - {CHARS}:
        raise WorkerError(f"texts of {wrong} characters were generated")
    return list(zip(texts[::2], texts[1::2], strict=True))


def by_driftline(pairs: Pairs) -> Timed:
    started = time.perf_counter()
    from driftline.texts.rouge import score_pairs

    score_pairs([("loads", "the stemmer")])
    loaded, cpu = time.perf_counter(), time.process_time()
    scores = score_pairs(pairs)
    ended, cpu_ended = time.perf_counter(), time.process_time()
    return Timed(loaded - started, ended - loaded, cpu_ended - cpu, [tuple(each) for each in scores])


def by_package(pairs: Pairs) -> Timed:
    started = time.perf_counter()
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(TYPES), use_stemmer=True)
    loaded, cpu = time.perf_counter(), time.process_time()
    scores = [scorer.score(*pair) for pair in pairs]
    ended, cpu_ended = time.perf_counter(), time.process_time()
    f_measures = [tuple(each[name].fmeasure for name in TYPES) for each in scores]
    return Timed(loaded - started, ended - loaded, cpu_ended - cpu, f_measures)


SCORERS = {"driftline": by_driftline, "rouge-score": by_package}


def work(scorer: str, count: int) -> None:
    """Measures once in this process and prints it as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    timed = SCORERS[scorer](episodes(count))
    print(json.dumps([timed.load_s, timed.score_s, timed.cpu_s, timed.scores]))


def measured(scorer: str, count: int) -> Timed:
    command = [sys.executable, "-m", "tests.bench.rouge", scorer, str(count)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkerError(f"{scorer}, {count} episodes: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return Timed(*json.loads(done.stdout))


def medians(rounds: list[Timed]) -> Timed:
    return Timed(
        median(each.load_s for each in rounds),
        median(each.score_s for each in rounds),
        median(each.cpu_s for each in rounds),
        rounds[-1].scores,
    )


def line(what: str, timed: Timed, times: str = "") -> str:
    return f"{what:<36}{timed.load_s:>9.2f}{timed.score_s:>9.3f}{timed.cpu_s:>9.3f}  {times}".rstrip()


def run() -> int:
    """Prints machine, numbers and the bound; how much is wrong."""
    print(machine())
    versions = ", ".join(f"{name} {version(name)}" for name in ("rouge-score", "nltk", "rapidfuzz"))
    print(f"{versions}; one core, reference and prediction of {CHARS:,} characters each\n")
    alls, fews, packages = [], [], []
    for _ in range(ROUNDS):
        alls.append(measured("driftline", EPISODES))
        fews.append(measured("driftline", COMPARED))
        packages.append(measured("rouge-score", COMPARED))
    every, few, package = medians(alls), medians(fews), medians(packages)
    print(f"{'':<36}{'load s':>9}{'score s':>9}{'CPU s':>9}")
    print(line(f"rouge-score, {COMPARED:,} episodes", package, "1 x"))
    print(line(f"driftline, {COMPARED:,} episodes", few, f"1/{package.cpu_s / few.cpu_s:.0f} x"))
    print(line(f"driftline, {EPISODES:,} episodes", every))
    bound = Bound(f"{EPISODES:,} episodes", "scoring", every.cpu_s, BOUND_S, "s of one core")
    differing = sum(ours != theirs for ours, theirs in zip(few.scores, package.scores, strict=True))
    print(f"\n{bound}")
    print(
        f"{f'WRONG: {differing}' if differing else 'none'} of {COMPARED:,} episodes scored otherwise than the package"
    )
    return bound.is_missed + differing


def main() -> int:
    try:
        if sys.argv[1:]:
            work(sys.argv[1], int(sys.argv[2]))
            return 0
        return min(1, run())
    except WorkerError as error:
        print(f"could not measure: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
