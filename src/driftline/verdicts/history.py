"""Where a series of one metric changed its level for good: change points of a history."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from driftline.settings import DEFAULTS, Settings

Floats = NDArray[np.float64]
# A median absolute deviation of normal values, as a standard deviation.
MAD = 1.4826
# What autocorrelation benchmarks have that run after each other, and how many points that counts.
USUAL_RHO, RHO_POINTS = 0.2, 10


@dataclass(frozen=True)
class ChangePoint:
    """`at` is the index of the first point of the new level; `effect` is the change of the mean of the logs, `p` that
    of a shift of this size between these two stretches."""

    at: int
    effect: float
    p: float
    verdict: Literal["changed", "suspect"]


def change_points(values: Floats, settings: Settings = DEFAULTS) -> list[ChangePoint]:
    """The change points of positive values in the order of time, gaps (NaN) left out.

    Spikes are set to the median of their neighbourhood (Hampel filter: Pearson 2002, Outliers in process modeling),
    the series is cut where that lowers the squared error most (Killick, Fearnhead and Eckley 2012, penalty
    4 s^2 ln n), then cuts go, the least significant first, until all that are left are significant: by a t of the two
    stretches beside it, whose variance is shrunk to that of the whole and grows with the autocorrelation.
    """
    (there,) = np.nonzero(np.isfinite(values) & (values > 0))
    smallest = int(settings.min_segment)
    if len(there) < 2 * smallest:
        return []
    logs = despiked(np.log(values[there]), settings)
    noise = _noise(logs)
    if noise == 0:
        noise = float(np.std(logs)) * 1e-3
    cuts = [*_segmented(logs, settings.penalty * noise**2 * np.log(len(logs)), smallest), len(logs)]
    bounds = [0, *cuts]
    least = np.log1p(settings.min_effect_pct / 100)
    while True:
        found = _shifts(logs, bounds, settings)
        failing = [
            (p, place)
            for place, (effect, p) in enumerate(found)
            if p >= settings.suspect_change_p or abs(effect) < least
        ]
        if not failing:
            break
        bounds.pop(max(failing)[1] + 1)
    return [
        ChangePoint(int(there[at]), effect, p, "changed" if p < settings.change_p else "suspect")
        for at, (effect, p) in zip(bounds[1:-1], found, strict=True)
    ]


def despiked(logs: Floats, settings: Settings = DEFAULTS) -> Floats:
    """The series with the median of the window where a point is further from it than `hampel_sigmas`."""
    half = int(settings.hampel_half_window)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(logs, half, mode="reflect"), 2 * half + 1)
    median = np.median(windows, axis=1)
    spread = MAD * np.median(np.abs(windows - median[:, None]), axis=1)
    # In a window of equal values any other one would be a spike.
    spread = np.maximum(spread, _noise(logs))
    return np.where(np.abs(logs - median) > settings.hampel_sigmas * spread, median, logs)


def _noise(logs: Floats) -> float:
    """The standard deviation of a point, from neighbours: a few changes of level do not count."""
    return float(MAD * np.median(np.abs(np.diff(logs))) / np.sqrt(2))


def _segmented(logs: Floats, penalty: float, smallest: int) -> list[int]:
    """The first indices of all stretches but the first that minimise squared error + penalty per cut."""
    # Only histories need it, and it takes a second to import.
    import ruptures

    if penalty <= 0:
        return []
    found = ruptures.KernelCPD(kernel="linear", min_size=smallest).fit(logs.reshape(-1, 1)).predict(pen=float(penalty))
    return [int(end) for end in found[:-1]]


def _shifts(logs: Floats, bounds: list[int], settings: Settings) -> list[tuple[float, float]]:
    """Effect and p of every cut."""
    stretches = [logs[a:b] for a, b in pairwise(bounds)]
    residuals = np.concatenate([stretch - stretch.mean() for stretch in stretches])
    whole_df = max(len(logs) - len(stretches), 1)
    whole = float(residuals @ residuals) / whole_df
    inflation = _inflation(logs, residuals, whole, len(stretches))
    found = []
    for before, after in pairwise(stretches):
        df = len(before) + len(after) - 2
        own = (len(before) * before.var() + len(after) * after.var()) / df
        prior_df = min(settings.prior_df, whole_df)
        variance = (prior_df * whole + df * own) / (prior_df + df)
        variance *= inflation * (1 / len(before) + 1 / len(after))
        effect = float(after.mean() - before.mean())
        t = abs(effect) / np.sqrt(variance) if variance > 0 else np.inf
        found.append((effect, float(2 * stdtr(prior_df + df, -t))))
    return found


def _inflation(logs: Floats, residuals: Floats, variance: float, stretches: int) -> float:
    """How much larger the variance of a mean is than that of independent points: that of a first-order autoregression,
    whose coefficient from residuals is too small by (1 + 4 rho) / n (Kendall 1954, Note on bias, Biometrika 41)."""
    if variance <= 0:
        return 1.0
    n = len(residuals)
    lagged = float(residuals[1:] @ residuals[:-1]) / (variance * n)
    lagged += (1 + 4 * max(lagged, 0.0)) * stretches / n
    rho = min(max((n * lagged + RHO_POINTS * USUAL_RHO) / (n + RHO_POINTS), 0.0), 0.9)
    # A stretch that is long enough tells of slower waves, by the means of neighbouring blocks.
    length = max(3, round(n ** (1 / 3)))
    blocks = logs[: n - n % length].reshape(-1, length).mean(axis=1)
    steps = np.abs(np.diff(blocks))
    ratio = (MAD * float(np.median(steps))) ** 2 / 2 * length / variance if len(steps) >= 5 else 0.0
    return max((1 + rho) / (1 - rho), ratio, 1.0)
