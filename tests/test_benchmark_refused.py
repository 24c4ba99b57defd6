"""`driftline benchmark run` and `providers`: what is refused before anything is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarked import COUNTING, Benchmark, times_run

pytest_plugins = ("console", "benchmarked")
ONE = ("--workload", "quick", "--iterations", 1)


@pytest.mark.parametrize("command", ["run", "capture", "providers"])
@pytest.mark.parametrize("seconds", ["inf", "nan", "1e12", "604801", "0", "-1"])
def test_a_time_that_cannot_be_allowed_is_refused(
    measured_project: Path, benchmark: Benchmark, command: str, seconds: str
) -> None:
    ended = benchmark(command, *ONE, f"--timeout={seconds}", "--", *COUNTING)
    assert (ended.code, "0.001 to 604800" in ended.err) == (2, True)
    assert times_run(measured_project) == 0


def test_a_time_of_the_configuration_has_the_same_bound(measured_project: Path, benchmark: Benchmark) -> None:
    told = f"[benchmarks]\ncommand = {json.dumps(list(COUNTING))}\n[benchmarks.workloads.quick]\ntimeout = "
    (measured_project / "driftline.toml").write_text(told + "1e12")
    ended = benchmark("run", *ONE)
    assert (ended.code, "at most 604800" in ended.err, times_run(measured_project)) == (2, True, 0)

    (measured_project / "driftline.toml").write_text(told + "604800")
    assert (benchmark("run", *ONE).code, times_run(measured_project)) == (0, 4)


@pytest.mark.parametrize("command", ["run", "providers"])
def test_an_unknown_word_for_recording_is_refused(
    measured_project: Path, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (measured_project / "driftline.toml").write_text(
        f"[benchmarks]\ncommand = {json.dumps(list(COUNTING))}\n[benchmarks.providers.a]\nenv = {{}}\n"
    )
    monkeypatch.setenv("ENABLE_PERFORMANCE_RECORDING", "maybe")
    ended = benchmark(command, *ONE)

    assert (ended.code, "ENABLE_PERFORMANCE_RECORDING is 'maybe'" in ended.err) == (2, True)
    assert times_run(measured_project) == 0
    monkeypatch.setenv("ENABLE_PERFORMANCE_RECORDING", "1")
    assert (benchmark(command, *ONE, "--root", "root").code, times_run(measured_project)) == (0, 4)
    assert len(list((measured_project / "root/history").glob("*.jsonl"))) == 1


def test_a_folder_for_reports_is_accepted_and_changes_nothing(measured_project: Path, benchmark: Benchmark) -> None:
    (measured_project / "driftline.toml").write_text("[benchmarks]\nreports_dir = 'reports'\n")
    assert benchmark("run", *ONE, "--", *COUNTING).code == 0
    assert not (measured_project / "reports").exists()

    (measured_project / "driftline.toml").write_text("[benchmarks]\nreports_dir = 3\n")
    assert benchmark("run", *ONE, "--", *COUNTING).code == 2
