"""Given rows, expected rows: deltas of runs, stages and episodes, and what may be said of them."""

from __future__ import annotations

import duckdb
import pytest

from roots import Root, metrics, prediction, profile
from two_runs import B, C, Side, delta, pair, rounded


def test_the_four_example_rows_of_the_specification(root: Root) -> None:
    pair(root, {"tokens": 470, "latency_ms": 40_000}, {"tokens": 190, "latency_ms": 62_000, "truncation": 0.2})
    names = "baseline, candidate, delta, delta_pct, good, level, status"
    with root.open() as store:
        rows = store.connection.execute(f"select metric, {names} from deltas('{B}', '{C}')").fetchall()
    found = {row[0]: rounded([row[1:]])[0] for row in rows}
    # 190 - 470 = -280; -280 / 470 = -59.574 %
    assert found["avg_output_tokens"] == (470.0, 190.0, -280.0, -59.574468, False, "fail", "compared")
    assert found["truncation_rate"] == (0.0, 0.2, 0.2, None, False, "fail", "zero baseline")
    # 62 - 40 = 22; 22 / 40 = 55 %
    assert found["avg_latency_s"] == (40.0, 62.0, 22.0, 55.0, False, "warn", "compared")
    assert found["speaker_label_leak_rate"] == (0.0, 0.0, 0.0, None, True, "ok", "zero baseline")


LEVELS = [
    # tokens: warn at 10 %, fail at 25 %, lower is worse
    ({"tokens": 100}, {"tokens": 90.1}, "avg_output_tokens", "ok"),
    ({"tokens": 100}, {"tokens": 90}, "avg_output_tokens", "warn"),
    ({"tokens": 100}, {"tokens": 75.1}, "avg_output_tokens", "warn"),
    ({"tokens": 100}, {"tokens": 75}, "avg_output_tokens", "fail"),
    ({"tokens": 100}, {"tokens": 300}, "avg_output_tokens", "ok"),
    # latency: warn at 10 %, fail at 100 %, higher is worse
    ({"latency_ms": 1000}, {"latency_ms": 1099}, "avg_latency_s", "ok"),
    ({"latency_ms": 1000}, {"latency_ms": 1100}, "avg_latency_s", "warn"),
    ({"latency_ms": 1000}, {"latency_ms": 2000}, "avg_latency_s", "fail"),
    ({"latency_ms": 1000}, {"latency_ms": 1}, "avg_latency_s", "ok"),
    # a growth from 0 has no percentage: it fails
    ({"latency_ms": 0}, {"latency_ms": 1}, "avg_latency_s", "fail"),
    ({"tokens": 0}, {"tokens": 1}, "avg_output_tokens", "ok"),
    # gates fail above 0
    ({"truncation": 0.1}, {"truncation": 0.1}, "truncation_rate", "ok"),
    ({"truncation": 0.1}, {"truncation": 0.101}, "truncation_rate", "fail"),
    ({"truncation": 0.1}, {"truncation": 0.0}, "truncation_rate", "ok"),
    # scores: warn at 0.02, fail at 0.05
    ({"references": {"r": {"rougeL_f1": 0.30}}}, {"references": {"r": {"rougeL_f1": 0.281}}}, "rougeL_f1", "ok"),
    ({"references": {"r": {"rougeL_f1": 0.30}}}, {"references": {"r": {"rougeL_f1": 0.28}}}, "rougeL_f1", "warn"),
    ({"references": {"r": {"rougeL_f1": 0.30}}}, {"references": {"r": {"rougeL_f1": 0.25}}}, "rougeL_f1", "fail"),
    ({"references": {"r": {"wer": 0.30}}}, {"references": {"r": {"wer": 0.35}}}, "wer", "fail"),
    # neutral: never judged
    (
        {"references": {"r": {"coverage_ratio": 1}}},
        {"references": {"r": {"coverage_ratio": 9}}},
        "coverage_ratio",
        None,
    ),
    ({"references": {"r": {"my_own": 1}}}, {"references": {"r": {"my_own": 9}}}, "my_own", None),
]


@pytest.mark.parametrize(("baseline", "candidate", "metric", "level"), LEVELS)
def test_levels_at_their_limits(root: Root, baseline: Side, candidate: Side, metric: str, level: str | None) -> None:
    assert delta(pair(root, baseline, candidate), metric, "level") == [(level,)]


