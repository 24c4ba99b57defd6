"""Verdicts over outcomes: how many episodes fail, of those that both runs have."""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr

from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import Evidence, Limits, decide
from driftline.verdicts.episodes import Compared, Traits
from driftline.verdicts.paired import Estimate, Floats, Location
from driftline.verdicts.words import INCONCLUSIVE, SUSPECT


def compare_counts(
    baseline_only: Floats,
    candidate_only: Floats,
    both: Floats,
    n: Floats,
    traits: Traits,
    settings: Settings = DEFAULTS,
) -> Compared:
    """The verdicts of outcomes that either hold of an episode or not, with the number of episodes of which they hold in
    one run only, in both, and of all that were paired.

    The exact test of McNemar (1947, Note on the sampling error of the difference between correlated proportions) asks
    whether those of one run only are split as a fair coin would. A few prove nothing, and are more than
    nothing: what it does not settle is suspect. The effect is the difference of the shares; it has no interval.
    """
    changed = baseline_only + candidate_only
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.minimum(2 * bdtr(np.minimum(baseline_only, candidate_only), changed.astype(np.int64), 0.5), 1.0)
        p = np.where(n > 0, np.where(changed == 0, 1.0, p), np.nan)
        before, after = (baseline_only + both) / n, (candidate_only + both) / n
    effect, none = after - before, np.full(len(n), np.nan)
    found = Estimate(effect, none, none, p, none, none, none)
    levels = [np.where(np.isfinite(level), level, np.inf) for level in (traits.warn_abs, traits.fail_abs)]
    nothing = np.zeros(len(n))
    limits = Limits(traits.direction, levels[0], levels[1], none, nothing)
    evidence = Evidence(n, n > 0, (n > 0) & (changed == 0), np.zeros(len(n), bool), traits.is_primary)
    decided = decide(found, limits, evidence, settings)
    open_ = (decided.verdict == INCONCLUSIVE) & (effect != 0)
    worse = -effect * traits.direction >= levels[0]
    decided = decided._replace(
        verdict=np.where(open_, SUSPECT, decided.verdict),
        level=np.where(open_, np.where((effect * traits.direction < 0) & worse, "warn", "ok"), decided.level),
        mde=none,
    )
    return Compared(Location(effect, none, none, n), found, decided, limits, np.ones(len(n)), before, after)
