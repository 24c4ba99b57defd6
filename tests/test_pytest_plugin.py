"""The pytest plugin: what is measured, by which name it is recorded, and what it costs who does not use it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftline.errors import UserError
from driftline.measurements import Measurement, Performance
from driftline.tested_session import Outcome, named_metrics
from roots import SOURCE

if TYPE_CHECKING:
    from tested import Project

pytest_plugins = ("pytester", "tested")
SPY = """
import sys

def pytest_unconfigure():
    heavy = {"duckdb", "numpy", "pandas", "yaml", "psutil", "rich", "driftline.model", "driftline.reports"}
    print("loaded:", sorted(heavy & sys.modules.keys()))
"""


def in_own_process(project: Project, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=project.folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_project_that_does_not_use_it_sees_nothing_of_it(project: Project) -> None:
    project.write("def test_it(): pass")
    (project.folder / "conftest.py").write_text(SPY)
    before = files(project.folder)

    without, beside = in_own_process(project), in_own_process(project, "-p", "driftline.pytest_plugin")

    assert (beside.returncode, beside.stderr) == (0, "")
    assert "loaded: []" in beside.stdout
    assert beside.stdout.partition(" in ")[0] == without.stdout.partition(" in ")[0]
    assert files(project.folder) == before


def test_a_session_with_recording_on_becomes_one_record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(
        "def test_a(performance):\n"
        "    performance['query_latency_no_vllm'] = 8\n"
        "    performance.record('num_test_queries', 3)\n"
        "def test_b(performance):\n"
        "    performance.record('query_latency_no_vllm', 10.0)\n"
        "    performance.record('num_test_queries', 4)\n"
    )
    monkeypatch.setenv("ENABLE_PERFORMANCE_RECORDING", "1")
    monkeypatch.setenv("PERFORMANCE_RUN_TYPE", "nightly")
    session = project.run()

    assert session.code == 0
    assert f"recorded 1 metric in {project.folder}/data/history/{project.platform}.jsonl" in session.section
    (record,) = project.records()
    assert record["metrics"] == {"query_latency_no_vllm": 9}
    assert record["test_duration_seconds"] > 0
    assert (record["platform"], record["run_type"], record["num_test_queries"]) == (project.platform, "nightly", 7)
    assert record["python_version"].startswith("3.")


@pytest.mark.parametrize("said", ["0", "off", ""])
def test_with_recording_off_nothing_is_written(project: Project, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("ENABLE_PERFORMANCE_RECORDING", said)
    before = files(project.measures(search_s=1).folder)

    session = project.run()

    assert session.code == 0
    assert f"no baseline for platform {project.platform}" in session.out
    assert [name for name in files(project.folder) if "__pycache__" not in name] == before


def test_workers_send_what_they_measure_to_one_record(project: Project) -> None:
    project.write(
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_it(performance, n):\n"
        "    performance[f'part{n}_s'] = n + 1\n"
        "    performance['same_s'] = float('nan') if n == 0 else n\n"
        "@pytest.mark.performance(metric='nothing_s')\n"
        "def test_none(): pass\n"
    )
    ended = in_own_process(project, "-p", "driftline.pytest_plugin", "-p", "xdist", "-n", "2", "--performance-record")

    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count("= driftline =") == 1
    assert "same_s: 1 of 4 values not finite: a gap" in ended.stdout
    (record,) = project.records()
    assert record["metrics"].pop("nothing_s") > 0
    assert record["metrics"] == {"part0_s": 1, "part1_s": 2, "part2_s": 3, "part3_s": 4, "same_s": 2}


def test_only_tests_that_passed_count(project: Project) -> None:
    project.write(
        "@pytest.fixture\n"
        "def breaks():\n"
        "    yield\n"
        "    assert False\n"
        "def test_passes(performance): performance['a_s'] = 1\n"
        "def test_fails(performance): performance['b_s'] = 1; assert False\n"
        "def test_skips(performance): performance['c_s'] = 1; pytest.skip()\n"
        "@pytest.mark.xfail\n"
        "def test_xfails(performance): performance['d_s'] = 1; assert False\n"
        "def test_ends_badly(performance, breaks): performance['e_s'] = 1\n"
        "@pytest.mark.performance\n"
        "def test_timed(): assert False\n"
        "@pytest.mark.skip\n"
        "@pytest.mark.performance\n"
        "def test_never_run(): pass\n"
    )
    session = project.run("--performance-record")

    assert session.code == 1
    assert [record["metrics"] for record in project.records()] == [{"a_s": 1}]
    (said,) = [line for line in session.section if line.startswith("left out, as these tests did not pass: ")]
    names = [name.rpartition("::")[2] for name in said.partition(": ")[2].split(", ")]
    assert names == ["test_fails", "test_skips", "test_xfails", "test_ends_badly", "test_timed"]


def test_the_marker_takes_the_time_of_a_test(project: Project) -> None:
    project.write(
        "@pytest.mark.performance\n"
        "def test_search(): pass\n"
        "@pytest.mark.performance(metric='query_latency_no_vllm')\n"
        "@pytest.mark.slow\n"
        "def test_query(): pass\n"
        "@pytest.mark.performance('query_latency_vllm')\n"
        "def test_named(): pass\n"
        "@pytest.mark.performance\n"
        "class TestA:\n    def test_same(self): pass\n"
        "@pytest.mark.performance\n"
        "class TestB:\n    def test_same(self): pass\n"
    )
    session = project.run("--performance-record", "--strict-markers")

    assert session.code == 0
    (record,) = project.records()
    assert record["metrics"].keys() == {"test_search_s", "query_latency_no_vllm", "query_latency_vllm"}
    assert all(0 < value < 60 for value in record["metrics"].values())
    assert "test_same: 2 tests are called so, and none of them counts" in session.section


def test_what_is_no_number_fails_its_test_alone(project: Project) -> None:
    project.write(
        "def test_a(performance): performance['a_s'] = 'fast'\ndef test_b(performance): performance['b_s'] = 2\n"
    )
    session = project.run("--performance-record")

    assert "UserError: a_s is no number: 'fast'" in session.out
    assert [record["metrics"] for record in project.records()] == [{"b_s": 2}]


@pytest.mark.parametrize("value", ["1.5", True, None, [1.0], b"1"])
def test_texts_and_truth_values_are_no_numbers(value: object) -> None:
    taken: list[Measurement] = []
    with pytest.raises(UserError, match="x_s is no number"):
        Performance(taken).record("x_s", value)  # type: ignore[arg-type]
    assert taken == []


def test_a_session_without_a_number_records_nothing(project: Project) -> None:
    assert "nothing was recorded: no metric has a value" in project.record(x_s=math.inf).section
    assert project.write("def test_it(): pass").run("--performance-record").section[0] == (
        "nothing was measured and nothing recorded"
    )
    assert not (project.folder / "data").exists()


def test_a_first_session_shows_what_it_measured_without_any_root(project: Project) -> None:
    session = project.measures(search_ms=12.5, query_latency_no_vllm=2, ratio=0.5, gone_s=math.nan).run()

    assert session.code == 0
    assert session.row("search_ms") == "search_ms 12.5 ms"
    assert session.row("query_latency_no_vllm") == "query_latency_no_vllm 2.00 s"
    assert session.row("ratio") == "ratio 0.500"
    assert session.row("gone_s") == "gone_s –"
    assert not (project.folder / "data").exists()


def test_a_gap_is_recorded_beside_what_has_a_value(project: Project) -> None:
    session = project.record(x_s=math.nan, y_s=2)

    assert "x_s: 1 of 1 values not finite: a gap" in session.section
    assert [record["metrics"] for record in project.records()] == [{"x_s": "nan", "y_s": 2}]


@pytest.mark.parametrize(
    ("measured", "named"),
    [
        (Measurement("query_latency_no_vllm", 2, "seconds"), {"query_latency_no_vllm": 2}),
        (Measurement("query_latency", 2, "seconds"), {"query_latency_s": 2}),
        (Measurement("search_s", 2, "seconds"), {"search_s": 2}),
        (Measurement("search_ms", 2, "seconds"), {"search_ms": 2000}),
        (Measurement("search_us", 2, "seconds"), {"search_us": 2e6}),
        (Measurement("peak_memory_gb", 2, "seconds"), {}),
        (Measurement("avg_mrr", 2, "seconds"), {}),
        (Measurement("test_throughput", 2, "seconds"), {}),
        (Measurement("embedding_throughput", 2, "rate"), {"embedding_throughput": 2}),
        (Measurement("insertion_throughput", 2, "rate"), {"insertion_throughput": 2}),
        (Measurement("rows", 2, "rate"), {"rows_per_second": 2}),
        (Measurement("rows_per_minute", 2, "rate"), {"rows_per_minute": 120}),
        (Measurement("search_s", 2, "rate"), {}),
        (Measurement("search", 2, "ratio"), {"search_relative_time": 2}),
        (Measurement("search_relative_time", 2, "ratio"), {"search_relative_time": 2}),
        (Measurement("search_ms", 2, "ratio"), {}),
        (Measurement("avg_mrr", 2, "ratio"), {}),
        (Measurement("latency_p50_ms", 2), {"generation_latency_p50": 2}),
        (Measurement("accuracy", 2), {"accuracy": 2}),
        (Measurement("notes", 2), {}),
    ],
)
def test_seconds_rates_and_ratios_are_recorded_under_a_name_that_says_so(
    measured: Measurement, named: dict[str, float]
) -> None:
    outcome = Outcome()
    assert named_metrics([measured], outcome) == named
    assert bool(outcome.lines) == (not named)