def test_a_change_below_min_abs_is_ok(root: Root) -> None:
    root.file("driftline.toml", "[metrics.avg_latency_s]\nmin_abs = 0.5\n")
    pair(root, {"latency_ms": 100}, {"latency_ms": 500})  # 0.4 s below 0.5 s, though 400 %
    assert delta(root, "avg_latency_s", "level, good") == [("ok", False)]
    pair(root, {"latency_ms": 100}, {"latency_ms": 600})  # 0.5 s is not below 0.5 s
    assert delta(root, "avg_latency_s", "level") == [("fail",)]


def test_a_root_overrides_levels(root: Root) -> None:
    root.file(
        "driftline.toml",
        "[metrics.avg_latency_s]\nwarn_pct = 1\nfail_pct = 2\n[metrics.truncation_rate]\nfail_abs = 0.5\n",
    )
    pair(root, {"latency_ms": 1000}, {"latency_ms": 1015, "truncation": 0.2})
    assert delta(root, "avg_latency_s", "level") == [("warn",)]
    assert delta(root, "truncation_rate", "level") == [("warn",)]
    assert root.rows("select warn_pct, fail_pct, warn_abs from metrics where metric = 'avg_latency_s'") == [
        (1.0, 2.0, None)
    ]


def test_a_metric_that_nobody_declared_is_shown_and_never_judged(root: Root) -> None:
    pair(root, {"references": {"r": {"shine": 1}}}, {"references": {"r": {"shine": 3}}})
    assert root.rows("select better, family, warn_pct, fail_abs from metrics where metric = 'shine'") == [
        ("neutral", "other", None, None)
    ]
    assert delta(root, "shine") == [(1.0, 3.0, 2.0, 200.0, None, None, "compared")]


def test_one_side_only(root: Root) -> None:
    root.run(B, metrics=metrics(2, tokens=5)).run(C, metrics=metrics(2, latency_ms=7000))
    assert delta(root, "avg_output_tokens") == [(5.0, None, None, None, None, None, "only in baseline")]
    assert delta(root, "avg_latency_s") == [(None, 7.0, None, None, None, None, "only in candidate")]


def test_scores_are_compared_against_the_same_reference(root: Root) -> None:
    pair(
        root,
        {"references": {"r1": {"rougeL_f1": 0.9}, "r2": {"rougeL_f1": 0.4}}},
        {"references": {"r2": {"rougeL_f1": 0.5}, "r3": {"rougeL_f1": 0.1}}},
    )
    assert rounded(delta(root, "rougeL_f1", "reference, delta, status, note")) == [
        ("r1", None, "only in baseline", None),
        ("r2", 0.1, "compared", None),
        ("r3", None, "only in candidate", None),
    ]


def test_different_references_are_not_comparable_and_both_are_named(root: Root) -> None:
    pair(
        root,
        {"references": {"r2": {"rougeL_f1": 0.9}, "r1": {"rougeL_f1": 0.8}}},
        {"references": {"r3": {"rougeL_f1": 0.1}}},
    )
    note = "baseline is scored against r1, r2, candidate against r3"
    assert delta(root, "rougeL_f1", "reference, delta, good, level, status, note") == [
        ("r1", None, None, None, "not comparable", note),
        ("r2", None, None, None, "not comparable", note),
        ("r3", None, None, None, "not comparable", note),
    ]


@pytest.mark.parametrize("macro", ["deltas", "episode_deltas", "fingerprint_diff"])
@pytest.mark.parametrize(("sides", "named"), [(("ghost", C), "ghost"), ((B, "it''s gone"), "it's gone")])
def test_an_unknown_run_is_an_error_that_names_it(root: Root, macro: str, sides: tuple[str, str], named: str) -> None:
    pair(root, {}, {})
    with root.open() as store, pytest.raises(duckdb.Error, match=f"no run {named} in this root"):
        store.connection.execute(f"select * from {macro}('{sides[0]}', '{sides[1]}')").fetchall()


def test_an_unknown_profile_is_an_error_that_names_it(root: Root) -> None:
    root.profile("a", profile())
    with root.open() as store, pytest.raises(duckdb.Error, match="no profile ghost in this root"):
        store.connection.execute("select * from stage_deltas('a', 'ghost')").fetchall()


