"""The waterfall as HTML: what its title says, where its bars lie, and where their numbers stand."""

from __future__ import annotations

import re

import pytest

from driftline import queries
from driftline.metrics import MINUS
from driftline.reports import waterfall
from driftline.reports.choice import Comparison
from roots import Root
from test_html import Reader
from test_sql_contributions import two

IMAGE = "<img src=x onerror=alert(1)>"


def drawn(root: Root) -> str:
    with root.open() as store:
        table = queries.stage_contributions(store.connection, "b", "c")
        labels = {"b": "before", "c": "after"}
        wall_time = queries.registry(store.connection)["wall_time_s"]
        return waterfall.render(table, Comparison("b", "c", (), labels), wall_time)


def bars(markup: str) -> dict[str, tuple[str, float, float, str]]:
    """By the name of the step: class, left and right end in per cent, the text."""
    found = {}
    for css, inner in re.findall(r'<tr class="([^"]*)">(.*?)</tr>', markup):
        at = re.search(r'<i style="left:([\d.]+)%;width:([\d.]+)%">', inner)
        left, width = (float(at[1]), float(at[2])) if at else (0.0, 0.0)
        name, text = (Reader(part).text for part in inner.split("</th>"))
        found[name] = (css, left, left + width, text)
    return found


def test_bars_lie_on_one_axis_from_zero(root: Root) -> None:
    two(root, {"summarization": 10, "transcription": 5}, {"summarization": 30, "own": 2, "same": 0})
    assert bars(drawn(root)) == {
        "before": ("baseline", 0, 50, "20.0"),
        "summarization": ("more", 50, 100, "+20.0"),
        "transcription": ("less", 87.5, 100, f"{MINUS}5.00 · gone"),
        "own": ("more", 87.5, 92.5, "+2.00 · new"),
        "same": ("less", 92.5, 92.5, "0 · new"),
        "overlap / unattributed": ("rest", 87.5, 92.5, f"{MINUS}2.00"),
        "after": ("candidate inside", 0, 87.5, "35.0"),
    }


def test_a_number_stands_right_of_its_bar_else_left_else_inside(root: Root) -> None:
    markup = drawn(two(root, {"a": 1, "b": 0}, {"a": 75, "b": 1}, (20, 95)))
    assert re.findall(r'<tr class="([^"]*)">.*?<span style="([^"]*)">([^<]*)', markup) == [
        ("baseline", "left:21.05%", "20.0"),
        ("more inside", "right:1.05%", "+74.0"),
        ("more", "right:1.05%", "+1.00"),
        ("rest", "right:0.00%", "0"),
        ("candidate inside", "right:0.00%", "95.0"),
    ]


@pytest.mark.parametrize(
    ("baseline", "candidate", "totals", "title"),
    [
        ({"a": 10}, {"a": 30}, (20, 40), "a adds 20.0 s"),
        ({"a": 30}, {"a": 10}, (40, 20), "a saves 20.0 s"),
        ({"a": 10}, {"a": 30}, (20, 35), "a adds 20.0 s; overlap hides part of it"),
        ({"a": 10}, {"a": 30}, (20, 19), "a adds 20.0 s; overlap hides it"),
        ({"a": 10}, {"a": 30}, (20, 36), "a adds 20.0 s"),
        ({"a": 30}, {"a": 10}, (40, 39), "a saves 20.0 s; overlap hides part of it"),
        ({"a": 10}, {"a": 10}, (20, 35), "No stage contributed to a change"),
        ({}, {}, (20, 35), "No stage contributed to a change"),
        ({"a": 10}, {"a": 30}, (20, None), "What the change is made of is not known"),
    ],
)
def test_the_title_names_the_stage_that_contributed_most(
    root: Root, baseline: dict[str, int], candidate: dict[str, int], totals: tuple[int, int | None], title: str
) -> None:
    assert f"<h3>{title}</h3>" in drawn(two(root, baseline, candidate, totals))


def test_a_sum_below_zero_moves_the_zero(root: Root) -> None:
    found = bars(drawn(two(root, {"a": 30, "b": 20}, {"c": 5}, (20, 5))))
    assert found["before"][1:3] == (60, 100)
    assert found["b"][1] == 0


def test_names_are_text(root: Root) -> None:
    markup = drawn(two(root, {IMAGE: 1}, {IMAGE: 2}))
    assert IMAGE in bars(markup)
    assert "img" not in Reader(markup).elements
