"""Import of what pytest-benchmark and hyperfine write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foreign_files import FILES, changed, imported, metrics_of, real, written

pytest_plugins = ("zones",)
PYTEST, SAVED, HYPERFINE = "pytest_benchmark.json", "pytest_benchmark_saved.json", "hyperfine.json"


def test_pytest_benchmark_tells_its_machine_its_commit_and_its_time() -> None:
    ((record,), problems) = imported(FILES / PYTEST)
    del record["record_id"], record["metrics"]
    assert problems == []
    assert record == {
        "recorded_at": "2026-11-22T12:02:40.747176Z",
        "platform": "Linux_x86_64",
        "os_arch": "linux-x86_64",
        "run_type": "imported",
        "git_commit": "5ee562e34d79f64bd1776405b06fb0d2a7767f2e",
        "git_branch": "main",
        "python_version": "3.11.7",
        "num_test_queries": None,
        "test_duration_seconds": None,
        "notes": "pytest-benchmark 5.3.1",
        "provider": None,
        "workload": None,
    }
    assert imported(FILES / SAVED)[0][0]["notes"] == "pytest-benchmark 5.3.1, with uncommitted changes"


def test_pytest_benchmark_has_seconds_that_become_milliseconds() -> None:
    metrics = metrics_of(FILES / SAVED)
    stats = real(SAVED)["benchmarks"][0]["stats"]
    assert metrics["test_sum[10]_median_ms"] == pytest.approx(stats["median"] * 1000, rel=1e-12)
    assert metrics["test_sum[10]_mean_ms"] == pytest.approx(stats["mean"] * 1000, rel=1e-12)
    assert metrics["test_sum[10]_min_ms"] == pytest.approx(stats["min"] * 1000, rel=1e-12)
    # Three benchmarks of three statistics: no percentile is made up where no sample was saved.
    assert len(metrics) == 9


def test_percentiles_are_of_the_saved_samples_p99_from_a_hundred_on() -> None:
    metrics = metrics_of(FILES / PYTEST)
    data = [seconds * 1000 for seconds in real(PYTEST)["benchmarks"][0]["stats"]["data"]]
    assert len(data) == 120
    assert metrics["test_sum[10]_p95_ms"] == pytest.approx(float(np.percentile(data, 95)), rel=1e-12)
    assert metrics["test_sum[10]_p99_ms"] == pytest.approx(float(np.percentile(data, 99)), rel=1e-12)
    assert "test_speed.py::test_sort_p95_ms" in metrics
    assert "test_speed.py::test_sort_p99_ms" not in metrics


@pytest.mark.parametrize(("samples", "percentiles"), [(19, set()), (20, {"p95"}), (99, {"p95"}), (100, {"p95", "p99"})])
def test_too_few_samples_have_no_percentile(samples: int, percentiles: set[str], tmp_path: Path) -> None:
    def keep(content: Any) -> None:
        content["benchmarks"] = content["benchmarks"][:1]
        content["benchmarks"][0]["stats"]["data"] = [0.001 * (1 + n) for n in range(samples)]

    metrics = metrics_of(changed(tmp_path, PYTEST, keep))
    assert {name.split("_")[2] for name in metrics if "_p9" in name} == percentiles


@pytest.mark.parametrize("sample", [None, "1", -0.1, float("nan"), 10**350])
def test_a_sample_that_is_no_measurement_leaves_no_percentile(sample: Any, tmp_path: Path) -> None:
    def spoil(content: Any) -> None:
        content["benchmarks"][0]["stats"]["data"][7] = sample

    ((record,), problems) = imported(changed(tmp_path, PYTEST, spoil))
    gaps = {"test_sum[10]_p95_ms": None, "test_sum[10]_p99_ms": None}
    assert record["metrics"] == {**metrics_of(FILES / PYTEST), **gaps}
    assert len(problems) == 1
    assert problems[0].startswith("warning: test_sum[10] has samples that are no measurements")


def test_benchmarks_of_one_name_have_their_full_names() -> None:
    benchmarks = {name.rpartition("_median_ms")[0] for name in metrics_of(FILES / PYTEST) if name.endswith("median_ms")}
    full = {"test_speed.py::test_sort", "other/test_other.py::test_sort"}
    assert benchmarks == {"test_sum[10]", "test_sum[1000]", *full}


def test_benchmarks_of_one_full_name_are_both_kept(tmp_path: Path) -> None:
    path = changed(tmp_path, SAVED, lambda content: content["benchmarks"].append(content["benchmarks"][0]))
    # Four benchmarks of three statistics.
    assert len(metrics_of(path)) == 12


def test_what_is_no_repository_gives_no_commit(tmp_path: Path) -> None:
    for commit, branch in (("unversioned", "(unknown)"), ("unknown", "(detached head)")):
        about = {"id": commit, "branch": branch, "dirty": False}
        ((record,), _) = imported(
            changed(tmp_path, PYTEST, lambda content, about=about: content.update(commit_info=about))
        )
        assert (record["git_commit"], record["git_branch"]) == (None, None)


@pytest.mark.usefixtures("two_hours_ahead")
@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-11-22T12:00:00", "2026-11-22T12:00:00.000000Z"),
        ("2026-11-22T12:00:00.5+02:00", "2026-11-22T10:00:00.500000Z"),
    ],
)
def test_times_of_pytest_benchmark_are_utc_where_they_have_no_zone(told: str, read: str, tmp_path: Path) -> None:
    ((record,), problems) = imported(changed(tmp_path, PYTEST, lambda content: content.update(datetime=told)))
    assert (record["recorded_at"], problems) == (read, [])


@pytest.mark.parametrize("told", [None, "yesterday", 5, "0001-01-01T00:00:00+14:00"])
def test_where_there_is_no_usable_time_that_of_the_file_is_taken(told: Any, tmp_path: Path) -> None:
    path = changed(tmp_path, PYTEST, lambda content: content.update(datetime=told))
    os.utime(path, (1_700_000_000.25, 1_700_000_000.25))
    ((record,), problems) = imported(path)
    assert record["recorded_at"] == "2023-11-14T22:13:20.250000Z"
    assert len(problems) == 1
    assert "the record has the time of the file" in problems[0]


def test_entries_that_are_no_benchmarks_are_left_out_and_said(tmp_path: Path) -> None:
    def spoil(content: Any) -> None:
        content["benchmarks"][1] = "test"
        content["benchmarks"][2] = {"stats": {}}
        content["machine_info"] = ["a"]
        content["benchmarks"].append({"name": "bare"})

    ((record,), problems) = imported(changed(tmp_path, SAVED, spoil))
    assert set(record["metrics"]) == {
        f"{name}_{of}_ms" for name in ("test_sum[10]", "bare") for of in ("median", "mean", "min")
    }
    assert record["platform"] is None
    assert problems == [
        "warning: machine_info is not an object: a list",
        "warning: benchmark 2 has no name: 'test'",
        "warning: benchmark 3 has no name: an object",
        "warning: bare has no statistics",
    ]


def test_hyperfine_gives_milliseconds_and_the_time_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, real(HYPERFINE))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    ((record,), problems) = imported(path)
    result = real(HYPERFINE)["results"][0]
    metrics = record["metrics"]
    for name in ("median", "mean", "min", "user", "system"):
        assert metrics[f"count_words_{name}_ms"] == pytest.approx(result[name] * 1000, rel=1e-12)
    assert len(result["times"]) == 25
    p95 = float(np.percentile(result["times"], 95)) * 1000
    assert metrics["count_words_p95_ms"] == pytest.approx(p95, rel=1e-12)
    assert record["recorded_at"] == "2023-11-14T22:13:20.000000Z"
    assert (record["platform"], record["git_commit"]) == (None, None)
    assert problems == ["info: hyperfine writes no time; the record has the time of the file"]


def test_a_command_that_failed_has_no_values() -> None:
    ((record,), problems) = imported(FILES / "hyperfine_failed.json")
    values = {name.partition("'_")[0]: [] for name in record["metrics"]}
    for name, value in record["metrics"].items():
        values[name.partition("'_")[0]].append(value)
    assert values["sh_-c_'exit_3"] == [None] * 5
    assert None not in values["sh_-c_'exit_0"]
    assert problems[0] == "warning: sh_-c_'exit_3' failed in 3 of 3 runs; its values are left out"


def test_one_run_that_failed_or_was_killed_is_enough(tmp_path: Path) -> None:
    for code in (1, None):

        def fail(content: Any, code: int | None = code) -> None:
            content["results"][0]["exit_codes"][3] = code
            content["results"][0]["memory_usage_byte"] = [1]

        ((record,), problems) = imported(changed(tmp_path, HYPERFINE, fail))
        gone = {name for name, value in record["metrics"].items() if value is None}
        assert gone == {
            f"count_words_{of}" for of in ("median_ms", "mean_ms", "min_ms", "user_ms", "system_ms", "peak_memory_mb")
        }
        assert "failed in 1 of 25 runs" in problems[0]


def test_commands_of_one_name_are_told_apart_by_their_parameters() -> None:
    metrics = metrics_of(FILES / "hyperfine_named.json")
    assert {name.partition("]")[0] for name in metrics} == {"same[code=1", "same[code=2"}


def test_memory_of_hyperfine_is_the_largest_of_all_runs(tmp_path: Path) -> None:
    def measure(content: Any) -> None:
        content["results"][0]["memory_usage_byte"] = [2**20, 3 * 2**20, 0]
        content["results"][1]["memory_usage_byte"] = [2**20, -1]

    ((record,), problems) = imported(changed(tmp_path, HYPERFINE, measure))
    assert record["metrics"]["count_words_peak_memory_mb"] == 3.0
    assert record["metrics"]["true_peak_memory_mb"] is None
    assert problems[0].startswith("warning: true_peak_memory_mb is outside its range")
    assert not any("memory" in name for name in metrics_of(FILES / HYPERFINE))


def test_a_command_name_goes_before_the_command(tmp_path: Path) -> None:
    path = changed(tmp_path, HYPERFINE, lambda content: content["results"][0].update(command_name="words"))
    assert "words_median_ms" in metrics_of(path)
