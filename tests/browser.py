"""Chromium and a served dashboard for tests: one browser, one server a root, and what a page did while it was watched.

A test module takes the fixtures by `pytest_plugins = ("browser",)`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode, urlsplit

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from driftline.store import open_store
from roots import SOURCE

REPOSITORY = Path(__file__).parent.parent
SHIPPED = REPOSITORY / "data"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
COMMAND = (sys.executable, "-c", "from driftline.cli import main; main()")
TRENDS = """
() => {
    const columns = source => source.data instanceof Map ? Object.fromEntries(source.data) : source.data;
    const read = ({data_source: source}) => Object.fromEntries(Object.entries(columns(source))
        .map(([name, values]) => [name, Array.from(values, value => Number.isNaN(value) ? null : value)]));
    const figures = [...Bokeh.index.query(view => view.model.tags?.[0] === "trend")].map(view => view.model);
    return Object.fromEntries(figures.map(figure => {
        const of = type => figure.renderers.filter(renderer => renderer.glyph?.type === type);
        const tagged = (type, tag) => of(type).find(renderer => renderer.data_source.tags[0] === tag);
        return [figure.tags[1], {
            line: read(of("Line")[0]),
            dots: read(of("Scatter").find(renderer => "shown" in columns(renderer.data_source))),
            gaps: read(tagged("Scatter", "gaps")),
            spread: read(tagged("Segment", "spread")),
            axis: figure.x_range.id,
            marker: figure.toolbar.tools.find(tool => tool.type === "CrosshairTool").overlay.id,
            ground: figure.background_fill_color,
            labels: Object.fromEntries(figure.below[0].major_label_overrides),
            ticks: [...figure.below[0].ticker.ticks],
        }];
    }));
}
"""
POINT = """
([metric, stage, release]) => {
    const [view] = Bokeh.index.query(view => view.model.tags?.[0] === "trend" && view.model.tags[1] === metric);
    const columns = source => source.data instanceof Map ? Object.fromEntries(source.data) : source.data;
    const dots = view.model.renderers.map(renderer => columns(renderer.data_source)).find(data => "shown" in data);
    const at = [...dots.stage].findIndex((name, index) => name === stage && dots.label[index] === release);
    const box = view.el.getBoundingClientRect();
    return [box.x + view.frame.x_scale.compute(dots.x[at]), box.y + view.frame.y_scale.compute(dots.y[at])];
}
"""
SMUGGLED = """
() => {
    const handlers = ["onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle"].map(name => `[${name}]`);
    const foreign = ["img", "iframe", "object", "embed", "base", "form", ...handlers].join();
    const isRisky = element => element.matches(foreign)
        || (element.matches("a[href]") && !["http:", "https:", "file:"].includes(element.protocol)
            && !element.matches('a.csv[download][href^="data:text/csv;"]'));
    const count = node => [...node.querySelectorAll("*")].reduce(
        (sum, element) => sum + isRisky(element) + (element.shadowRoot ? count(element.shadowRoot) : 0), 0);
    return count(document.body) + (window.__xss === undefined ? 0 : 1);
}
"""
IDLE = """
() => {
    const all = (name, node = document) => [...node.querySelectorAll(name),
        ...[...node.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ? all(name, shadowRoot) : [])];
    return window.Bokeh && Bokeh.documents.every(document => document.is_idle
        && [...document._all_models.values()].every(model => model.title !== "driftline-bridge"
            || !model.value || model.value === model.placeholder))
        && all("driftline-figures").every(element => element.views);
}
"""
# Print shows all of a page: figures that nobody has come near are drawn too.
WHOLE = "() => dispatchEvent(new Event('beforeprint'))"


def find_chromium() -> str | None:
    """The browser of this machine; None leaves it to Playwright's own."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Asks again and again until it is true."""
    pause = Event()
    for _ in range(int(seconds / 0.05)):
        if is_true():
            return
        pause.wait(0.05)
    raise AssertionError(f"never: {what}")


@dataclass(frozen=True)
class Served:
    """A dashboard that answers, and the root that it shows."""

    url: str
    root: Path

    def at(self, page: str = "home", **query: Any) -> str:
        return f"{self.url}?{urlencode({'page': page, **query}, doseq=True)}"


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def serving(root: Path, *command: str, cwd: Path | None = None, **environment: str) -> Iterator[Served]:
    """`driftline serve --port 0` on a root, in a process of its own, until the block ends."""
    paths = {"PYTHONPATH": str(SOURCE), "XDG_CACHE_HOME": str(root.parent / "cache")}
    arguments = [*(command or COMMAND), "serve", "--port", "0", "--root", str(root)]
    env = {**os.environ, **paths, **environment}
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env)
    with process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, f"no address: {process.stderr.read() if process.stderr else ''}"
            wait_until(lambda: process.poll() is not None or answers(url), f"{url} answers")
            assert process.poll() is None, "the server ended"
            yield Served(url, root)
        finally:
            process.terminate()
            process.wait(timeout=30)


