"""The page of episodes driven as a person would: words, filters, pages, an episode opened, what differs, keys, URL."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from driftline.store import open_store
from hostile import BIDI, IMAGE, NAMES, QUOTES, SCRIPT, hostile_root
from roots import Root, metrics, prediction
from shown import texts
from two_runs import B, C

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser", "console")
OTHER = "runs/other"
BASE = "The cave was surveyed in May.\n\nNora Quist counted 212 bats, and the river rose."
CAND = "The cave was measured in May.\n\nNora Quist counted bats. A storm came from the north."
# What a column says without its signs, and the words behind each mark.
COLUMN = """
article => {
    const copy = article.cloneNode(true);
    copy.querySelectorAll(".diff-sign").forEach(sign => sign.remove());
    const words = kind => [...copy.querySelectorAll(`.diff-${kind}`)].map(mark => mark.textContent);
    return {
        text: [...copy.querySelectorAll(".diff-text")].map(paragraph => paragraph.textContent).join("\\n\\n"),
        deleted: words("deleted"), added: words("added"), changed: words("changed"),
        signs: [...article.querySelectorAll(".diff-sign")].map(sign => sign.textContent.trim()),
    };
}
"""

# Whether another tab is served before the page has its answer.
OTHER_TAB = """
async url => {
    const bridge = [...Bokeh.documents[0]._all_models.values()].find(model => model.title === "driftline-bridge");
    await (await fetch(url)).text();
    return bridge.value !== "" && bridge.placeholder !== bridge.value;
}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """45 episodes that lose more and more, one that failed, one of the candidate only; two candidates, a reference."""
    root, names = Root(tmp_path_factory.mktemp("episodes") / "root"), [f"e{number:02}" for number in range(45)]
    content = metrics(46, references={"ref": {"rougeL_f1": 0.4}}, failed=["broke"], dataset_id="d")
    content["intrinsic"]["gates"]["episode_gate_failures"] = {"e03": ["truncation"]}
    reference = [prediction(name, BASE) for name in names]
    root.run("references/silver/_archive/ref", predictions=reference)
    whole = metrics(46, references={"ref": {"rougeL_f1": 0.9}}, dataset_id="d")
    root.run(B, predictions=[*reference, prediction("broke", "a text")], metrics=whole)
    said = [prediction(name, CAND + " x" * number) for number, name in enumerate(names)]
    failed = {"episode_id": "broke", "output": {}, "error": "RuntimeError: the kettle is out of water"}
    root.run(C, predictions=[*said, failed, prediction("new", "found a needle here")], metrics=content)
    root.run(OTHER, predictions=reference, metrics=metrics(45, dataset_id="d"))
    return serve(root.folder)


def at(served: Served, **query: Any) -> str:
    return served.at("episodes", base=B, cand=[C, OTHER], focus=C, **query)


def rows(page: Page) -> Locator:
    return page.locator("table.ep-rows tbody tr")


def ids(page: Page) -> list[str]:
    return texts(page, "table.ep-rows td.id a")


def heading(page: Page) -> Locator:
    return page.locator("h2.ep-h")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def asked(served: Served, statement: str) -> list[dict[str, Any]]:
    with open_store(served.root) as store:
        cursor = store.connection.execute(statement)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def statements(page: Page) -> list[str]:
    """The statements behind the filters, the list, the measures and the texts, in this order."""
    return page.locator("details.sql pre").all_text_contents()


