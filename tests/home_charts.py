"""The charts of Home as Chromium has drawn them: their data, where a dot is, what stands out; and Home itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from shown import BASELINE, FOCUS, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]

READ = """
() => {
    const columns = source => source.data instanceof Map ? Object.fromEntries(source.data) : source.data;
    const read = source => Object.fromEntries(Object.entries(columns(source))
        .map(([name, values]) => [name, Array.from(values, value => Number.isNaN(value) ? null : value)]));
    const figures = [...Bokeh.index.query(view => view.model.tags?.[0] === "quality")].map(view => view.model);
    return Object.fromEntries(figures.map(figure => [figure.tags[1], {
        ground: figure.background_fill_color,
        sources: Object.fromEntries(figure.renderers.filter(renderer => renderer.data_source.tags.length)
            .map(({ data_source: source }) =>
                [source.tags.at(-1), { ...read(source), picked: source.selected.indices }])),
        dots: figure.renderers.find(renderer => renderer.name === "dots").data_source.id,
    }]));
}
"""
POINT = """
([chart, episode, x, y, at]) => {
    const [view] = Bokeh.index.query(view => view.model.tags?.[0] === "quality" && view.model.tags[1] === chart);
    const source = view.model.renderers.find(renderer => renderer.name === "dots").data_source.data;
    const column = name => source instanceof Map ? source.get(name) : source[name];
    const found = [...column("episode")].findIndex((name, index) =>
        name === episode && (at === null || column("at")[index] === at));
    const box = view.el.getBoundingClientRect();
    return [box.x + view.frame.x_scale.compute(column(x)[found]), box.y + view.frame.y_scale.compute(column(y)[found])];
}
"""


def charts(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(READ)
    return found


def spot(page: Page, *dot: Any) -> tuple[float, float]:
    """Where a dot is on the screen, after scrolling to it: chart, episode, columns of x and y, number of the run."""
    arguments = [*dot, *[None] * (5 - len(dot))]
    _, y = page.evaluate(POINT, arguments)
    page.mouse.wheel(0, y - 500)
    page.wait_for_function(f"dot => Math.abs(({POINT})(dot)[1] - 500) < 450", arg=arguments)
    x, y = page.evaluate(POINT, arguments)
    return x, y


def marked(page: Page) -> dict[str, set[str]]:
    """The episodes that stand out, by chart."""
    return {
        name: {episode for source in chart["sources"].values() for at in source["picked"]
               for episode in [source.get("episode", source.get("key"))[at]]}
        for name, chart in charts(page).items()
    }  # fmt: skip


@pytest.fixture
def home(shipped: Served, watch: Watch) -> Watched:
    watched = watch()
    watched.open(shipped.at(base=BASELINE, cand=[FOCUS, OTHER]))
    return watched