@dataclass
class Watched:
    """A page and everything it did that a dashboard must not do."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heard: dict[Any, Callable[[Any], Any]] = {
            "console": lambda message: self._told(message.type, message.text),
            "pageerror": lambda error: self.faults.append(f"page error: {error}"),
            "dialog": lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()),
            "request": lambda request: self._requested(request.url),
        }
        for event, listener in self._heard.items():
            self.page.on(event, listener)

    def leave(self) -> None:
        """Gives the page back as it was."""
        self.page.goto("about:blank")
        for event, listener in self._heard.items():
            self.page.remove_listener(event, listener)

    def _told(self, kind: str, text: str) -> None:
        if kind == "error":
            self.faults.append(f"console: {text}")

    def _requested(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "file") and parts.hostname != "127.0.0.1":
            self.faults.append(f"request: {url}")

    def open(self, url: str) -> Page:
        """Goes there and waits until it is drawn; nothing may have gone wrong on the way."""
        self.page.goto(url)
        self.settle()
        return self.page

    def settle(self) -> None:
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_function(IDLE)
        self.page.evaluate(WHOLE)
        self.page.locator("driftline-later").wait_for(state="detached")
        self.page.wait_for_function(IDLE)
        assert self.faults == []

    def until(self, is_true: Callable[[], bool], what: str) -> None:
        """Asks again and again what the page has become."""
        wait_until(is_true, what)

    def trends(self) -> dict[str, Any]:
        """What the trend figures draw, by metric: NaN arrives as None."""
        found: dict[str, Any] = self.page.evaluate(TRENDS)
        return found

    def point(self, metric: str, stage: str, release: str) -> tuple[float, float]:
        """Where on the screen a dot of a trend figure is, after scrolling to it."""
        x, y = self.page.evaluate(POINT, [metric, stage, release])
        self.page.mouse.wheel(0, y - 500)
        self.page.wait_for_function(f"y => Math.abs(({POINT})(y)[1] - 500) < 400", arg=[metric, stage, release])
        x, y = self.page.evaluate(POINT, [metric, stage, release])
        return x, y

    def width_beyond(self) -> int:
        """By how many pixels the page is wider than the window."""
        beyond: int = self.page.evaluate(
            "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"
        )
        return beyond

    def count_smuggled(self) -> int:
        """Elements that an artifact could have smuggled in, shadow roots included."""
        found: int = self.page.evaluate(SMUGGLED)
        return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tab(chromium: Browser) -> Iterator[Page]:
    """The first page of every test: another one would compile megabytes of scripts again."""
    with closing(chromium.new_context()) as context:
        yield context.new_page()


@pytest.fixture
def watch(chromium: Browser, tab: Page) -> Iterator[Callable[..., Watched]]:
    """Opens watched pages: `watch(390, "dark")`. All but the first, and those with options, begin as strangers."""
    with ExitStack() as stack:
        free = [tab]

        def open_page(width: int = 1440, theme: Any = "light", **options: Any) -> Watched:
            if free and not options:
                watched = Watched(free.pop())
                stack.callback(watched.leave)
            else:
                context = stack.enter_context(closing(chromium.new_context(**options)))
                watched = Watched(context.new_page())
            watched.page.set_viewport_size({"width": width, "height": 1000})
            watched.page.emulate_media(color_scheme=theme)
            return watched

        yield open_page


@pytest.fixture(scope="session")
def shipped_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped root, without its cache."""
    root = tmp_path_factory.mktemp("shipped") / "data"
    shutil.copytree(SHIPPED, root, ignore=shutil.ignore_patterns(".driftline"))
    return root


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Served]]:
    """Serves a root until the end of all tests."""
    with ExitStack() as stack:
        yield lambda root, **options: stack.enter_context(serving(root, **options))


@pytest.fixture(scope="session")
def shipped(shipped_root: Path, serve: Callable[[Path], Served]) -> Served:
    """The dashboard on a copy of the shipped root."""
    return serve(shipped_root)


@pytest.fixture(scope="module")
def connection(shipped_root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The shipped root, to ask what a page should show."""
    with open_store(shipped_root) as store:
        yield store.connection
