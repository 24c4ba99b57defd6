"""Paired differences of one metric, for many comparisons at once: where they lie, how sure that is, what could be seen.

Each row of an array is one comparison, each column a pair; NaN is no pair.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from driftline.settings import DEFAULTS, Settings

Floats = NDArray[np.float64]


class Location(NamedTuple):
    """Where differences lie: `effect` is their trimmed mean, `variance` that of the mean, with `df` degrees of freedom,
    `n` how many there are. NaN where nothing can be told."""

    effect: Floats
    variance: Floats
    df: Floats
    n: Floats


class Noise(NamedTuple):
    """What is known from repetitions, as standard deviations: `sigma` of one pair, `tau` of one run, `spread` between
    the means of two runs, and the `df` that they were estimated with. NaN is not known."""

    sigma: Floats
    tau: Floats
    spread: Floats
    df: Floats


class Estimate(NamedTuple):
    """An effect with its standard error `se`, `df`, two-sided `p` and the ends of its confidence interval; `between` is
    the part of the variance that more pairs would not lower."""

    effect: Floats
    se: Floats
    df: Floats
    p: Floats
    low: Floats
    high: Floats
    between: Floats


def log_ratios(baseline: Floats, candidate: Floats) -> Floats:
    """ln(candidate / baseline); 0 where both are equal, NaN where one is missing or no ratio can be taken."""
    with np.errstate(all="ignore"):
        ratios = candidate / baseline
        np.log(ratios, out=ratios)
    # Two negative values have a ratio, but not this one's meaning; what is infinite, as 1 / 0 is, has none.
    unusable = ~np.isfinite(ratios) | (baseline < 0)
    if unusable.any():
        ratios[unusable] = np.where(np.isfinite(baseline) & (baseline == candidate), 0.0, np.nan)[unusable]
    return ratios


def locate(differences: Floats, settings: Settings = DEFAULTS) -> Location:
    """Trimmed mean of every row and the variance of that mean from the winsorised variance.

    Tukey and McLaughlin (1963), Less vulnerable confidence and significance procedures, Sankhya A 25; for two samples
    Yuen (1974), Biometrika 61(1): s_w^2 (n - 1) / (h (h - 1)) with h = n - 2 g kept.
    """
    ordered = np.sort(differences, axis=1)
    width = ordered.shape[1]
    n = width - np.isnan(ordered).sum(axis=1)
    cut = np.where(n >= settings.trim_from, np.floor(settings.trim * n + 1e-9), 0).astype(np.int64)
    place = np.arange(width)
    kept = (place >= cut[:, None]) & (place < (n - cut)[:, None])
    held = n - 2 * cut
    rows = np.arange(len(ordered))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(kept, ordered, 0.0)
        total = middle.sum(axis=1)
        effect = total / held
        if width:
            lowest = ordered[rows, np.minimum(cut, width - 1)]
            highest = ordered[rows, np.maximum(n - cut - 1, 0)]
        else:
            lowest = highest = effect
        mean = (total + cut * (lowest + highest)) / n
        # From the first effect, so that no digit is lost to large and nearly equal values.
        middle -= np.where(kept, effect[:, None], 0.0)
        squares = np.einsum("ij,ij->i", middle, middle) + held * (effect - mean) ** 2
        squares += cut * ((lowest - mean) ** 2 + (highest - mean) ** 2)
        variance = squares / (held * (held - 1))
    return Location(effect, np.where(held > 1, variance, np.nan), np.maximum(held - 1.0, 0.0), n.astype(np.float64))


def worth_of_median(runs: Floats | float) -> Floats:
    """How many runs the mean of which would be as sure as the median of so many: 2 / pi of them (its asymptotic
    efficiency for normal samples, less than that of few), and never fewer than the two whose median is their mean."""
    counted = np.asarray(runs, np.float64)
    worth: Floats = np.maximum(counted * 2 / np.pi, np.minimum(counted, 2.0))
    return worth


def estimate(
    location: Location,
    noise: Noise,
    runs: Floats | float = 1.0,
    floor: Floats | float = 0.0,
    settings: Settings = DEFAULTS,
) -> Estimate:
    """The effect of every row with all that is known to make it uncertain.

    The variance within the pairs is shrunk to that of repetitions (Smyth 2004, Linear models and empirical Bayes
    methods, section 4) where that raises it, never below `floor`^2 / n; that between runs, 2 tau^2 / runs, is added;
    `runs` is how many those of a side are worth. Degrees of freedom: Satterthwaite (1946), An approximate distribution
    of estimates of variance components.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.isfinite(noise.sigma)
        prior_df = np.where(known, settings.prior_df, 0.0)
        # What is known is known of one run.
        prior = np.where(known, noise.sigma**2 / location.n, 0.0) / runs
        own = np.where(location.df > 0, location.variance, 0.0)
        both_df = prior_df + location.df
        shrunk = (prior_df * prior + location.df * own) / both_df
        # Repetitions of what always answers the same tell nothing of answers that differ: knowledge never lowers.
        raises = shrunk >= own
        within_df = np.where(raises, both_df, location.df)
        within = np.maximum(np.where(raises, shrunk, own), np.square(floor) / location.n)
        between = 2 * np.nan_to_num(noise.tau) ** 2 / runs
        # tau^2 is a difference of two estimates: as uncertain as the larger of them, however small it came out.
        doubt = np.where(noise.df > 0, np.nan_to_num(noise.spread) ** 4 / noise.df, 0.0) / np.square(runs)
        se = np.sqrt(within + between)
        df = (within + between) ** 2 / (within**2 / within_df + doubt)
        t = np.where(se > 0, location.effect / se, np.where(location.effect == 0, 0.0, np.inf))
        p = 2 * stdtr(df, -np.abs(t))
        margin = stdtrit(df, 0.5 + settings.ci_level / 2) * se
    return Estimate(location.effect, se, df, p, location.effect - margin, location.effect + margin, between)


def detectable(
    found: Estimate, alpha: Floats | float, at_least: Floats | float, settings: Settings = DEFAULTS
) -> Floats:
    """The smallest effect that would be reported with the power of the settings: both as significant at `alpha` and as
    at least `at_least` in size. On the scale of the effect.

    Bloom (1995), Minimum detectable effects, Evaluation Review 19(5): (t_{1-alpha/2} + t_{power}) se.
    """
    power = stdtrit(found.df, settings.mde_power)
    significant = stdtrit(found.df, 1 - np.asarray(alpha) / 2) * found.se
    visible: Floats = np.maximum(significant, at_least) + power * found.se
    return visible


def within(found: Estimate, margin: Floats, settings: Settings = DEFAULTS) -> NDArray[np.bool_]:
    """Whether the effect is shown to be smaller than the margin: two one-sided tests (Schuirmann 1987), that is, the
    interval of `equivalence_level` lies inside."""
    half = stdtrit(found.df, 0.5 + settings.equivalence_level / 2) * found.se
    inside: NDArray[np.bool_] = (found.effect - half > -margin) & (found.effect + half < margin)
    return inside


def false_discovery(p: Floats) -> Floats:
    """q of every p: the share of false ones among all that are no larger (Benjamini and Hochberg 1995). NaN takes no
    part."""
    q = np.full_like(p, np.nan)
    (there,) = np.nonzero(~np.isnan(p))
    if len(there):
        order = there[np.argsort(p[there], kind="stable")]
        ranked = p[order] * len(order) / np.arange(1, len(order) + 1)
        q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q
