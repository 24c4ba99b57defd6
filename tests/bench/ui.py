"""`python -m tests.bench.ui`: how long the pages take in Chromium, from navigation or a click to the last change.

Measures a root, Home on a generated root of 500 x 200 episodes with 20 runs selected, Performance with 200 profiles
and Tracking with three platforms. Exits 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import ARGUMENTS, find_chromium, serving
from driftline.store import open_store
from tests.bench.__main__ import machine, make_root
from tests.bench.histories import tracked
from tests.bench.measure import REPOSITORY
from tests.bench.profiles import write_profiles
from tests.bench.timed import ROUNDS, SETTLED, Timed, after, load, opened

PAGES = ("home", "kpis", "delta", "episodes", "performance")
PAGE_MS, COST_MS, SWITCH_MS, CLICK_MS, HOVER_MS, LARGE_MS, NODES = 1500, 1600, 400, 300, 50, 2000, 10_000
PROFILES = 200
# Charts that a person scrolls to before they were made ready.
FIGURES_MS = 600
COUNT = """
() => {
  const count = (node) => [...node.querySelectorAll("*")].reduce(
    (sum, element) => sum + 1 + (element.shadowRoot ? count(element.shadowRoot) : 0), 0);
  return count(document);
}
"""
# Scrolls to where the figures belong, or are.
TO_FIGURES = """
() => {
  const find = (node) => node.querySelector("driftline-later, driftline-figures") ?? [...node.querySelectorAll("*")]
    .reduce((found, { shadowRoot }) => found ?? (shadowRoot && find(shadowRoot)), null);
  window.__changes.pointer = performance.now();
  find(document).scrollIntoView();
}
"""
# The charts of a page by their tags, and where the nth of some dots of one is on the screen.
CHARTS = """
() => [...Bokeh.index.query(view => view.frame && view.model.renderers.some(({ name }) => name === "dots"))]
  .map(view => view.model.tags.join(" ")).sort()
