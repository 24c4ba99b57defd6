"""The dashboard driven as a person would: clicks, keys, the URL, the theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from shown import BASELINE, FOCUS, OTHER, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]

pytest_plugins = ("browser", "console")


def test_a_click_chooses_baseline_and_candidates_and_the_url_holds_them(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at())
    page.get_by_role("radio", name="v0.4 as baseline").click()
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.4 (chosen by you)")
    page.get_by_role("checkbox", name="v0.2 as candidate").click()
    expect(page.get_by_role("checkbox", name="v0.2 as candidate")).to_have_attribute("aria-checked", "false")
    page.locator("td.name").get_by_text("v0.3", exact=True).click()
    expect(page.locator(".ctx")).to_contain_text("In focus v0.3")
    expect(page.locator("tr.focus")).to_have_attribute("title", "runs/demo_paragraph_v0.3")
    watched.settle()

    shown = texts(page, "h1, p, td, .ctx, .tile")
    again = watch().open(page.url)
    assert len(shown) > 100
    assert texts(again, "h1, p, td, .ctx, .tile") == shown

    page.go_back()
    expect(page.locator(".ctx")).to_contain_text("In focus v0.6")
    page.go_back()
    expect(page.get_by_role("checkbox", name="v0.2 as candidate")).to_have_attribute("aria-checked", "true")
    page.go_back()
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.1")
    watched.settle()


def test_the_keyboard_alone_chooses_and_moves(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at())
    page.keyboard.press("/")
    expect(page.get_by_label("Search runs")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".filters summary")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio").nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox").first).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.6")
    expect(page.get_by_role("radio", name="v0.6 as baseline")).to_be_focused()
    page.get_by_role("radio", name="v0.1 as baseline").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.1")

    focus = page.locator(".ctx")
    expect(focus).to_contain_text("In focus v0.6")
    page.keyboard.press("]")
    expect(focus).not_to_contain_text("In focus v0.6")
    page.keyboard.press("[")
    expect(focus).to_contain_text("In focus v0.6")
    page.keyboard.press("End")
    page.wait_for_function("() => scrollY > 1000")
    top, side = (page.locator(name).bounding_box() for name in (".shell-top", ".shell-side"))
    assert (top and top["y"], side and side["y"]) == (0, 45), "tabs and panel stay in view"
    page.keyboard.press("b")
    expect(page.get_by_label("Search runs")).to_be_hidden()
    expect(page.locator(".rail")).to_contain_text("1 baseline")
    page.keyboard.press("b")
    expect(page.get_by_label("Search runs")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    watched.settle()


def test_the_first_key_leads_past_the_panel(shipped: Served, watch: Watch) -> None:
    page = watch().open(shipped.at())
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to the answer")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("p.lead a").first).to_be_focused()
    expect(skip).not_to_be_in_viewport()


def test_the_last_candidate_stays(shipped: Served, watch: Watch) -> None:
    page = watch().open(shipped.at(base=BASELINE, cand=FOCUS))
    boxes = page.get_by_role("checkbox", checked=True)
    expect(boxes).to_have_count(1)
    boxes.click()
    expect(boxes).to_have_count(1)
    expect(page.locator(".ctx")).to_contain_text("In focus v0.6")


def test_the_theme_is_switched_by_its_button_and_stays_in_the_url(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at("performance"))
    page.get_by_role("button", name="Switch theme").click()
    expect(page).to_have_url(re.compile("theme=dark"))
    watched.settle()
    assert {trend["ground"] for trend in watched.trends().values()} == {"#101216"}
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".tile").first).to_contain_text("ROUGE-L")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    watched.settle()


def test_the_search_offers_the_runs_that_hold_every_word_and_keeps_the_chosen(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at())
    rows, others = page.locator("table.runs tbody tr"), page.locator("table.runs tbody tr.off")
    everything = rows.count()
    search = page.get_by_label("Search runs")
    search.press_sequentially("paragraph AA3")
    expect(others).to_have_count(1)
    expect(others).to_have_attribute("title", re.compile("aa3"))
    expect(search).to_be_focused()
    expect(search).to_have_value("paragraph AA3")
    assert "find=paragraph+AA3" in page.url
    search.fill("")
    expect(rows).to_have_count(everything)
    watched.settle()


def test_filters_offer_what_they_let_through_from_all_groups(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at())
    chosen = page.locator("table.runs tbody tr:not(.off)").count()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Category").select_option("reference")
    others = page.locator("table.runs tbody tr.off")
    expect(others.first).to_have_attribute("title", re.compile("^references/"))
    assert all(title.startswith("references/") for title in others.evaluate_all("rows => rows.map(row => row.title)"))
    assert page.locator("table.runs tbody tr:not(.off)").count() == chosen
    expect(page.get_by_label("Category")).to_be_focused()
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_label("Category")).to_have_value("")
    watched.settle()


def test_the_tabs_switch_pages_without_losing_the_choice(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at(base=BASELINE, cand=OTHER))
    page.get_by_role("link", name="Performance").click()
    watched.settle()
    expect(page.locator(".bk-Figure")).to_have_count(2)
    page.get_by_role("link", name="Problems").click()
    expect(page.locator("h1")).to_contain_text("No problems.")
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".ctx")).to_contain_text("In focus v0.4")
    watched.settle()


def test_what_the_url_asks_for_in_vain_is_told_and_not_followed(shipped: Served, watch: Watch) -> None:
    hostile = "<img src=x onerror=window.__xss=1>"
    watched = watch()
    page = watched.open(shipped.at(base="../../etc/passwd", cand=[OTHER, hostile], focus="nope", theme="x'\"><script>"))
    expect(page.locator(".ctx")).to_contain_text(
        "Not in this root: ../../etc/passwd, <img src=x onerror=window.__xss=1>, nope"
    )
    expect(page.locator(".ctx")).to_contain_text("In focus v0.4")
    assert watched.count_smuggled() == 0

    page = watched.open(shipped.at("performance", pbase="v9", pcand=["' or 1=1 --", "v0.2"], pfocus=hostile))
    expect(page.locator(".ctx")).to_contain_text(
        "Not in this root: v9, ' or 1=1 --, <img src=x onerror=window.__xss=1>"
    )
    assert watched.count_smuggled() == 0

    page = watched.open(shipped.at("<script>window.__xss=1</script>"))
    expect(page.locator('nav a[aria-current="page"]')).to_have_text("Home")
    assert watched.count_smuggled() == 0


def test_on_a_phone_the_panel_is_a_drawer(shipped: Served, watch: Watch) -> None:
    watched = watch(390)
    page = watched.open(shipped.at())
    expect(page.get_by_label("Search runs")).to_be_hidden()
    page.get_by_role("button", name="Change runs").click()
    page.get_by_role("radio", name="v0.2 as baseline").click()
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.2")
    expect(page.get_by_label("Search runs")).to_be_hidden()
    assert watched.width_beyond() <= 0
    watched.settle()


def test_the_link_to_share_says_every_default(shipped: Served, watch: Watch) -> None:
    watched = watch(permissions=["clipboard-read", "clipboard-write"])
    page = watched.open(shipped.at())
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")

    assert "base=baselines%2Fdemo_paragraph_v0.1" in copied
    assert "focus=runs%2Fdemo_paragraph_v0.6" in copied
    assert copied.count("cand=") == 5


def test_an_open_fold_is_part_of_the_screen_and_closed_on_the_next(shipped: Served, watch: Watch) -> None:
    watched, is_open = watch(), "details[open] > summary"
    page = watched.open(shipped.at())
    for fold in (page.locator("details.more > summary").first, page.locator(".figures details.sql > summary").last):
        fold.focus()
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("open=.*open="))
    folds = page.locator(is_open).all_inner_texts()
    assert len(folds) == 2

    other = watch(locale="en-GB")
    stranger = other.open(page.url)
    expect(stranger.locator(is_open)).to_have_text(folds)
    stranger.keyboard.press("t")
    expect(stranger.locator("html")).to_have_attribute("data-theme", "dark")
    stranger.locator("driftline-later").scroll_into_view_if_needed()
    expect(stranger.locator(is_open)).to_have_text(folds)
    stranger.locator(is_open).first.click()
    expect(stranger).not_to_have_url(re.compile("open=.*open="))
    stranger.get_by_role("link", name="KPIs").click()
    expect(stranger.locator("h1")).to_contain_text("best")
    expect(stranger.locator(is_open)).to_have_count(0)
    assert "open=" not in stranger.url
    other.settle()
