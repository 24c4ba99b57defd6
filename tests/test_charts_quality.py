"""What the charts of Home are given to draw: swarms, boxes and pairs; and the glyphs that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawn import column, glyphs, metric
from driftline.charts import distribution, latency, style

RUNS = ["base", "focus", "other"]


TOKENS, LATENCY = metric("output_tokens"), metric("latency_s", "s", 2)


def episodes(**runs: list[tuple[str, float | None, float | None]]) -> pd.DataFrame:
    """The frame of queries.episode_points from (episode, tokens, latency); without tokens it failed."""
    rows = [
        {"run": run, "episode_id": name, "status": "ok" if tokens is not None else "failed", "output_tokens": tokens,
         "latency_s": seconds}
        for run, points in runs.items()
        for name, tokens, seconds in points
    ]  # fmt: skip
    frame = pd.DataFrame(rows).astype({"output_tokens": float, "latency_s": float})
    tokens = frame.groupby("run")["output_tokens"]
    for name, value in (
        ("min_tokens", tokens.transform("min")),
        ("q1_tokens", tokens.transform(lambda of: of.quantile(0.25))),
        ("median_tokens", tokens.transform("median")),
        ("q3_tokens", tokens.transform(lambda of: of.quantile(0.75))),
        ("max_tokens", tokens.transform("max")),
        ("mean_tokens", tokens.transform("mean")),
    ):
        frame[name] = value
    return frame


def laid_out(frame: pd.DataFrame, runs: list[str] | None = None) -> distribution.Points:
    runs = runs or RUNS
    return distribution.lay_out_points(frame, runs, [f"run {name}" for name in runs], TOKENS, LATENCY)


SOME = episodes(
    base=[("e1", 100, 1.0), ("e2", 120, 2.0), ("e3", None, None)],
    focus=[("e1", 50, 0.5), ("e2", 60, None), ("e4", 55, 0.7)],
)


def test_a_run_without_episodes_keeps_its_row_and_a_failed_episode_has_no_dot() -> None:
    points = laid_out(SOME)
    dots = points.dots.set_index(["at", "episode"])

    assert list(points.runs["y"]) == [2.5, 1.5, 0.5]
    assert list(points.runs["mean_shown"]) == ["110", "55", "–"]
    assert list(points.runs["failed"]) == [1, 0, 0]
    assert np.isnan(dots["row"][0, "e3"])
    assert np.isnan(dots["tokens"][0, "e3"])
    assert dots["row"][0, "e1"] == pytest.approx(2.5)
    assert dots["latency_shown"][1, "e2"] == "–"


def test_boxes_are_the_quartiles_of_the_frame_and_the_dashed_line_the_median_of_the_baseline() -> None:
    points = laid_out(SOME)
    drawn = distribution.draw_distribution(points, style.source_of(points.dots), style.LIGHT)
    [box] = [found for found in glyphs(drawn, "HBar") if "boxes" in found.data_source.tags]
    [median] = glyphs(drawn, "Segment", "median")

    assert column(box, "q1_tokens") == [105, 52.5]
    assert column(box, "q3_tokens") == [115, 57.5]
    assert column(median, "x") == [110]
    words = column(glyphs(drawn, "Text")[0], "text")
    assert {"baseline median 110", "run base", "1 failed", "no output tokens"} <= set(words)


def test_the_candidate_in_focus_lies_on_top_and_the_baseline_over_the_others() -> None:
    frame = episodes(base=[("e1", 1, 1)], focus=[("e1", 1, 1)], other=[("e1", 1, 1)])
    assert list(laid_out(frame).dots["role"]) == [distribution.OTHER, distribution.BASELINE, distribution.FOCUS]


@given(st.lists(st.floats(0, 1000, allow_subnormal=False), max_size=60), st.booleans())
def test_a_swarm_stays_in_its_row_and_is_the_same_every_time(values: list[float], is_strip: bool) -> None:
    places = distribution.swarm(np.array(values), 4.0, 15.0, is_strip)

    assert (np.abs(places) <= 15).all()
    assert list(places) == list(distribution.swarm(np.array(values), 4.0, 15.0, is_strip))


def test_dots_of_a_swarm_make_room_for_each_other_until_the_row_is_full() -> None:
    assert len(set(distribution.swarm(np.array([7.0] * 5), 1.0, 15.0, False))) == 5
    assert list(distribution.swarm(np.array([0.0, 100.0, 200.0]), 1.0, 15.0, False)) == [0, 0, 0]
    assert len(set(distribution.swarm(np.array([7.0] * 9), 1.0, 15.0, False))) == 5
    assert len(set(distribution.swarm(np.array([7.0] * 30), 1.0, 15.0, True))) == 30


def test_above_twenty_episodes_the_swarm_is_a_faint_strip() -> None:
    few, many = (
        laid_out(episodes(base=[("e", 1, 1)], focus=[("e", 1, 1)], other=[(f"e{at}", at, 1) for at in range(count)]))
        for count in (20, 21)
    )
    assert (few.is_strip, many.is_strip) == (False, True)
    assert set(few.dots["alpha"]) == {1}
    assert many.dots.loc[many.dots["role"] == distribution.OTHER, "alpha"].unique() == [0.35]


def test_rows_get_lower_with_many_runs_but_not_too_low_for_a_name() -> None:
    runs = ["base", "focus", *(f"r{at}" for at in range(18))]
    points = laid_out(SOME, runs)
    drawn = distribution.draw_distribution(points, style.source_of(points.dots), style.LIGHT)

    assert points.row_height == distribution.LOW_ROW >= 24
    assert drawn.height > 20 * 24
    assert len(points.runs) == 20


def test_lines_join_only_episodes_that_both_runs_have_in_both_numbers() -> None:
    pairs = latency.pair_lines(laid_out(SOME).dots)
    assert pairs.to_dict("records") == [{"episode": "e1", "x0": 100, "y0": 1.0, "x1": 50, "y1": 0.5}]


def test_names_of_clusters_never_lie_on_each_other() -> None:
    close = [(f"e{at}", 100.0 + at, 1.0) for at in range(5)]
    names = latency.place_names(laid_out(episodes(base=close, focus=close, other=close)))
    spots = list(zip(names["x"], names["y"], names["dx"], names["dy"], strict=True))

    assert names["label"][0] == "run focus"
    assert "run base (baseline)" in set(names["label"])
    assert len(set(spots)) == len(names)


def test_with_many_runs_only_baseline_and_focus_are_named() -> None:
    runs = ["base", "focus", *(f"r{at}" for at in range(8))]
    frame = episodes(**{run: [("e", 10.0 * at, 10.0 * at)] for at, run in enumerate(runs, 1)})
    assert len(latency.place_names(laid_out(frame, runs))) == 2


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [(10, 100, (0, True)), (95, 100, (94.25, True)), (0, 0, (0, True)), (5, 5, (4.5, True)), (-20, 50, (-25.25, True))],
)
def test_an_axis_begins_at_zero_unless_all_values_are_far_from_it(low: float, high: float, ends: Any) -> None:
    start, end = style.value_range(low, high)
    assert (start, end > high) == (pytest.approx(ends[0]), ends[1])


@pytest.mark.parametrize(("low", "high", "ends"), [(-100, -10, (-106.75, 0)), (-100, -95, (-100.375, -94.25))])
def test_below_zero_an_axis_is_mirrored(low: float, high: float, ends: tuple[float, float]) -> None:
    assert style.value_range(low, high) == pytest.approx(ends)
