"""Assembles the page: one session holds five pieces of HTML; a new query replaces what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from html import escape
from importlib import resources
from pathlib import Path

import panel as pn
from bokeh.models import InlineStyleSheet, TextInput
from panel.models.markup import HTML

from dashboard.answering import build, draw
from dashboard.page import Page
from dashboard.state import Selection
from driftline.reports import html
from driftline.reports.figures import SCRIPT
from driftline.reports.html import STYLE

STATIC = Path(__file__).parent / "static"
TOKENS = (resources.files("driftline") / "reports" / "tokens.css").read_text()
# What a page asks for the figures with, and what stands for them until then.
FIGURES = "figures"
LATER = '<driftline-later role="status">The charts are drawn when they come into view.</driftline-later>'
# While a person reads the words, the figures below are made ready.
READY_AFTER_MS = 1000
# Pages are built beside the event loop: the texts of one episode may take seconds, and other tabs are to answer.
_PAGES, _FIGURES = ThreadPoolExecutor(2, "pages"), ThreadPoolExecutor(1, "figures")


class Screen:
    """One browser tab."""

    def __init__(self, query: str) -> None:
        self.selection = Selection.from_query(query)
        # Models rather than panes, which send every style sheet again with the first answer.
        style = InlineStyleSheet(css=STYLE)
        self.header, self.side, self.context, self.body, self.figures = (
            HTML(stylesheets=[style], sizing_mode="stretch_width", margin=0) for _ in range(5)
        )
        # `value` is what the browser asks, `placeholder` what was answered last. Panel's own would wait for 50 ms.
        self.bridge = TextInput(title="driftline-bridge", visible=False)
        self.bridge.on_change("value", self._on_ask)
        self._show(self.selection, *build(self.selection))

    def _on_ask(self, _attribute: str, _before: str, asked: str) -> None:
        document = self.bridge.document
        pool = _FIGURES if _is_for_figures(asked) else _PAGES
        future = pool.submit(self._build, asked)
        future.add_done_callback(lambda done: document.add_next_tick_callback(partial(self._answer, asked, done)))

    def _build(self, asked: str) -> Callable[[], bool | None] | None:
        """What will show the answer, and says whether more is to come; nothing, where the person has gone on."""
        if asked != self.bridge.value:
            return None
        if _is_for_figures(asked):
            return partial(_fill, self.figures, draw(self.selection))
        _, query, *figures = asked.split(" ")
        selection = Selection.from_query(query)
        return partial(self._show, selection, *build(selection), asked if figures else "")

    def _answer(self, asked: str, done: Future[Callable[[], bool | None] | None]) -> None:
        if asked != self.bridge.value:
            return
        piece = self.figures if _is_for_figures(asked) else self.body
        with pn.io.hold(), self._answering(asked, piece):
            show = done.result()
            if not (show and show()):
                self.bridge.placeholder = asked

    def _show(self, selection: Selection, header: str, page: Page, asked: str = "") -> bool:
        """The same shell, a new body. `asked` is what a person asked who sees the figures: they stay until the new ones
        are drawn. Says whether they are still to come."""
        self.selection = selection
        _fill(self.header, header)
        _fill(self.side, page.panel)
        _fill(self.context, page.context)
        _fill(self.body, page.body)
        document = self.bridge.document or pn.state.curdoc
        if page.figures and asked and document:
            drawing = _FIGURES.submit(self._draw, asked, selection)
            drawing.add_done_callback(lambda done: document.add_next_tick_callback(partial(self._replace, asked, done)))
            return True
        _fill(self.figures, LATER if page.figures else "")
        if page.figures and document:
            document.add_timeout_callback(partial(self._prepare, selection), READY_AFTER_MS)
        return False

    def _draw(self, asked: str, selection: Selection) -> str:
        """The figures, if nothing else was asked before it was their turn."""
        return draw(selection) if asked == self.bridge.value else ""

    def _replace(self, asked: str, drawn: Future[str]) -> None:
        """Shows figures in place of others, if nothing else was asked meanwhile."""
        if asked == self.bridge.value:
            with pn.io.hold(), self._answering(asked, self.figures):
                self.bridge.placeholder = asked
                _fill(self.figures, drawn.result())

    @contextmanager
    def _answering(self, asked: str, piece: HTML) -> Iterator[None]:
        """What fails is an answer too, told on the page and by the log."""
        try:
            yield
        except Exception as fault:
            self.bridge.placeholder = asked
            _fill(piece, html.empty(f"This page could not be made: {fault}. The server has printed where."))
            raise

    def _prepare(self, selection: Selection) -> None:
        """Draws ahead, but not while a person waits: what is shown then is made ready by itself."""
        if selection == self.selection and self.bridge.value in ("", self.bridge.placeholder):
            # What fails is told by the log now, and on the page once it is looked at.
            asked = self.bridge.value
            _FIGURES.submit(self._draw, asked, selection).add_done_callback(lambda done: done.result())

    def template(self) -> pn.Template:
        template = pn.Template((STATIC / "page.html").read_text())
        for name in ("header", "side", "context", "body", "figures"):
            template.add_panel(name, pn.pane.Bokeh(getattr(self, name)))
        template.add_panel("bridge", pn.pane.Bokeh(self.bridge))
        template.add_variable("tokens", TOKENS)
        template.add_variable("theme", self.selection.theme)
        template.add_variable("script", (STATIC / "driftline.js").read_text() + SCRIPT)
        return template


def _is_for_figures(asked: str) -> bool:
    """Whether the page asks for its figures alone, and not for a screen."""
    return asked.split(" ")[1:] == [FIGURES]


def _fill(piece: HTML, inner: str) -> None:
    """Shows the HTML; the browser takes back what is escaped here. Quotes stay: figures are full of them."""
    piece.text = escape(inner, quote=False)


def page() -> pn.Template:
    """The page of one session."""
    pn.extension()
    query = pn.state.location.search if pn.state.location else ""
    screen = Screen(query or "")
    template = screen.template()
    template.title = "driftline"
    return template
