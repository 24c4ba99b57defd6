"""Verdicts in the model: what they are made of, and when they hold."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from driftline import queries
from driftline.judging import judge
from roots import Root, metrics
from verdict_roots import B, C, fingerprint, pair, predictions, repeated, run, verdict

VERDICTS = f"select metric, verdict, level from verdicts('{B}', '{C}') order by metric"


def test_verdicts_are_there_once_they_were_asked_for(root: Root) -> None:
    with pair(root, 1.6).open() as store:
        assert store.connection.execute(VERDICTS).fetchall() == []
        assert judge(store, "run", B, [C]) is True
        assert judge(store, "run", B, [C]) is False
        found = store.connection.execute(VERDICTS).fetchall()
    with root.open() as again:
        assert again.connection.execute(VERDICTS).fetchall() == found
    assert ("avg_latency_s", "regressed", "warn") in found
    assert [metric for metric, *_ in found] == [
        metric for (metric,) in root.rows(f"select metric from deltas('{B}', '{C}') order by metric")
    ]


def test_they_hold_until_any_file_changes(root: Root) -> None:
    with pair(root, 1.6).open() as store:
        judge(store, "run", B, [C])
        run(root, C, 1.0, 2, fingerprint=fingerprint(2, cleaner="new"))
        store.refresh()
        assert store.connection.execute(VERDICTS).fetchall() == []
        assert verdict(store) == ("inconclusive", "assumed")
        kept = store.connection.execute("select count(distinct state) from source_verdicts").fetchone()
    assert kept == (1,)


def test_without_the_cache_they_are_worked_out_alike(root: Root) -> None:
    with pair(root, 1.3).open() as store:
        judge(store, "run", B, [C])
        before = store.connection.execute(f"from verdicts('{B}', '{C}') order by all").fetchall()
    shutil.rmtree(root.folder / ".driftline")
    with root.open() as store:
        judge(store, "run", B, [C])
        assert store.connection.execute(f"from verdicts('{B}', '{C}') order by all").fetchall() == before


def test_every_candidate_is_judged_by_itself(root: Root) -> None:
    pair(root, 1.6)
    run(root, "runs/other", 1.0, 3)
    numbers = f"select metric, p, q from verdicts('{B}', '{C}') order by all"
    with root.open() as store:
        judge(store, "run", B, [C])
        alone = store.connection.execute(numbers).fetchall()
        judge(store, "run", B, [C, "runs/other"])
        assert store.connection.execute(numbers).fetchall() == alone
        assert store.connection.execute(f"select count(*) > 0 from verdicts('{B}', 'runs/other')").fetchone() == (True,)


@pytest.mark.parametrize("keys", [(B, "runs/nowhere"), ("nowhere", C)])
def test_an_unknown_key_is_an_error_that_names_it(root: Root, keys: tuple[str, str]) -> None:
    with pair(root, 1.0).open() as store:
        judge(store, "run", B, [C])
        with pytest.raises(duckdb.Error, match=r"neither a run nor a profile .*nowhere"):
            store.connection.execute("from verdicts(?, ?)", list(keys)).fetchall()


def test_the_more_succeed_the_better(root: Root) -> None:
    rows = predictions(episodes=30)
    root.run(B, predictions=rows, metrics=metrics(len(rows), failed=["e00", "e01"]))
    root.run(C, predictions=rows, metrics=metrics(len(rows), failed=[f"e{k:02}" for k in range(25)]))
    with root.open() as store:
        judge(store, "run", B, [C])
        told = dict(store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}')").fetchall())
        judge(store, "run", C, [B])
        back = dict(store.connection.execute(f"select metric, verdict from verdicts('{C}', '{B}')").fetchall())
    assert (told["success_rate"], told["failed_episodes"]) == ("regressed", "regressed")
    assert (back["success_rate"], back["failed_episodes"]) == ("improved", "improved")


@pytest.mark.parametrize("lost", ["empty", "absent"])
def test_what_was_lost_on_the_way_is_no_green_tick(root: Root, lost: str) -> None:
    run(root, B)
    rows = predictions()
    for row in rows[2:]:
        row["metadata"]["output_tokens"] = 0
    kept = rows if lost == "empty" else rows[:2]
    root.run(C, predictions=kept, metrics=metrics(len(kept)))
    with root.open() as store:
        assert verdict(store, "avg_output_tokens")[0] in ("inconclusive", "threshold only", "suspect")


def test_episodes_that_do_not_add_up_to_what_the_run_says_judge_nothing(root: Root) -> None:
    rows = predictions()
    root.run(B, predictions=rows, metrics=metrics(len(rows)))
    root.run(C, predictions=rows, metrics=metrics(len(rows), truncation=0.5))
    with root.open() as store:
        judge(store, "run", B, [C])
        told = store.connection.execute(
            f"select verdict, level from verdicts('{B}', '{C}') where metric = 'truncation_rate'"
        ).fetchall()
    assert told == [("threshold only", "warn")]


def test_what_two_processes_worked_out_counts_once(root: Root) -> None:
    pair(repeated(root), 1.6)
    with root.open() as store:
        judge(store, "run", B, [C])
        noise = store.connection.execute("select metric, n_pairs from noise order by all").fetchall()
        told = store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}') order by all").fetchall()
        for kind in ("verdicts", "reruns"):
            rows = queries.ask(store.connection, f"select * from source_{kind}").rows
            store.add(kind, [{name: str(v) if name == "recorded_at" else v for name, v in row.items()} for row in rows])
        store.refresh()
        assert store.connection.execute("select metric, n_pairs from noise order by all").fetchall() == noise
        assert (
            told
            == store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}') order by all").fetchall()
        )


def test_another_version_of_the_code_has_verdicts_of_its_own(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair(root, 1.6).open() as store:
        judge(store, "run", B, [C])
    monkeypatch.setattr("driftline.model._code_digest", lambda: "another")
    with root.open() as store:
        assert store.connection.execute(VERDICTS).fetchall() == []


def test_what_the_runs_state_otherwise_than_their_episodes_is_suspect(root: Root) -> None:
    pair(root, 1.0)
    root.run(B, metrics=metrics(12, latency_ms=1000.0)).run(C, metrics=metrics(12, latency_ms=3000.0))
    with root.open() as store:
        assert verdict(store) == ("suspect", "assumed")
        told = store.connection.execute(
            f"select level, reason from verdicts('{B}', '{C}') where metric = 'avg_latency_s'"
        )
        level, reason = told.fetchone() or ("", "")
    assert level == "warn"
    assert reason.endswith("but these two runs as a whole state +200\u202f%, which their episodes do not add up to.")


def test_the_machine_and_the_data_have_to_be_the_same(root: Root) -> None:
    elsewhere = fingerprint(2)
    elsewhere["environment"]["hostname"] = "other"
    run(root, B, fingerprint=fingerprint(1))
    run(root, C, 1.6, 2, fingerprint=elsewhere)
    with root.open() as store:
        assert verdict(store) == ("not comparable", "none")
        assert verdict(store, "avg_output_tokens") == ("no change", "assumed")
        (reason,) = store.connection.execute(
            f"select reason from verdicts('{B}', '{C}') where metric = 'avg_latency_s'"
        ).fetchone() or ("",)
    assert reason == "Latency cannot be compared: the baseline was measured on box, the candidate on other."


def test_settings_of_the_root_decide(root: Root) -> None:
    pair(root, 1.3)
    root.file(
        "driftline.toml",
        "[verdicts]\nassumed_tau_time = 0.5\nprimary_metrics = ['latency']\nmagic = 1\n"
        "page_q = 'x'\ntrim = 0.5\nprior_df = 0\nci_level = 2\nmin_segment = 1\ncanary_stage = 'nowhere'\n",
    )
    with root.open() as store:
        assert verdict(store) == ("inconclusive", "assumed")
    told = root.rows("select problem from problems where artifact = 'settings' order by all")
    assert [problem for (problem,) in told] == [
        "no capture has a stage nowhere, the canary", "no metric latency",
        "verdicts.'ci_level' is outside its range (between 1e-09 and 1): 2", "verdicts.'magic' is unknown",
        "verdicts.'min_segment' is outside its range (at least 2): 1", "verdicts.'page_q' is not a number: 'x'",
        "verdicts.'prior_df' is outside its range (between 1 and 1000): 0",
        "verdicts.'trim' is outside its range (between 0 and 0.4): 0.5",
    ]  # fmt: skip
