"""KPIs and Delta driven in a browser: sorting, searching, saving, folding, focusing, and the URL that holds it all."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from driftline import queries
from hostile import IMAGE, SCRIPT
from roots import Root
from shown import FOCUS, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from browser import Served, Watched

    Watch = Callable[..., Watched]

pytest_plugins = ("browser", "console", "hostile")
KEYS = "table.kp tbody th"


def rows_of_sql(page: Page, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What the statement that the page shows gives, run as it stands."""
    shown = page.locator("details.sql").first
    shown.locator("summary").click()
    statement = shown.locator("pre").inner_text()
    shown.locator("summary").click()
    return queries.ask(connection, statement).rows


def saved(page: Page, name: str, folder: Path) -> list[dict[str, str]]:
    """The file that the link of the page saves."""
    with page.expect_download() as download:
        page.locator("a.csv").click()
    assert download.value.suggested_filename == name
    download.value.save_as(folder / name)
    return list(csv.DictReader(io.StringIO((folder / name).read_bytes().decode(), newline="")))


def titles(page: Page) -> list[str | None]:
    """The runs of the table in the order drawn."""
    return [head.get_attribute("title") for head in page.locator(KEYS).all()]


def test_a_click_and_a_key_sort_the_table_as_its_statement_does(
    shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection
) -> None:
    watched = watch()
    page = watched.open(shipped.at("kpis"))
    assert titles(page) == [row["run"] for row in rows_of_sql(page, connection)]
    assert titles(page)[:2] == ["baselines/demo_paragraph_v0.1", FOCUS]

    score = page.get_by_role("columnheader", name="ROUGE-L F1")
    score.get_by_role("link").click()
    expect(score).to_have_attribute("aria-sort", "descending")
    expect(page.locator(KEYS).first).to_have_attribute("title", FOCUS)
    assert titles(page) == [row["run"] for row in rows_of_sql(page, connection)]
    assert "sort=-rougeL_f1" in page.url

    score.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(score).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(KEYS).first).to_have_attribute("title", "runs/demo_paragraph_v0.4")
    page.get_by_role("link", name="Sort: baseline first").click()
    expect(score).to_have_attribute("aria-sort", "none")
    expect(page.locator(KEYS).first).to_have_attribute("title", "baselines/demo_paragraph_v0.1")
    watched.settle()


def test_the_search_of_the_table_is_kept_in_the_url(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at("kpis", show="group"))
    everyone = page.locator(KEYS).count()
    assert everyone > 6
    page.keyboard.press("/")
    search = page.get_by_label("Search the table")
    expect(search).to_be_focused()
    page.keyboard.type("PARAGRAPH aa3")
    expect(page.locator(KEYS)).to_have_count(1)
    expect(page.locator("h1")).to_have_text("v0.1 d alone: nothing to rank it against.")
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"q=PARAGRAPH\+aa3"))
    watched.settle()

    again = watch().open(page.url)
    expect(again.get_by_label("Search the table")).to_have_value("PARAGRAPH aa3")
    expect(again.locator(KEYS)).to_have_count(1)
    search.fill("no such run")
    expect(page.locator("h1")).to_have_text("No run found.")
    search.fill("")
    expect(page.locator(KEYS)).to_have_count(everyone)
    watched.settle()


@pytest.mark.parametrize(
    ("name", "numbers"), [("kpis", ("rougeL_f1", "avg_latency_s")), ("delta", ("delta", "candidate"))]
)
def test_the_saved_file_holds_what_the_statement_gives(
    shipped: Served,
    watch: Watch,
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    name: str,
    numbers: tuple[str, ...],
) -> None:
    watched = watch()
    page = watched.open(shipped.at(name))
    rows = rows_of_sql(page, connection)
    found = saved(page, f"{name}.csv", tmp_path)

    assert [row["run"] for row in found] == [row["run"] for row in rows]
    for number in numbers:
        assert [row[number] for row in found] == ["" if row[number] is None else repr(row[number]) for row in rows]
    watched.settle()


