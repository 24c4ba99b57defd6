"""Verdicts over episodes: what two runs measured on the same episodes, pair by pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import Assessed, Evidence, Flags, Limits
from driftline.verdicts.paired import Floats, Noise, estimate, locate, log_ratios


class Traits(NamedTuple):
    """What the registry says of the metric of each row; NaN is not set. `is_log` tells the scale of its effect: ratios
    of positive values, or differences of scores. Levels as in `metrics`: `_pct` of the baseline, `_abs` in its unit."""

    direction: Floats
    is_log: Flags
    is_primary: Flags
    warn_pct: Floats
    fail_pct: Floats
    warn_abs: Floats
    fail_abs: Floats
    min_abs: Floats


def differences(baseline: Floats, candidate: Floats, is_log: Flags) -> tuple[Floats, Floats]:
    """The differences of every pair, and what one of them is in the metric's own unit.

    Differences of scores are shares of the mean of both sides, so that they mean the same from either side.
    """
    unit = np.ones(len(is_log))
    if is_log.all():
        return log_ratios(baseline, candidate), unit
    changes = np.empty_like(baseline)
    changes[is_log] = log_ratios(baseline[is_log], candidate[is_log])
    before, after = baseline[~is_log], candidate[~is_log]
    paired = np.isfinite(before) & np.isfinite(after)
    middle = np.where(paired, (np.abs(before) + np.abs(after)) / 2, 0.0).sum(axis=1) / np.maximum(paired.sum(axis=1), 1)
    middle[middle == 0] = 1.0
    with np.errstate(invalid="ignore"):
        changes[~is_log] = np.where(paired, after - before, np.nan) / middle[:, None]
    unit[~is_log] = middle
    return changes, unit


def assess_pairs(
    baseline: Floats,
    candidate: Floats,
    traits: Traits,
    noise: Noise,
    runs: Floats | float = 1.0,
    settings: Settings = DEFAULTS,
) -> Assessed:
    """A row for each metric, a column for each episode; NaN is no value."""
    changes, unit = differences(baseline, candidate, traits.is_log)
    location = locate(changes, settings)
    found = estimate(location, noise, runs, settings.sigma_floor, settings)
    missing = np.isnan(changes)
    count = np.maximum(location.n, 1)
    if missing.any():
        baseline, candidate = np.where(missing, 0.0, baseline), np.where(missing, 0.0, candidate)
    before, after = baseline.sum(axis=1) / count, candidate.sum(axis=1) / count
    identical = (location.n > 0) & np.all(missing | (changes == 0), axis=1)
    # Equal on every pair is a fact, however little is known of the noise.
    found = found._replace(p=np.where(identical, 1.0, found.p))
    limits = limits_of(traits, before, unit, settings)
    with np.errstate(invalid="ignore"):
        negligible = (location.n > 0) & (np.abs(after - before) < traits.min_abs)
    enough, nowhere = location.n >= settings.min_pairs, np.zeros(len(unit), bool)
    evidence = Evidence(location.n, enough, identical, negligible, traits.is_primary, nowhere)
    return Assessed(location, found, limits, evidence, unit, before, after)


def limits_of(traits: Traits, baseline: Floats, unit: Floats, settings: Settings = DEFAULTS) -> Limits:
    """The levels of the registry on the scale of the effects."""
    usual = np.log1p(settings.min_effect_pct / 100), settings.min_effect_pct / 100
    levels = []
    for pct, absolute in ((traits.warn_pct, traits.warn_abs), (traits.fail_pct, traits.fail_abs)):
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(
                np.isfinite(absolute), absolute / np.where(traits.is_log, np.abs(baseline), unit), pct / 100
            )
        levels.append(share)
    warn, fail = levels
    # A level of NaN, or of nothing, is none to compare with.
    margin = np.where(np.isfinite(warn) & (warn > 0), warn, settings.default_warn_pct / 100)
    least = np.maximum(margin / 2, usual[1])
    scaled = [np.where(np.isfinite(level), level, np.inf) for level in (warn, fail)]
    worse = traits.direction
    with np.errstate(divide="ignore"):
        # For the worse is less where more is better, and a log of -10 % is further from 0 than one of +10 %.
        logs = [np.where(worse > 0, -np.log1p(-np.minimum(level, 1.0)), np.log1p(level)) for level in scaled]
    warn, fail = (np.where(traits.is_log, log, level) for log, level in zip(logs, scaled, strict=True))
    margin = np.where(traits.is_log, np.log1p(margin), margin)
    least = np.where(traits.is_log, np.log1p(least), least)
    return Limits(traits.direction, warn, fail, margin, least)
