"""From a query to a page, in any thread: one store for the process, and what each page reads of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import panel as pn

from dashboard import shell
from dashboard.page import Page
from dashboard.pages import delta, episodes, home, kpis, performance, problems, quality, tracking
from dashboard.state import Selection
from driftline import queries
from driftline.judging import judge, learn
from driftline.reports import delta as delta_report
from driftline.reports import home as home_report
from driftline.reports import performance as cost_report
from driftline.reports.choice import Choice
from driftline.scoring import PASSES, score
from driftline.store import Store, open_store
from driftline.tracking import find_changes


@dataclass(frozen=True)
class _Kind:
    """A page: what builds it, whether it shows scores of single episodes, or change points of histories, of which side
    (run or profile) it shows verdicts, what is asked while all that is computed, and beside the rest once it is."""

    build: Callable[[queries.Connection, Selection], Page]
    is_scored: bool = False
    has_changes: bool = False
    judged: tuple[str, Callable[[queries.Connection, Selection], Choice | None]] | None = None
    ask_ahead: Callable[[queries.Remembering, Choice], None] | None = None
    ask_beside: Callable[[queries.Remembering, Choice], None] | None = None


KINDS = {
    "home": _Kind(
        home.build,
        is_scored=True,
        judged=("run", quality.choice_of),
        ask_ahead=home_report.ask_ahead,
        ask_beside=home_report.ask_beside,
    ),
    "kpis": _Kind(kpis.build),
    "delta": _Kind(delta.build, is_scored=True, judged=("run", quality.choice_of), ask_ahead=delta_report.ask_ahead),
    "episodes": _Kind(episodes.build, is_scored=True),
    "performance": _Kind(performance.build, judged=("profile", performance.choice_of), ask_ahead=cost_report.ask_ahead),
    "tracking": _Kind(tracking.build, has_changes=True),
    "problems": _Kind(problems.build),
}
# How many statements and pages are kept: two hands full of ways to and fro.
STATEMENTS, PAGES = 400, 30
# The relations and macros that hold scores of single episodes and verdicts, or depend on which there are.
COMPUTED = (
    "episode_scores",
    "episode_metrics",
    "episode_deltas",
    "episode_changes",
    "scores_of",
    "verdicts",
    "change_points",
    "tracked_by_noise",
)
# Candidates beside the one in focus are scored as well as long as that is done at once: their episodes are no more.
SCORED_BESIDE = 100
# Two questions are asked at a time, each of many small steps: to share every core would cost both more than it gives.
THREADS = max(1, (os.cpu_count() or 2) // 2)
_LOCK = threading.Lock()

# The header's HTML and a page.
Built = tuple[str, Page]


class _Shared:
    """The store of this process, and what was found in its present state: answers, those that hold what is computed,
    pages with their figures, and the runs whose episodes are scored."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.forget()

    def forget(self) -> None:
        """For when the state has changed; who looks at the old one keeps its answers."""
        self.answers, self.scored = queries.Answers(STATEMENTS), set[str]()
        self.judged = set[tuple[str, str, tuple[str, ...]]]()
        self.has_learned = self.knows_changes = False
        self.forget_computed()

    def learn(self) -> None:
        """Works out how much repetitions differ, once in a state: what is learned makes another."""
        if not self.has_learned:
            if learn(self.store):
                self.forget()
            self.has_learned = True

    def find_changes(self) -> None:
        """Works out where histories changed their level, once in a state."""
        if not self.knows_changes:
            self._changes(lambda: find_changes(self.store))
            self.knows_changes = True

    def forget_computed(self) -> None:
        """For when nothing but scores and verdicts has changed."""
        self.computed, self.pages = queries.Answers(STATEMENTS), queries.Answers(2 * PAGES)

    def read(self, asks_beside: bool = False) -> Reading:
        plain, computed = self.answers, self.computed

        def place(statement: str) -> queries.Answers:
            return computed if any(name in statement for name in COMPUTED) else plain

        other = self._look() if asks_beside else None
        return Reading(queries.Remembering(self._look(), place, other), self.pages)

    def _look(self) -> duckdb.DuckDBPyConnection:
        connection = self.store.cursor()
        connection.begin()
        # A transaction sees the database as it was at its first question.
        connection.execute(queries.NOTHING)
        return connection

    def score(self, runs: set[str]) -> bool:
        """Scores the episodes of these runs, if that was not done before. Returns whether the state has changed."""
        missing, before = runs - self.scored, self.store.sources
        is_new = bool(missing) and self._changes(lambda: score(self.store, sorted(missing)))
        if is_new:
            # More scores make other verdicts.
            self.judged.clear()
        if self.store.sources == before:
            self.scored |= runs
        return is_new

    def judge(self, side: str, choice: Choice, model: queries.Connection) -> bool:
        """Works out the verdicts of the candidates, if that was not done before. Returns whether anything was new. What
        does not depend on scores is asked of `model`."""
        asked, before = (side, choice.baseline, (choice.focus, *choice.others)), self.store.sources
        if asked in self.judged:
            return False
        is_new = self._changes(lambda: judge(self.store, *asked, model))
        if self.store.sources == before:
            self.judged.add(asked)
        return is_new

    def _changes(self, compute: Callable[[], bool]) -> bool:
        """Computes, and forgets what it has outdated. Returns whether anything was new."""
        before = self.store.sources
        try:
            is_new = compute()
        except BaseException:
            # Who knows how far it came.
            self.forget()
            raise
        if self.store.sources != before:
            self.forget()
        elif is_new:
            self.forget_computed()
        return is_new


