"""Performance in Chromium: filters, trends that are selected in, quality against cost, monitor traces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from playwright.sync_api import Page, expect

from release_roots import released
from roots import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser",)
READ = """
() => {
    const columns = source => source.data instanceof Map ? Object.fromEntries(source.data) : source.data;
    const views = [...Bokeh.index.query(view => ["tradeoff", "monitor", "trend"].includes(view.model.tags?.[0]))];
    return views.map(({ model }) => ({
        tag: model.tags.join(" "),
        sources: Object.fromEntries(model.renderers.filter(({ data_source }) => data_source.tags.length)
            .map(({ data_source: source, view }) => [source.tags.join(" "), {
                ...Object.fromEntries(Object.entries(columns(source)).map(([name, values]) => [name, [...values]])),
                picked: view.filter.tags[0] === "picked" ? [...view.filter.indices] : source.selected.indices,
            }])),
    }));
}
"""
DOT = """
release => {
    const [view] = Bokeh.index.query(view => view.model.tags?.[0] === "tradeoff");
    const source = view.model.renderers.find(({ name }) => name === "dots").data_source.data;
    const column = name => source instanceof Map ? source.get(name) : source[name];
    const at = [...column("key")].indexOf(release), box = view.el.getBoundingClientRect();
    const [x, y] = [column("cost")[at], column("quality")[at]];
    return [box.x + view.frame.x_scale.compute(x), box.y + view.frame.y_scale.compute(y)];
}
"""
STAGES = 11


def drawn(page: Page, tag: str) -> dict[str, Any]:
    """The sources of the figure whose tags are these."""
    (found,) = [figure["sources"] for figure in page.evaluate(READ) if figure["tag"] == tag]
    return dict(found)


def dot(page: Page, release: str) -> tuple[float, float]:
    """Where a release is on the screen in quality against cost, after scrolling to it."""
    _, y = page.evaluate(DOT, release)
    page.mouse.wheel(0, y - 500)
    page.wait_for_function(f"release => Math.abs(({DOT})(release)[1] - 500) < 400", arg=release)
    x, y = page.evaluate(DOT, release)
    return x, y


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """Five releases of eleven stages, on two hosts and two datasets."""
    root = Root(tmp_path_factory.mktemp("many") / "root")
    for day in range(1, 6):
        measured = {"peak_rss_mb": 100, "avg_cpu_pct": 50}
        stages = {f"stage{at:02}": {"wall_time_s": at + day, **measured} for at in range(STAGES)}
        on_b = day in (2, 5)
        released(
            root, f"v{day}", day, rouge=0.1 * day, wall_s=10.0 * day, host="<i>b" if on_b else "a",
            dataset="other" if on_b else "d", stages=stages,
        )  # fmt: skip
    return serve(root.folder)


def heads(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("table.st").first.locator("th.hc").all_inner_texts()]


def test_quality_against_cost_draws_what_sql_says(
    shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection
) -> None:
    watched = watch()
    page = watched.open(shipped.at("performance"))
    dots = drawn(page, "tradeoff")["marked releases"]
    rows = connection.execute(
        "select p.profile, p.wall_time_s, arg_max(m.value, r.created_at) from profiles as p"
        " inner join runs as r on r.release = p.release and r.category <> 'reference'"
        " inner join run_metrics as m on m.run = r.run and m.metric = 'rougeL_f1'"
        " group by p.profile, p.wall_time_s, p.release_order order by p.release_order"
    ).fetchall()
    assert list(zip(dots["key"], dots["cost"], dots["quality"], strict=True)) == rows
    assert len(rows) == 6

    page.get_by_label("Cost").select_option(label="summarization: Peak RSS")
    expect(page).to_have_url(re.compile("cost=summarization%2Fpeak_rss_mb"))
    watched.settle()
    rows = connection.execute(
        "select value from stage_metrics where stage = 'summarization' and metric = 'peak_rss_mb' order by profile"
    ).fetchall()
    assert drawn(page, "tradeoff")["marked releases"]["cost"] == [value for (value,) in rows]
    watched.settle()


def test_both_warnings_are_told_and_a_filter_takes_them_away(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance"))
    warning = page.locator(".ban")
    expect(warning).to_contain_text("Different machines. <i>b, a. Selected profiles come from different machines")
    expect(warning).to_contain_text("Different datasets. d, other. Profiles use different datasets")

    page.locator(".filters summary").filter(has_text="Host").click()
    page.get_by_role("link", name="Only a").click()
    expect(warning).to_have_count(0)
    expect(page.locator("table.runs tbody tr")).to_have_count(3)
    expect(page.get_by_text("2 hidden by the filters")).to_be_visible()
    assert re.search("host=a(&|$)", page.url)
    watched.settle()
    assert drawn(page, "tradeoff")["marked releases"]["key"] == ["v1", "v3", "v4"]
    assert set(watched.trends()["wall_time_s"]["dots"]["label"]) - {None} == {"v1", "v3", "v4"}
    watched.settle()


def test_the_last_host_stays_and_all_are_a_click_away(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance", host="a"))
    box = page.get_by_role("checkbox", name=re.compile("^a"))
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_have_attribute("aria-checked", "true")
    expect(page.locator("table.runs tbody tr")).to_have_count(3)
    page.get_by_role("checkbox", name=re.compile("<i>b")).click()
    expect(page.locator("table.runs tbody tr")).to_have_count(5)
    assert "host=" not in page.url, "every host is no filter"
    watched.settle()


def test_what_a_filter_hides_is_said_and_none_is_never_taken_for_all(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance", host="nowhere"))
    expect(page.locator("h1")).to_have_text("No profile is left.")
    page.get_by_role("link", name="Show every profile").click()
    expect(page.locator("table.runs tbody tr")).to_have_count(5)
    page.goto(many.at("performance", host="<i>b", pcand="v1", pbase="v2"))
    expect(page.locator(".ctx")).to_contain_text("Hidden by a filter: v1")


def test_what_is_pointed_at_in_one_chart_stands_out_in_every_panel(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance"))
    page.mouse.move(*dot(page, "v3"))

    def picked(tag: str) -> set[str]:
        found, keys = (drawn(page, tag)[f"marked {name}"] for name in ("releases", "keys"))
        return {f"{keys['key'][int(found['at'][at])]} {found['y'][at]:.2f}" for at in found["picked"]}

    watched.until(lambda: len(picked("trend wall_time_s")) == STAGES + 2, "every row marks the release")
    assert len(picked("trend peak_rss_mb")) == STAGES + 2
    assert {name.split()[0] for tag in ("wall_time_s", "peak_rss_mb") for name in picked(f"trend {tag}")} == {"v3"}
    found = watched.trends()
    assert len({trend["marker"] for trend in found.values()}) == len({trend["axis"] for trend in found.values()}) == 1
    expect(page.locator("tr[data-run=v3].marked")).to_have_count(1)


def test_dragging_over_releases_compares_them_in_the_tables_and_the_scatter(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance", pbase="v1"))
    x0, y = watched.point("wall_time_s", "stage03", "v2")
    x1, _ = watched.point("wall_time_s", "stage03", "v4")
    page.mouse.move(x0 - 12, y + 4)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, y + 6)
    page.mouse.move(x1 + 12, y + 8)
    page.mouse.up()
    expect(page.locator("table.st").first.locator("th.hc")).to_have_count(3)
    assert sorted(heads(page)) == ["v2", "v3", "v4"]
    watched.settle()
    dots = drawn(page, "tradeoff")["marked releases"]
    assert dict(zip(dots["key"], dots["role"], strict=True)) == {"v1": 1, "v2": 2, "v3": -1, "v4": -1, "v5": 0}
    watched.settle()


def test_a_drag_takes_the_nearest_releases_and_a_shaky_click_none(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance", pbase="v1"))
    began = page.url
    x2, y = watched.point("wall_time_s", "stage03", "v2")
    x3, _ = watched.point("wall_time_s", "stage03", "v3")
    slot = x3 - x2

    def drag(start: float, end: float) -> None:
        page.mouse.move(start, y + 4)
        page.mouse.down()
        page.mouse.move((start + end) / 2, y + 6)
        page.mouse.move(end, y + 8)
        page.mouse.up()

    drag(x2 - 0.2 * slot, x2 + 0.15 * slot)
    drag(x2 + 0.3 * slot, x3 + 1.3 * slot)
    expect(page.locator("table.st").first.locator("th.hc")).to_have_count(3)
    assert sorted(heads(page)) == ["v2", "v3", "v4"]
    page.go_back()
    expect(page).to_have_url(began)
    watched.settle()


def test_a_click_on_a_dot_puts_its_release_in_focus(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance", pbase="v1", pcand=["v2", "v3"]))
    page.mouse.click(*dot(page, "v3"))
    expect(page.locator(".ctx")).to_contain_text("In focus v3")
    assert "pfocus=v3" in page.url
    watched.settle()


def test_the_cpu_is_drawn_at_will(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance"))
    assert set(watched.trends()) == {"wall_time_s", "peak_rss_mb"}
    page.get_by_role("link", name="With CPU").click()
    expect(page.get_by_role("link", name="Without CPU")).to_be_visible()
    watched.settle()
    assert "trend=cpu" in page.url
    assert set(watched.trends()) == {"wall_time_s", "peak_rss_mb", "avg_cpu_pct"}


def test_links_lead_to_sections_also_before_they_are_drawn(shipped: Served, watch: Watch) -> None:
    page = watch().page
    page.goto(shipped.at("performance"))
    page.locator(".jumps").get_by_role("link", name="Monitor traces").click()
    expect(page.get_by_role("heading", name="2 profiles have a monitor trace")).to_be_in_viewport()


def test_a_trace_is_drawn_as_it_was_sampled_and_another_can_be_chosen(
    shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection
) -> None:
    watched = watch()
    page = watched.open(shipped.at("performance"))
    statement = "select elapsed_s from monitor_samples where profile = $1 order by elapsed_s"
    for profile in ("v0.2", "v0.1"):
        expect(page.get_by_role("heading", name=re.compile(f"^{profile}: at most"))).to_be_visible()
        sampled = [value for (value,) in connection.execute(statement, [profile]).fetchall()]
        steps = drawn(page, "monitor")["trace rss_mb"]["elapsed_s"]
        assert set(steps) <= set(sampled)
        assert (steps[0], len(steps)) == (sampled[0], len(set(sampled)))
        if profile == "v0.2":
            page.locator("table.traces").get_by_role("link", name="v0.1").click()
            expect(page).to_have_url(re.compile("monitor=v0.1%231"))
            watched.settle()
    watched.settle()


def test_figures_that_are_seen_stay_and_only_those_that_differ_are_drawn_anew(many: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(many.at("performance"))
    dot(page, "v3")
    label, before = page.locator("#trends .figure").first, page.evaluate("scrollY")
    label.evaluate("element => element.isTheSame = true")
    page.get_by_label("Cost").select_option(label="stage04: Wall time")

    def costs() -> list[list[float]]:
        found = [figure["sources"] for figure in page.evaluate(READ) if figure["tag"] == "tradeoff"]
        return [sources["marked releases"]["cost"] for sources in found]

    watched.until(lambda: costs() == [[4.0 + day for day in range(1, 6)]], "the costs of the stage")
    assert page.locator("#trends .figure").first.evaluate("element => element.isTheSame") is True
    assert watched.trends()["wall_time_s"]["dots"]["label"].count("v3") == STAGES + 2
    assert abs(page.evaluate("scrollY") - before) < 60
    expect(page.get_by_label("Cost")).to_have_value("stage04/wall_time_s")
    page.mouse.move(*dot(page, "v2"))
    watched.until(
        lambda: bool(drawn(page, "trend wall_time_s")["marked releases"]["picked"]), "kept figures are marked"
    )
    watched.settle()


def test_without_a_mouse_nothing_is_dragged(many: Served, watch: Watch) -> None:
    watched = watch(390, has_touch=True, is_mobile=True)
    page = watched.open(many.at("performance"))
    trends = "[...Bokeh.index.query(({ model }) => model.tags?.[0] === 'trend')]"
    dragged = f"{trends}.map(({{ model }}) => model.toolbar.active_drag)"
    assert page.evaluate(dragged) == [None, None]
