"""What the panels of a history draw, read back from the sources of the plot."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from bokeh.models import ColumnDataSource, Plot
from hypothesis import given
from hypothesis import strategies as st

from driftline.charts import style
from driftline.charts import tracking as charts
from driftline.charts.tracking_layout import Tracks, common_scale, lay_out_tracks, short_commit, short_value
from driftline.metrics import THIN, Metric

GAP = None


def metric(name: str, better: Any = "lower", unit: str = "s", decimals: int = 2) -> Metric:
    return Metric(name, name, unit, better, "log", "tracked", False, 10, 25, None, None, None, decimals, "")


REGISTRY = {"latency": metric("latency"), "speed": metric("speed", "higher"), "plain": metric("plain", "neutral", "")}


def points(values: dict[str, list[float | None]], changes: dict[tuple[str, int], dict[str, Any]] | None = None) -> Any:
    """As queries.series_points gives them: a record a day; a negative value is not usable."""
    rows = []
    for name, column in values.items():
        for at, value in enumerate(column):
            change = (changes or {}).get((name, at), {})
            rows.append(
                {
                    "metric": name, "record_id": f"r{at}", "number": at + 1, "place": at + 1,
                    "recorded_at": pd.Timestamp("2026-10-01") + pd.Timedelta(days=at), "run_type": "nightly",
                    "git_commit": f"abcdef{at}99", "git_branch": None, "value": math.nan if value is None else value,
                    "note": None, "present": value is not None, "is_usable": value is not None and value >= 0,
                    "effect_pct": change.get("effect", math.nan), "level": change.get("level", math.nan),
                    "change": change.get("verdict"),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def row(name: str, baseline: float | None, value: float | None, limit: float | None = None) -> dict[str, Any]:
    return {"metric": name, "baseline": baseline, "value": value, "limit_value": limit}


def tracks(values: dict[str, list[float | None]], *rows: dict[str, Any], **more: Any) -> Tracks:
    return lay_out_tracks("M1", points(values, more.pop("changes", None)), rows, REGISTRY, **more)


def drawn(found: Tracks, scale: tuple[float, float] | None = None) -> Plot:
    return charts.draw_tracks(found, scale or common_scale([found]), style.LIGHT)


def sources(plot: Plot) -> dict[str, ColumnDataSource]:
    """Every source by the last of its tags, also those that no glyph draws."""
    return {found.tags[-1]: found for found in plot.references() if isinstance(found, ColumnDataSource) and found.tags}


def source(plot: Plot, tag: str) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in sources(plot)[tag].data.items()})


def marks(plot: Plot, kind: str, tag: str = "marks") -> pd.DataFrame:
    found = source(plot, tag)
    return found[found["kind"] == kind].reset_index(drop=True)


def texts(plot: Plot) -> set[str]:
    return set(source(plot, "texts")["text"])


def test_a_gap_is_nan_in_the_source_and_marked_below_the_axis() -> None:
    plot = drawn(
        tracks({"latency": [1.0, GAP, 1.1], "speed": [5.0, 5.0, 5.0]}, row("latency", 1, 1.1), row("speed", 5, 5))
    )
    values = source(plot, "values")
    assert values["y"].isna().tolist() == [False, True, False, True, False, False, False, True]
    assert values["pct"].round(6).tolist()[:3:2] == [0, 10]
    (gap,) = marks(plot, "gap").to_dict("records")
    assert gap["x0"] < values["x"][1] < gap["x1"]
    assert gap["y0"] < marks(plot, "floor")["y0"][0]


def test_one_line_ends_each_panel_before_the_next_begins() -> None:
    values = source(
        drawn(tracks({"latency": [1.0, 1.0], "speed": [5.0, 6.0]}, row("latency", 1, 1), row("speed", 5, 6))), "values"
    )
    assert values["x"].isna().tolist() == [False, False, True, False, False, True]
    assert values["cell"].tolist() == [0, 0, 0, 1, 1, 1]


def test_the_limit_lies_above_where_lower_is_better_and_below_where_higher_is() -> None:
    found = tracks(
        {"latency": [1.0], "speed": [5.0], "plain": [2.0]},
        row("latency", 1, 1, 1.2), row("speed", 5, 5, 4), row("plain", 2, 2),
    )  # fmt: skip
    plot = drawn(found)
    base, limits = marks(plot, "baseline").set_index("cell")["y0"], marks(plot, "limit").set_index("cell")["y0"]
    assert limits[0] > base[0]
    assert limits[1] < base[1]
    assert set(limits.index) == {0, 1}
    # 20 % is as far on either side.
    assert limits[0] - base[0] == pytest.approx(base[1] - limits[1])
    assert {"1.20", "4.00"} <= texts(plot)


@pytest.mark.parametrize("baseline", [None, 0.0, -1.0, math.nan, math.inf])
def test_what_has_no_usable_baseline_is_drawn_without_one(baseline: float | None) -> None:
    plot = drawn(tracks({"latency": [2.0, 2.0, 4.0]}, row("latency", baseline, 4, 9)))
    assert len(marks(plot, "baseline")) == len(marks(plot, "limit")) == 0
    assert source(plot, "values")["pct"].tolist()[:3] == [0, 0, 100]
    assert source(plot, "records")["shown0"].tolist() == ["2.00", "2.00", "4.00"]


def test_all_panels_share_one_scale_that_grows_with_what_is_drawn() -> None:
    calm = tracks({"latency": [1.0, 1.1]}, row("latency", 1, 1.1, 1.2))
    wide = tracks({"latency": [1.0, 1.7]}, row("latency", 1, 1.7, 1.2))
    assert common_scale([calm]) == common_scale([]) == (-32, 42)
    assert common_scale([calm, wide]) == pytest.approx((-32, 74))
    assert len(marks(drawn(calm), "limit")) == 1


def test_a_value_beyond_the_scale_stands_at_its_edge_with_a_triangle() -> None:
    found = tracks({"latency": [1.0, 40.0, 1.0, 0.01]}, row("latency", 1, 0.01))
    scale = common_scale([found])
    assert scale == (-60, 100)
    special = source(drawn(found, scale), "special").set_index("kind")
    assert special.loc["above", "marker"] == "triangle"
    assert special.loc["below", "marker"] == "inverted_triangle"
    floor = marks(drawn(found, scale), "floor")["y0"][0]
    assert special.loc["below", "y"] == floor
    assert source(drawn(found, scale), "records")["shown0"][1] == "40.0 ▲ ×40.0"


def test_a_change_point_is_an_upright_line_with_day_and_commit_and_the_new_level() -> None:
    changes = {
        ("latency", 2): {"effect": 30.0, "level": 1.3, "verdict": "changed"},
        ("speed", 1): {"effect": 20.0, "level": 6.0, "verdict": "suspect"},
        ("plain", 1): {"effect": 20.0, "level": 6.0, "verdict": "changed"},
    }
    values: dict[str, list[float | None]] = {
        "latency": [1.0, 1.0, 1.3],
        "speed": [5.0, 6.0, 6.0],
        "plain": [5.0, 6.0, 6.0],
    }
    found = tracks(values, row("latency", 1, 1.3), row("speed", 5, 6), row("plain", 5, 6), changes=changes)
    plot = drawn(found)
    upright, level = marks(plot, "change"), marks(plot, "level", "levels")
    x = source(plot, "values")["x"]
    assert upright["x0"].tolist() == upright["x1"].tolist() == [x[2], x[5], x[9]]
    assert upright["colour"].tolist() == ["worse", "better", "base"]
    assert upright["dash"].tolist() == ["solid", charts.DASHES, "solid"]
    assert (level["width"] == 2).all()
    assert level["y0"][0] == pytest.approx(source(plot, "values")["y"][2])
    assert {"Oct 3 abcdef2", "Oct 2 abcdef1 ?", "Oct 2 abcdef1"} <= texts(plot)


def test_a_negative_value_is_a_gap_and_told_where_it_is_pointed_at() -> None:
    plot = drawn(tracks({"latency": [1.0, -1.0, GAP]}, row("latency", 1, None)))
    assert source(plot, "values")["y"].isna().tolist() == [False, True, True, True]
    assert source(plot, "records")["shown0"].tolist() == ["1.00 = 0", "−1.00: not usable", "not recorded"]
    assert "special" not in sources(plot), "the newest record has no value to mark"


def test_records_tell_when_by_which_commit_and_why_and_are_numbered_across_series() -> None:
    records = source(drawn(tracks({"latency": [1.0, 1.2]}, row("latency", 1, 1.2), first_at=7)), "records")
    assert records["at"].tolist() == [7, 8]
    assert records["key"].tolist() == ["r0", "r1"]
    assert records["told"][1] == "Oct 2 2026, 00:00 UTC · abcdef1 · nightly · record 2"
    assert records["shown0"][1] == f"1.20 ▲ +20{THIN}%"
    assert records["across"].is_monotonic_increasing


def test_among_many_records_only_those_that_no_line_reaches_have_a_dot() -> None:
    values: list[float | None] = [1.0] * (charts.DOTS_UP_TO + 10)
    values[5] = values[7] = None
    plot = drawn(tracks({"latency": values}, row("latency", 1, 1)))
    special = source(plot, "special").set_index("kind")
    assert special.loc["alone", "x"] == source(plot, "values")["x"][6]
    kinds = [type(each.glyph).__name__ for each in plot.renderers if "values" in each.data_source.tags]
    assert kinds == ["Line"]


def test_a_record_without_a_moment_is_counted_and_not_drawn() -> None:
    frame = points({"latency": [1.0, 1.1]})
    frame.loc[0, "recorded_at"] = pd.NaT
    found = lay_out_tracks("M1", frame, [row("latency", 1, 1.1)], REGISTRY)
    assert (len(found.records), found.undated) == (1, 1)
    assert {"Oct 2"} <= texts(drawn(found))


def test_nothing_at_all_can_be_drawn() -> None:
    empty = lay_out_tracks("M1", points({"latency": [1.0]}).iloc[:0], [row("latency", None, None)], REGISTRY)
    assert source(drawn(empty), "values")["y"].isna().all()
    assert charts.day_labels(0, 0) == ("Jan 1", "Jan 1")
    assert charts.day_labels(0, 400 * 86_400_000) == ("Jan 1 1970", "Feb 5 1971")


@given(st.lists(st.floats(0, 78), max_size=3))
def test_labels_at_the_right_never_cover_each_other(places: list[float]) -> None:
    found = charts.apart(places)
    for at, one in enumerate(found):
        assert abs(one - places[at]) <= charts.APART * len(places)
        assert all(abs(one - other) >= charts.APART - 1e-9 for other in found[at + 1 :])


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.2345, "s", "1.23"), (62.04, "s", "62.0"), (1234.5, "s", "1,234"), (0.00001234, "s", "1.23e−5"),
        (12345678901.0, "bytes", "1.23e10"), (-0.5, "", "−0.50"), (0.0, "s", "0.00"), (0.71, "fraction", "71"),
    ],
)  # fmt: skip
def test_a_label_is_short_and_never_hides_the_number(value: float, unit: str, shown: str) -> None:
    assert short_value(value, metric("m", unit=unit)) == shown


@pytest.mark.parametrize(
    ("commit", "shown"),
    [("a41f2c9e5d", "a41f2c9"), ("a41f2c", "a41f2c"), ("release-2026.11.22-final", "release-2026.11."), (None, "")],
)
def test_a_commit_is_as_long_as_people_say_it(commit: str | None, shown: str) -> None:
    assert short_commit(commit) == shown