def test_the_list_is_what_its_statement_says_worst_first(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
    counting, listing, measuring, _ = statements(page)
    found = asked(served, listing)

    assert len(found) == 20
    assert ids(page) == [row["episode_id"] for row in found]
    assert ids(page)[:2] == ["broke", "e44"]
    expect(rows(page).first).to_have_text(re.compile("failed · RuntimeError: the kettle is out of water"))
    deltas = texts(page, "table.ep-rows tbody tr:not(.failed) td:nth-child(2)")
    assert deltas == [f"▼ −{-row['rougeL_f1_delta']:.3f}" for row in found[1:]]
    (counts,) = asked(served, counting)
    names = {"All": "found", "Regressed": "regressed", "Improved": "improved", "Failed": "failed"}
    names |= {"Gate flags": "gates", "Unpaired": "unpaired"}
    assert texts(page, ".ep-only nav a") == [f"{label} {counts[name]}" for label, name in names.items()]
    expect(page.locator("h1")).to_have_text("45 of 45 pairs lost ROUGE-L, all past the warn level; one episode failed")
    expect(heading(page)).to_contain_text("broke failed: RuntimeError: the kettle is out of water 1 of 47")
    expect(page.locator("article .w")).to_have_text("failed · RuntimeError: the kettle is out of water")
    assert asked(served, measuring)[0]["episode_id"] == "broke"
    assert watched.width_beyond() <= 0


def test_words_are_searched_everywhere_and_the_field_keeps_the_cursor(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
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


def test_a_filter_keeps_its_episodes_and_pages_turn(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
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


def test_a_click_opens_an_episode_and_j_and_k_go_on_across_pages(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
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


def test_the_marks_are_the_words_that_only_one_text_has(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served, ep="e00"))
    expect(page.locator("article")).to_have_count(2)
    left, right = (page.locator("article").nth(side).evaluate(COLUMN) for side in (0, 1))
    wrote = {row["run"]: row["text"] for row in asked(served, statements(page)[-1])}

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


def test_the_measures_are_what_their_statement_says(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served, ep="e20"))
    found = {row["metric"]: row for row in asked(served, statements(page)[2])}
    heads = texts(page, "table.ep-ct thead th")
    shown = [texts(page, f"table.ep-ct tbody tr:nth-child({row}) td") for row in (1, 2, 3)]

    at_rouge, at_tokens = heads.index("ROUGE-L F1"), heads.index("Output tokens")
    rouge, tokens = found["rougeL_f1"], found["output_tokens"]
    assert shown[0][at_rouge] == f"{rouge['baseline']:.3f}" == "1.000"
    assert shown[1][at_rouge] == f"{rouge['candidate']:.3f}"
    assert shown[2][at_rouge] == f"▼ −{-rouge['delta']:.3f}"
    assert [shown[0][at_tokens], shown[1][at_tokens]] == [f"{tokens[side]:.0f}" for side in ("baseline", "candidate")]
    assert shown[2][at_tokens].startswith(f"▲ +{tokens['delta_pct']:.0f}")


def test_tabs_and_views_change_what_is_beside_the_baseline(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served, ep="e07"))
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


def test_the_url_shows_the_same_screen_in_another_browser(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
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


def test_the_keyboard_alone_filters_opens_and_reads(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served))
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


def test_what_the_url_asks_in_vain_is_not_followed(served: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(at(served, ep=IMAGE, only="' or 1=1", at="99999", view=SCRIPT, q="\0"))
    expect(heading(page)).to_contain_text(f"No episode {IMAGE} in either run")
    expect(page.locator(".ep-list .cap")).to_contain_text("41–47 of 47")
    assert watched.count_smuggled() == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_texts_stay_text(
    tmp_path_factory: pytest.TempPathFactory, serve: Serve, watch: Watch, width: int
) -> None:
    hostile = serve(hostile_root(tmp_path_factory.mktemp("hostile") / "root").folder)
    watched, shown = watch(width), ""
    for name in NAMES:
        for view in ("diff", "reference") if width == 1440 else ("diff",):
            page = watched.open(hostile.at("episodes", ep=name, view=view, q=""))
            shown += "\n".join(page.locator("h1, h2, td, article, nav, pre, .cap").all_inner_texts())
            assert watched.count_smuggled() == 0, name
            assert watched.width_beyond() <= 0, name
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    for text in (SCRIPT, IMAGE, QUOTES, "\\u202egnp.\\x1b[31m"):
        assert text in shown, text
    page = watched.open(hostile.at("episodes", q=IMAGE, ep=BIDI))
    expect(page.get_by_label("Search ids and texts")).to_have_value(IMAGE)
    assert watched.count_smuggled() == 0


def test_a_phone_shows_the_list_above_the_episode(served: Served, watch: Watch) -> None:
    watched = watch(390)
    page = watched.open(at(served, ep="e40"))
    boxes = [page.locator(selector).first.bounding_box() for selector in ("table.ep-rows", "h2.ep-h", "article")]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len(tops) == 3
    assert watched.width_beyond() <= 0


def test_the_page_and_other_tabs_are_answered_while_a_long_text_is_compared(
    tmp_path: Path, serve: Serve, watch: Watch
) -> None:
    root, source = Root(tmp_path / "root"), random.Random("long")
    for run in (B, C):
        long = prediction("long", " ".join(f"w{source.randrange(9000)}" for _ in range(34_000)))
        root.run(run, predictions=[prediction("short", "a few words"), long], metrics=metrics(2, dataset_id="d"))
    served, watched = serve(root.folder), watch()
    page = watched.open(served.at("episodes", base=B, cand=C, ep="short"))
    page.get_by_role("link", name="long", exact=True).click()
    assert page.evaluate(OTHER_TAB, served.at("problems")), "the server answered only after the comparison"
    expect(page.locator("html")).to_have_attribute("data-waiting", "")
    expect(heading(page)).to_contain_text("long")
    watched.settle()
    expect(page.locator("html")).not_to_have_attribute("data-waiting", "")
