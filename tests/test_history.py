"""PerformanceHistory: the interface of the tracking guide, on files of lines."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driftline.capture.platform import detect_platform, get_git_metadata
from driftline.errors import UserError
from driftline.lifecycle.history import PerformanceHistory
from roots import Root
from tracked import history as recorded
from tracked import record, written

LATENCY = "query_latency_no_vllm"


@pytest.fixture
def history(root: Root) -> PerformanceHistory:
    return PerformanceHistory(root.folder / "history")


def of(root: Root) -> PerformanceHistory:
    return PerformanceHistory(root.folder / "history")


def test_the_example_of_the_guide_records_where_and_what_was_measured(history: PerformanceHistory) -> None:
    """The guide's own snippet, whose spelling of the git metadata its original did not understand."""
    number = history.record_run(
        metrics={"avg_mrr": 0.9, LATENCY: 7.5, "my_own_ms": 3},
        metadata={"platform": detect_platform(), "commit": "abc123", "branch": "main", "run_type": "custom"},
    )

    run = history.get_run_by_id(number)
    assert run is not None
    assert (run["id"], run["git_commit"], run["git_branch"], run["run_type"]) == (1, "abc123", "main", "custom")
    assert (run["avg_mrr"], run[LATENCY], run["my_own_ms"], run["embedding_throughput"]) == (0.9, 7.5, 3, None)


def test_both_spellings_of_git_metadata_are_given_and_taken(history: PerformanceHistory, tmp_path: Path) -> None:
    told = get_git_metadata(Path(__file__).parent)
    assert {"git_commit", "git_branch", "commit", "branch"} <= set(told)

    history.record_run({LATENCY: 1}, {"platform": "a", "git_commit": "1", "git_branch": "x"})
    history.record_run({LATENCY: 1}, {"platform": "a", "commit": "1", "branch": "x"})
    assert {(run["git_commit"], run["git_branch"]) for run in history.get_recent_runs("a")} == {("1", "x")}


def test_a_record_without_metadata_is_manual_and_of_an_unknown_platform(history: PerformanceHistory) -> None:
    history.record_run({LATENCY: 8})

    (run,) = history.get_recent_runs("unknown")
    assert (run["run_type"], run["platform"]) == ("manual", "unknown")


def test_recent_runs_come_newest_first_whatever_their_lines(root: Root) -> None:
    records = [record(at, {LATENCY: float(at)}) for at in (2, 0, 1)]
    written(root, "M1_Mac_16GB", records)

    runs = of(root).get_recent_runs("M1_Mac_16GB", limit=2)
    assert [run[LATENCY] for run in runs] == [2.0, 1.0]
    # Numbers are those of the lines.
    assert [run["id"] for run in runs] == [1, 3]


def test_the_baseline_is_the_median_of_the_last_usable_values(root: Root) -> None:
    recorded(root, {LATENCY: [100.0, 7.0, 9.0, None, 8.0, -1.0, 6.0, 10.0]})
    history = of(root)

    assert history.get_baseline("M1_Mac_16GB", LATENCY) == 8.0
    assert history.get_baseline("M1_Mac_16GB", LATENCY, min_runs=7) is None
    assert history.get_baseline("M1_Mac_16GB", "no_such_metric") is None
    assert history.get_baseline("M1_Mac_16GB", LATENCY, min_runs=0) is None


def test_a_trend_has_the_days_asked_for_oldest_first(root: Root) -> None:
    now = datetime.now(UTC)
    ages = [40, 20, 10, 1]
    records = [
        record(age, {LATENCY: float(age)} if age != 10 else {})
        | {"recorded_at": (now - timedelta(days=age)).isoformat()}
        for age in ages
    ]
    written(root, "M1_Mac_16GB", records)

    history = of(root)
    assert [value for _, value in history.get_trend("M1_Mac_16GB", LATENCY)] == [20.0, 1.0]
    assert [value for _, value in history.get_trend("M1_Mac_16GB", LATENCY, days=365)] == [40.0, 20.0, 1.0]
    assert history.get_trend("M1_Mac_16GB", "no_such_metric") == []


def test_metrics_are_compared_by_their_direction_with_signed_fractions(root: Root) -> None:
    recorded(root, {LATENCY: [8.0] * 5, "embedding_throughput": [50.0] * 5, "cache_hit_rate": [0.4] * 5})
    now = {LATENCY: 10.0, "embedding_throughput": 60.0, "cache_hit_rate": 0.41, "avg_mrr": 0.9}

    found = of(root).compare_to_baseline(now, "M1_Mac_16GB")
    assert found["regressions"] == [(LATENCY, 10.0, 8.0, pytest.approx(0.25))]
    assert found["improvements"] == [("embedding_throughput", 60.0, 50.0, pytest.approx(0.2))]
    assert [metric for metric, *_ in found["stable"]] == ["cache_hit_rate"]


