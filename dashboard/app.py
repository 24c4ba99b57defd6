"""Assembles the page: one session holds four pieces of HTML and a body; a new query replaces what they show."""

from __future__ import annotations

import threading
from importlib import resources
from pathlib import Path
from typing import Any

import panel as pn

from dashboard import shell
from dashboard.pages import delta, episodes, home, kpis, performance, problems, quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports.html import STYLE
from driftline.reports.quality_figures import MARKING
from driftline.store import Store, open_store

STATIC = Path(__file__).parent / "static"
TOKENS = (resources.files("driftline") / "reports" / "tokens.css").read_text()
BUILDERS = {
    "home": home.build,
    "kpis": kpis.build,
    "delta": delta.build,
    "episodes": episodes.build,
    "performance": performance.build,
    "problems": problems.build,
}
# Pages that show scores of single episodes.
SCORED = ("home", "episodes")
SIDE_BY_SIDE = (
    ":host { display: grid !important; gap: 34px 40px;"
    " grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); }"
)
_LOCK = threading.Lock()


def shared_store() -> Store:
    """One store for all sessions of this process, brought up to date when a page is opened."""
    with _LOCK:
        store: Store | None = pn.state.cache.get("store")
        if store is None:
            store = pn.state.cache["store"] = open_store()
        else:
            store.refresh()
        return store


class Screen:
    """One browser tab."""

    def __init__(self, query: str) -> None:
        self.selection = Selection.from_query(query)
        self.header, self.side, self.context = _html(), _html(), _html()
        self.body = pn.Column(sizing_mode="stretch_width", margin=0)
        self.bridge = pn.widgets.TextInput(name="driftline-bridge", visible=False)
        self.bridge.param.watch(self._on_ask, "value")
        self.show()

    def _on_ask(self, event: Any) -> None:
        self.selection = Selection.from_query(event.new.partition(" ")[2])
        self.show()

    def show(self) -> None:
        """Draws the selection: the same shell, a new body."""
        store = shared_store()
        if self.selection.page in SCORED:
            quality.score_chosen(store, self.selection)
        connection = store.cursor()
        page = BUILDERS[self.selection.page](connection, self.selection)
        counts = queries.loaded_counts(connection)
        connection.close()
        with pn.io.hold():
            self.header.object = shell.header(page.full, page.full.query(), counts["errors"] + counts["warnings"])
            self.side.object = page.panel
            self.context.object = page.context
            self.body[:] = [_part(part) for part in page.body]

    def template(self) -> pn.Template:
        template = pn.Template((STATIC / "page.html").read_text())
        for name in ("header", "side", "context", "body", "bridge"):
            template.add_panel(name, getattr(self, name))
        template.add_variable("tokens", TOKENS)
        template.add_variable("theme", self.selection.theme)
        template.add_variable("script", (STATIC / "driftline.js").read_text() + MARKING)
        return template


def _html(text: str = "") -> pn.pane.HTML:
    return pn.pane.HTML(text, stylesheets=[STYLE], sizing_mode="stretch_width", margin=0)


def _part(part: Any) -> Any:
    """HTML as it is; figures below their headings side by side, one below the other where the page is narrow."""
    if isinstance(part, str):
        return _html(part)
    panes = [
        pn.Column(
            _html(heading),
            pn.pane.Bokeh(figure, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )
        for heading, figure in part
    ]
    return pn.Column(*panes, stylesheets=[SIDE_BY_SIDE], sizing_mode="stretch_width", margin=0)


def page() -> pn.Template:
    """The page of one session."""
    pn.extension()
    query = pn.state.location.search if pn.state.location else ""
    screen = Screen(query or "")
    template = screen.template()
    template.title = "driftline"
    return template
