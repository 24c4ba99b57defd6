"""Scores of single episodes: computed once, for the runs that are asked for, and gone with what they were made of."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from driftline import scoring
from driftline.scoring import score
from driftline.store import open_store
from roots import Root, metrics, prediction

RUN, OTHER, REFERENCE = "runs/a", "runs/b", "references/silver/gold"
ALL = "select run, episode_id, reference, metric, value from episode_scores order by all"
SAME = "the cat sat on the mat"


def scored_root(root: Root) -> Root:
    """Two runs of three episodes, scored as a whole against a reference with texts."""
    against = {"gold": {"rougeL_f1": 0.5}}
    texts = {"e1": SAME, "e2": "a dog", "e3": "another text of its own"}
    root.run(REFERENCE, predictions=[prediction(name, text) for name, text in texts.items()])
    for run, first in ((RUN, SAME), (OTHER, "the cat sat")):
        rows = [prediction("e1", first), prediction("e2", "no words shared"), prediction("e4", "without a partner")]
        root.run(run, metrics=metrics(3, references=against), predictions=rows)
    return root


def test_only_what_is_asked_for_is_scored_and_only_once(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with scored_root(root).open() as store:
        assert score(store, [RUN])
        rows = store.connection.execute(ALL).fetchall()
        assert {row[:2] for row in rows} == {(RUN, "e1"), (RUN, "e2")}
        assert {row[2:] for row in rows if row[1] == "e1"} == {
            ("gold", name, 1.0) for name in ("rouge1_f1", "rouge2_f1", "rougeL_f1")
        }

        monkeypatch.setattr(scoring, "score_pairs", lambda _pairs: pytest.fail("scored again"))
        assert not score(store, [RUN])


def test_scores_are_episode_metrics_and_deltas_and_the_next_open_has_them(root: Root) -> None:
    with scored_root(root).open() as store:
        score(store, [RUN, OTHER])
    deltas = f"select * exclude (delta) from episode_deltas('{RUN}', '{OTHER}') where metric = 'rouge1_f1' order by all"

    # 3 of 3 words precise, 3 of 6 recalled: F = 2 * 1 * 0.5 / 1.5
    assert root.rows(deltas)[0] == ("e1", "rouge1_f1", "gold", 1.0, pytest.approx(2 / 3), "compared")


@pytest.mark.parametrize("changed", [RUN, REFERENCE])
def test_scores_of_a_file_that_changed_are_gone_until_asked_for_again(root: Root, changed: str) -> None:
    with scored_root(root).open() as store:
        score(store, [RUN, OTHER])
    root.run(changed, predictions=[prediction("e1", "the mat"), prediction("e2", "a dog")])
    with root.open() as store:
        left = {row[0] for row in store.connection.execute(ALL).fetchall()}
        assert left == ({OTHER} if changed == RUN else set())
        score(store, [RUN])
        rows = {row[1:4]: row[4] for row in store.connection.execute(ALL).fetchall() if row[0] == RUN}
        # 2 words of 6: recall or precision 1/3 and the other 1
        assert rows["e1", "gold", "rouge1_f1"] == pytest.approx(0.5)


def test_many_pairs_stay_few_segments(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftline.store.MAX_SEGMENTS", 1)
    with scored_root(root).open() as store:
        score(store, [RUN])
        score(store, [OTHER])
        assert len(store.cache.load().segments["scores"]) == 1
        assert len(store.connection.execute(ALL).fetchall()) == 12


def test_a_cache_that_goes_meanwhile_gets_no_scores_of_foreign_ids(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with scored_root(root).open() as store:

        def lose(pairs: Any) -> list[Any]:
            store.cache.manifest_path.unlink()
            return [scoring.Scores(0.1, 0.2, 0.3) for _ in pairs]

        monkeypatch.setattr(scoring, "score_pairs", lose)
        score(store, [RUN])
        assert store.connection.execute(ALL).fetchall() == []


def test_without_texts_of_the_reference_nothing_is_scored(root: Root) -> None:
    root.run(RUN, metrics=metrics(1, references={"gone": {"rougeL_f1": 0.5}}), predictions=[prediction("e1", SAME)])
    with root.open() as store:
        assert not score(store, [RUN, "no such run"])


def test_a_question_uses_as_many_threads_as_were_asked_for_whatever_is_laid(root: Root) -> None:
    def threads(connection: duckdb.DuckDBPyConnection) -> Any:
        return connection.execute("select current_setting('threads')").fetchone()

    with open_store(scored_root(root).folder, threads=3) as store:
        assert threads(store.cursor()) == (3,)
        assert score(store, [RUN])
        assert threads(store.cursor()) == (3,), "new scores lay one part"
        root.run("runs/c", metrics=metrics(1))
        assert store.refresh()
        assert threads(store.cursor()) == (3,), "a new run lays many"
    with root.open() as store, duckdb.connect() as other:
        assert threads(store.connection) == threads(other)