def test_all_candidates_in_one_statement(root: Root) -> None:
    pair(root, {"tokens": 10}, {"tokens": 12})
    rows = root.rows(
        f"select r.run, d.delta from runs as r, lateral (select * from deltas('{B}', r.run)) as d"
        " where d.metric = 'avg_output_tokens' order by r.run"
    )
    assert rows == [(B, 0.0), (C, 2.0)]


def test_keys_with_quotes(root: Root) -> None:
    root.run("runs/it's", metrics=metrics(1, tokens=1)).run('runs/"x"', metrics=metrics(1, tokens=4))
    assert root.rows("select delta from deltas('runs/it''s', 'runs/\"x\"') where metric = 'avg_output_tokens'") == [
        (3.0,)
    ]


def test_stage_deltas(root: Root) -> None:
    totals = {"wall_time_s": 10.0, "peak_rss_mb": 100}
    root.profile(
        "b",
        profile(
            totals=totals,
            stages={
                "transcription": {"wall_time_s": 10.0, "peak_rss_mb": 100, "avg_cpu_pct": 50.0},
                "media_download": {"wall_time_s": 1.0},
                "gi_generation": {"wall_time_s": 0.0},
            },
        ),
    )
    root.profile(
        "c",
        profile(
            "v2",
            totals={"wall_time_s": 12.0},
            stages={
                "transcription": {"wall_time_s": 12.0, "peak_rss_mb": 0, "avg_cpu_pct": 0.0},
                "summarization": {"wall_time_s": 3.0},
                "gi_generation": {"wall_time_s": 2.0},
            },
        ),
    )
    found = root.rows(
        "select stage, metric, baseline, candidate, delta, round(delta_pct, 2), good, level, status, note"
        " from stage_deltas('b', 'c') order by stage_order, metric"
    )
    assert found == [
        ("(totals)", "peak_rss_mb", 100.0, None, None, None, None, None, "only in baseline", None),
        ("(totals)", "wall_time_s", 10.0, 12.0, 2.0, 20.0, False, "warn", "compared", None),
        ("media_download", "wall_time_s", 1.0, None, None, None, None, None, "only in baseline", None),
        (
            "transcription",
            "avg_cpu_pct",
            50.0,
            None,
            None,
            None,
            None,
            None,
            "not comparable",
            "no sample in the candidate",
        ),
        (
            "transcription",
            "peak_rss_mb",
            100.0,
            None,
            None,
            None,
            None,
            None,
            "not comparable",
            "no sample in the candidate",
        ),
        ("transcription", "wall_time_s", 10.0, 12.0, 2.0, 20.0, False, "warn", "compared", None),
        ("summarization", "wall_time_s", None, 3.0, None, None, None, None, "only in candidate", None),
        (
            "gi_generation",
            "wall_time_s",
            0.0,
            2.0,
            2.0,
            None,
            False,
            "fail",
            "zero baseline",
            "the baseline is 0: no percent",
        ),
    ]


def test_episode_deltas(root: Root) -> None:
    root.run(B, predictions=[prediction("a", output_tokens=10), prediction("b", output_tokens=0)])
    root.run(
        C,
        predictions=[
            prediction("a", output_tokens=13),
            prediction("b", output_tokens=2),
            prediction("c", output_tokens=5),
        ],
    )
    found = root.rows(
        f"select episode_id, baseline, candidate, delta, status from episode_deltas('{B}', '{C}')"
        " where metric = 'output_tokens' order by episode_id"
    )
    assert found == [
        ("a", 10.0, 13.0, 3.0, "compared"),
        ("b", 0.0, 2.0, 2.0, "zero baseline"),
        ("c", None, 5.0, None, "only in candidate"),
    ]


def test_fingerprint_diff(root: Root) -> None:
    same = {"provider": "x", "runtime": None}
    root.run(
        B, fingerprint={**same, "run_context": {"run_id": "1", "dataset_id": "d"}, "chunking": {"size": 5}, "old": True}
    )
    root.run(
        C, fingerprint={**same, "run_context": {"run_id": "2", "dataset_id": "d"}, "chunking": {"size": 6, "list": [1]}}
    )
    assert root.rows(f"select * from fingerprint_diff('{B}', '{C}') order by key") == [
        ("chunking.list", None, "[1]"),
        ("chunking.size", "5", "6"),
        ("old", "true", None),
    ]
