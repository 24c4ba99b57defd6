"""What the pages remember: one state of the model answers each statement once, and nothing outlives its state."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import duckdb
import pytest

from dashboard import answering, app
from dashboard.state import Selection
from driftline import queries
from driftline import refresh as refreshing
from driftline.model import CREATED, needs
from driftline.reports.choice import Choice
from driftline.scoring import score
from roots import Root, profile
from test_scoring import OTHER, RUN, scored_root
from two_runs import B, C

RUNS_CHOSEN = Choice(B, (C,), C, "")


def compared(root: Root) -> Root:
    """A root with two whole runs."""
    return root.whole_run(B).whole_run(C)


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written just now is not read again for that alone."""
    monkeypatch.setattr(refreshing, "RACY_NS", 0)


@pytest.fixture
def looked_at(root: Root, monkeypatch: pytest.MonkeyPatch) -> Root:
    """The root that the pages of this process show."""
    monkeypatch.setenv("DRIFTLINE_ROOT", str(root.folder))
    monkeypatch.setitem(answering.pn.state.cache, "shared", None)
    return root


def test_a_statement_is_executed_once_also_where_two_ask_at_a_time() -> None:
    answers, executed, is_asked = queries.Answers(9), [], threading.Event()

    def read() -> str:
        executed.append(threading.current_thread().name)
        is_asked.wait(60)
        return "answer"

    found: list[str] = []
    asking = [threading.Thread(target=lambda: found.append(answers.once("rows", "select 1", read))) for _ in range(4)]
    for thread in asking:
        thread.start()
    is_asked.set()
    for thread in asking:
        thread.join()
    assert found == ["answer"] * 4
    assert len(executed) == 1


def test_a_statement_that_failed_is_asked_again() -> None:
    answers = queries.Answers(9)
    with pytest.raises(duckdb.BinderException):
        answers.once("rows", "select x", lambda: duckdb.connect().execute("select x").fetchall())
    assert answers.once("rows", "select x", lambda: [(1,)]) == [(1,)]


def test_rows_that_a_page_changes_stay_as_they_were(root: Root) -> None:
    with compared(root).open() as store:
        answers = queries.Answers(9)
        model = queries.Remembering(store.cursor(), lambda _statement: answers)
        for read in (lambda: queries.selectable_runs(model)[0], lambda: queries.deltas(model, B, C).rows[0]):
            before = dict(read())
            read().clear()
            assert read() == before
        frame = queries.episode_points(model, [B, C])
        del frame["run"]
        assert "run" in queries.episode_points(model, [B, C])
        model.close()


def test_every_relation_that_holds_what_is_computed_is_known(root: Root) -> None:
    with root.open() as store:
        model = store._model
    parts, needed = model.parts, needs(model)
    computed = tuple(f"create or replace view source_{kind} " for kind in ("scores", "verdicts", "change_points"))
    reached = {number for number, part in enumerate(parts) if part.startswith(computed)}
    assert len(reached) == 3
    for number, earlier in needed.items():
        reached |= {number} if earlier & reached else set()
    names = {name for number in reached for name in CREATED.findall(parts[number])}
    assert {name for name in names if not name.startswith("source_")} == set(answering.COMPUTED)


def test_what_is_read_is_the_same_after_scoring_and_another_after_a_change(root: Root) -> None:
    with scored_root(root).open() as store:
        before = store.sources
        assert score(store, [RUN])
        assert store.sources == before
        root.file(f"eval/{RUN}/metrics.json", "{}")
        assert store.refresh()
        assert store.sources != before


def test_a_page_shows_what_has_changed_on_disk_since_it_was_built(looked_at: Root) -> None:
    compared(looked_at)
    selection = Selection.from_query(f"?page=home&base={B}&cand={C}")
    first = answering.build(selection)
    assert answering.build(selection) is first
    looked_at.run(C, metrics={"episode_count": 5}, predictions=[])
    _, page = answering.build(selection)
    assert page.body != first[1].body


