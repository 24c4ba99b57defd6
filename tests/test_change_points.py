"""Change points of a history: levels that last are found, noise, spikes and gaps are none."""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.settings import DEFAULTS
from driftline.verdicts.history import ChangePoint, _Stretches, change_points, despiked

NEVER = DEFAULTS.with_values({"change_p": 0.0})


def series(points: int = 60, step_at: int | None = None, size: float = 1.2, seed: int = 1) -> np.ndarray:
    """Values around 10 with 3 % noise, `size` times as much from a point on."""
    values: np.ndarray = 10 * np.exp(0.03 * np.random.default_rng(seed).standard_normal(points))
    if step_at is not None:
        values[step_at:] *= size
    return values


def only(values: np.ndarray) -> ChangePoint:
    (found,) = change_points(values)
    return found


@pytest.mark.parametrize("size", [1.2, 0.8, 3.0])
def test_a_level_that_lasts_is_found_where_it_begins(size: float) -> None:
    found = only(series(step_at=40, size=size))
    assert (found.at, found.verdict) == (40, "changed")
    assert found.effect == pytest.approx(np.log(size), abs=0.03)


def test_several_are_found_in_the_order_of_time() -> None:
    values = series(90, 30, 1.3)
    values[60:] /= 1.6
    assert [found.at for found in change_points(values)] == [30, 60]


def test_noise_spikes_and_what_is_too_small_are_none() -> None:
    spiked = series()
    spiked[[7, 21, 22, 50]] *= 2.5
    assert change_points(series()) == []
    assert change_points(spiked) == []
    assert change_points(series(200, 100, 1.03)) == []


def test_a_gap_is_left_out_and_places_stay_those_of_the_series() -> None:
    values = series(step_at=40)
    values[[3, 10, 11, 38]] = [np.nan, 0.0, -1.0, np.inf]
    assert only(values).at == 40


@pytest.mark.parametrize("values", [[], [1.0] * 5, [1.0] * 50, [np.nan] * 30])
def test_what_is_too_short_or_never_moves_has_none(values: list[float]) -> None:
    assert change_points(np.array(values)) == []


def test_levels_without_any_noise_are_told_apart() -> None:
    assert only(np.array([2.0] * 20 + [3.0] * 20)).at == 20


def test_what_is_not_certain_enough_is_suspect() -> None:
    assert [found.verdict for found in change_points(series(step_at=40), NEVER)] == ["suspect"]


def test_a_spike_becomes_the_median_of_its_neighbourhood() -> None:
    logs = np.log(series())
    logs[30] += 1
    calm = despiked(logs)
    assert calm[30] == np.median(logs[27:34])
    assert np.delete(calm == logs, 30).mean() > 0.9


@given(st.integers(0, 20), st.floats(1e-3, 1e3), st.booleans())
def test_the_unit_does_not_matter_and_the_way_is_mirrored(seed: int, unit: float, is_turned: bool) -> None:
    values = series(step_at=35, size=1.15, seed=seed)
    other = unit / values if is_turned else unit * values
    plain, same = change_points(values), change_points(other)
    assert [found.at for found in plain] == [found.at for found in same]
    sign = -1 if is_turned else 1
    assert [found.effect for found in plain] == pytest.approx([sign * found.effect for found in same], rel=1e-6)


@given(st.lists(st.sampled_from([0.0, -1.0, 1.0, 1.01, 2.0, 1e-300, 1e300, float("nan"), float("inf")]), max_size=40))
def test_whatever_was_recorded_it_is_looked_at_in_silence(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = change_points(np.array(values))
    assert all(values[point.at] > 0 for point in found)


@given(st.integers(0, 50), st.lists(st.integers(0, 100), max_size=9))
def test_stretches_that_were_joined_are_judged_as_if_they_had_never_been_cut(seed: int, joints: list[int]) -> None:
    logs, bounds = np.log(series(60, seed=seed)), [0, 4, 9, 12, 20, 26, 33, 40, 47, 55, 60]
    joined = _Stretches(logs, bounds)
    for joint in joints:
        place = joint % (len(bounds) - 2)
        joined.join(place)
        del bounds[place + 1]

    assert joined.starts.tolist() == bounds[:-1]
    for found, expected in zip(joined.shifts(DEFAULTS), _Stretches(logs, bounds).shifts(DEFAULTS), strict=True):
        assert found.tolist() == expected.tolist()


def test_the_work_grows_with_the_length_of_a_history_not_with_its_square() -> None:
    def calls(blocks: int) -> int:
        made = 0

        def count(frame: FrameType, event: str, argument: Any) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        values = np.repeat(1 + np.random.default_rng(1).random(blocks) / 20, 4)
        # Numbers that are told in steps are cut at every step at first.
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            assert change_points(values) == []
        finally:
            sys.setprofile(before)
        return made

    calls(50)
    assert calls(200) < 2.5 * calls(100)
