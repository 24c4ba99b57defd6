"""Workloads are run again and again: what an iteration is, what is counted in it, and what ends it."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarked import COUNTING, PYTHON, times_run
from driftline.artifacts.benchmark_config import Program, Workload
from driftline.capture.iterations import WARMUPS, iterate
from driftline.capture.workload import run_workload
from driftline.errors import UserError

pytest_plugins = ("console", "benchmarked")


def command(*words: str, iterations: int = 3, timeout_s: float | None = None, **env: str) -> Workload:
    return Workload("quick", iterations, program=Program(words, env=env), timeout_s=timeout_s)


def function(
    measured_project: Path, code: str, iterations: int = 3, timeout_s: float | None = None, **env: str
) -> Workload:
    """A workload that calls `make` of the code."""
    (measured_project / "pipeline.py").write_text(dedent(code))
    return Workload("quick", iterations, program=Program(function="pipeline:make", env=env), timeout_s=timeout_s)


def failure(workload: Workload) -> str:
    with pytest.raises(UserError) as refused:
        iterate(workload)
    return str(refused.value)


def test_a_command_runs_for_the_warm_ups_and_for_each_iteration(measured_project: Path) -> None:
    seen: list[tuple[int, int]] = []
    result = run_workload(command(*COUNTING, iterations=2), lambda done, of: seen.append((done, of)))

    assert (WARMUPS, times_run(measured_project)) == (3, 5)
    assert (len(result.warmups_ms), len(result.samples_ms)) == (3, 2)
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert min(result.samples_ms) > 0


# Counts as many tokens as the number of the time that it runs.
NUMBERED = """
    import driftline
    def make():
        with open("ran", "a+") as ran:
            ran.write(".")
            ran.flush()
            ran.seek(0)
            driftline.count(tokens=len(ran.read()))
