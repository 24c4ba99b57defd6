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
# For the product of longer vectors OpenBLAS takes threads, and on a busy machine they wait for each other.
UNTHREADED = 10_000


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
    if len(cuts) == 1:
        return []
    least = np.log1p(settings.min_effect_pct / 100)
    stretches = _Stretches(logs, bounds)
    while True:
        effects, p = stretches.shifts(settings)
        failing = (p >= settings.suspect_change_p) | (np.abs(effects) < least)
        if not failing.any():
            break
        (worst,) = np.nonzero(failing & (p == p[failing].max()))
        stretches.join(int(worst[-1]))
    return [
        ChangePoint(int(there[at]), float(effect), float(p), "changed" if p < settings.change_p else "suspect")
        for at, effect, p in zip(stretches.starts[1:], effects, p, strict=True)
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


class _Stretches:
    """A series that is cut into stretches. What a joint does not touch is kept: a long series may lose thousands of
    cuts, one after the other, and all are judged anew each time, as each joint changes what is known of the noise."""

    def __init__(self, logs: Floats, bounds: list[int]) -> None:
        self._logs = logs
        self.starts = np.array(bounds[:-1])
        parts = [logs[a:b] for a, b in pairwise(bounds)]
        self._lengths = np.array([len(part) for part in parts])
        self._means = np.array([part.mean() for part in parts])
        self._variances = np.array([part.var() for part in parts])
        self._residuals = np.concatenate([part - part.mean() for part in parts])
        # A stretch that is long enough tells of slower waves, by the means of neighbouring blocks.
        n = len(logs)
        length = max(3, round(n ** (1 / 3)))
        steps = np.abs(np.diff(logs[: n - n % length].reshape(-1, length).mean(axis=1)))
        self._slow = (MAD * float(np.median(steps))) ** 2 / 2 * length if len(steps) >= 5 else 0.0

    def join(self, place: int) -> None:
        """Makes one of a stretch and the next one."""
        start = int(self.starts[place])
        end = start + int(self._lengths[place] + self._lengths[place + 1])
        joined = self._logs[start:end]
        mean = joined.mean()
        self._residuals[start:end] = joined - mean
        self.starts = np.delete(self.starts, place + 1)
        for name, value in (("_lengths", end - start), ("_means", mean), ("_variances", joined.var())):
            kept = np.delete(getattr(self, name), place + 1)
            kept[place] = value
            setattr(self, name, kept)

    def shifts(self, settings: Settings) -> tuple[Floats, Floats]:
        """Effect and p of every cut."""
        count, n = len(self.starts), len(self._logs)
        whole_df = max(n - count, 1)
        whole = _dot(self._residuals, self._residuals) / whole_df
        sums, lengths = self._lengths * self._variances, self._lengths
        df = lengths[:-1] + lengths[1:] - 2
        own = (sums[:-1] + sums[1:]) / df
        prior_df = min(settings.prior_df, whole_df)
        variance = (prior_df * whole + df * own) / (prior_df + df)
        variance *= self._inflation(whole) * (1 / lengths[:-1] + 1 / lengths[1:])
        effects = np.diff(self._means)
        t = np.full(len(effects), np.inf)
        np.divide(np.abs(effects), np.sqrt(variance), out=t, where=variance > 0)
        return effects, 2 * stdtr(prior_df + df, -t)

    def _inflation(self, variance: float) -> float:
        """How much larger the variance of a mean is than that of independent points: that of a first-order
        autoregression, whose coefficient from residuals is too small by (1 + 4 rho) / n (Kendall 1954, Note on bias,
        Biometrika 41)."""
        if variance <= 0:
            return 1.0
        residuals, n = self._residuals, len(self._residuals)
        lagged = _dot(residuals[1:], residuals[:-1]) / (variance * n)
        lagged += (1 + 4 * max(lagged, 0.0)) * len(self.starts) / n
        rho = min(max((n * lagged + RHO_POINTS * USUAL_RHO) / (n + RHO_POINTS), 0.0), 0.9)
        return max((1 + rho) / (1 - rho), self._slow / variance, 1.0)


def _dot(left: Floats, right: Floats) -> float:
    """The sum of the products."""
    starts = range(0, len(left), UNTHREADED)
    return sum(float(left[at : at + UNTHREADED] @ right[at : at + UNTHREADED]) for at in starts)
