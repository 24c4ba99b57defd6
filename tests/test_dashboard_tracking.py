"""Tracking in Chromium: what is drawn, windows and platforms to choose, and a record that is pointed at."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.pages import tracking
from dashboard.state import Selection
from histories import LATENCY, mock, now, recorded
from roots import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser",)
READ = """
() => Object.fromEntries([...Bokeh.index.query(view => view.model.tags?.[0] === "tracks")].map(({ model }) => {
    const columns = ({ data }) => Object.entries(data instanceof Map ? Object.fromEntries(data) : data);
    const read = source => Object.fromEntries(columns(source)
        .map(([name, values]) => [name, Array.from(values, value => Number.isNaN(value) ? null : value)]));
    const sources = model.renderers.map(({ data_source }) => data_source);
    return [model.tags[1], {
        columns: model.x_range.end, height: model.height,
        ...Object.fromEntries(sources.filter(({ tags }) => tags.length).map(source => [source.tags[0], read(source)])),
    }];
}))
"""
POINT = """
([series, cell, at]) => {
    const [view] = Bokeh.index.query(view => view.model.tags?.[0] === "tracks" && view.model.tags[1] === series);
    const source = view.model.renderers.find(({ data_source }) => data_source.tags[0] === "values").data_source.data;
    const column = name => source instanceof Map ? source.get(name) : source[name];
    const index = [...column("cell")].indexOf(cell) + at, box = view.el.getBoundingClientRect();
    const { x_scale: across, y_scale: down } = view.frame;
    return [box.x + across.compute(column("x")[index]), box.y + down.compute(column("y")[index])];
}
"""
LONG = "x" * 90
M1, CI, POD = "M1_Mac_16GB", "GitHub_Actions_macOS", "RunPod_A100"


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """Two platforms, one of them with a workload as well, and one that has only a baseline."""
    root = mock(Root(tmp_path_factory.mktemp("histories") / "root"), now())
    # No room on a phone, unless a name may end a line anywhere.
    recorded(root, LONG, [{LATENCY: 2.0}], now() - timedelta(days=400))
    recorded(root, M1, [{LATENCY: 3.0}] * 3, now(), run_type="manual", workload="standard")
    return serve(root.folder)


def drawn(page: Page) -> dict[str, Any]:
    """Columns, height and sources of each series."""
    found: dict[str, Any] = page.evaluate(READ)
    return found


def point(page: Page, series: str, cell: int, at: int) -> tuple[float, float]:
    """Where a record is in a panel, after scrolling to it."""
    _, y = page.evaluate(POINT, [series, cell, at])
    page.mouse.wheel(0, y - 500)
    page.wait_for_function(f"asked => Math.abs(({POINT})(asked)[1] - 500) < 400", arg=[series, cell, at])
    x, y = page.evaluate(POINT, [series, cell, at])
    return x, y


@pytest.mark.parametrize(("width", "theme", "columns"), [(1440, "light", 4), (700, "dark", 2), (390, "light", 1)])
def test_every_panel_is_drawn_at_every_width(
    histories: Served, watch: Watch, width: int, theme: str, columns: int
) -> None:
    watched = watch(width, theme)
    page = watched.open(histories.at("tracking"))
    expect(page.locator("h1")).to_contain_text(f"Query latency regressed on {M1}: +2")
    expect(page.locator("nav.tabs a[aria-current]")).to_have_text("Tracking")
    watched.until(lambda: drawn(page)[M1]["columns"] == columns, "as many columns as there is room for")
    values = drawn(page)[M1]["values"]
    by_cell = {cell: [y for y, of in zip(values["y"], values["cell"], strict=True) if of == cell] for cell in (0, 1, 2)}
    # Query latency, cache hit rate with a gap of five, tokens per second; one row more ends each.
    assert [len(ys) for ys in by_cell.values()] == [47, 47, 47]
    assert [ys.count(None) for ys in by_cell.values()] == [1, 6, 1]
    for cell in (0, 1, 2):
        xs = [x for x, of in zip(values["x"], values["cell"], strict=True) if of == cell and x is not None]
        assert cell % columns <= min(xs) <= max(xs) < cell % columns + 1
    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    assert watched.width_beyond() <= 0
    assert page.locator("main").evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    assert watched.faults == []


def test_a_window_that_grows_again_puts_every_mark_back(histories: Served, watch: Watch) -> None:
    watched = watch(1440)
    page = watched.open(histories.at("tracking"))
    before = drawn(page)[M1]
    for width, columns in ((390, 1), (1440, 4)):
        page.set_viewport_size({"width": width, "height": 1000})
        watched.until(lambda columns=columns: drawn(page)[M1]["columns"] == columns, f"{columns} columns")  # type: ignore[misc]
    after = drawn(page)[M1]
    for tag in ("values", "marks", "levels", "texts", "special"):
        for name in ("x", "y", "x0", "x1", "y0", "y1"):
            was, now_ = before[tag].get(name, []), after[tag].get(name, [])
            assert [value for value in was if value is not None] == pytest.approx([v for v in now_ if v is not None])
    assert after["height"] == before["height"]


def test_platforms_can_be_chosen_and_the_url_holds_them(histories: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(histories.at("tracking"))
    expect(page.get_by_role("heading", name=POD, exact=True)).to_be_visible()
    ci = page.get_by_role("checkbox", name=CI)
    ci.focus()
    page.keyboard.press("Space")
    expect(ci).to_have_attribute("aria-checked", "false")
    watched.settle()
    assert set(drawn(page)) == {M1, f"{M1} · standard"}
    assert re.search(f"platform={M1}(&|$)", page.url)
    expect(page.locator(".ctx")).to_contain_text("Platforms 1 of 4")

    page.get_by_role("checkbox", name=M1).click()
    expect(page.get_by_role("checkbox", name=M1)).to_have_attribute("aria-checked", "false")
    page.get_by_role("checkbox", name=POD).click()
    expect(page.get_by_role("heading", name=POD, exact=True)).to_be_visible()
    expect(page.locator(".empty").filter(has_text="ENABLE_PERFORMANCE_RECORDING=1 pytest")).to_be_visible()
    watched.settle()
    page.go_back()
    expect(page.get_by_role("checkbox", name=POD)).to_have_attribute("aria-checked", "false")
    watched.settle()


def test_30_90_and_all_days_are_a_click_away(histories: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(histories.at("tracking", platform=CI))
    counts = {}
    for name, days in (("30 days", "30"), ("all days", "all"), ("90 days", "90")):
        page.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(f"days={days}"))
        expect(page.locator(".seg a[aria-current]")).to_have_text(name)
        watched.settle()
        counts[days] = drawn(page)[CI]["values"]["cell"].count(0) - 1
    assert counts == {"30": 31, "90": 80, "all": 80}


def test_run_types_can_be_left_out(histories: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(histories.at("tracking"))
    page.get_by_role("checkbox", name="nightly").click()
    expect(page).to_have_url(re.compile("runtype=manual"))
    watched.settle()
    found = drawn(page)
    # The newest of each series is always there: it is the one that is judged.
    assert {series: each["values"]["cell"].count(0) - 1 for series, each in found.items()} == {
        M1: 1, CI: 1, f"{M1} · standard": 3,
    }  # fmt: skip
    expect(page.locator("h1")).to_contain_text("Query latency regressed")


def test_a_record_that_is_pointed_at_is_marked_in_every_panel_of_its_platform(histories: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(histories.at("tracking"))
    x, y = point(page, M1, 0, 14)
    # Far above and below the line it is the same record.
    page.mouse.move(x + 1, y + 14)
    watched.until(lambda: len(drawn(page)[M1]["over"]["x"]) == 3, "all three panels")
    over, values = drawn(page)[M1]["over"], drawn(page)[M1]["values"]
    assert over["x"] == [values["x"][cell * 47 + 14] for cell in range(3)]
    assert over["y"] == [values["y"][cell * 47 + 14] for cell in range(3)]
    assert over["y"][1] is None, "the cache hit rate has a gap there"
    assert drawn(page)[CI]["over"]["x"] == []
    now_ = page.locator("driftline-figures").first.locator(".tk-now")
    expect(now_.nth(1)).to_have_text("not recorded")
    expect(now_.nth(0)).to_have_text(re.compile(r"^1\.\d\d [▲▼=]"))
    tip = page.locator(".tip")
    expect(tip).to_contain_text(re.compile(r"^1\.\d\d .*UTC · 0ec0ffe main · nightly · record 15$"))
    page.mouse.move(5, 5)
    watched.until(lambda: drawn(page)[M1]["over"]["x"] == [], "nothing is marked any more")
    expect(tip).to_be_hidden()
    expect(now_.nth(0)).to_have_text("")
    assert watched.faults == []


def test_a_row_of_the_table_marks_its_record_in_the_panels(histories: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(histories.at("tracking"))
    page.locator("summary").filter(has_text=re.compile(f"^All values of {M1}$")).click()
    row = page.locator("table.tk-all").first.locator("tbody tr").nth(2)
    row.hover()
    watched.until(lambda: len(drawn(page)[M1]["over"]["x"]) == 3, "the record of the row")
    assert drawn(page)[M1]["over"]["x"][0] == drawn(page)[M1]["values"]["x"][43]
    assert "open=" in page.url


def test_a_tap_marks_a_record_and_it_stays(histories: Served, watch: Watch) -> None:
    watched = watch(390, has_touch=True, is_mobile=True)
    page = watched.open(histories.at("tracking"))
    x, y = page.evaluate(POINT, [M1, 0, 20])
    page.evaluate("y => scrollTo(0, y - 400)", y)
    page.wait_for_function(f"asked => Math.abs(({POINT})(asked)[1] - 400) < 300", arg=[M1, 0, 20])
    x, y = page.evaluate(POINT, [M1, 0, 20])
    page.touchscreen.tap(x, y)
    watched.until(lambda: len(drawn(page)[M1]["over"]["x"]) == 3, "all panels mark it")
    expect(page.locator(".tip")).to_contain_text("record 21")


def test_without_any_record_the_page_says_what_to_do(
    tmp_path_factory: pytest.TempPathFactory, serve: Serve, watch: Watch
) -> None:
    root = Root(tmp_path_factory.mktemp("nothing") / "root").file("releases.yaml", "a: b\n")
    watched = watch()
    page = watched.page
    page.goto(serve(root.folder).at("tracking"))
    expect(page.locator("h1")).to_have_text("Nothing was recorded yet.")
    expect(page.locator(".empty")).to_contain_text("driftline history import FILE")
    expect(page.locator("driftline-later")).to_have_count(0)
    assert watched.faults == []


def test_a_limit_that_is_no_fraction_is_told_on_the_page(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(root, M1, [{LATENCY: 2.0}], now())
    monkeypatch.setenv("REGRESSION_THRESHOLD", "20")
    with root.open() as store:
        page = tracking.build(store.connection, Selection(page="tracking"))
    assert "The limit cannot be read." in page.body
    assert "for 20 % write 0.2" in page.body or "for 20 write 0.2" in page.body
    assert page.figures is None