"""
DOT = """
([chart, number]) => {
  const [view] = Bokeh.index.query(view => view.frame && view.model.tags.join(" ") === chart);
  const { glyph, data_source: source } = view.model.renderers.find(renderer => renderer.name === "dots");
  const column = name => source.data instanceof Map ? source.data.get(name) : source.data[name];
  const [xs, ys] = [column(glyph.x.field), column(glyph.y.field)];
  const known = [...xs.keys()].filter(at => Number.isFinite(xs[at]) && Number.isFinite(ys[at]));
  const at = known[(1 + number) * 7 % known.length];
  const box = view.el.getBoundingClientRect();
  return [box.x + view.frame.x_scale.compute(xs[at]), box.y + view.frame.y_scale.compute(ys[at])];
}
"""


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation").get_by_role("link", name=name, exact=True)


def pages(page: Page, url: str) -> Iterator[Timed]:
    """Every page, warm: the server has shown it before and the browser holds what does not change."""
    for name in PAGES:
        load(page, f"{url}?page={name}")
        yield Timed(f"load {name}", [load(page, f"{url}?page={name}") for _ in range(ROUNDS)], PAGE_MS)


def switches(page: Page, url: str) -> Iterator[Timed]:
    names = {"kpis": "KPIs", "delta": "Delta", "episodes": "Episodes", "performance": "Performance", "home": "Home"}
    load(page, f"{url}?page=home")
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS + 1):
        for name, label in names.items():
            took = after(page, tab(page, label).click)
            found[name] += [took] if number else []
    yield from (Timed(f"switch to {name}", values, SWITCH_MS) for name, values in found.items())


def clicks(page: Page, url: str) -> Iterator[Timed]:
    load(page, f"{url}?page=home")
    radios, boxes = page.get_by_role("radio"), page.get_by_role("checkbox", checked=True)
    # The first after those that are chosen: a pair that was never asked for before.
    bases = [after(page, radios.nth(number + 2).click) for number in range(min(ROUNDS, radios.count() - 2))]
    yield Timed("change the baseline", bases, CLICK_MS)
    values = []
    for _ in range(ROUNDS + 1):
        load(page, f"{url}?page=home")
        values.append(after(page, boxes.last.click))
    yield Timed("deselect a run", values[1:], CLICK_MS)
    load(page, f"{url}?page=episodes")
    rows = page.locator("table.ep-rows tbody tr a")
    count = rows.count()
    opens = [after(page, rows.nth((number + 1) % count).click) for number in range(ROUNDS + 1)][1:]
    yield Timed("open an episode", opens, CLICK_MS)


def hovers(page: Page, url: str, name: str = "home", whole_ms: float = 0) -> Iterator[Timed]:
    """To the charts of a page that were not made ready yet, and from dot to dot in each; with `whole_ms` what the page
    and its charts take together."""
    loads, charts, later = [], [], page.locator("driftline-later")
    for _ in range(ROUNDS):
        loads.append(load(page, f"{url}?page={name}"))
        charts.append(after(page, lambda: (page.evaluate(TO_FIGURES), later.wait_for(state="detached"))))
    if whole_ms:
        whole = [sum(both) for both in zip(loads, charts, strict=True)]
        yield Timed(f"load {name} and its charts", whole, whole_ms)
    else:
        yield Timed(f"scroll to the charts of {name}", charts, FIGURES_MS)
    for chart in page.evaluate(CHARTS):
        values = []
        for number in range(ROUNDS + 1):
            page.mouse.move(5, 500)
            # A wheel would still be turning when the place of the dot is asked for.
            page.evaluate("top => scrollBy({ top, behavior: 'instant' })", page.evaluate(DOT, [chart, number])[1] - 500)
            page.wait_for_function(SETTLED)
            x, y = page.evaluate(DOT, [chart, number])
            values.append(after(page, lambda x=x, y=y: page.mouse.move(x, y)))  # type: ignore[misc]
            assert page.locator(".bk-Tooltip").count(), f"no dot of chart {chart} at {x}, {y}"
        yield Timed(f"point at a dot of {chart}", values[1:], HOVER_MS)


def profile_clicks(page: Page, url: str) -> Iterator[Timed]:
    """The baseline of Performance, and its filter of hosts where there are several."""
    load(page, f"{url}?page=performance")
    radios = page.get_by_role("radio", checked=False)
    bases = [after(page, radios.nth(number).click) for number in range(min(ROUNDS, radios.count()))]
    yield Timed("change the baseline of performance", bases, CLICK_MS)
    hosts, only, values = page.locator(".filters").first, page.get_by_role("link", name="Only "), []
    for number in range(ROUNDS):
        load(page, f"{url}?page=performance")
        if hosts.locator("li").count() < 2:
            return
        hosts.locator("summary").click()
        values.append(after(page, only.nth(number % 2).click))
    yield Timed("keep one host", values, CLICK_MS)


def many_profiles(browser: Browser, folder: Path) -> Iterator[Timed]:
    """Performance with 200 releases of ten stages on three hosts, generated in the folder."""
    write_profiles(folder / "profiles", PROFILES, PROFILES, seed=7)
    with serving(folder) as served, opened(browser) as page:
        url = f"{served.url}?page=performance"
        load(page, url)
        yield Timed(f"load performance, {PROFILES} profiles", [load(page, url) for _ in range(ROUNDS)], LARGE_MS)
        yield from profile_clicks(page, served.url)
        yield from hovers(page, served.url, "performance", LARGE_MS)
        yield Timed("its nodes", [float(page.evaluate(COUNT))], NODES)


def large_home(browser: Browser, root: Path) -> Iterator[Timed]:
    """Home with 20 of the generated runs selected: 4,000 episodes."""
    with open_store(root) as store:
        group = "select group_id from runs where category <> 'reference' group by all order by count(*) desc limit 1"
        statement = f"select run from runs where group_id = ({group}) and category <> 'reference' order by run limit 20"
        runs = [run for (run,) in store.connection.execute(statement).fetchall()]
    with serving(root) as served, opened(browser) as page:
        query = urlencode({"page": "home", "base": runs[0], "cand": runs[1:]}, doseq=True)
        load(page, f"{served.url}?{query}")
        values = [load(page, f"{served.url}?{query}") for _ in range(ROUNDS)]
        yield Timed(f"load home, {len(runs)} runs x 200 episodes", values, LARGE_MS)
        yield Timed("its nodes", [float(page.evaluate(COUNT))], NODES)


def measure(root: Path, large: Path | None) -> int:
    """Prints every duration; the number of bounds missed."""
    missed = 0

    def say(found: Iterator[Timed]) -> None:
        nonlocal missed
        for timed in found:
            print(timed, flush=True)
            missed += timed.is_missed

    print(f"{machine()}; ms\n{'':48}{'median':>8} {'min':>8} {'max':>8} {'bound':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        with serving(root) as served, opened(browser) as page:
            for part in (pages, switches, clicks, hovers, profile_clicks):
                say(part(page, served.url))
            say(hovers(page, served.url, "performance", COST_MS))
        if large:
            say(large_home(browser, large))
            with tempfile.TemporaryDirectory(prefix="driftline-ui-") as folder:
                say(many_profiles(browser, Path(folder)))
            with tempfile.TemporaryDirectory(prefix="driftline-ui-") as folder:
                say(tracked(browser, Path(folder)))
        browser.close()
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ui", description="Time the pages in Chromium.")
    parser.add_argument("--root", type=Path, default=REPOSITORY / "data", help="the root to measure (default: data)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the generated root here, or use the one there")
    parser.add_argument("--only-root", action="store_true", help="leave the generated roots out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="driftline-ui-") as folder:
        # A copy: to look at a root must not leave a cache in it.
        root = Path(folder, "root")
        shutil.copytree(arguments.root, root, ignore=shutil.ignore_patterns(".driftline"))
        large = None if arguments.only_root else (arguments.keep or Path(folder)).resolve() / "medium"
        if large:
            large.parent.mkdir(parents=True, exist_ok=True)
            make_root(large, "medium")
        return min(1, measure(root, large))


if __name__ == "__main__":
    raise SystemExit(main())
