"""The page of episodes driven as a person would: words, filters, pages, an episode opened, keys, URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from hostile import IMAGE, SCRIPT
from served_episodes import asked, at, heading, ids, query_of, rows, statements
from shown import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser", "console", "served_episodes")


def test_the_list_is_what_its_statement_says_worst_first(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    counting, listing, measuring, _ = statements(page)
    found = asked(surveyed, listing)

    assert len(found) == 20
    assert ids(page) == [row["episode_id"] for row in found]
    assert ids(page)[:2] == ["broke", "e44"]
    expect(rows(page).first).to_have_text(re.compile("failed · RuntimeError: the kettle is out of water"))
    deltas = texts(page, "table.ep-rows tbody tr:not(.failed) td:nth-child(2)")
    assert deltas == [f"▼ −{-row['rougeL_f1_delta']:.3f}" for row in found[1:]]
    (counts,) = asked(surveyed, counting)
    names = {"All": "found", "Regressed": "regressed", "Improved": "improved", "Failed": "failed"}
    names |= {"Gate flags": "gates", "Unpaired": "unpaired"}
    assert texts(page, ".ep-only nav a") == [f"{label} {counts[name]}" for label, name in names.items()]
    expect(page.locator("h1")).to_have_text("45 of 45 pairs lost ROUGE-L, all past the warn level; one episode failed")
    expect(heading(page)).to_contain_text("broke failed: RuntimeError: the kettle is out of water 1 of 47")
    expect(page.locator("article .w")).to_have_text("failed · RuntimeError: the kettle is out of water")
    assert asked(surveyed, measuring)[0]["episode_id"] == "broke"
    assert watched.width_beyond() <= 0


def test_words_are_searched_everywhere_and_the_field_keeps_the_cursor(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    page.keyboard.press("/")
    field = page.get_by_label("Search ids and texts")
    expect(field).to_be_focused()
    page.keyboard.type("NEEDLE")
    expect(rows(page)).to_have_count(1)
    expect(field).to_be_focused()
    page.keyboard.type(" here")
    expect(page).to_have_url(re.compile(r"[?&]q=NEEDLE(\+|%20)here"))
    expect(heading(page)).to_contain_text("new is only in candidate")
    expect(field).to_have_value("NEEDLE here")
    expect(field).to_be_focused()
    expect(page.locator(".ep-only nav")).to_contain_text("All 1")
    expect(page.locator(".ep-only nav")).to_contain_text("Unpaired 1")
    field.fill("kettle")
    expect(heading(page)).to_contain_text("broke failed")
    field.fill("no such words")
    expect(page.locator(".ep-list .cap")).to_have_text("No episode is left.")
    field.fill("")
    expect(rows(page)).to_have_count(20)
    watched.settle()


def test_a_filter_keeps_its_episodes_and_pages_turn(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    page.get_by_role("link", name="Gate flags 1").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("truncation")
    expect(heading(page)).to_contain_text("e03")
    assert query_of(page)["only"] == ["gates"]

    page.get_by_role("link", name="All 47").click()
    expect(page.locator(".ep-list .cap")).to_have_text("1–20 of 47 · next")
    first = ids(page)
    page.get_by_role("link", name="next", exact=True).click()
    expect(page.locator(".ep-list .cap")).to_have_text("21–40 of 47 · previous · next")
    second = ids(page)
    page.get_by_role("link", name="next", exact=True).click()
    expect(page.locator(".ep-list .cap")).to_have_text("41–47 of 47 · previous")
    assert len({*first, *second, *ids(page)}) == 47
    page.get_by_role("link", name="previous", exact=True).click()
    expect(page.locator(".ep-list .cap")).to_have_text("21–40 of 47 · previous · next")
    assert ids(page) == second
    expect(heading(page)).to_contain_text(f"{second[0]} ")
    watched.settle()


def test_a_click_opens_an_episode_and_j_and_k_go_on_across_pages(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    rows(page).nth(18).click(position={"x": 300, "y": 10})
    expect(heading(page)).to_contain_text("19 of 47")
    expect(rows(page).nth(18)).to_have_class(re.compile("on"))
    assert query_of(page)["ep"] == [ids(page)[18]]
    page.keyboard.press("j")
    expect(heading(page)).to_contain_text("20 of 47")
    page.keyboard.press("j")
    expect(heading(page)).to_contain_text("21 of 47")
    expect(page.locator(".ep-list .cap")).to_contain_text("21–40 of 47")
    page.keyboard.press("k")
    expect(heading(page)).to_contain_text("20 of 47")
    expect(page.locator(".ep-list .cap")).to_contain_text("1–20 of 47")
    page.go_back()
    expect(heading(page)).to_contain_text("21 of 47")
    watched.settle()


def test_the_url_shows_the_same_screen_in_another_browser(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    page.get_by_role("link", name="Regressed").click()
    expect(page.locator(".ep-list .cap")).to_contain_text("of 45")
    page.get_by_label("Search ids and texts").fill("e1")
    expect(rows(page)).to_have_count(10)
    rows(page).nth(4).locator("a").click()
    expect(heading(page)).to_contain_text("5 of 10")
    page.get_by_role("link", name="plain").click()
    expect(page.locator(".diff-key")).to_have_count(0)
    watched.settle()

    shown = texts(page, "h1, h2, th, td, article, .ep-only a, .cap")
    again = watch().open(page.url)
    assert len(shown) > 40
    assert texts(again, "h1, h2, th, td, article, .ep-only a, .cap") == shown
    expect(again.get_by_label("Search ids and texts")).to_have_value("e1")


def test_the_keyboard_alone_filters_opens_and_reads(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed))
    page.keyboard.press("/")
    page.keyboard.press("Tab")
    expect(rows(page).first.locator("a")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("e44")
    page.get_by_role("link", name="Failed 1").focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="plain").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="plain")).to_have_attribute("aria-current", "true")
    page.keyboard.press("]")
    expect(page.locator(".ctx")).to_contain_text("2 of 2")
    watched.settle()


def test_what_the_url_asks_in_vain_is_not_followed(surveyed: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(surveyed, ep=IMAGE, only="' or 1=1", at="99999", view=SCRIPT, q="\0"))
    expect(heading(page)).to_contain_text(f"No episode {IMAGE} in either run")
    expect(page.locator(".ep-list .cap")).to_contain_text("41–47 of 47")
    assert watched.count_smuggled() == 0


def test_a_phone_shows_the_list_above_the_episode(surveyed: Served, watch: Watch) -> None:
    watched = watch(390)
    page = watched.open(at(surveyed, ep="e40"))
    boxes = [page.locator(selector).first.bounding_box() for selector in ("table.ep-rows", "h2.ep-h", "article")]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len(tops) == 3
    assert watched.width_beyond() <= 0