def test_a_column_head_focuses_its_candidate(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at("delta"))
    expect(page.locator("table.dm th.foc")).to_have_attribute("title", FOCUS)
    expect(page.locator("h1")).to_contain_text("Better. v0.6 is better in ROUGE-L and output tokens")
    page.locator("table.dm th.hc").get_by_role("link", name="v0.4").click()
    expect(page.locator("table.dm th.foc")).to_have_attribute("title", "runs/demo_paragraph_v0.4")
    expect(page.locator("table.dm th.hc").first).to_have_attribute("title", "runs/demo_paragraph_v0.4")
    expect(page.locator("h1")).to_contain_text("Worse. v0.4 is worse in ROUGE-L and output tokens")
    page.keyboard.press("]")
    expect(page.locator("table.dm th.foc")).not_to_have_attribute("title", "runs/demo_paragraph_v0.4")
    watched.settle()


def test_the_unchanged_unfold_and_all_are_a_link_away(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at("delta"))
    fold = page.locator("details.more").filter(has_text="unchanged in all 5")
    expect(fold.locator("li").first).to_be_hidden()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(fold.locator("li").filter(has_text="Truncation: 0")).to_be_visible()
    page.keyboard.press("Enter")
    expect(fold.locator("li").first).to_be_hidden()

    first = page.locator("table.dm tbody tr").count()
    named = fold.locator("li").count()
    page.get_by_role("link", name=re.compile(r"^All \d+$")).click()
    expect(page.locator("table.dm tbody tr")).to_have_count(first + named)
    assert "show=all" in page.url
    watched.settle()


@pytest.mark.parametrize("name", ["kpis", "delta"])
def test_the_url_restores_the_screen_in_a_new_browser(shipped: Served, watch: Watch, name: str) -> None:
    query: dict[str, Any] = {"kpis": {"show": "group", "sort": "avg_latency_s"}, "delta": {"show": "all"}}[name]
    watched = watch()
    page = watched.open(shipped.at(name))
    page.get_by_role("checkbox", name="v0.2 as candidate").click()
    expect(page.get_by_role("checkbox", name="v0.2 as candidate")).to_have_attribute("aria-checked", "false")
    chosen = re.sub(r"&?page=\w+", "", page.url.partition("?")[2])
    page = watched.open(shipped.at(name, **query) + "&" + chosen.lstrip("&"))

    shown = texts(page, "h1, th, td, .ctl")
    assert len(shown) > 60
    assert texts(watch().open(page.url), "h1, th, td, .ctl") == shown


@pytest.mark.parametrize("name", ["kpis", "delta"])
def test_on_a_phone_the_table_scrolls_alone_below_a_frozen_column(shipped: Served, watch: Watch, name: str) -> None:
    watched = watch(390)
    page = watched.open(shipped.at(name))
    first = page.locator("tbody th[scope=row]").first
    before = first.bounding_box()
    beyond = page.locator(".scroll").evaluate("node => node.scrollWidth - node.clientWidth")
    page.locator(".scroll").evaluate("node => node.scrollTo(200, 0)")

    assert beyond > 200
    assert first.bounding_box() == before
    assert watched.width_beyond() <= 0
    if name == "delta":
        page.locator(".scroll").evaluate("node => node.scrollTo(0, 0)")
        change = page.locator("td.foc .l1 span").first.bounding_box()
        assert change is not None
        assert change["x"] + change["width"] <= 390
    watched.settle()


@pytest.mark.parametrize("name", ["kpis", "delta"])
def test_a_hostile_root_stays_text(hostile: Served, watch: Watch, tmp_path: Path, name: str) -> None:
    watched = watch()
    page = watched.open(hostile.at(name, show="group", sort=SCRIPT, q="" if name == "kpis" else SCRIPT))

    assert watched.count_smuggled() == 0
    assert IMAGE in page.locator("table.kp, table.dm").inner_text()
    rows = saved(page, f"{name}.csv", tmp_path)
    assert len(rows) >= 3
    assert not [cell for row in rows for cell in row.values() if re.match(r"[=@\t\r]|[+-](?![\d.]+(e|$))", cell)]
    watched.settle()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Served]) -> Served:
    return serve(Root(tmp_path_factory.mktemp("alone") / "root").whole_run("runs/a").folder)


@pytest.mark.parametrize("name", ["kpis", "delta"])
def test_a_root_without_a_pair_says_so(alone: Served, watch: Watch, name: str) -> None:
    watched = watch()
    page = watched.open(alone.at(name))
    expect(page.locator("h1")).to_have_text("Nothing to compare yet.")
    watched.settle()
