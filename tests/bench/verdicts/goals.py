"""What is measured of the verdicts, goal by goal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
from scipy.special import ndtri

from driftline.verdicts.history import change_points
from tests.bench.verdicts import pages
from tests.bench.verdicts.pages import FAMILIES, METRICS, World

SEED = 20_261_122
PAGES, REPEATS, SERIES = 4000, 3000, 1000
EPISODES = (5, 10, 20, 50, 200)
CONFIDENCE = float(ndtri(0.975))


@dataclass(frozen=True)
class Goal:
    """One measured share (or time in ms) with the ends of its 95 % interval, and what is allowed."""

    name: str
    value: float
    low: float
    high: float
    of: int
    at_least: float | None = None
    at_most: float | None = None
    high_at_most: float | None = None
    is_time: bool = False

    @property
    def is_met(self) -> bool:
        above = self.at_least is None or self.value >= self.at_least
        below = self.high_at_most is None or self.high <= self.high_at_most
        return above and below and (self.at_most is None or self.value <= self.at_most)


def share(name: str, hits: int, of: int, **bounds: float) -> Goal:
    """A share with Wilson's interval (Wilson 1927, Probable inference, JASA 22)."""
    rate, z2 = hits / of, CONFIDENCE**2
    middle = (rate + z2 / (2 * of)) / (1 + z2 / of)
    half = CONFIDENCE * np.sqrt(rate * (1 - rate) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return Goal(name, rate, middle - half, middle + half, of, **bounds)


def false_alarms() -> Iterator[Goal]:
    """Goals 1 and 2: pages of 20 metrics on which nothing changed, and the coverage of their intervals."""
    kind = pages.families(1)
    for world in (*map(World, EPISODES), World(20, runs=3), World(200, runs=3), World(200, runs=10)):
        rng = np.random.default_rng([SEED, 1, world.episodes, world.runs])
        alarms, hinted, covered = 0, 0, dict.fromkeys(FAMILIES, 0)
        for _ in range(PAGES // 200):
            rows = pages.families(200)
            noise = pages.learned(rng, rows, world)
            for page in pages.judged(rows, pages.two_sides(rng, rows, world), noise, world, 200):
                alarms += bool(np.any(page.decided.verdict == "regressed"))
                hinted += bool(np.any(page.decided.verdict == "suspect"))
                holds = (page.found.low <= 0) & (page.found.high >= 0)
                for family in FAMILIES:
                    covered[family] += int(holds[kind == family].sum())
        # Not only as measured, but with the end of its interval.
        told = f"{world.episodes} episodes" + (f", {world.runs} runs a side" if world.runs > 1 else "")
        yield share(f"pages with a false alarm, {told}", alarms, PAGES, high_at_most=0.01)
        yield share(f"pages with a false suspicion, {told}", hinted, PAGES)
        for family, count in FAMILIES.items():
            name = f"95 % intervals that hold the truth, {family}, {told}"
            yield share(name, covered[family], PAGES * count, at_least=0.935)


def sensitivity() -> Iterator[Goal]:
    """Goal 4: the MDE that is said is the one there is; a change is not called none; three runs in turns see 10 %."""
    for family in FAMILIES:
        for run_sd in (0.03, 0.0) if family == "latency" else (0.0,):
            for episodes in (10, 20, 50):
                rng, world = np.random.default_rng([SEED, 2, episodes]), World(episodes, run_sd)
                yield _mde(rng, family, world)
    for run_sd in (0.03, 0.0):
        for episodes in EPISODES:
            rng, world = np.random.default_rng([SEED, 3, episodes]), World(episodes, run_sd)
            found = _verdicts(rng, "latency", world, np.log(1.1))
            name = f"no change at +10 % latency, {episodes} episodes, runs differ by {run_sd:.0%}"
            yield share(name, found.count("no change"), REPEATS, at_most=0.05)
    for episodes in (20, 50):
        world = World(episodes, runs=3, interleaved=True)
        found = _verdicts(np.random.default_rng([SEED, 4, episodes]), "latency", world, np.log(1.1))
        yield share(
            f"+10 % latency seen, 3 runs in turns, {episodes} episodes", found.count("regressed"), REPEATS, at_least=0.9
        )


def _mde(rng: np.random.Generator, family: str, world: World) -> Goal:
    """Nothing changed; then the candidate of each row gets worse by just what that row says it could see."""
    kind = np.repeat([family], REPEATS)
    noise = pages.learned(rng, kind, world)
    state = rng.bit_generator.state
    still = pages.judged(kind, pages.two_sides(rng, kind, world), noise, world, REPEATS)
    visible = np.concatenate([page.decided.mde for page in still]) * (1 if family == "latency" else -1)
    rng.bit_generator.state = state
    moved = pages.judged(kind, pages.two_sides(rng, kind, world, visible), noise, world, REPEATS)
    seen = sum(str(page.decided.verdict[0]) == "regressed" for page in moved)
    name = f"MDE of {family} seen, {world.episodes} episodes, runs differ by {world.run_sd:.0%}"
    return share(
        f"{name} (median {np.median(np.abs(np.expm1(visible))):.0%})", seen, REPEATS, at_least=0.85, at_most=0.95
    )


def _verdicts(rng: np.random.Generator, family: str, world: World, shift: float) -> list[str]:
    kind = np.repeat([family], REPEATS)
    noise = pages.learned(rng, kind, world)
    found = pages.judged(kind, pages.two_sides(rng, kind, world, shift), noise, world, REPEATS)
    return [str(page.decided.verdict[0]) for page in found]


def histories() -> Iterator[Goal]:
    """Goal 5: series of captures of 5 % noise, independent or not, without and with one change of level."""
    for points, rho, false, seen_at, seen in (
        (100, 0.0, 0.02, 0.1, 0.95),
        (100, 0.4, 0.05, 0.1, 0.80),
        (30, 0.0, 0.02, 0.2, 0.90),
    ):
        rng = np.random.default_rng([SEED, 5, points, int(10 * rho)])
        alarms = sum(bool(_changes(_series(rng, points, rho))) for _ in range(SERIES))
        hits = 0
        for _ in range(SERIES):
            at = int(rng.integers(points // 4, points - points // 4))
            values = _series(rng, points, rho)
            values[at:] *= 1 + seen_at
            hits += any(abs(found - at) <= 5 for found in _changes(values))
        kind = f"{points} points, autocorrelation {rho:g}"
        yield share(f"histories with a false change point, {kind}", alarms, SERIES, at_most=false)
        yield share(f"+{seen_at:.0%} found within 5 points, {kind}", hits, SERIES, at_least=seen)


def _series(rng: np.random.Generator, points: int, rho: float) -> np.ndarray:
    noise = rng.standard_normal(points)
    for place in range(1, points):
        noise[place] = rho * noise[place - 1] + np.sqrt(1 - rho**2) * noise[place]
    spikes = np.where(rng.random(points) < 0.03, np.log(rng.uniform(1.3, 3.0, points)), 0.0)
    values: np.ndarray = 10 * np.exp(0.05 * noise + spikes)
    return values


def _changes(values: np.ndarray) -> list[int]:
    return [change.at for change in change_points(values) if change.verdict == "changed"]


def cost() -> Iterator[Goal]:
    """Goal 7: 50 runs of 200 episodes and 20 metrics on one page, and 20 histories of 100 points."""
    rng, candidates = np.random.default_rng([SEED, 6]), 49
    world, kind = World(200), np.tile(pages.families(1), candidates)
    noise = pages.learned(rng, kind, world._replace(episodes=10))
    sides = pages.two_sides(rng, kind, world)
    yield _timed(
        f"{candidates * METRICS} comparisons of 200 episodes", lambda: pages.judged(kind, sides, noise, world), 10
    )
    series = [_series(rng, 100, 0.0) for _ in range(20)]
    yield _timed("20 histories of 100 points", lambda: [change_points(values) for values in series], 10)


def _timed(name: str, work: object, at_most_ms: float) -> Goal:
    assert callable(work)
    work()
    took = []
    for _ in range(5):
        began = perf_counter()
        work()
        took.append(1000 * (perf_counter() - began))
    return Goal(name, median(took), min(took), max(took), 5, at_most=at_most_ms, is_time=True)
