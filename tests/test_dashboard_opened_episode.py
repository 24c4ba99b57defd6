"""An episode opened: what differs from the baseline, in words and in measures, and hostile texts as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from hostile import BIDI, IMAGE, NAMES, assert_is_text
from served_episodes import BASE, CAND, COLUMN, asked, at, heading, query_of, statements
from shown import texts
from two_runs import B, C

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser", "console", "hostile", "served_episodes")


def test_the_marks_are_the_words_that_only_one_text_has(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed, ep="e00"))
    expect(page.locator("article")).to_have_count(2)
    left, right = (page.locator("article").nth(side).evaluate(COLUMN) for side in (0, 1))
    wrote = {row["run"]: row["text"] for row in asked(surveyed, statements(page)[-1])}

    assert left["text"] == wrote[B] == BASE
    assert right["text"] == wrote[C] == CAND
    assert "surveyed" in left["changed"]
    assert "measured" in right["changed"]
    assert any("212" in mark for mark in left["deleted"])
    assert any("A storm came" in mark for mark in right["added"])
    assert left["added"] == right["deleted"] == []
    assert {*left["signs"]} == {"−", "~"}
    assert {*right["signs"]} == {"+", "~"}
    expect(page.locator(".ep-facts")).to_contain_text("212")
    watched.settle()


def test_the_measures_are_what_their_statement_says(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed, ep="e20"))
    found = {row["metric"]: row for row in asked(surveyed, statements(page)[2])}
    heads = texts(page, "table.ep-ct thead th")
    shown = [texts(page, f"table.ep-ct tbody tr:nth-child({row}) td") for row in (1, 2, 3)]

    at_rouge, at_tokens = heads.index("ROUGE-L F1"), heads.index("Output tokens")
    rouge, tokens = found["rougeL_f1"], found["output_tokens"]
    assert shown[0][at_rouge] == f"{rouge['baseline']:.3f}" == "1.000"
    assert shown[1][at_rouge] == f"{rouge['candidate']:.3f}"
    assert shown[2][at_rouge] == f"▼ −{-rouge['delta']:.3f}"
    assert [shown[0][at_tokens], shown[1][at_tokens]] == [f"{tokens[side]:.0f}" for side in ("baseline", "candidate")]
    assert shown[2][at_tokens].startswith(f"▲ +{tokens['delta_pct']:.0f}")


def test_tabs_and_views_change_what_is_beside_the_baseline(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed, ep="e07"))
    candidates = page.get_by_role("navigation", name="Candidates")
    candidates.get_by_role("link").nth(1).click()
    expect(heading(page)).to_contain_text("e07 says the same, word for word")
    expect(candidates).to_contain_text("same text")
    expect(page.locator(".diff-added, .diff-deleted, .diff-changed").locator("visible=true")).to_have_count(3)
    page.get_by_role("link", name="plain").click()
    expect(page.locator(".diff-key")).to_have_count(0)
    page.get_by_role("link", name="reference").click()
    expect(page.locator(".ep-ref")).to_contain_text("Reference ref references/silver/_archive/ref")
    expect(page.locator(".ep-ref .diff-text").first).to_contain_text("The cave was surveyed in May.")
    assert query_of(page)["view"] == ["reference"]
    assert query_of(page)["ep"] == ["e07"]
    watched.settle()


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_texts_stay_text(hostile: Served, watch: Watch, width: int) -> None:
    watched, shown = watch(width), ""
    for name in NAMES:
        for view in ("diff", "reference"):
            page = watched.open(hostile.at("episodes", ep=name, view=view, q=""))
            shown += "\n".join(page.locator("h1, h2, td, article, nav, pre, .cap").all_inner_texts())
            assert watched.count_smuggled() == 0, name
            assert watched.width_beyond() <= 0, name
    assert_is_text(shown)
    page = watched.open(hostile.at("episodes", q=IMAGE, ep=BIDI))
    expect(page.get_by_label("Search ids and texts")).to_have_value(IMAGE)
    assert watched.count_smuggled() == 0
