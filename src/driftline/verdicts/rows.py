"""Verdicts as rows: what the relation `verdicts` holds of one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import Compared
from driftline.verdicts.episodes import Traits
from driftline.verdicts.reasons import Story, reason
from driftline.verdicts.words import NOT_COMPARABLE, UNDECIDED

MOST, USUAL_DF = 1_000_000, 30.0


@dataclass(frozen=True)
class Subject:
    """What a row is about: `side` is run or profile, `label` what people call the metric, `noise_source` where the
    noise is known from (measured, assumed, none), `noise` what is said of it, `pairs` of what (of reasons.PAIRS)."""

    side: str
    metric: str
    label: str
    reference: str | None = None
    stage: str | None = None
    noise_source: str = "none"
    noise: str = ""
    pairs: str = "episodes"


@dataclass(frozen=True)
class Verdict:
    """One row of `verdicts`. Effects and their interval are per cent of the baseline; `mde_pct` is the smallest change
    that would be reported with 90 % power; `pairs_needed` would settle what is open."""

    side: str
    metric: str
    reference: str | None
    stage: str | None
    verdict: str
    level: str | None
    effect_pct: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    q: float | None
    mde_pct: float | None
    n_pairs: int | None
    n_captures: int | None
    noise_source: str
    method: str
    reason: str
    pairs_needed: int | None = None


def rows(
    subjects: Sequence[Subject], compared: Compared, traits: Traits, method: str, settings: Settings = DEFAULTS
) -> list[Verdict]:
    """A row for every row of the comparison. `method` is what the column says."""
    found, decided = compared.found, compared.decided
    scale = np.where(compared.baseline == 0, np.nan, np.abs(compared.baseline) / compared.unit)
    percent = {
        name: _percent(values, traits, scale)
        for name, values in (
            ("effect", found.effect), ("low", found.low), ("high", found.high), ("mde", decided.mde),
            ("margin", compared.limits.margin),
        )
    }  # fmt: skip
    needed = _needed(compared, settings)
    out = []
    for place, subject in enumerate(subjects):
        verdict, n = str(decided.verdict[place]), int(compared.location.n[place])
        is_open = verdict in UNDECIDED
        numbers = {name: _number(values[place]) for name, values in percent.items()}
        q, known = _number(decided.q[place]), verdict != NOT_COMPARABLE
        more = _count(needed[place]) if is_open else None
        story = Story(
            subject.label, verdict, n, numbers["effect"], numbers["low"], numbers["high"], q, numbers["mde"],
            numbers["margin"], subject.noise, subject.noise_source, more, subject.pairs,
            bool(compared.evidence.identical[place]),
        )  # fmt: skip
        out.append(
            Verdict(
                subject.side, subject.metric, subject.reference, subject.stage, verdict,
                str(decided.level[place]) or None, numbers["effect"] if known else None, numbers["low"],
                numbers["high"], _number(found.p[place]), q, numbers["mde"], n if subject.side == "run" else None,
                n if subject.side == "profile" else None, subject.noise_source, method, reason(story), more,
            )
        )  # fmt: skip
    return out


def _percent(effects: np.ndarray, traits: Traits, scale: np.ndarray) -> np.ndarray:
    """Effects as per cent of the baseline: of ratios by their exponential, of differences by the baseline's mean."""
    with np.errstate(all="ignore"):
        percent: np.ndarray = 100 * np.where(traits.is_log, np.expm1(effects), effects / scale)
    return percent


def _needed(compared: Compared, settings: Settings) -> np.ndarray:
    """How many pairs would make the warn level visible: from (k se)^2 = margin^2, with k the quantiles of the MDE. NaN
    where no number of pairs would do: what differs between runs remains."""
    found, limits = compared.found, compared.limits
    # The quantiles of that many pairs, not of the few there are.
    df = np.maximum(found.df, USUAL_DF)
    with np.errstate(all="ignore"):
        alpha = settings.page_q / max(int(np.isfinite(found.p).sum()), 1)
        k = stdtrit(df, 1 - alpha / 2) + stdtrit(df, settings.mde_power)
        allowed = (limits.margin / k) ** 2
        within = np.maximum(found.se**2 - found.between, 0.0) * compared.location.n
        pairs = np.where(allowed > found.between, within / (allowed - found.between), np.nan)
    return np.maximum(pairs, settings.min_pairs)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _count(value: float) -> int | None:
    return int(np.ceil(value)) if np.isfinite(value) and value < MOST else None
