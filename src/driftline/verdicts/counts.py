"""Verdicts over outcomes: how many episodes fail, of those that both runs have."""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr

from driftline.verdicts.decision import Assessed, Evidence, Flags, Limits
from driftline.verdicts.episodes import Traits
from driftline.verdicts.paired import Estimate, Floats, Location


def assess_counts(
    baseline_only: Floats, candidate_only: Floats, both: Floats, n: Floats, is_number: Flags, traits: Traits
) -> Assessed:
    """Outcomes that either hold of an episode or not, with the number of episodes of which they hold in one run only,
    in both, and of all that were paired; `is_number` where the levels are numbers of episodes, not shares.

    The exact test of McNemar (1947, Note on the sampling error of the difference between correlated proportions) asks
    whether those of one run only are split as a fair coin would. A few prove nothing, and are more than nothing: what
    it does not settle is suspect. The effect is the difference of the shares; it has no interval.
    """
    changed = baseline_only + candidate_only
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.minimum(2 * bdtr(np.minimum(baseline_only, candidate_only), changed.astype(np.int64), 0.5), 1.0)
        p = np.where(n > 0, np.where(changed == 0, 1.0, p), np.nan)
        before, after = (baseline_only + both) / n, (candidate_only + both) / n
    effect, none, nowhere = after - before, np.full(len(n), np.nan), np.zeros(len(n), bool)
    found = Estimate(effect, none, none, p, none, none, none)
    per = np.where(is_number, np.maximum(n, 1), 1.0)
    levels = [np.where(np.isfinite(level), level / per, np.inf) for level in (traits.warn_abs, traits.fail_abs)]
    limits = Limits(traits.direction, levels[0], levels[1], none, np.zeros(len(n)))
    evidence = Evidence(n, n > 0, (n > 0) & (changed == 0), nowhere, traits.is_primary, ~nowhere)
    return Assessed(Location(effect, none, none, n), found, limits, evidence, np.ones(len(n)), before, after)