@dataclass(frozen=True)
class Reading:
    """One state of the model, whatever is brought up to date meanwhile, and the pages that were built from it."""

    model: queries.Remembering
    pages: queries.Answers

    def build(self, selection: Selection) -> Built:
        return self.pages.once("page", _key(selection), lambda: self._build(selection))

    def _build(self, selection: Selection) -> Built:
        page = KINDS[selection.page].build(self.model, selection)
        counts = queries.loaded_counts(self.model)
        return shell.header(page.full, page.full.query(), counts["errors"] + counts["warnings"]), page

    def draw(self, selection: Selection) -> str:
        return self.pages.once("figures", _key(selection), lambda: self._draw(selection))

    def _draw(self, selection: Selection) -> str:
        _, page = self.build(selection)
        return page.figures(self.model) if page.figures else ""


def _key(selection: Selection) -> str:
    """What a page is kept by: a window of days moves on at midnight."""
    return f"{datetime.now(UTC):%Y-%m-%d} {selection.query()}"


def _shared() -> _Shared:
    """One store for all sessions of this process, brought up to date when a page is opened."""
    shared: _Shared | None = pn.state.cache.get("shared")
    if shared is None:
        shared = pn.state.cache["shared"] = _Shared(open_store(threads=THREADS))
    elif shared.store.refresh():
        shared.forget()
    return shared


def _to_score(connection: queries.Connection, choice: Choice) -> set[str]:
    """The runs that are shown episode by episode, and of the others those that take no time."""
    episodes = {row["run"]: row["episodes"] or 0 for row in queries.selectable_runs(connection)}
    beside, left = set[str](), SCORED_BESIDE
    for run in choice.others:
        if episodes.get(run, 0) <= left:
            left -= episodes.get(run, 0)
            beside.add(run)
    return {choice.baseline, choice.focus} | beside


@contextmanager
def _reading(selection: Selection) -> Iterator[Reading]:
    """The model with the scores that the page shows; they are computed while the other core answers questions."""
    with _LOCK, ExitStack() as stack:
        shared = _shared()
        for _ in range(PASSES):
            if KINDS[selection.page].judged:
                shared.learn()
            if KINDS[selection.page].has_changes:
                shared.find_changes()
            sources = shared.store.sources
            reading = _computed(shared, selection, stack)
            # Files that changed meanwhile make another choice, and other verdicts.
            if shared.store.sources == sources:
                break
        open_ones = stack.pop_all()
    with open_ones:
        yield reading


def _computed(shared: _Shared, selection: Selection, stack: ExitStack) -> Reading:
    """A look at the model after the scores and verdicts were worked out that the page shows."""
    kind = KINDS[selection.page]
    side, choose = kind.judged or ("", quality.choice_of if kind.is_scored else None)
    reading = _look(shared, stack, kind.ask_ahead is not None)
    choice = choose(reading.model, selection) if choose else None
    if choice is None:
        return reading
    if kind.ask_ahead:
        kind.ask_ahead(reading.model, choice)
    is_new = kind.is_scored and shared.score(_to_score(reading.model, choice))
    if side:
        is_new |= shared.judge(side, choice, reading.model)
    if is_new:
        reading = _look(shared, stack, kind.ask_beside is not None)
    if kind.ask_beside:
        kind.ask_beside(reading.model, choice)
    return reading


def _look(shared: _Shared, stack: ExitStack, asks_beside: bool) -> Reading:
    reading = shared.read(asks_beside)
    stack.callback(reading.model.close)
    return reading


def build(selection: Selection) -> Built:
    """The header's HTML and the page that a selection asks for."""
    with _reading(selection) as reading:
        return reading.build(selection)


def draw(selection: Selection) -> str:
    """The figures of that page as HTML. In one thread at a time: HoloViews keeps its options in one place for all."""
    with _reading(selection) as reading:
        return reading.draw(selection)
