"""The words around quality against cost: what is best, what is mixed, what is missing, and what can be chosen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bokeh.models import Plot

from driftline import queries
from driftline.charts.style import Palette
from driftline.charts.tradeoff import Tradeoff, draw_tradeoff
from driftline.reports import tradeoff
from driftline.reports.choice import ProfileComparison
from driftline.reports.tradeoff import Sides
from release_roots import FAIR, GOOD, released, scored, three_releases
from roots import Root


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


def rendered(root: Root, asked: Sides | None = None, is_live: bool = True) -> str:
    with root.open() as store:
        rows = {row["profile"]: row for row in queries.profile_list(store.connection)}
        first, *others = rows
        comparison = ProfileComparison(
            first, others[0], tuple(others[1:]), {key: key for key in rows}, profiles=rows,
            **({"query": lambda **changes: f"?{changes}"} if is_live else {}),
        )  # fmt: skip
        return tradeoff.render(store.connection, comparison, "light", asked or Sides())


def title(page: str) -> str:
    return re.findall("<h3>(.*?)</h3>", page)[0]


def caption(page: str) -> str:
    return re.findall('<p class="cap">(.*?)</p>', page)[0]


def options(page: str, name: str) -> list[str]:
    found = re.search(f'<select data-param="{name}">(.*?)</select>', page)
    return re.findall('value="(.*?)"', found[1]) if found else []


def test_the_title_names_those_that_none_beats(root: Root) -> None:
    page = rendered(three_releases(root))

    assert title(page) == "v1 and v2 hold the Pareto front"
    assert "3 releases; arrows follow their order." in caption(page)
    assert "driftline-figures" in page


def test_unlike_things_are_told_apart_by_shape_and_the_title_says_so(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, rouge=GOOD, wall_s=5.0, reference="silver", dataset="other")
    page = rendered(root)

    assert title(page) == "v1 and v2 hold the Pareto front; 2 references and 2 datasets of profiles are mixed"
    assert "● gold, d" in caption(page)
    assert "▲ silver, other" in caption(page)
    assert "Compare within one shape." in caption(page)


def test_who_lacks_which_side_is_named(root: Root) -> None:
    three_releases(root)
    for day in range(4, 10):
        released(root, f"p{day}", day, wall_s=1.0)
    released(root, "run_only", 11, rouge=FAIR)
    released(root, "unscored", 12, wall_s=1.0, run=True, metrics=scored(None))
    page = rendered(root)

    assert "No evaluation: p4, p5, p6, p7 and 2 more. No ROUGE-L F1: unscored. No profile: run_only." in page


def test_mixed_machines_are_told_and_a_compared_profile_behind_another(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, rouge=GOOD, wall_s=5.0, host="b")
    root.profile("v5", {"release": "v4", "date": "2026-02-01T00:00:00Z", "totals": {"wall_time_s": 5.0}})
    page = rendered(root)

    assert title(page).endswith("2 machines are mixed")
    assert "Another profile of its release is drawn: v4." in page


def test_a_fraction_stands_on_an_axis_of_percent(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Tradeoff] = []

    def note(made: Tradeoff, palette: Palette) -> Plot:
        drawn.append(made)
        return draw_tradeoff(made, palette)

    monkeypatch.setattr(tradeoff, "draw_tradeoff", note)
    rendered(three_releases(root), Sides(quality="success_rate"))
    assert list(drawn[0].dots["quality"]) == [100.0, 100.0, 100.0]
    assert drawn[0].quality.shown_unit == "%"


def test_where_only_the_values_are_missing_it_does_not_speak_of_sides(root: Root) -> None:
    page = rendered(three_releases(root), Sides(reference="nowhere"))
    assert title(page) == "No release has both values"
    assert "No ROUGE-L F1: v1, v2, v3." in page


def test_without_any_dot_it_says_what_a_dot_is(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0)
    released(root, "v2", 2, wall_s=1.0)
    page = rendered(root)

    assert title(page) == "No release has both sides"
    assert "driftline-figures" not in page
    assert "No evaluation: v1, v2." in page


def test_metric_cost_and_reference_can_be_chosen(root: Root) -> None:
    page = rendered(three_releases(root))

    assert options(page, "quality")[0] == "rougeL_f1"
    assert {"wall_time_s", "peak_rss_mb", "load/wall_time_s", "load/peak_rss_mb"} <= set(options(page, "cost"))
    assert options(page, "ref") == []
    released(root, "v4", 4, rouge=0.2, wall_s=1.0, reference="silver")
    assert options(rendered(root), "ref") == ["", "gold", "silver"]
    assert options(rendered(root, is_live=False), "quality") == []


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (Sides(quality="no_such_metric", cost="no_such_cost"), ("rougeL_f1", "wall_time_s")),
        (Sides(quality="success_rate", cost="load/peak_rss_mb"), ("success_rate", "load/peak_rss_mb")),
        (Sides(cost="load/release"), ("rougeL_f1", "wall_time_s")),
    ],
)
def test_what_cannot_be_shown_falls_back_to_the_default(root: Root, asked: Sides, shown: tuple[str, str]) -> None:
    page = rendered(three_releases(root), asked)
    assert tuple(re.findall('value="([^"]*)" selected', page)) == shown


def test_text_of_artifacts_stays_text(root: Root) -> None:
    hostile: Any = "<img src=x onerror=alert(1)>"
    three_releases(root)
    named = {"reference": hostile, "dataset": hostile, "stages": {hostile: {"wall_time_s": 1}}}
    released(root, "v4", 4, rouge=0.2, wall_s=1.0, **named)
    page = rendered(root, Sides(cost=f"{hostile}/wall_time_s"))

    assert "<img" not in page
    assert page.count("&lt;img") > 3
