"""A page that is under way: other tabs are served meanwhile, and a person sees that something happens."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import WebSocketRoute, expect

from roots import Root, metrics, prediction
from served_episodes import heading
from two_runs import B, C

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser",)
# Whether another tab is served before the page has its answer.
OTHER_TAB = """
async url => {
    const bridge = [...Bokeh.documents[0]._all_models.values()].find(model => model.title === "driftline-bridge");
    await (await fetch(url)).text();
    return bridge.value !== "" && bridge.placeholder !== bridge.value;
}
"""


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
    expect(heading(page)).to_contain_text("long")
    watched.settle()


def test_a_person_sees_that_an_answer_is_under_way(shipped: Served, watch: Watch) -> None:
    watched = watch(locale="en-GB")
    held: list[Callable[[], None]] = []
    is_holding = [False]

    def between(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        server.on_message(
            lambda message: held.append(lambda: browser.send(message)) if is_holding[0] else browser.send(message)
        )

    watched.page.route_web_socket(re.compile("/ws"), between)
    page = watched.open(shipped.at("kpis"))
    is_holding[0] = True
    page.get_by_role("link", name="Delta").click()
    expect(page.locator("html")).to_have_attribute("data-waiting", "")
    is_holding[0] = False
    for release in held:
        release()
    expect(page.locator("h1")).to_contain_text("v0.6")
    watched.settle()
    expect(page.locator("html")).not_to_have_attribute("data-waiting", "")
