"""What a trend figure is given to draw: rows scaled from zero, gaps that stay gaps, and the figure that comes of it."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from bokeh.models import CrosshairTool, HoverTool
from hypothesis import given
from hypothesis import strategies as st

from driftline.charts import trend_layout
from driftline.charts import trends as charts
from driftline.charts.style import LIGHT, MARKED, OVER
from driftline.metrics import Metric

WALL = Metric("wall_time_s", "Wall time", "s", "lower", "log", "cost", True, 10, 25, None, None, None, 2, "")
NO_SPREAD = pd.DataFrame({"profile": [], "stage": [], "low": [], "high": [], "captures": []})


def grid(**stages: list[float | None]) -> pd.DataFrame:
    """The frame of queries.trend: every stage at every release."""
    rows = [
        {
            "profile": f"p{at}",
            "release": f"r{at}",
            "release_order": at,
            "stage": stage,
            "value": value,
        }
        for stage, values in stages.items()
        for at, value in enumerate(values, 1)
    ]
    frame = pd.DataFrame(rows).astype({"value": float})
    return frame.assign(present=frame["value"].notna())


def laid_out(trend: pd.DataFrame, spread: pd.DataFrame = NO_SPREAD, **options: Any) -> trend_layout.Trends:
    labels = {profile: profile.replace("p", "r") for profile in trend["profile"]}
    return trend_layout.lay_out_trends(
        trend, spread, WALL, labels, options.get("baseline", "p1"), options.get("focus", "p2"), {}
    )


def drawn(trends: trend_layout.Trends) -> Any:
    hv.extension("bokeh", logo=False)
    return hv.render(charts.draw_trends(trends, LIGHT, charts.release_marker(LIGHT), charts.release_axis(trends), 600))


def test_rows_stand_in_order_and_are_scaled_from_zero() -> None:
    trends = laid_out(grid(load=[1.0, 2.0, 4.0], store=[0.0, 100.0, 50.0]))
    y = trends.points.set_index(["stage", "release"])["y"]

    assert list(trends.rows["row"]) == [1, 0]
    assert y["load", "r3"] == pytest.approx(1 + trend_layout.ROOF)
    assert y["load", "r1"] - 1 - trend_layout.FLOOR == pytest.approx((trend_layout.ROOF - trend_layout.FLOOR) / 4)
    assert y["store", "r1"] == pytest.approx(trend_layout.FLOOR)
    assert (trends.baseline, trends.focus, trends.releases) == (0, 1, ["r1", "r2", "r3"])


def test_a_gap_is_nan_and_is_marked_and_no_line_joins_two_stages() -> None:
    trends = laid_out(grid(load=[1.0, None, 3.0, None], store=[None, None, None, 5.0]))
    points = trend_layout.with_breaks(trends.points)

    assert list(points["y"].isna()) == [True, True, True, False, True, False, True, False, True, True]
    assert list(points["x"].isna()) == [False, False, False, False, True, False, False, False, False, True]
    assert sorted(zip(trends.gaps["stage"], trends.gaps["x"], strict=True)) == [
        ("load", 1), ("load", 3), ("store", 0), ("store", 1), ("store", 2),
    ]  # fmt: skip


def test_a_stage_that_is_all_zero_or_all_gap_has_a_row_of_its_own() -> None:
    trends = laid_out(grid(zero=[0.0, 0.0], none=[None, None]))
    y = trends.points.set_index(["stage", "release"])["y"]

    assert y["zero", "r1"] == pytest.approx(1 + trend_layout.FLOOR)
    assert np.isnan(y["none", "r1"])
    assert len(trends.gaps) == 2


def test_the_spread_widens_the_scale_and_stays_in_its_row() -> None:
    spread = pd.DataFrame({"profile": ["p1"], "stage": ["load"], "low": [1.0], "high": [4.0], "captures": [3]})
    trends = laid_out(grid(load=[2.0, 2.0]), spread)

    assert list(trends.spread["x"]) == [0.0]
    assert trends.spread["high"][0] == pytest.approx(trend_layout.ROOF)
    assert trends.spread["low"][0] == pytest.approx(trend_layout.FLOOR + (trend_layout.ROOF - trend_layout.FLOOR) / 4)


values = st.lists(st.none() | st.floats(0, 1e6, allow_subnormal=False), min_size=3, max_size=3)


@given(values, values)
def test_every_row_keeps_to_itself(first: list[float | None], second: list[float | None]) -> None:
    trends = laid_out(grid(a=first, b=second))
    inside = trends.points["y"] - trends.points["row"]

    assert inside.dropna().between(trend_layout.FLOOR - 1e-9, trend_layout.ROOF + 1e-9).all()
    assert trends.points["y"].isna().equals(trends.points["value"].isna())
    assert len(trends.points) == 6


def test_the_figure_tells_its_values_and_cannot_be_moved() -> None:
    figure = drawn(laid_out(grid(load=[1.0, None, 3.0])))
    hover = figure.select({"type": HoverTool})

    assert [type(tool) for tool in sorted(figure.tools, key=lambda tool: type(tool).__name__)] == [
        CrosshairTool, HoverTool,
    ]  # fmt: skip
    dots = hover[0].renderers[0].data_source.data
    assert list(dots["shown"])[:3] == ["1.00 s", "–", "3.00 s"]
    assert list(dots["label"])[:3] == ["r1", "r2", "r3"]
    assert np.isnan(dots["y"][1])


def test_what_follows_the_pointer_is_painted_in_a_layer_of_its_own() -> None:
    figure = drawn(laid_out(grid(load=[1.0, 2.0, 3.0], store=[None, 1.0, None])))
    sourced = [found for found in figure.renderers if getattr(found, "data_source", None)]
    marked = [found for found in sourced if MARKED in found.data_source.tags]

    assert figure.select_one({"type": CrosshairTool}).overlay.level == OVER
    assert {found.level for found in marked} == {OVER}
    rings, keys = (found.data_source.data for found in marked)
    assert sorted(zip(rings["at"], rings["y"].round(2), strict=True)) == [
        (0.0, 1.29), (1.0, 0.56), (1.0, 1.43), (2.0, 1.56),
    ]  # fmt: skip
    assert (list(keys["at"]), list(keys["key"])) == ([0, 1, 2], ["p1", "p2", "p3"])


def test_labels_of_the_axis_never_meet() -> None:
    names = {f"p{at}": f"a release with a long name {at}" for at in range(1, 31)}
    trend = grid(load=[1.0] * 30)
    for focus in ("p2", "p15", "p29"):
        trends = trend_layout.lay_out_trends(trend, NO_SPREAD, WALL, names, "p1", focus, {})
        kept = drawn(trends).xaxis[0].major_label_overrides
        assert names[focus] in kept.values()
        assert len(kept) <= 2


def test_a_single_release_without_a_value_is_drawn() -> None:
    trends = laid_out(grid(load=[None]))

    assert drawn(trends).tags == ["trend", "wall_time_s"]
