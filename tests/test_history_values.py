"""What a history takes, and that it says of a metric what the model says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftline.artifacts import reading
from driftline.errors import UserError
from driftline.lifecycle import history_reading
from driftline.lifecycle.history import PerformanceHistory
from driftline.lifecycle.history_values import RESERVED
from roots import Root
from tracked import history as recorded
from tracked import record, written

LATENCY = "query_latency_no_vllm"
BOX = "M1_Mac_16GB"


@pytest.fixture
def history(root: Root) -> PerformanceHistory:
    return PerformanceHistory(root.folder / "history")


@pytest.mark.parametrize("name", [*RESERVED, "", " "])
def test_a_metric_that_would_hide_a_fact_is_refused(history: PerformanceHistory, name: str) -> None:
    with pytest.raises(UserError, match="no metric can be named"):
        history.record_run({LATENCY: 1, name: 5})
    assert not history.folder.exists()


def test_facts_win_over_metrics_of_their_name_which_are_metrics_still(root: Root, history: PerformanceHistory) -> None:
    """Files that were written by others may hold anything."""
    metrics = {"timestamp": 5.0, "id": 77, "platform": 1, LATENCY: 2}
    written(root, "a", [record(number, metrics, "a") for number in range(5)])

    run = history.get_recent_runs("a")[0]
    assert (run["id"], run["timestamp"][:10], run["platform"], run[LATENCY]) == (5, "2026-01-05", "a", 2)
    assert history.get_run_by_id(3, "a") is not None
    assert history.get_baseline("a", "id") == 77


@pytest.mark.parametrize("name", ["platform", "python_version", "timestamp", "notes"])
def test_a_fact_is_no_metric(root: Root, history: PerformanceHistory, name: str) -> None:
    recorded(root, {LATENCY: [8.0] * 6}, python_version="3.12", notes="5")

    assert history.get_trend(BOX, name, days=10_000) == []
    assert history.get_baseline(BOX, name) is None
    assert history.compare_to_baseline({name: 1}, BOX) == {"regressions": [], "improvements": [], "stable": []}


@pytest.mark.parametrize(
    ("metrics", "metadata", "expected"),
    [
        ({"x_ms": np.int64(3)}, {"num_test_queries": np.int64(7)}, {"x_ms": 3.0, "num_test_queries": 7}),
        ({"x_ms": np.float64(0.5)}, {"test_duration_seconds": np.float32(2)}, {"x_ms": 0.5}),
        ({"x_ms": 1}, {"notes": Path("a/b"), "workload": 12}, {"notes": "a/b", "workload": "12"}),
        ({"x_ms": 1}, {"notes": " ", "run_type": " ci\n", "provider": None}, {"notes": None, "run_type": "ci"}),
        ({"x_ms": 1}, {"git_commit": "\ud800", "platform": " a "}, {"git_commit": "\ufffd", "platform": "a"}),
        ({"x_ms": 10**400, "y_ms": -(10**400)}, {}, {"x_ms": None, "y_ms": None}),
    ],
)  # fmt: skip
def test_what_can_be_written_is_read_again(
    history: PerformanceHistory, metrics: dict[str, Any], metadata: dict[str, Any], expected: dict[str, Any]
) -> None:
    history.record_run(metrics, {"platform": "a", **metadata})

    (run,) = history.get_recent_runs("a")
    assert {name: run[name] for name in expected} == expected


@pytest.mark.parametrize(
    "metadata",
    [
        {"test_duration_seconds": float("nan")}, {"test_duration_seconds": 10**400}, {"test_duration_seconds": "1"},
        {"num_test_queries": -1}, {"num_test_queries": 1.5}, {"num_test_queries": [1]}, {"num_test_queries": True},
        {"notes": float("nan")}, {"notes": ["a"]}, {"notes": b"a"}, {"platform": {"a": 1}}, {"branch": 10**5000},
    ],
)  # fmt: skip
def test_what_could_not_be_read_again_is_refused(history: PerformanceHistory, metadata: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"is no (text|number)"):
        history.record_run({"x_ms": 1}, metadata)
    assert not history.folder.exists()


def test_a_metric_is_given_once(history: PerformanceHistory) -> None:
    metrics: dict[Any, int] = {1: 1, "1": 2}
    with pytest.raises(UserError, match="given twice"):
        history.record_run(metrics)


@pytest.mark.parametrize(("days", "count"), [(10**7, 6), (10**12, 6), (-(10**12), 0)])
def test_a_trend_of_any_length_has_what_there_is(
    root: Root, history: PerformanceHistory, days: int, count: int
) -> None:
    recorded(root, {LATENCY: [8.0] * 6})
    assert len(history.get_trend(BOX, LATENCY, days)) == count


@pytest.mark.parametrize("days", ["abc", float("nan")])
def test_days_that_are_no_number_are_refused(history: PerformanceHistory, days: Any) -> None:
    with pytest.raises(UserError, match="days"):
        history.get_trend(BOX, LATENCY, days)


def test_what_is_no_number_cannot_be_compared(root: Root, history: PerformanceHistory) -> None:
    recorded(root, {LATENCY: [8.0] * 5})
    with pytest.raises(UserError, match="'abc'"):
        history.compare_to_baseline({LATENCY: "abc"}, BOX)


def test_a_comparison_reads_each_file_once(
    root: Root, history: PerformanceHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(root, {f"m{number}_ms": [8.0] * 5 for number in range(20)})
    opened = []

    def counted(path: Path) -> bytes:
        opened.append(path)
        return reading.file_bytes(path)

    monkeypatch.setattr(history_reading, "file_bytes", counted)
    found = history.compare_to_baseline({f"m{number}_ms": 8 for number in range(20)}, BOX)
    assert len(found["stable"]) == 20
    assert len(opened) == 1


def test_a_file_that_cannot_be_read_is_named(root: Root, history: PerformanceHistory) -> None:
    (root.folder / "history/a.jsonl").mkdir(parents=True)
    with pytest.raises(UserError, match=r"a\.jsonl"):
        history.get_available_platforms()


def test_a_baseline_is_that_of_the_model(root: Root, history: PerformanceHistory) -> None:
    """Other names, workloads, providers, gaps, and values below 0 of metrics with and without a direction."""
    rows: list[dict[str, Any]] = [
        {"latency_p50_ms": 10.0 + number, "x_ms": -1.0 if number % 3 else number, "balance": -float(number)}
        for number in range(12)
    ]
    rows[3]["generation_latency_p50"], rows[11]["generation_latency_p50"] = 70.0, "NaN"
    rows[10] = {"latency_p50_ms": 15.5, "generation_latency_p50_ms": 300.0}
    rows[9] |= {"token_usage_per_persona": 3.0, "tokens_per_item": 5.0}
    rows[5:9] = [row | {"tokens_per_persona": 4.0} for row in rows[5:9]]
    others = [
        record(20 + number, {"latency_p50_ms": 99.0, "x_ms": 99.0, "balance": 9.0}, workload="w") for number in range(5)
    ] + [record(27, {"latency_p50_ms": 99.0}, provider="p")]
    written(root, BOX, [*(record(number, row) for number, row in enumerate(rows)), *others])

    model: dict[str, float] = dict(root.rows("select metric, baseline from next_baselines"))
    assert len(model) == 4
    assert {name: history.get_baseline(BOX, name) for name in model} == model
    assert history.get_baseline(BOX, "latency_p50_ms") == model["generation_latency_p50"] is not None
    assert history.get_baseline(BOX, "tokens_per_item", 1) == 5.0
    assert model["balance"] < 0


def test_a_metric_of_another_name_is_compared_by_its_own_direction(root: Root, history: PerformanceHistory) -> None:
    recorded(root, {"throughput_personas_per_min": [50.0] * 5})

    found = history.compare_to_baseline({"throughput_personas_per_min": 30.0}, BOX)
    assert found["regressions"] == [("throughput_personas_per_min", 30.0, 50.0, pytest.approx(-0.4))]
    both = history.compare_to_baseline({"throughput_per_minute": 50.0, "throughput_personas_per_min": 30.0}, BOX)
    assert both["stable"] == [("throughput_per_minute", 50.0, 50.0, 0.0)]
    assert both["regressions"] == []


def test_a_record_of_the_future_is_a_problem_of_its_line(root: Root) -> None:
    now = datetime.now(UTC)
    records = [
        record(number, {"x_ms": 1}) | {"recorded_at": (now + ahead).isoformat()}
        for number, ahead in enumerate([timedelta(hours=20), timedelta(hours=30)])
    ]
    written(root, BOX, records)

    ((line, problem),) = root.rows("select line, problem from problems")
    assert (line, "in the future" in problem) == (2, True)
    assert root.rows("select count(*) from history") == [(2,)]


def test_a_platform_that_begins_with_a_dot_is_read_by_all(root: Root, history: PerformanceHistory) -> None:
    history.record_run({"x_ms": 1}, {"platform": ".hidden"})
    # A hidden file is none, whoever reads.
    root.file("history/.other.jsonl", json.dumps(record(0, {"x_ms": 1}, "other")) + "\n")

    assert history.get_available_platforms() == [".hidden"]
    assert root.rows("select platform from history_records") == [(".hidden",)]
