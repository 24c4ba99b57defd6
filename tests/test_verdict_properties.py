"""Properties that verdicts have to have, whatever was measured."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assessed import NAN, captures_alone, counts_alone, noise, pairs_alone, table, traits
from driftline.verdicts.decision import Compared
from driftline.verdicts.rows import Subject, rows

positive = st.floats(0.01, 1e4)
some_captures = st.lists(positive, min_size=1, max_size=9)
amounts = st.lists(st.tuples(positive, positive), min_size=1, max_size=12)
anything = arrays(
    np.float64, st.tuples(st.just(3), st.integers(0, 6)),
    elements=st.sampled_from([0.0, -1.0, 1.0, 1.5, 2.0, NAN, float("inf"), 1e-300, 1e300]),
)  # fmt: skip
MIRRORED = {"regressed": "improved", "improved": "regressed"}


def mirrored(there: Compared, back: Compared) -> None:
    """Every effect, interval, p and verdict from the other side; a rounding may fall on either side of a limit."""
    for name, other in (("effect", "effect"), ("low", "high"), ("high", "low")):
        assert getattr(there.found, name) == pytest.approx(
            -getattr(back.found, other), rel=1e-9, abs=1e-12, nan_ok=True
        )
    assert there.found.p == pytest.approx(back.found.p, rel=1e-6, abs=1e-12, nan_ok=True)
    assert there.decided.q == pytest.approx(back.decided.q, rel=1e-6, abs=1e-12, nan_ok=True)
    for place, verdict in enumerate(map(str, there.decided.verdict)):
        size = abs(there.found.effect[place])
        ends = [getattr(there.limits, name)[place] for name in ("least", "margin", "warn")]
        if not any(size == pytest.approx(end, rel=1e-9) for end in ends if np.isfinite(end)):
            assert back.decided.verdict[place] == MIRRORED.get(verdict, verdict)


@given(amounts, st.sampled_from([NAN, 0.1]), st.sampled_from([0.0, 0.03]))
def test_swapping_the_sides_mirrors_effect_interval_and_verdict(
    pairs: list[tuple[float, float]], sigma: float, tau: float
) -> None:
    baseline, candidate = (np.array([side]) for side in zip(*pairs, strict=True))
    known = noise(sigma=sigma, tau=tau, spread=tau * 2, df=20)
    for is_log in (True, False):
        about = traits(is_log=is_log, warn_abs=NAN if is_log else 0.02)
        there, back = (pairs_alone(a, b, about, known) for a, b in ((baseline, candidate), (candidate, baseline)))
        mirrored(there, back)


@given(some_captures, some_captures, st.sampled_from([NAN, 0.02, 0.2]), st.sampled_from([0.0, 0.05]))
def test_swapping_the_sides_mirrors_what_is_said_of_captures(
    a: list[float], b: list[float], sigma: float, tau: float
) -> None:
    known = (np.array([value]) for value in (sigma, 12.0, tau))
    sigma_, df, tau_ = known
    there, back = (
        captures_alone(table(one), table(other), traits(), sigma_, df, tau_) for one, other in ((a, b), (b, a))
    )
    mirrored(there, back)


@given(st.tuples(*[st.integers(0, 30)] * 4), st.booleans())
def test_swapping_the_sides_mirrors_what_is_said_of_outcomes(counts: tuple[int, ...], is_number: bool) -> None:
    first, second, both, neither = (np.array([float(count)]) for count in counts)
    n, about = first + second + both + neither, traits(direction=-1.0, warn_abs=0.0, fail_abs=0.0)
    flag = np.array([is_number])
    there, back = (counts_alone(*only, both, n, flag, about) for only in ((first, second), (second, first)))
    mirrored(there, back)


@given(amounts, st.floats(1e-3, 1e3))
def test_on_the_log_scale_units_do_not_matter(pairs: list[tuple[float, float]], unit: float) -> None:
    baseline, candidate = (np.array([side]) for side in zip(*pairs, strict=True))
    plain = pairs_alone(baseline, candidate, traits(), noise()).found
    other = pairs_alone(baseline * unit, candidate * unit, traits(), noise()).found
    for name in ("effect", "se", "low", "high"):
        assert getattr(plain, name) == pytest.approx(getattr(other, name), rel=1e-6, abs=1e-9, nan_ok=True)


@given(anything, anything, st.booleans())
def test_whatever_was_measured_each_gets_its_verdict_in_silence(a: np.ndarray, b: np.ndarray, is_log: bool) -> None:
    width = min(a.shape[1], b.shape[1])
    about = traits(3, is_log=is_log, warn_abs=NAN if is_log else 0.02)
    subjects = [Subject("run", "m", "Latency")] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pairs = pairs_alone(a[:, :width], b[:, :width], about, noise(3))
        captures = captures_alone(a, b, traits(3), *(np.full(3, value) for value in (0.05, 8.0, NAN)))
        found = [*rows(subjects, pairs, about, "paired"), *rows(subjects, captures, about, "captures")]
    effects = [*pairs.found.effect, *captures.found.effect]
    for row, effect in zip(found, effects, strict=True):
        assert row.reason.endswith(".")
        if row.verdict == "not comparable":
            assert row.effect_pct is None
        elif is_log and row.verdict != "no change":
            # The per cent of a ratio beyond e^700 is no number.
            assert (row.effect_pct is None) == (effect > 700)


@given(amounts)
def test_an_unrelated_row_changes_nothing_but_q(pairs: list[tuple[float, float]]) -> None:
    baseline, candidate = (np.array([side]) for side in zip(*pairs, strict=True))
    alone = pairs_alone(baseline, candidate, traits(), noise())
    both = pairs_alone(
        np.concatenate([baseline, baseline]), np.concatenate([candidate, candidate[:, ::-1]]), traits(2), noise(2)
    )
    for name in ("effect", "se", "df", "p", "low", "high"):
        assert getattr(alone.found, name)[0] == pytest.approx(getattr(both.found, name)[0], nan_ok=True)
