"""Small pages of verdicts: what is assessed and decided alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from driftline.verdicts.captures import assess_captures
from driftline.verdicts.counts import assess_counts
from driftline.verdicts.decision import Assessed, Compared, decide_alone
from driftline.verdicts.episodes import Traits, assess_pairs
from driftline.verdicts.paired import Noise

NAN = float("nan")


def alone(assess: Callable[..., Assessed]) -> Callable[..., Compared]:
    """What is decided of a page that has nothing else."""
    return lambda *rows_, **more: decide_alone(assess(*rows_, **more))


pairs_alone, captures_alone, counts_alone = map(alone, (assess_pairs, assess_captures, assess_counts))


def traits(count: int = 1, **named: float) -> Traits:
    """Latency: less is better, 10 % warns and 25 % fails."""
    values = {
        "direction": -1.0, "is_log": True, "is_primary": False, "warn_pct": 10.0, "fail_pct": 25.0, "warn_abs": NAN,
        "fail_abs": NAN, "min_abs": NAN, **named,
    }  # fmt: skip
    return Traits(*(np.full(count, values[name]) for name in Traits._fields))


def noise(count: int = 1, sigma: float = NAN, tau: float = 0.0, spread: float = 0.0, df: float = NAN) -> Noise:
    return Noise(*(np.full(count, value) for value in (sigma, tau, spread, df)))


def table(*rows_: Sequence[float]) -> np.ndarray:
    width = max(map(len, rows_))
    return np.array([[*row, *[NAN] * (width - len(row))] for row in rows_], np.float64).reshape(len(rows_), width)
