"""How values are written: minus signs, thin spaces, ratios, gaps, and as many decimals as the unit bears."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline import queries
from driftline.metrics import MINUS, THIN, Metric, arrow, percent, plain
from roots import Root


def metric(unit: str, decimals: int = 2) -> Metric:
    return Metric("m", "M", unit, "lower", "log", "cost", True, None, None, None, None, None, decimals, "")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0, 0, "0"), (1234.5, 0, "1,234"), (-1234.56, 1, f"{MINUS}1,234.6"), (-0.001, 2, "0.00"), (1e6, 0, "1,000,000")],
)
def test_a_number_has_separators_and_a_real_minus(value: float, decimals: int, text: str) -> None:
    assert plain(value, decimals) == text


@pytest.mark.parametrize(
    ("pct", "text"),
    [
        (None, ""),
        (0.0, f"0{THIN}%"),
        (0.04, f"<0.1{THIN}%"),
        (-0.04, f"<0.1{THIN}%"),
        (4.84, f"+4.8{THIN}%"),
        (-9.96, f"{MINUS}10.0{THIN}%"),
        (10.4, f"+10{THIN}%"),
        (-50.2, f"{MINUS}50{THIN}%"),
        (399.4, f"+399{THIN}%"),
        (400.0, "×5.0"),
        (1056.0, "×11.6"),
        (30900.0, "×310"),
    ],
)
def test_a_percent_is_signed_short_and_from_400_on_a_ratio(pct: float | None, text: str) -> None:
    assert percent(pct) == text


@given(st.floats(min_value=0.05, max_value=399, allow_nan=False))
def test_a_percent_and_its_opposite_differ_in_the_sign_alone(pct: float) -> None:
    assert percent(pct)[1:] == percent(-pct)[1:]
    assert (percent(pct)[0], percent(-pct)[0]) in (("+", MINUS), ("0", "0"))


@pytest.mark.parametrize(("delta", "mark"), [(None, ""), (0, "="), (0.1, "▲"), (-0.1, "▼")])
def test_the_arrow_says_where_the_number_went(delta: float | None, mark: str) -> None:
    assert arrow(delta) == mark


@pytest.mark.parametrize(
    ("unit", "decimals", "value", "text", "with_unit"),
    [
        ("s", 2, None, "–", "–"),
        ("s", 2, 0, "0.00", "0.00 s"),
        ("s", 2, 0.0444, "0.044", "0.044 s"),
        ("s", 2, 0.00444, "0.0044", "0.0044 s"),
        ("s", 2, 7.891, "7.89", "7.89 s"),
        ("s", 2, 96.66, "96.7", "96.7 s"),
        ("s", 2, 135.4, "135", "135 s"),
        ("MB", 0, 7159.2, "7,159", "7,159 MB"),
        ("score", 3, 0.2104, "0.210", "0.210"),
        ("fraction", 1, 0.9166, "92", f"92{THIN}%"),
        ("fraction", 1, 0.05, "5.0", f"5.0{THIN}%"),
        ("fraction", 1, 0.0, "0", f"0{THIN}%"),
        ("fraction", 1, 1.0, "100", f"100{THIN}%"),
    ],
)
def test_a_value_has_the_decimals_and_the_unit_of_its_metric(
    unit: str, decimals: int, value: float | None, text: str, with_unit: str
) -> None:
    assert metric(unit, decimals).shown(value) == text
    assert metric(unit, decimals).shown_with_unit(value) == with_unit


@pytest.mark.parametrize(
    ("unit", "delta", "text"),
    [
        ("s", None, "–"),
        ("s", 0, "0"),
        ("s", 6.157, "+6.16"),
        ("s", -6.157, f"{MINUS}6.16"),
        ("fraction", -0.0833, f"{MINUS}8.3"),
        ("fraction", 0.0004, "<0.1"),
        ("ratio", -0.004, "<0.01"),
    ],
)
def test_a_delta_carries_its_sign(unit: str, delta: float | None, text: str) -> None:
    assert metric(unit).shown_delta(delta) == text


@pytest.mark.parametrize(
    ("unit", "delta", "pct", "text"),
    [
        ("fraction", -0.0833, -8.33, f"{MINUS}8.3 points"),
        ("s", 6.157, 50.0, f"+50{THIN}%"),
        ("s", 6.157, None, "+6.16"),
    ],
)
def test_a_fraction_moves_by_points_and_all_else_by_percent(
    unit: str, delta: float, pct: float | None, text: str
) -> None:
    assert metric(unit).shown_change(delta, pct) == text


def test_a_unit_that_the_label_says_is_not_said_again() -> None:
    said = replace(metric("tokens"), label="Output tokens")
    assert (said.told_unit, replace(said, label="Length").told_unit) == ("", "tokens")


def test_the_registry_is_that_of_the_relation(root: Root) -> None:
    with root.whole_run("runs/a").open() as store:
        registry = queries.registry(store.connection)
        rows = store.connection.execute("select metric, unit, better from metrics order by metric").fetchall()

    assert sorted((one.metric, one.unit, one.better) for one in registry.values()) == rows
    assert all(one.label and one.description for one in registry.values())