"""


def test_the_warm_ups_are_left_out(measured_project: Path) -> None:
    of_calls = iterate(function(measured_project, NUMBERED))
    (measured_project / "ran").unlink()
    of_commands = iterate(command(PYTHON, "-c", "import pipeline; pipeline.make()"))

    for series in (of_calls, of_commands):
        assert [iteration.counts for iteration in series.kept] == [{"tokens": 4}, {"tokens": 5}, {"tokens": 6}]
        assert len(series.warmups_ms) == 3


@pytest.mark.parametrize("kind", ["command", "function"])
def test_the_latency_is_the_time_that_an_iteration_takes(measured_project: Path, kind: str) -> None:
    waiting = function(measured_project, "import time\ndef make(): time.sleep(0.05)")
    series = iterate(waiting if kind == "function" else command("sleep", "0.05"))

    assert min(iteration.latency_ms for iteration in series.kept) >= 50
    assert min(series.warmups_ms) >= 50


def test_a_function_is_called_in_a_process_of_its_own(measured_project: Path) -> None:
    code = """
        import os
        def make():
            with open("pids", "a") as pids:
                print(os.getpid(), os.environ["MODEL"], file=pids)
    """
    iterate(function(measured_project, code, MODEL="small"))
    lines = (measured_project / "pids").read_text().splitlines()

    assert len(lines) == 6
    assert len(set(lines)) == 1
    pid, model = lines[0].split()
    assert (int(pid) != os.getpid(), model) == (True, "small")


def test_what_a_command_counts_belongs_to_its_iteration(measured_project: Path) -> None:
    code = """
        import sys, driftline
        with driftline.stage("a"):
            driftline.count(api_calls=2, tokens=30)
        driftline.count(tokens=10, items=4, other=3)
    """
    result = run_workload(command(PYTHON, "-c", dedent(code)))

    assert (result.metrics["api_calls_per_item"], result.metrics["tokens_per_item"]) == (0.5, 10)
    assert "latencies are of a whole iteration, which makes 4 items" in result.notes
    assert result.metrics["throughput_per_minute"] == pytest.approx(60_000 * 12 / sum(result.samples_ms), rel=1e-6)


def test_what_a_function_counts_or_returns_belongs_to_its_call(measured_project: Path) -> None:
    # The warm-ups are the first three calls; what is returned stands before what is counted.
    code = """
        import threading, driftline
        number = 0
        def make():
            global number
            number += 1
            counting = threading.Thread(target=lambda: driftline.count(tokens=number, api_calls=50))
            counting.start()
            counting.join()
            with driftline.episode("own"):
                driftline.count(tokens=100)
            return {"items": 2, "api_calls": 6, "name": "Ada"}
    """
    series = iterate(function(measured_project, code))

    assert [iteration.counts for iteration in series.kept] == [
        {"items": 2, "api_calls": 6, "tokens": 100 + number} for number in (4, 5, 6)
    ]


def test_memory_is_that_of_the_iterations_that_count(measured_project: Path) -> None:
    code = """
        import time
        number = 0
        def make():
            global number
            number += 1
            block = bytearray((300 if number <= 3 else 80) * 1024**2)
            time.sleep(0.2)
    """
    result = run_workload(function(measured_project, code, iterations=4))
    peak, average = result.metrics["memory_peak_mb"], result.metrics["memory_average_mb"]

    assert peak is not None
    assert average is not None
    assert 80 <= peak < 200
    assert average <= peak


def test_the_memory_of_a_command_is_that_of_its_processes(measured_project: Path) -> None:
    code = "import time; block = bytearray(100 * 1024**2); time.sleep(0.25)"
    result = run_workload(command(PYTHON, "-c", code, iterations=2))
    peak, average = result.metrics["memory_peak_mb"], result.metrics["memory_average_mb"]

    assert peak is not None
    assert average is not None
    assert 100 <= peak < 160
    assert 30 < average <= peak


def test_an_iteration_that_fails_ends_all_and_shows_what_it_printed(measured_project: Path) -> None:
    code = """
        open("ran", "a").write(".")
        print("line 1", "line 2", sep="\\n")
        raise SystemExit(3 if len(open("ran").read()) == 5 else 0)
    """
    said = failure(command(PYTHON, "-c", dedent(code)))

    assert "quick: the command exited with 3, in iteration 2 of 3: nothing is kept" in said
    assert "    line 1\n    line 2" in said
    assert times_run(measured_project) == 5


def test_only_the_last_lines_are_shown(measured_project: Path) -> None:
    said = failure(command(PYTHON, "-c", "print(*range(100), sep='\\n'); raise SystemExit(1)"))
    assert "    90\n" in said
    assert "    89\n" not in said


def test_what_cannot_be_started_is_said(measured_project: Path) -> None:
    assert "no-such-program cannot be started" in failure(command("no-such-program"))
    assert "the workload quick has nothing to run" in failure(command())


@pytest.mark.parametrize("kind", ["command", "function"])
def test_an_iteration_that_takes_too_long_ends_all(measured_project: Path, kind: str) -> None:
    hanging = function(measured_project, "import time\ndef make(): time.sleep(60)", timeout_s=0.2)
    if kind == "command":
        hanging = command("sleep", "60", timeout_s=0.2)

    assert "within 0.2 s, in warm-up 1 of 3" in failure(hanging)


RAISED = [
    ("def make(): raise ValueError('no model')", "pipeline:make failed: ValueError: no model, in warm-up 1 of 3"),
    (
        "import missing_module",
        "pipeline:make cannot be imported: ModuleNotFoundError: No module named 'missing_module'",
    ),
    ("", "pipeline:make cannot be imported: AttributeError"),
    ("make = 3", "TypeError: pipeline:make is no function"),
    ("def make(): return 'text'", "it returned a str: None or a mapping with items, api_calls, tokens was expected"),
    ("async def make(): pass", "it returned a coroutine"),
    ("def make(): return {'tokens': -1}", "it returned tokens = -1: a number of at least 0 was expected"),
    ("def make(): return {'items': float('nan')}", "it returned items = nan"),
    ("def make(): raise SystemExit(0)", "pipeline:make failed: SystemExit: 0"),
    ("import os\ndef make(): os._exit(0)", "the function ended the program, in warm-up 1 of 3"),
]


@pytest.mark.parametrize(("code", "said"), RAISED)
def test_a_function_that_cannot_be_measured_says_why(measured_project: Path, code: str, said: str) -> None:
    assert said in failure(function(measured_project, code))


def test_a_function_of_another_folder_is_not_found(measured_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = function(measured_project, "def make(): pass")
    elsewhere = measured_project / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    assert "No module named 'pipeline'" in failure(workload)


def test_numbers_of_other_libraries_are_numbers(measured_project: Path) -> None:
    series = iterate(function(measured_project, "import numpy\ndef make(): return {'tokens': numpy.int64(7)}"))
    assert [iteration.counts for iteration in series.kept] == [{"tokens": 7.0}] * 3


def test_the_paths_of_a_workload_do_not_hide_driftline(measured_project: Path) -> None:
    other = measured_project / "other/driftline"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('the wrong one')")
    assert len(iterate(function(measured_project, "def make(): pass", PYTHONPATH=str(other.parent))).kept) == 3


def test_a_module_named_like_one_of_driftline_s_does_no_harm(measured_project: Path) -> None:
    (measured_project / "json.py").write_text("raise ImportError('the wrong one')")
    assert len(iterate(function(measured_project, "def make(): pass")).kept) == 3
