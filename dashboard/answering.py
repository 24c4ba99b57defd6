"""From a query to a page, in any thread: one store for the process, and what each page reads of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import duckdb
import panel as pn

from dashboard import shell
from dashboard.page import Page
from dashboard.pages import delta, episodes, home, kpis, performance, problems, quality
from dashboard.state import Selection
from driftline import queries
from driftline.reports.choice import Comparison
from driftline.reports.home import ask_ahead
from driftline.scoring import score
from driftline.store import Store, open_store

BUILDERS = {
    "home": home.build,
    "kpis": kpis.build,
    "delta": delta.build,
    "episodes": episodes.build,
    "performance": performance.build,
    "problems": problems.build,
}
# How many pages are kept: two hands full of ways to and fro.
REMEMBERED = 30
# Pages that show scores of single episodes, and the relations and macros that hold them.
SCORED = ("home", "episodes")
WITH_SCORES = ("episode_scores", "episode_metrics", "episode_deltas", "episode_changes")
_LOCK = threading.Lock()

T = TypeVar("T")
# The header's HTML and a page.
Built = tuple[str, Page]


@dataclass
class _Shared:
    """The store of this process, and what was found in its present state: answers, those that hold scores of episodes,
    pages, figures, and the runs whose episodes are scored."""

    store: Store
    answers: queries.Answers = field(default_factory=queries.Answers)
    with_scores: queries.Answers = field(default_factory=queries.Answers)
    pages: dict[Selection, Built] = field(default_factory=dict)
    figures: dict[Selection, str] = field(default_factory=dict)
    scored: set[str] = field(default_factory=set)

    def forget(self, is_all: bool = True) -> None:
        """For when the state, or nothing but scores, has changed; who looks at the old one keeps its answers."""
        self.with_scores, self.pages, self.figures = queries.Answers(), {}, {}
        if is_all:
            self.answers, self.scored = queries.Answers(), set()

    def read(self) -> Reading:
        plain, with_scores = self.answers, self.with_scores

        def place(statement: str) -> queries.Answers:
            return with_scores if any(name in statement for name in WITH_SCORES) else plain

        return Reading(queries.Remembering(self._look(), place, self._look()), self.pages, self.figures)

    def _look(self) -> duckdb.DuckDBPyConnection:
        connection = self.store.cursor()
        connection.begin()
        # A transaction sees the database as it was at its first question.
        connection.execute(queries.NOTHING)
        return connection

    def score(self, runs: set[str]) -> bool:
        """Scores the episodes of these runs, if that was not done before. Returns whether the state has changed."""
        before = self.store.sources
        is_new = bool(runs - self.scored) and score(self.store, sorted(runs - self.scored))
        if is_new:
            self.forget(is_all=self.store.sources != before)
        self.scored |= runs
        return is_new


@dataclass(frozen=True)
class Reading:
    """One state of the model, whatever is brought up to date meanwhile, and what was built from it."""

    model: queries.Remembering
    pages: dict[Selection, Built]
    figures: dict[Selection, str]


def _shared() -> _Shared:
    """One store for all sessions of this process, brought up to date when a page is opened."""
    shared: _Shared | None = pn.state.cache.get("shared")
    if shared is None:
        shared = pn.state.cache["shared"] = _Shared(open_store())
    elif shared.store.refresh():
        shared.forget()
    return shared


@contextmanager
def _reading(selection: Selection) -> Iterator[Reading]:
    """The model with the scores that the page shows; they are computed while the other core answers questions."""
    with _LOCK, ExitStack() as stack:
        shared = _shared()
        reading = shared.read()
        stack.callback(reading.model.close)
        if selection.page in SCORED and selection not in reading.pages:
            choice = quality.choice_of(reading.model, selection)
            if choice and selection.page == "home":
                comparison = Comparison(choice.baseline, choice.focus, choice.others, {})
                ask_ahead(reading.model, comparison)
            if choice and shared.score({choice.baseline, choice.focus}):
                reading = shared.read()
                stack.callback(reading.model.close)
        open_ones = stack.pop_all()
    with open_ones:
        yield reading


def build(selection: Selection) -> Built:
    """The header's HTML and the page that a selection asks for."""
    with _reading(selection) as reading:
        return _built(reading, selection)


def draw(selection: Selection) -> str:
    """The figures of that page as HTML. In one thread at a time: HoloViews keeps its options in one place for all."""
    with _reading(selection) as reading:
        if selection not in reading.figures:
            _, page = _built(reading, selection)
            _keep(reading.figures, selection, page.figures(reading.model) if page.figures else "")
        return reading.figures[selection]


def _built(reading: Reading, selection: Selection) -> Built:
    if selection not in reading.pages:
        page = BUILDERS[selection.page](reading.model, selection)
        counts = queries.loaded_counts(reading.model)
        header = shell.header(page.full, page.full.query(), counts["errors"] + counts["warnings"])
        _keep(reading.pages, selection, (header, page))
    return reading.pages[selection]


def _keep(kept: dict[Selection, T], selection: Selection, what: T) -> None:
    kept[selection] = what
    for oldest in list(kept)[:-REMEMBERED]:
        kept.pop(oldest, None)
