"""How long a page takes in Chromium, from navigation, a click or the pointer to the last change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import IDLE

ROUNDS = 5
WATCH = (Path(__file__).parent / "watch_changes.js").read_text()
# A page that has not changed for this long has finished; it is not part of what is measured.
QUIET_MS = 600
SETTLED = f"() => performance.now() - window.__changes.last > {QUIET_MS}"


@dataclass(frozen=True)
class Timed:
    """What was done, its durations in milliseconds, and how many are allowed."""

    what: str
    values: list[float]
    bound: float

    @property
    def is_missed(self) -> bool:
        return median(self.values) > self.bound

    def __str__(self) -> str:
        told = f"{median(self.values):8.0f} {min(self.values):8.0f} {max(self.values):8.0f} {self.bound:8.0f}"
        return f"{self.what:48}{told}  {'MISSED' if self.is_missed else 'held'}"


def settle(page: Page) -> None:
    """Waits until the page is drawn and quiet."""
    page.locator("h1").first.wait_for()
    page.wait_for_function(IDLE)
    page.wait_for_function(SETTLED)


def load(page: Page, url: str) -> float:
    """From the start of the navigation to the last change, ms."""
    page.goto(url)
    settle(page)
    return float(page.evaluate("() => window.__changes.last"))


def after(page: Page, act: Callable[[], object]) -> float:
    """From the pointer's last event to the last change that follows, ms."""
    act()
    page.wait_for_function(IDLE)
    page.wait_for_function(SETTLED)
    return float(page.evaluate("() => Math.max(0, window.__changes.last - window.__changes.pointer)"))


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.add_init_script(WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()