def test_scores_are_seen_once_they_are_there_and_other_answers_last(looked_at: Root) -> None:
    scored_root(looked_at)
    shared, found = answering._shared(), []
    for _ in range(2):
        model = shared.read().model
        found.append((
            queries.ask(model, "select count(*) as n from episode_scores").rows[0]["n"],
            queries.ask(model, "select random() as n").rows[0]["n"],
        ))  # fmt: skip
        model.close()
        shared.score({RUN, OTHER})
    assert [scores for scores, _ in found] == [0, 12]
    assert len({number for _, number in found}) == 1


@pytest.mark.parametrize(
    ("page", "chosen", "count"),
    [("home", RUNS_CHOSEN, 3), ("delta", RUNS_CHOSEN, 1), ("performance", Choice("v1", ("v2",), "v2", ""), 2)],
)
def test_what_is_asked_ahead_is_what_the_page_asks(looked_at: Root, page: str, chosen: Choice, count: int) -> None:
    kind, asked = answering.KINDS[page], list[str]()
    assert kind.ask_ahead
    for release in ("v1", "v2"):
        looked_at.profile(release, profile(release, stages={"load": {"wall_time_s": 1.0}}))

    class Noting(queries.Answers):
        def once(self, kind: str, question: str, read: Any) -> Any:
            asked.append(question)
            return super().once(kind, question, read)

    def look() -> queries.Remembering:
        answers = Noting(99)
        return queries.Remembering(store.cursor(), lambda _statement: answers, store.cursor())

    with compared(looked_at).open() as store:
        model = look()
        kind.ask_ahead(model, chosen)
        model.close()
        ahead = set(asked)
        asked.clear()
        model = look()
        kind.build(model, Selection.from_query(f"?page={page}&base={B}&cand={C}&pbase=v1&pcand=v2"))
        model.close()
    assert len(ahead) == count
    assert ahead <= set(asked)


@pytest.mark.parametrize(
    ("query", "asked", "drawn"),
    [("", "", 1), ("", "1 ?page=kpis", 0), ("1 ?page=kpis", "1 ?page=kpis", 1), ("1 figures", "2 ?page=kpis", 0)],
)
def test_figures_are_made_ready_only_while_nobody_waits(
    looked_at: Root, monkeypatch: pytest.MonkeyPatch, query: str, asked: str, drawn: int
) -> None:
    compared(looked_at)
    submitted: list[Selection] = []

    class Noting:
        def submit(self, _draw: Any, _asked: str, selection: Selection) -> Future[str]:
            submitted.append(selection)
            return Future()

    monkeypatch.setattr(app, "_FIGURES", Noting())
    monkeypatch.setattr(app.Screen, "_on_ask", lambda _self, _attr, _old, _new: None)
    screen = app.Screen(f"?page=home&base={B}&cand={C}")
    screen.bridge.update(placeholder=query, value=asked)
    screen._prepare(screen.selection)
    screen._prepare(Selection.from_query("?page=kpis"))
    assert submitted == [screen.selection] * drawn


def test_a_fault_stands_in_the_place_of_what_was_asked_for(looked_at: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(looked_at)
    monkeypatch.setattr(app.Screen, "_on_ask", lambda _self, _attr, _old, _new: None)
    screen = app.Screen(f"?page=home&base={B}&cand={C}")
    body, asked = screen.body.text, "1 figures"
    screen.bridge.value = asked
    failed: Future[Any] = Future()
    failed.set_exception(ValueError("no figure"))
    with pytest.raises(ValueError, match="no figure"):
        screen._answer(asked, failed)
    assert "no figure" in screen.figures.text
    assert screen.body.text == body
    assert screen.bridge.placeholder == asked


def test_figures_that_nobody_waits_for_any_more_are_not_drawn(looked_at: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(looked_at)
    monkeypatch.setattr(app.Screen, "_on_ask", lambda _self, _attr, _old, _new: None)
    monkeypatch.setattr(app, "draw", lambda _selection: "drawn")
    screen = app.Screen(f"?page=home&base={B}&cand={C}")
    screen.bridge.value = "2 ?page=kpis"
    assert screen._draw("1 ?page=home figures", screen.selection) == ""
    assert screen._draw("2 ?page=kpis", screen.selection) == "drawn"
