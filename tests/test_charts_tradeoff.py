"""The chart of quality against cost: names that never meet, the corners of the front, the way, and the shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Arrow
from hypothesis import given
from hypothesis import strategies as st

from drawn import column, glyphs, metric
from driftline.charts import labels, style
from driftline.charts import tradeoff as charts
from driftline.charts.distribution import BASELINE, FOCUS, OTHER


def tradeoff(
    points: list[tuple[float, float]], better: Literal["higher", "lower"] = "higher", **columns: list[object]
) -> charts.Tradeoff:
    """Dots at (cost, quality); the first is the baseline, the second in focus."""
    count = len(points)
    roles = [BASELINE, FOCUS, *[charts.SELECTED] * 4, *[OTHER] * count][:count]
    dots = pd.DataFrame(
        {
            "at": range(count),
            "key": [f"p{at}" for at in range(count)],
            "label": [f"release {at}" for at in range(count)],
            "role": roles,
            "kind": [0] * count,
            "on_front": [False] * count,
            "cost": [cost for cost, _ in points],
            "quality": [quality for _, quality in points],
            "cost_shown": "",
            "quality_shown": "",
            "against": "",
            **columns,
        }
    )
    quality = replace(metric("rougeL_f1", "score", 3), better=better)
    return charts.Tradeoff(dots, quality, metric("wall_time_s", "s", 2), "ROUGE-L F1", "Total wall time")


def test_the_front_steps_from_the_cheapest_dot_to_the_edge() -> None:
    drawn = tradeoff([(10, 0.2), (30, 0.4), (40, 0.1)], on_front=[True, True, False])
    corners = charts.front(drawn)

    assert list(zip(corners["x"], corners["y"], strict=True)) == [
        (10, 0.0), (10, 0.2), (30, 0.4), (drawn.ranges[0][1], 0.4),
    ]  # fmt: skip


def test_where_less_is_better_the_front_comes_from_above() -> None:
    drawn = tradeoff([(10, 9.0), (30, 1.0)], better="lower", on_front=[True, True])
    assert next(iter(charts.front(drawn)["y"])) == drawn.ranges[1][1]


def test_the_front_is_that_of_the_kind_that_most_dots_are_of() -> None:
    drawn = tradeoff([(10, 0.2), (30, 0.4)], on_front=[True, True], kind=[0, 1])
    assert set(charts.front(drawn)["y"]) == {drawn.ranges[1][0], 0.2}
    assert charts.front(tradeoff([(10, 0.2)])).empty


def test_arrows_follow_the_order_and_of_many_dots_only_the_compared_ones() -> None:
    few = charts.draw_tradeoff(tradeoff([(1, 0.1), (3, 0.3), (2, 0.2)]), style.LIGHT)
    steps = few.select_one({"type": Arrow}).source.data
    assert [list(steps[name]) for name in ("x0", "y0", "x1", "y1")] == [[1, 3], [0.1, 0.3], [3, 2], [0.3, 0.2]]

    many = [(float(at), at / 100) for at in range(charts.PATH_UP_TO + 5)]
    drawn = charts.draw_tradeoff(tradeoff(many), style.LIGHT)
    assert len(drawn.select_one({"type": Arrow}).source.data["x0"]) == 5


def test_every_kind_has_a_marker_and_further_ones_share_the_last() -> None:
    count = len(charts.SHAPES) + 2
    points = [(1.0 + at, 0.1) for at in range(count)]
    drawn = charts.draw_tradeoff(tradeoff(points, kind=list(range(count))), style.LIGHT)
    (dots,) = [renderer for renderer in glyphs(drawn, "Scatter") if renderer.name == "dots"]
    markers = column(dots, "marker")

    assert len(set(markers)) == len(charts.SHAPES)
    assert markers[-1] == markers[-3] == charts.SHAPES[-1][0]
    assert column(dots, "key")[:2] == ["p0", "p1"]


def test_focus_and_baseline_are_named_before_all_others() -> None:
    crowd = [(10.0, 0.5)] * 6
    named = charts.place_names(tradeoff(crowd))

    assert list(named["role"])[:2] == [FOCUS, BASELINE]
    assert "(baseline)" in named["label"][1]


dots_at = st.lists(st.tuples(st.floats(0.1, 500), st.floats(0.01, 1)), min_size=1, max_size=40)


@given(dots_at)
def test_names_never_meet_nor_leave_the_plot(points: list[tuple[float, float]]) -> None:
    drawn, width = tradeoff(points), 290.0
    (left, right), (bottom, top) = drawn.ranges
    boxes = []
    for name in charts.place_names(drawn, width).to_dict("records"):
        x, y = (name["x"] - left) / (right - left) * width, (name["y"] - bottom) / (top - bottom) * charts.HEIGHT
        spot = labels.Spot(name["align"], x, y, name["dx"], name["dy"])
        boxes.append(spot.box(labels.Name(name["label"], [spot]).size))

    assert not any(one.meets(other) for at, one in enumerate(boxes) for other in boxes[:at])
    assert all(box.is_inside(width + 1e-6, charts.HEIGHT + 1e-6) for box in boxes)


def test_a_name_that_would_lie_on_a_dot_is_left_out() -> None:
    spot = labels.Spot("left", 50, 50, 9, 0)
    x, y = np.array([50.0, 70.0]), np.array([50.0, 50.0])
    clear, covered = (labels.Name("a name", [spot], most) for most in (None, 0))

    assert list(labels.place([covered], x, y, 200, 100)) == [None]
    assert list(labels.place([clear], x, y, 200, 100)) == [spot]
    assert list(labels.place([clear, clear], x, y, 200, 100)) == [spot, None]


@pytest.mark.parametrize("points", [[(5.0, 0.0)], [(0.0, 0.0), (0.0, 0.0)]])
def test_dots_without_any_spread_are_drawn(points: list[tuple[float, float]]) -> None:
    drawn = charts.draw_tradeoff(tradeoff(points), style.DARK)
    assert drawn.x_range.end > drawn.x_range.start
