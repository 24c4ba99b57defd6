"""The statistics: against other implementations, in every branch, and under properties that have to hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from assessed import NAN, captures_alone, counts_alone, noise, pairs_alone, table, traits
from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import Compared
from driftline.verdicts.episodes import differences
from driftline.verdicts.paired import Noise, false_discovery, locate
from driftline.verdicts.rows import Subject, Verdict, rows


def one(
    baseline: Sequence[float], candidate: Sequence[float], known: Noise | None = None, **named: float
) -> tuple[Verdict, Compared]:
    about = traits(**named)
    compared = pairs_alone(table(baseline), table(candidate), about, known or noise())
    return rows([Subject("run", "m", "Latency")], compared, about, "paired")[0], compared


@pytest.mark.parametrize("n", [2, 4, 5, 9, 10, 11, 23, 60])
def test_the_location_of_differences_is_that_of_scipy(n: int) -> None:
    values = np.random.default_rng(n).standard_t(3, (1, n))
    padded = np.concatenate([values, np.full((1, 3), np.nan)], axis=1)
    cut = int(0.1 * n) if n >= 5 else 0
    found = locate(padded)

    assert found.n[0] == n
    assert found.effect[0] == pytest.approx(stats.trim_mean(values[0], cut / n), rel=1e-12)
    kept = n - 2 * cut
    winsorised = np.asarray(stats.mstats.winsorize(values[0], (cut / n, cut / n))).var(ddof=1)
    assert found.variance[0] == pytest.approx(winsorised * (n - 1) / (kept * (kept - 1)), rel=1e-9)
    assert found.df[0] == kept - 1


def test_without_knowledge_of_noise_it_is_a_paired_t_test_of_logs() -> None:
    rng = np.random.default_rng(3)
    baseline, candidate = rng.lognormal(0, 0.5, (2, 1, 4))
    expected = stats.ttest_rel(np.log(candidate[0]), np.log(baseline[0]))
    found = pairs_alone(baseline, candidate, traits(), noise()).found
    interval = expected.confidence_interval(0.95)

    assert found.p[0] == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.low[0], found.high[0]) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_the_noise_of_runs_widens_the_interval_and_that_of_pairs_steadies_it() -> None:
    rng = np.random.default_rng(5)
    baseline = rng.lognormal(0, 0.5, (1, 40))
    candidate = baseline * np.exp(0.1 + 0.05 * rng.standard_normal((1, 40)))
    plain = pairs_alone(baseline, candidate, traits(), noise()).found
    shared = pairs_alone(baseline, candidate, traits(), noise(tau=0.03, spread=0.04, df=16)).found
    several = pairs_alone(baseline, candidate, traits(), noise(tau=0.03, spread=0.04, df=16), runs=4).found
    steadied = pairs_alone(baseline[:, :2], candidate[:, :2], traits(), noise(sigma=0.05, df=16)).found

    assert shared.se[0] ** 2 - plain.se[0] ** 2 == pytest.approx(2 * 0.03**2)
    assert several.se[0] ** 2 - plain.se[0] ** 2 == pytest.approx(2 * 0.03**2 / 4)
    assert shared.df[0] < plain.df[0]
    assert steadied.df[0] == 1 + DEFAULTS.prior_df


def test_q_is_that_of_scipy() -> None:
    p = np.array([0.03, 1.0, NAN, 0.001, 0.2, 0.03, 0.7])
    there = ~np.isnan(p)
    found = false_discovery(p)

    assert found[there] == pytest.approx(stats.false_discovery_control(p[there]))
    assert np.isnan(found[~there]).all()


STEADY = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
WAVE = [1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0]


def scaled(by: float, wave: Sequence[float] = WAVE) -> list[float]:
    return [value * by * factor for value, factor in zip(STEADY, wave, strict=False)]


@pytest.mark.parametrize(
    ("candidate", "named", "verdict", "level"),
    [
        (scaled(1.2), {}, "regressed", "warn"),
        (scaled(1.4), {}, "regressed", "fail"),
        (scaled(0.8), {}, "improved", "ok"),
        (scaled(0.8), {"direction": 1.0}, "regressed", "warn"),
        (scaled(1.2), {"direction": 0.0}, "changed", "ok"),
        (scaled(1.0), {}, "no change", "ok"),
        (STEADY, {}, "no change", "ok"),
        (scaled(1.04), {}, "no change", "ok"),
        (scaled(1.2), {"min_abs": 5.0}, "no change", "ok"),
        (scaled(1.0, [0.5, 2, 0.7, 1.6, 1.1, 0.8, 1.9, 0.4, 1.3, 0.9, 2.2, 0.6]), {}, "inconclusive", None),
        (scaled(1.08, [0.8, 1.3, 1, 1.2, 0.85, 1.1, 1.3, 1, 0.9, 1.02, 1.25, 1.1]), {}, "suspect", "warn"),
        (scaled(1.2)[:2], {}, "suspect", "warn"),
        ([1.5], {}, "threshold only", "warn"),
        ([1.05], {}, "threshold only", "ok"),
        ([], {}, "not comparable", None),
        ([0.0, 0.0], {}, "not comparable", None),
        ([-1.0, NAN], {}, "not comparable", None),
    ],
)
def test_every_verdict_has_its_branch(
    candidate: list[float], named: dict[str, float], verdict: str, level: str | None
) -> None:
    baseline = STEADY[: len(candidate)] or STEADY[:1]
    found, _ = one(baseline, candidate or [NAN], **named)
    assert (found.verdict, found.level) == (verdict, level)
    assert found.reason.startswith("Latency")
    assert found.reason.endswith(".")


def test_what_is_open_says_what_would_settle_it() -> None:
    wave = [0.8, 1.25, 0.9, 1.1, 0.85]
    found, _ = one(STEADY[:5], scaled(1.0, wave), noise(tau=0.01, spread=0.015, df=20))
    assert found.verdict == "inconclusive"
    assert found.pairs_needed is not None
    assert found.pairs_needed > 5
    assert f"about {found.pairs_needed} episodes would show 10 %" in found.reason
    floor, _ = one(STEADY[:5], scaled(1.0, wave), noise(tau=0.2, spread=0.3, df=20))
    assert floor.pairs_needed is None
    assert "no number of episodes would show less" in floor.reason


def test_scores_are_compared_by_difference() -> None:
    baseline = [0.30, 0.41, 0.25, 0.33, 0.29, 0.38, 0.31, 0.27]
    candidate = [value - 0.06 - place / 1000 for place, value in enumerate(baseline)]
    named = {"is_log": False, "direction": 1.0, "warn_pct": NAN, "fail_pct": NAN, "warn_abs": 0.02, "fail_abs": 0.05}
    found, compared = one(baseline, candidate, **named)

    assert (found.verdict, found.level) == ("regressed", "fail")
    assert found.effect_pct == pytest.approx(100 * (-0.0635) / np.mean(baseline), rel=1e-6)
    assert compared.limits.warn[0] * compared.unit[0] == pytest.approx(0.02)


def test_primary_metrics_are_a_family_of_their_own() -> None:
    many = np.random.default_rng(1).lognormal(0, 0.3, (40, 12))
    changed = many * np.exp(0.08 * np.random.default_rng(2).standard_normal((40, 12)))
    changed[0] = many[0] * np.exp(0.3 + 0.2 * np.random.default_rng(3).standard_normal(12))
    alone = traits(40)._replace(is_primary=np.arange(40) == 0)
    apart = pairs_alone(many, changed, alone, noise(40))
    together = pairs_alone(many, changed, traits(40), noise(40))

    assert apart.decided.q[0] == apart.found.p[0] == together.found.p[0]
    assert together.decided.q[0] > together.found.p[0]
    assert apart.decided.mde[0] < together.decided.mde[0]


def test_a_failure_more_is_suspect_and_many_are_proof() -> None:
    about = traits(6, is_log=False, warn_pct=NAN, fail_pct=NAN, warn_abs=0.0, fail_abs=0.0)
    baseline, candidate = np.array([0, 0, 1, 0, 9, 0.0]), np.array([0, 1, 0, 14, 9, 0.0])
    n, both = np.array([12, 12, 12, 40, 40, 0.0]), np.array([3, 0, 0, 0, 0, 0.0])
    found = counts_alone(baseline, candidate, both, n, np.zeros(6, bool), about)

    assert list(found.decided.verdict) == [
        "no change", "suspect", "suspect", "regressed", "inconclusive", "not comparable",
    ]  # fmt: skip
    assert list(found.decided.level) == ["ok", "warn", "ok", "fail", "", ""]
    assert found.found.p[3] == pytest.approx(stats.binomtest(0, 14).pvalue)


CALM = np.array([[10.0, 10.2, 9.9, 10.1, 10.0]])


@pytest.mark.parametrize(
    ("baseline", "candidate", "sigma", "tau", "verdict"),
    [
        (CALM, CALM * 1.5, 0.02, NAN, "regressed"),
        (CALM, CALM * 1.5, NAN, 0.05, "regressed"),
        (CALM, CALM, 0.02, NAN, "no change"),
        (CALM, CALM * 1.15, 0.08, NAN, "inconclusive"),
        (CALM[:, :1], CALM[:, :1] * 1.5, 0.02, NAN, "suspect"),
        (CALM[:, :1], CALM[:, :1] * 1.5, NAN, 0.05, "threshold only"),
        (CALM, CALM * np.array([1, 3, 0.4, 2, 1]), 0.02, NAN, "inconclusive"),
        (CALM, CALM * 0, 0.02, NAN, "not comparable"),
    ],
)
def test_captures_are_judged_by_how_much_sessions_differ(
    baseline: np.ndarray, candidate: np.ndarray, sigma: float, tau: float, verdict: str
) -> None:
    df = np.array([24.0])
    found = captures_alone(baseline, candidate, traits(), np.array([sigma]), df, np.array([tau]))
    assert found.decided.verdict[0] == verdict


def test_negative_scores_and_missing_sides_have_no_difference() -> None:
    changes, unit = differences(table([0.0, NAN, -0.2]), table([0.0, 1.0, 0.2]), np.array([False]))
    assert changes[0] == pytest.approx([0.0, NAN, 0.4 / unit[0]], nan_ok=True)


def test_settings_are_named() -> None:
    assert DEFAULTS.with_values({"page_q": 0.05}) == Settings(page_q=0.05)
    values: dict[str, Any] = {"page_quality": 1}
    with pytest.raises(KeyError):
        DEFAULTS.with_values(values)
