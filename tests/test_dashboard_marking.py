"""Pointing at the charts of Home marks an episode or a run everywhere, a click opens it, and coming near draws them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest
from playwright.sync_api import expect

from home_charts import charts, marked, spot
from shown import BASELINE, FOCUS, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]

pytest_plugins = ("browser", "home_charts")


def test_pointing_at_an_episode_marks_it_in_all_charts_and_in_the_list(home: Watched) -> None:
    page, episode = home.page, "ep02_tide_pools"
    row = page.locator(f'tr[data-ep="{episode}"]')
    assert not any(marked(page).values())

    page.mouse.move(*spot(page, "A", episode, "tokens", "row", 1))
    home.until(lambda: episode in marked(page)["C"], "marked")
    assert all(episode in found for found in marked(page).values()), marked(page)
    assert set(marked(page)) == {"A", "B", "C", "D"}
    expect(row).to_have_class(re.compile("marked"))
    assert "ep12_weather_logs" not in marked(page)["D"]

    page.mouse.move(5, 500)
    home.until(lambda: not any(marked(page).values()), "no mark")
    expect(row).not_to_have_class(re.compile("marked"))
    row.hover()
    home.until(lambda: all(episode in found for found in marked(page).values()), "marked from the list")
    home.settle()


def test_pointing_at_the_row_of_a_run_marks_all_of_it(home: Watched) -> None:
    page = home.page
    x, y = spot(page, "A", "ep02_tide_pools", "tokens", "row", 2)
    page.mouse.move(x + 150, y)
    home.until(lambda: OTHER in marked(page)["A"], "the row of the run is marked")
    points = charts(page)["B"]["sources"]["points"]
    assert {points["at"][index] for index in points["picked"]} == {2}
    assert len(points["picked"]) == 12


def test_a_row_of_scores_tells_the_scores_of_its_episode(home: Watched, connection: duckdb.DuckDBPyConnection) -> None:
    page, episode = home.page, "ep03_night_bus"
    page.mouse.move(*spot(page, "D", episode, "x1", "y"))
    for metric in ("rougeL_f1", "rouge2_f1"):
        was, now = connection.execute(
            f"select baseline, candidate from episode_deltas('{BASELINE}', '{FOCUS}')"
            " where metric = $1 and episode_id = $2", [metric, episode],
        ).fetchall()[0]  # fmt: skip
        expect(page.locator(".bk-Tooltip").first).to_contain_text(f"{was:.3f} → {now:.3f}")


@pytest.mark.parametrize(("number", "focus"), [(0, FOCUS), (2, OTHER)])
def test_a_click_on_an_episode_opens_it(home: Watched, number: int, focus: str) -> None:
    page, episode = home.page, "ep07_avalanche"
    page.mouse.click(*spot(page, "B", episode, "tokens", "latency", number))

    page.wait_for_url(re.compile("page=episodes"))
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert (query["ep"], query["focus"], query["base"]) == (episode, focus, BASELINE)
    home.settle()


def test_a_click_in_the_scores_opens_the_episode_of_the_candidate_in_focus(home: Watched) -> None:
    page = home.page
    page.mouse.click(*spot(page, "D", "ep07_avalanche", "x1", "y"))
    page.wait_for_url(re.compile("ep=ep07_avalanche"))


@pytest.mark.parametrize("name", ["home", "performance"])
def test_figures_are_drawn_when_a_person_comes_near_them(shipped: Served, watch: Watch, name: str) -> None:
    page, later = watch().page, "driftline-later"
    page.goto(shipped.at(name))
    expect(page.locator(later)).to_have_count(1)
    expect(page.locator("driftline-figures")).to_have_count(0)
    page.mouse.move(700, 500)
    page.mouse.wheel(0, 5000)
    expect(page.locator("driftline-figures .figure").first).to_be_attached()
    expect(page.locator(later)).to_have_count(0)
