"""What may honestly be said of an effect: from the estimates of one page to its verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.paired import Estimate, Floats, Location, detectable, false_discovery, within
from driftline.verdicts.words import (
    CHANGED,
    IMPROVED,
    INCONCLUSIVE,
    NO_CHANGE,
    NOT_COMPARABLE,
    REGRESSED,
    SUSPECT,
    THRESHOLD_ONLY,
)

Flags = NDArray[np.bool_]


class Limits(NamedTuple):
    """What changes of each metric mean, all on the scale of its effect.

    `direction` is 1 where more is better, -1 where less is, 0 where neither; `warn` and `fail` are how large a change
    for the worse must be (infinity: never), `margin` what counts as no change, `least` the smallest change that is
    ever reported.
    """

    direction: Floats
    warn: Floats
    fail: Floats
    margin: Floats
    least: Floats


class Evidence(NamedTuple):
    """What else is known of each row: `n` pairs, `enough` of them (or captures) for more than a suspicion, `identical`
    on both sides, `negligible` in the metric's own unit, `is_primary`; `is_counted` where the effect is one of numbers
    of episodes, of which any change is a fact."""

    n: Floats
    enough: Flags
    identical: Flags
    negligible: Flags
    is_primary: Flags
    is_counted: Flags


class Decided(NamedTuple):
    """Verdict and level (warn, fail, ok or none) of every row, q within its family, and the MDE for that family."""

    verdict: NDArray[np.str_]
    level: NDArray[np.str_]
    q: Floats
    mde: Floats


def decide(found: Estimate, limits: Limits, evidence: Evidence, settings: Settings = DEFAULTS) -> Decided:
    """The verdicts of one page. The order of the rules is that in which they are written below; the first that holds
    counts. Primary metrics are a family of their own, so that many others do not drown them."""
    known = np.isfinite(found.p)
    q = np.full_like(found.p, np.nan)
    alpha = np.full_like(found.p, settings.page_q)
    for family in (evidence.is_primary, ~evidence.is_primary):
        members = family & known
        q[members] = false_discovery(found.p[members])
        alpha[members] = settings.page_q / max(int(members.sum()), 1)
    with np.errstate(invalid="ignore"):
        size = np.abs(found.effect)
        relevant = known & (size >= limits.least)
        shown = relevant & (q <= settings.page_q) & evidence.enough
        hinted = relevant & ((q <= settings.suspect_q) | (~evidence.enough & (size >= limits.warn)))
        hinted |= known & ~evidence.enough & (size >= limits.margin)
        hinted |= known & evidence.is_counted & (size > 0)
        better = found.effect * limits.direction
        rules: list[tuple[Flags, str]] = [
            (evidence.n == 0, NOT_COMPARABLE),
            (evidence.identical, NO_CHANGE),
            (~known, THRESHOLD_ONLY),
            (evidence.negligible & evidence.enough, NO_CHANGE),
            (evidence.negligible, INCONCLUSIVE),
            (shown & (limits.direction == 0), CHANGED),
            (shown & (better < 0), REGRESSED),
            (shown, IMPROVED),
            (hinted, SUSPECT),
            (within(found, limits.margin, settings) & known, NO_CHANGE),
        ]
        verdict = np.select([rule for rule, _ in rules], [word for _, word in rules], INCONCLUSIVE)
        near = np.where(found.effect > 0, found.low, found.high) * limits.direction
        worse, nearest = -better, np.maximum(-near, 0.0)
        failing = (worse >= limits.fail) | (nearest >= limits.fail)
        level = np.select(
            [
                np.isin(verdict, [NOT_COMPARABLE, INCONCLUSIVE]),
                (verdict == REGRESSED) & failing,
                (verdict == REGRESSED) & np.isfinite(limits.warn),
                np.isin(verdict, [SUSPECT, THRESHOLD_ONLY]) & (worse >= limits.warn),
            ],
            ["", "fail", "warn", "warn"],
            "ok",
        )
    return Decided(verdict, level, q, detectable(found, alpha, limits.least, settings))


class Assessed(NamedTuple):
    """Every row of a comparison before anything is decided. `unit` is what one of the effect is in the metric's own
    unit: 1 where effects are logs; `baseline` and `candidate` are means over the pairs."""

    location: Location
    found: Estimate
    limits: Limits
    evidence: Evidence
    unit: Floats
    baseline: Floats
    candidate: Floats


class Compared(NamedTuple):
    """The same with what was decided."""

    location: Location
    found: Estimate
    decided: Decided
    limits: Limits
    evidence: Evidence
    unit: Floats
    baseline: Floats
    candidate: Floats


def decide_page(parts: Sequence[Assessed], settings: Settings = DEFAULTS) -> list[Compared]:
    """The verdicts of all parts of a page, which are one family for the share of false alarms."""
    columns = [
        [np.concatenate([getattr(getattr(part, name), column) for part in parts]) for column in kind._fields]
        for name, kind in (("found", Estimate), ("limits", Limits), ("evidence", Evidence))
    ]
    whole = decide(Estimate(*columns[0]), Limits(*columns[1]), Evidence(*columns[2]), settings)
    ends = np.cumsum([len(part.unit) for part in parts])[:-1]
    split = zip(*(np.split(column, ends) for column in whole), strict=True)
    return [
        Compared(
            part.location, part.found, Decided(*decided), part.limits, part.evidence, part.unit, part.baseline,
            part.candidate,
        )
        for part, decided in zip(parts, split, strict=True)
    ]  # fmt: skip


def decide_alone(part: Assessed, settings: Settings = DEFAULTS) -> Compared:
    """The verdicts of a page that has this part alone."""
    return decide_page([part], settings)[0]
