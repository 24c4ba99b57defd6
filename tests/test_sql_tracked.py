"""The newest record of a platform against its baseline: which baseline, which limit, and what cannot be compared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roots import Root
from tracked import baselines, history, record, status, written

LATENCY, THROUGHPUT = "query_latency_no_vllm", "embedding_throughput"


def held(root: Root, columns: str = "baseline, baseline_source, status", limit_pct: float = 20) -> Any:
    (row,) = root.rows(f"select {columns} from tracked({limit_pct}) where metric = '{LATENCY}'")
    return row


def test_the_committed_baseline_counts_before_the_records(root: Root) -> None:
    """Five records at 16 s against a committed 8 s are no stable series."""
    baselines(history(root, {LATENCY: [16.0] * 6}), {"M1_Mac_16GB": {LATENCY: 8.0}})

    assert held(root) == (8.0, "performance_baselines.json", "regressed")


def test_the_run_under_test_is_never_part_of_its_own_baseline(root: Root) -> None:
    history(root, {LATENCY: [8.0, 8.0, 8.0, 16.0, 16.0, 16.0]})

    assert held(root) == (8.0, "median of the 5 records before", "regressed")


def test_one_record_without_the_metric_takes_no_baseline_away(root: Root) -> None:
    history(root, {LATENCY: [*([8.0] * 9), None, 8.0], "cache_hit_rate": [0.4] * 11})

    assert held(root) == (8.0, "median of the 5 records before", "stable")


def test_fewer_than_five_records_before_are_no_baseline(root: Root) -> None:
    history(root, {LATENCY: [8.0] * 5})

    assert held(root, "baseline, status, note") == (
        None, "not comparable", "no baseline: none is committed, and fewer than 5 records came before",
    )  # fmt: skip


@pytest.mark.parametrize("baseline", [0.001 * place for place in (1, 11, 137, 1999)])
@pytest.mark.parametrize(("metric", "sign"), [(LATENCY, 1), (THROUGHPUT, -1)])
def test_a_change_of_exactly_the_limit_is_stable(root: Root, baseline: float, metric: str, sign: int) -> None:
    history(root, {metric: [baseline] * 5 + [baseline * (1 + sign * 0.2)]})
    assert status(root) == {metric: "stable"}

    history(root, {metric: [baseline] * 5 + [baseline * (1 + sign * 0.2001)]})
    assert status(root) == {metric: "regressed"}


@pytest.mark.parametrize(("metric", "sign"), [(LATENCY, -1), (THROUGHPUT, 1)])
def test_an_improvement_is_more_than_5_percent(root: Root, metric: str, sign: int) -> None:
    history(root, {metric: [8.0] * 5 + [8.0 * (1 + sign * 0.05)]})
    assert status(root) == {metric: "stable"}

    history(root, {metric: [8.0] * 5 + [8.0 * (1 + sign * 0.0501)]})
    assert status(root) == {metric: "improved"}


@pytest.mark.parametrize("bad", [0, -1, "NaN", None])
def test_a_bad_baseline_is_not_comparable_with_a_reason(root: Root, bad: Any) -> None:
    baselines(history(root, {LATENCY: [8.0] * 6}), {"M1_Mac_16GB": {LATENCY: bad}})

    word, note = held(root, "status, note")
    assert word == "not comparable"
    assert note


@pytest.mark.parametrize("bad", ["NaN", "Infinity", -1.0, None, "much"])
def test_a_bad_value_is_not_comparable_with_a_reason(root: Root, bad: Any) -> None:
    records = [record(at, {LATENCY: 8.0}) for at in range(6)] + [record(6, {LATENCY: bad, "x_ms": 1})]
    written(root, "M1_Mac_16GB", records)

    word, note = held(root, "status, note")
    assert word == "not comparable"
    assert note
    assert root.rows(f"select baseline from next_baselines where metric = '{LATENCY}'") == [(8.0,)]


def test_many_small_steps_add_up(root: Root) -> None:
    """Forty steps of 5 %, each within the limit of the five before it, are 8 s to 56 s."""
    history(root, {LATENCY: [8.0 * 1.05**step for step in range(41)]})

    word, note, drift = held(root, "status, note, drift_pct")
    assert (word, note) == ("regressed", "slow drift: no step passed the limit, together they do")
    assert drift > 400


def test_a_step_that_was_told_of_is_no_slow_drift_afterwards(root: Root) -> None:
    """Its first records were past the limit; from then on the new level is what there is."""
    history(root, {LATENCY: [8.0] * 15 + [10.0] * 30})
    assert held(root, "baseline, status") == (10.0, "stable")

    # What creeps on after it adds up again.
    history(root, {LATENCY: [8.0] * 15 + [10.0] * 5 + [10.0 * 1.02**step for step in range(20)]})
    assert held(root, "status, note")[0] == "regressed"


def test_a_second_session_of_the_same_commit_hides_nothing_of_the_first(root: Root) -> None:
    before = [record(at, {LATENCY: 8.0, "avg_mrr": 0.8}, git_commit=f"c{at}") for at in range(6)]
    first = record(6, {LATENCY: 80.0}, git_commit="now")
    second = record(7, {"avg_mrr": 0.8}, git_commit="now")
    written(root, "M1_Mac_16GB", [*before, first, second])

    assert status(root) == {LATENCY: "regressed", "avg_mrr": "stable"}
    # Of another commit nothing is taken over.
    written(root, "M1_Mac_16GB", [*before, first, second | {"git_commit": "next"}])
    assert status(root) == {LATENCY: "not comparable", "avg_mrr": "stable"}


def test_a_workload_that_nobody_records_any_more_fails_nothing(root: Root) -> None:
    old = [record(at, {LATENCY: 8.0 if at < 6 else 80.0}, workload="old") for at in range(7)]
    written(root, "M1_Mac_16GB", [*old, *(record(60 + at, {LATENCY: 8.0}) for at in range(6))])

    found = dict(root.rows("select coalesce(workload, ''), status from tracked(20)"))
    assert found == {"old": "not judged", "": "stable"}


def test_a_limit_that_is_said_counts_before_those_of_single_metrics(root: Root) -> None:
    committed = {LATENCY: 8.0, "thresholds": {LATENCY: 0.5}}
    baselines(history(root, {LATENCY: [11.0]}), {"M1_Mac_16GB": committed})

    assert root.rows("select status, limit_pct from tracked(20)") == [("stable", 50.0)]
    assert root.rows("select status, limit_pct from tracked(20, said_limit_pct := 10)") == [("regressed", 10.0)]


def test_what_is_wrong_with_the_value_is_said_before_what_is_wrong_with_the_baseline(root: Root) -> None:
    records = [record(at, {LATENCY: 8.0}) for at in range(6)] + [record(6, {LATENCY: -1})]
    written(root, "M1_Mac_16GB", records)

    assert held(root, "status, note") == ("not comparable", "the value is negative")


def test_a_drift_for_the_better_is_no_regression(root: Root) -> None:
    history(root, {LATENCY: [8.0 * 0.97**step for step in range(41)]})

    assert held(root)[2] in ("stable", "improved")


def test_a_limit_of_the_baseline_file_is_a_fraction_and_counts_first(root: Root) -> None:
    committed = {LATENCY: 8.0, THROUGHPUT: 50.0, "thresholds": {LATENCY: 0.5}}
    baselines(history(root, {LATENCY: [11.0], THROUGHPUT: [30.0]}), {"M1_Mac_16GB": committed})

    assert status(root) == {LATENCY: "stable", THROUGHPUT: "regressed"}
    assert held(root, "limit_pct, limit_value") == (50.0, 12.0)


def test_a_limit_of_driftline_toml_counts_before_the_general_one(root: Root) -> None:
    history(root, {LATENCY: [8.0] * 5 + [11.0]}).file("driftline.toml", f"[metrics.{LATENCY}]\nfail_pct = 50\n")

    assert status(root) == {LATENCY: "stable"}


@pytest.mark.parametrize(
    ("metric", "better"),
    [
        ("rerank_latency_p95", "lower"), ("parse_ms", "lower"), ("heap_mb", "lower"), ("http_errors", "lower"),
        ("error_rate", "lower"), ("index_throughput", "higher"),
        ("throughput_p50", "higher"), ("throughput_pause_ms", "neutral"), ("failed_rate", "lower"),
        ("requests_dropped_per_second", "lower"), ("throughput_mb_s", "higher"),
        ("hit_rate", "higher"),
        ("search_relative_time", "lower"),
        ("rows_per_second", "higher"), ("documents_per_minute", "higher"), ("nodes", "neutral"),
    ],
)  # fmt: skip
def test_the_direction_of_an_unknown_metric_is_inferred_from_its_name(root: Root, metric: str, better: str) -> None:
    history(root, {metric: [100.0] * 5 + [150.0]})

    expected = {"lower": "regressed", "higher": "improved", "neutral": "not judged"}[better]
    (row,) = root.rows("select better, is_inferred, status from tracked(20)")
    assert row == (better, better != "neutral", expected)


def test_platforms_workloads_and_providers_are_held_apart(root: Root) -> None:
    slow = [record(at, {LATENCY: 80.0}, workload="batch", provider="x") for at in range(100, 106)]
    fast = [record(at, {LATENCY: 8.0}) for at in range(6)]
    other = [record(at, {LATENCY: 1.0}, "A100_80GB") for at in range(6)]
    written(written(root, "M1_Mac_16GB", fast + slow), "A100_80GB", other)
    baselines(root, {"M1_Mac_16GB": {LATENCY: 8.0}})

    found = root.rows("select series, value, baseline, status from tracked(20) order by value")
    assert found == [
        ("A100_80GB", 1.0, 1.0, "stable"),
        ("M1_Mac_16GB", 8.0, 8.0, "stable"),
        ("M1_Mac_16GB · batch · x", 80.0, 80.0, "stable"),
    ]


def test_records_with_the_same_id_count_once(root: Root) -> None:
    twice = [record(at, {LATENCY: 8.0}) for at in (0, 1, 1, 0, 2)]
    written(written(root, "M1_Mac_16GB", twice), "copy", twice)

    assert root.rows("select number, record_id from history_records order by number") == [
        (1, "M1_Mac_16GB-0"), (2, "M1_Mac_16GB-1"), (3, "M1_Mac_16GB-2"),
    ]  # fmt: skip


def test_what_a_platform_was_called_by_others_is_read_as_its_name(root: Root) -> None:
    history(root, {LATENCY: [8.0]}, "GitHub_Actions_Darwin")
    baselines(root, {"GitHub_Actions_macOS": {LATENCY: 8.0}})

    assert held(root, "platform, baseline, status") == ("GitHub_Actions_macOS", 8.0, "stable")


def test_a_gap_is_a_row_of_the_trend(root: Root) -> None:
    history(root, {LATENCY: [8.0, None, 9.0], THROUGHPUT: [50.0, 51.0, 52.0]})

    found = root.rows(f"select place, value, present from history_trend where metric = '{LATENCY}' order by place")
    assert found == [(1, 8.0, True), (2, None, False), (3, 9.0, True)]
    assert root.rows("select count(*) from history_trend") == [(6,)]


def test_the_newest_record_is_the_one_of_the_latest_time_whatever_its_line(root: Root) -> None:
    """Times with offsets are ordered as times, not as texts."""
    first = record(0, {LATENCY: 1.0}) | {"recorded_at": "2026-01-10T01:00:00+02:00"}
    second = record(1, {LATENCY: 2.0}) | {"recorded_at": "2026-01-09T23:30:00Z"}
    written(root, "M1_Mac_16GB", [second, first])

    assert held(root, "value")[0] == 2.0


def test_damaged_lines_are_problems_and_the_others_count(root: Root) -> None:
    good = json.dumps(record(0, {LATENCY: 8.0}))
    root.file("history/M1_Mac_16GB.jsonl", f'{good}\n[1]\n{{"metrics": 3}}\n{{"record_id": "torn", "met')

    assert root.rows("select count(*) from history_records") == [(1,)]
    assert root.rows("select line, severity from problems where artifact = 'history' order by line") == [
        (2, "warning"), (3, "warning"), (4, "warning"),
    ]  # fmt: skip
