"""`python -m tests.bench.diff`: how long the diff of two texts takes, HTML included, and how much memory.

Each case runs in a process of its own. Exits 1 when a bound is missed.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from driftline.reports.diff import render
from driftline.texts.diff import word_diff
from driftline.texts.facts import lost_and_added
from tests.bench.__main__ import machine
from tests.bench.measure import ROUNDS
from tests.bench.prose import Prose

LIMITS_S = {10_000: 0.3, 200_000: 3.0}
LIMIT_MB = 100.0
EDITS = 50
TO_MB = 1e6 if sys.platform == "darwin" else 1e3


def prose(size: int, seed: int) -> str:
    source = random.Random(f"diff {seed}")
    return Prose(1, 60_000).text(source, size // 5)[:size]


def no_word_shared(size: int) -> tuple[str, str]:
    return prose(size, 1), "".join(chr(ord(char) + 0x350) if char.isalpha() else char for char in prose(size, 2))


def different(size: int) -> tuple[str, str]:
    return prose(size, 1), prose(size, 2)


def shuffled(size: int) -> tuple[str, str]:
    words = (text := prose(size, 1)).split()
    random.Random("shuffle").shuffle(words)
    return text, " ".join(words)


def shuffled_sentences(size: int) -> tuple[str, str]:
    sentences = (text := prose(size, 1)).split(". ")
    random.Random("shuffle").shuffle(sentences)
    return text, ". ".join(sentences)


def nearly_equal(size: int) -> tuple[str, str]:
    words, source = (text := prose(size, 1)).split(" "), random.Random("edits")
    for _ in range(len(words) // EDITS):
        words[source.randrange(len(words))] = "edited"
    return text, " ".join(words)


def one_empty(size: int) -> tuple[str, str]:
    return prose(size, 1), ""


def every_other_word(size: int) -> tuple[str, str]:
    ours, theirs = ([f"{name}{at}" if at % 2 else f"s{at}" for at in range(size // 7)] for name in "qv")
    return " ".join(ours)[:size], " ".join(theirs)[:size]


def one_letter_words(size: int) -> tuple[str, str]:
    """As many tokens as characters, of few kinds."""
    source = random.Random("letters")
    return "".join(source.choices("ab.,;!", k=size)), "".join(source.choices("ab.,;!", k=size))


CASES = [
    different, no_word_shared, shuffled, shuffled_sentences, nearly_equal, one_empty, every_other_word,
    one_letter_words,
]  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """Medians in seconds, the growth of the process's peak memory, and what came of it."""

    diff_s: float
    html_s: float
    facts_s: float
    memory_mb: float
    pieces: int


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / TO_MB


def measure(case: Callable[[int], tuple[str, str]], size: int) -> Timed:
    baseline, candidate = case(size)
    word_diff("", "")
    before = peak_mb()
    rounds = []
    for _ in range(ROUNDS):
        times = [time.perf_counter()]
        pieces = word_diff(baseline, candidate)
        times.append(time.perf_counter())
        render(pieces)
        times.append(time.perf_counter())
        memory = peak_mb() - before
        lost_and_added(baseline, candidate)
        times.append(time.perf_counter())
        rounds.append([end - start for start, end in pairwise(times)])
    diff_s, html_s, facts_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Timed(diff_s, html_s, facts_s, memory, len(pieces))


def main() -> int:
    """Prints a line a case; the limits hold for diff and HTML together."""
    print(machine())
    missed = 0
    context = multiprocessing.get_context("spawn")
    for size, limit_s in LIMITS_S.items():
        print(f"\n2 texts of {size:,} characters, at most {limit_s:g} s and {LIMIT_MB:g} MB")
        print(f"{'':<20}{'diff s':>8}{'HTML s':>8}{'facts s':>9}{'MB':>7}{'pieces':>9}")
        for case in CASES:
            with context.Pool(1) as pool:
                timed = pool.apply(measure, (case, size))
            is_missed = timed.diff_s + timed.html_s > limit_s or timed.memory_mb > LIMIT_MB
            missed += is_missed
            print(
                f"{case.__name__.replace('_', ' '):<20}{timed.diff_s:>8.3f}{timed.html_s:>8.3f}{timed.facts_s:>9.3f}"
                f"{timed.memory_mb:>7.0f}{timed.pieces:>9,}{'  MISSED' if is_missed else ''}",
                flush=True,
            )
    return min(1, missed)


if __name__ == "__main__":
    raise SystemExit(main())