def test_the_threshold_is_the_argument_else_the_variable_else_20_percent(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(root, {LATENCY: [8.0] * 5})
    history = of(root)

    def regressed(value: float, threshold: float | None = None) -> bool:
        return bool(history.compare_to_baseline({LATENCY: value}, "M1_Mac_16GB", threshold)["regressions"])

    assert [regressed(9.6), regressed(9.7)] == [False, True]
    monkeypatch.setenv("REGRESSION_THRESHOLD", "0.30")
    assert [regressed(10.4), regressed(10.5), regressed(9.0, 0.1)] == [False, True, True]


@pytest.mark.parametrize("bad", ["20", "abc", "0", "-0.1", "nan", "inf"])
def test_a_threshold_that_is_no_fraction_is_refused(
    history: PerformanceHistory, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setenv("REGRESSION_THRESHOLD", bad)

    with pytest.raises(UserError, match="REGRESSION_THRESHOLD"):
        history.compare_to_baseline({LATENCY: 8.0}, "M1_Mac_16GB")


def test_what_cannot_be_compared_is_in_no_list(root: Root) -> None:
    recorded(root, {LATENCY: [0.0] * 5, "peak_memory_gb": [8.0] * 5})

    found = of(root).compare_to_baseline({LATENCY: 8.0, "peak_memory_gb": float("nan")}, "M1_Mac_16GB")
    assert found == {"regressions": [], "improvements": [], "stable": []}


@pytest.mark.parametrize("metrics", [{}, {LATENCY: "fast"}, {LATENCY: [1]}])
def test_what_is_no_number_is_not_recorded(history: PerformanceHistory, metrics: dict[str, object]) -> None:
    with pytest.raises(UserError):
        history.record_run(metrics)
    assert not history.folder.exists()


def test_what_is_not_finite_is_a_gap_that_says_what_it_was(root: Root) -> None:
    history = of(root)
    history.record_run({LATENCY: float("inf"), "x_ms": 1}, {"platform": "a"})

    assert history.get_recent_runs("a")[0][LATENCY] is None
    ((note,),) = root.rows(f"select note from history where metric = '{LATENCY}'")
    assert "inf" in note


def test_an_export_is_strict_json_newest_first(root: Root, tmp_path: Path) -> None:
    recorded(root, {LATENCY: [1.0, 2.0], "x_ms": ["NaN", 3]})
    target = tmp_path / "new folder" / "out.json"
    of(root).export_to_json("M1_Mac_16GB", target)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    runs = json.loads(target.read_text(), parse_constant=refuse)
    assert [(run[LATENCY], run["x_ms"]) for run in runs] == [(2.0, 3.0), (1.0, None)]


def test_stats_count_records_and_platforms(root: Root) -> None:
    recorded(recorded(root, {LATENCY: [1.0, 2.0]}), {LATENCY: [3.0]}, "A100_80GB")

    stats = of(root).get_stats()
    assert (stats["total_runs"], stats["num_platforms"]) == (3, 2)
    assert (stats["first_run"][:10], stats["last_run"][:10]) == ("2026-01-01", "2026-01-02")
    assert of(root).get_available_platforms() == ["A100_80GB", "M1_Mac_16GB"]


def test_numbers_are_of_a_platform(root: Root) -> None:
    recorded(recorded(root, {LATENCY: [1.0, 2.0]}), {LATENCY: [3.0]}, "A100_80GB")
    history = of(root)

    with pytest.raises(UserError, match="A100_80GB"):
        history.get_run_by_id(1)
    found = history.get_run_by_id(2, "M1_Mac_16GB")
    assert found is not None
    assert found[LATENCY] == 2.0
    assert history.get_run_by_id(9, "M1_Mac_16GB") is None


def test_a_platform_with_odd_characters_keeps_its_name_in_the_record(root: Root) -> None:
    names = ["../../up", ".", "..", "a b", "x" * 200, "\N{SNOWMAN}"]
    history = of(root)
    for name in names:
        history.record_run({LATENCY: 1}, {"platform": name})

    assert history.get_available_platforms() == sorted(names)
    assert {path.parent for path in root.folder.rglob("*.jsonl")} == {root.folder / "history"}


@pytest.mark.parametrize("name", ["performance.db", "performance.sqlite", "mine.jsonl"])
def test_a_path_that_names_a_file_means_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PERFORMANCE_DB_PATH", str(tmp_path / "kept" / name))
    PerformanceHistory().record_run({LATENCY: 1}, {"platform": "a"})

    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a.jsonl"]


def test_an_existing_database_is_never_written_and_the_import_is_named(tmp_path: Path) -> None:
    database = tmp_path / "performance.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table performance_runs (id integer)")
    before = database.read_bytes()

    with pytest.warns(UserWarning, match="driftline history import"):
        PerformanceHistory(database).record_run({LATENCY: 1}, {"platform": "a"})
    assert database.read_bytes() == before


def test_the_folder_of_the_variable_is_what_the_model_reads(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFORMANCE_DB_PATH", str(tmp_path / "kept"))
    PerformanceHistory().record_run({LATENCY: 4.0}, {"platform": "a"})

    assert root.rows("select platform, value from history") == [("a", 4.0)]
