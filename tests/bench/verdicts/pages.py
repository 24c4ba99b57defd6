"""Simulated runs: what the engine is shown of them, and what it is told of the noise, which it has to learn as everyone
does, from repetitions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from driftline.verdicts.decision import Compared, decide_alone
from driftline.verdicts.episodes import Traits, assess_pairs, differences
from driftline.verdicts.paired import Floats, Noise, locate, worth_of_median
from tests.bench.verdicts.noise import noise_of

FAMILIES = {"latency": 8, "tokens": 8, "rouge": 4}
METRICS = sum(FAMILIES.values())


class World(NamedTuple):
    """What really holds: `run_sd` is how much a run differs from its repetition in latency, `runs` how many a side has,
    measured in turns (`interleaved`) or not."""

    episodes: int
    run_sd: float = 0.03
    runs: int = 1
    interleaved: bool = False
    history: int = 30


def families(pages: int) -> np.ndarray:
    """The family of every row of so many pages."""
    return np.tile(np.repeat(list(FAMILIES), list(FAMILIES.values())), pages)


def traits(kind: np.ndarray) -> Traits:
    """What the registry says of these families."""
    score, latency, none = kind == "rouge", kind == "latency", np.full(len(kind), np.nan)
    return Traits(
        direction=np.where(latency, -1.0, 1.0),
        is_log=~score,
        is_primary=np.zeros(len(kind), bool),
        warn_pct=np.where(score, np.nan, 10.0),
        fail_pct=np.where(score, np.nan, np.where(latency, 100.0, 25.0)),
        warn_abs=np.where(score, 0.02, np.nan),
        fail_abs=np.where(score, 0.05, np.nan),
        min_abs=none,
    )


def two_sides(
    rng: np.random.Generator, kind: np.ndarray, world: World, shift: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    """Baseline and candidate of every row: medians of the runs of a side. `shift` is the true effect of the candidate,
    for scores a share of their mean."""
    rows, n = len(kind), world.episodes
    score, latency = (kind == "rouge")[:, None], (kind == "latency")[:, None]
    size = np.where(latency, 0.8, 0.6)
    episode = np.where(score, 0.3, np.exp(size * rng.standard_normal((rows, n))) * 100)
    # A beta distribution with mean 0.30 and standard deviation 0.10.
    (scores,) = np.nonzero(kind == "rouge")
    episode[scores] = rng.beta(6.0, 14.0, (len(scores), n))
    together = world.run_sd * rng.standard_normal((rows, world.runs))
    sides = []
    for is_candidate in (False, True):
        apart = world.run_sd * rng.standard_normal((rows, world.runs))
        run = (together if world.interleaved else apart)[:, :, None] * latency[:, None]
        noise = np.where(latency, 0.08, 0.10)[:, None] * rng.standard_normal((rows, world.runs, n)) + run
        spiked = latency[:, None] & (rng.random((rows, world.runs, n)) < 0.03)
        noise += np.where(spiked, np.log(rng.uniform(1.3, 3.0, noise.shape)), 0.0)
        moved = np.broadcast_to(shift, rows)[:, None, None] * is_candidate
        plain = episode[:, None] + 0.03 * rng.standard_normal(noise.shape) + 0.3 * moved
        values = np.where(score[:, None], plain, episode[:, None] * np.exp(noise + moved))
        sides.append(np.median(values, axis=1) if world.runs > 1 else values[:, 0])
    return sides[0], sides[1]


def learned(rng: np.random.Generator, kind: np.ndarray, world: World) -> Noise:
    """What the relation `noise` says of every row after `history` repetitions of one run each."""
    repeated = np.repeat(np.arange(len(kind)), world.history)
    once = world._replace(runs=1, interleaved=False, episodes=max(world.episodes, 10))
    told = []
    for part in np.array_split(repeated, max(1, len(repeated) * once.episodes // 4_000_000)):
        baseline, candidate = two_sides(rng, kind[part], once)
        told.append(locate(differences(baseline, candidate, kind[part] != "rouge")[0]))
    effect, variance, _, n = (np.concatenate([getattr(one, name) for one in told]) for name in told[0]._fields)
    frame = pd.DataFrame({"metric": repeated, "difference": effect, "variance": variance, "pairs": n})
    known = noise_of(frame)
    noise = Noise(*(np.asarray(known[name], np.float64) for name in ("sigma", "tau", "spread", "df")))
    return in_turns(noise) if world.interleaved else noise


def in_turns(noise: Noise) -> Noise:
    """Runs that were measured in turns share what the machine did: there is no difference of runs left."""
    return noise._replace(tau=np.zeros_like(noise.tau), spread=np.zeros_like(noise.spread))


def judged(
    kind: np.ndarray, sides: tuple[Floats, Floats], noise: Noise, world: World, pages: int = 1
) -> list[Compared]:
    """Every page of the rows by itself."""
    about = traits(kind)
    found = []
    for page in np.array_split(np.arange(len(kind)), pages):
        some = Traits(*(column[page] for column in about))
        known = Noise(*(column[page] for column in noise))
        found.append(
            decide_alone(assess_pairs(sides[0][page], sides[1][page], some, known, worth_of_median(world.runs)))
        )
    return found
