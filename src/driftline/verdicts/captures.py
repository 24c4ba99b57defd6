"""Verdicts over captures: two measurements of the cost of the same thing, each of one or more executions."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit

from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import Assessed, Evidence
from driftline.verdicts.episodes import Traits, limits_of
from driftline.verdicts.paired import Estimate, Floats, Location


def assess_captures(
    baseline: Floats,
    candidate: Floats,
    traits: Traits,
    sigma: Floats,
    sigma_df: Floats,
    assumed_tau: Floats,
    settings: Settings = DEFAULTS,
) -> Assessed:
    """A row for each metric and stage, a column for each capture; NaN is no sample.

    The effect is the difference of the medians of the logs. Its uncertainty is the spread of these captures, or what is
    known of one capture (`sigma`, as standard deviation of logs, with `sigma_df`; NaN is not known) if that is larger;
    and what one session differs from the next, `assumed_tau`, which captures of one session cannot tell. Of single
    captures of which nothing is known nothing can be said.
    """
    sides = [_logs(values) for values in (baseline, candidate)]
    counts = [np.sum(np.isfinite(logs), axis=1).astype(np.float64) for logs in sides]
    middles = [_median(logs) for logs in sides]
    effect = middles[1] - middles[0]
    own, own_df = _spread(sides, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        assumed = 2 * np.where(np.isfinite(assumed_tau), assumed_tau, 0.0) ** 2
        known = 2 * np.maximum(sigma, settings.sigma_floor) ** 2
        is_known = np.isfinite(sigma)
        takes_own = ~is_known | (np.isfinite(own) & (own > known))
        captured = np.where(takes_own, own, known)
        variance = captured + assumed
        df = variance**2 / (captured**2 / np.where(takes_own, own_df, sigma_df) + assumed**2 / settings.prior_df)
        between = assumed
        se = np.sqrt(np.maximum(variance, 2 * settings.sigma_floor**2 / np.minimum(*counts)))
        p = 2 * stdtr(df, -np.abs(effect / se))
        margin = stdtrit(df, 0.5 + settings.ci_level / 2) * se
    found = Estimate(effect, se, df, p, effect - margin, effect + margin, between)
    fewest = np.minimum(*counts)
    before, after = (np.exp(middle) for middle in middles)
    limits = limits_of(traits, before, np.ones(len(effect)), settings)
    with np.errstate(invalid="ignore"):
        negligible = (fewest > 0) & (np.abs(after - before) < traits.min_abs)
    # Equal captures are no proof: they may be rounded alike.
    nowhere = np.zeros(len(effect), bool)
    enough = fewest >= settings.min_captures
    evidence = Evidence(fewest, enough, nowhere, negligible, traits.is_primary, nowhere)
    location = Location(effect, own, own_df, fewest)
    return Assessed(location, found, limits, evidence, np.ones(len(effect)), before, after)


def _logs(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values)
    return np.where(np.isfinite(logs), logs, np.nan)


def _median(logs: Floats) -> Floats:
    """The median of every row, NaN of an empty one."""
    ordered, n = np.sort(logs, axis=1), np.sum(np.isfinite(logs), axis=1)
    if not ordered.shape[1]:
        return np.full(len(logs), np.nan)
    rows, last = np.arange(len(logs)), np.maximum(n - 1, 0)
    median: Floats = (ordered[rows, last // 2] + ordered[rows, last - last // 2]) / 2
    return median


def _spread(sides: list[Floats], counts: list[Floats]) -> tuple[Floats, Floats]:
    """The variance of the difference of two medians and its degrees of freedom: pi / 2 that of means (for large normal
    samples), with those of Welch (1947); NaN where a side has a single value."""
    parts = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for logs, n in zip(sides, counts, strict=True):
            mean = np.nansum(logs, axis=1) / n
            squares = np.nansum((logs - mean[:, None]) ** 2, axis=1)
            variance = np.where(n > 1, squares / (n - 1) / n * np.where(n > 2, np.pi / 2, 1.0), np.nan)
            parts.append((variance, n - 1))
        total = parts[0][0] + parts[1][0]
        df = total**2 / sum(variance**2 / freedom for variance, freedom in parts)
    # Without any spread the smaller of both is all that is known.
    return total, np.where(total > 0, df, np.minimum(parts[0][1], parts[1][1]))
