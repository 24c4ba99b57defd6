"""How long Tracking takes in Chromium on a generated history: three platforms, eleven metrics, ninety records each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import serving
from driftline.lifecycle.history import GUIDE_METRICS
from histories import committed, metrics, recorded, wobbling
from roots import Root
from tests.bench.timed import ROUNDS, Timed, after, load, opened

PLATFORMS, RECORDS = ("M1_Mac_16GB", "GitHub_Actions_macOS", "A100_80GB"), 90
LOAD_MS, HOVER_MS = 1500, 50
# A place in the first panel of the first platform, so many pixels from its left.
PLACE = """
left => {
  const [view] = Bokeh.index.query(view => view.model.tags?.[0] === "tracks");
  const box = view.el.getBoundingClientRect();
  return [box.x + left, box.y + 60];
}
"""


def write_histories(folder: Path) -> None:
    """The first metric of each platform changes its level by 30 % two thirds on."""
    root = Root(folder)
    for platform in PLATFORMS:
        columns = {name: wobbling(RECORDS, 10.0 + at) for at, name in enumerate(GUIDE_METRICS)}
        columns[GUIDE_METRICS[0]] = wobbling(RECORDS, 10.0, {60: 1.3})
        recorded(root, platform, metrics(**columns))
    committed(root, {platform: {name: 10.0 + at for at, name in enumerate(GUIDE_METRICS)} for platform in PLATFORMS})


def tracked(browser: Browser, folder: Path) -> Iterator[Timed]:
    """The page with its charts, and the pointer from record to record."""
    write_histories(folder)
    with serving(folder) as served, opened(browser) as page:
        url = f"{served.url}?page=tracking&days=all"
        charts = page.locator("driftline-later")

        def whole() -> float:
            took = load(page, url)
            charts.wait_for(state="detached")
            return max(took, after(page, lambda: None), float(page.evaluate("() => window.__changes.last")))

        whole()
        yield Timed(f"load tracking, {len(PLATFORMS)} x {len(GUIDE_METRICS)} x {RECORDS}",
                    [whole() for _ in range(ROUNDS)], LOAD_MS)  # fmt: skip
        values = []
        for number in range(ROUNDS + 1):
            x, y = page.evaluate(PLACE, 40 + 17 * number)
            values.append(after(page, lambda x=x, y=y: page.mouse.move(x, y)))  # type: ignore[misc]
            assert page.locator(".tip").is_visible(), f"no record at {x}, {y}"
        yield Timed("point at a record", values[1:], HOVER_MS)
