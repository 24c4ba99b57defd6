"""The pytest plugin: what a session is held against, and what stops it."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from driftline import tested_session
from driftline.lifecycle.history import PerformanceHistory
from driftline.pytest_plugin import Measuring

if TYPE_CHECKING:
    from tested import Project

pytest_plugins = ("pytester", "tested")
ROLLING = "median of the last 5 records"


def test_a_session_is_held_against_the_five_records_before_it(project: Project) -> None:
    assert project.record(5, search_s=1.0).code == 0
    within = project.measures(search_s=1.2).run()
    beyond = project.measures(search_s=1.3).run()

    assert within.code == 0
    assert within.section[0] == f"platform {project.platform} · policy: threshold, 20 % · baseline: {ROLLING}"
    assert within.row("search_s") == "search_s 1.20 s 1.00 s ▲ +20 % 1.20 s (20 %) stable (direction inferred)"
    assert beyond.code == 1
    assert beyond.row("search_s") == "search_s 1.30 s 1.00 s ▲ +30 % 1.20 s (20 %) regressed (direction inferred)"
    assert "regressed: search_s" in beyond.section
    assert "1 passed" in beyond.out


def test_what_is_recorded_is_not_part_of_its_own_baseline(project: Project) -> None:
    """After 3 x 8 s, the 2 records and the session itself would have a median of 16 s."""
    project.record(3, search_s=8.0)
    fourth, fifth = project.record(search_s=16.0), project.record(search_s=16.0)
    sixth = project.record(search_s=16.0)

    assert [session.code for session in (fourth, fifth, sixth)] == [0, 0, 1]
    assert "no baseline for platform" in fifth.out
    assert sixth.row("search_s").startswith("search_s 16.0 s 8.00 s ▲ +100 %")
    assert len(project.records()) == 6


def test_a_baseline_that_was_updated_stops_a_session_that_is_slower(project: Project) -> None:
    assert project.record(3, search_s=1.0, rows_throughput=50).code == 0
    assert len(PerformanceHistory(project.folder / "data/history").get_trend(project.platform, "search_s")) == 3
    project.baselines(search_s=1.0, rows_throughput=50)
    slower = project.record(search_s=1.3, rows_throughput=38)

    assert slower.code == 1
    assert slower.section[0].endswith("baseline: performance_baselines.json")
    assert "regressed: rows_throughput, search_s" in slower.section
    assert len(project.records()) == 4
    let_pass = project.run("--performance-no-fail")
    assert (let_pass.code, "regressed: rows_throughput, search_s" in let_pass.section) == (0, True)


def test_the_baselines_beside_the_tests_count_where_the_root_has_none(project: Project) -> None:
    project.baselines("tests/performance_baselines.json", search_s=1.0).measures(search_s=1.3)
    assert project.run().code == 1
    project.baselines(search_s=2.0)
    assert project.run().code == 0
    assert project.run("--performance-baselines", "tests/performance_baselines.json").code == 1


def test_the_limit_is_the_option_else_the_variable(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.baselines(search_s=1.0).measures(search_s=1.3)
    monkeypatch.setenv("REGRESSION_THRESHOLD", "0.4")
    assert project.run().code == 0
    limited = project.run("--performance-threshold", "0.1")
    assert (limited.code, "1.10 s (10 %)" in limited.row("search_s")) == (1, True)
    project.baselines(search_s=1.0, thresholds={"search_s": 0.5})
    assert project.run("--performance-threshold", "0.1").code == 0


def test_without_a_baseline_it_says_how_to_get_one(project: Project) -> None:
    project.record(2, search_s=1.0)
    (project.folder / "data/performance_baselines.json").write_text(json.dumps({"A100_80GB": {"search_s": 1}}))
    session = project.measures(search_s=99).run()

    assert session.code == 0
    assert session.section[-3:-1] == [
        f"no baseline for platform {project.platform}: none is committed, and fewer than 5 records came before"
        " (2 of this platform); baselines are kept for A100_80GB",
        "  record 5 sessions with ENABLE_PERFORMANCE_RECORDING=1 pytest, then driftline baselines update"
        f" --platform {project.platform}",
    ]


def test_what_cannot_be_compared_says_why(project: Project) -> None:
    project.baselines(a_s=1, b_s=0, c_s=1, accuracy=1, gone_s=1)
    session = project.record(a_s=float("nan"), b_s=1, c_s=-1, accuracy=0.1, new_s=1)

    rows = {name: session.row(name) for name in ("a_s", "b_s", "c_s", "accuracy", "new_s")}
    assert rows["a_s"].startswith("a_s – 1.00 s – 1.20 s (20 %) not comparable: no finite number was measured")
    assert "not comparable: the baseline is no positive number" in rows["b_s"]
    assert "not comparable: the value is negative" in rows["c_s"]
    assert rows["accuracy"].endswith("not judged: its name tells no direction")
    assert "not comparable: no baseline" in rows["new_s"]
    assert "has a baseline, and was not measured: gone_s" in session.section
    assert session.code == 0


def test_a_broken_baseline_file_does_not_let_all_pass(project: Project) -> None:
    project.baselines(search_s=1).measures(search_s=9)
    file = project.folder / "data/performance_baselines.json"
    file.write_text(file.read_text()[:-3])
    session = project.run()

    assert session.code == 1
    assert any(line.startswith("error: performance_baselines.json:1: ") for line in session.section)


def test_what_cannot_be_written_is_said_and_fails(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "blocked").write_text("a file")
    monkeypatch.setenv("PERFORMANCE_DB_PATH", "blocked/history")
    session = project.record(search_s=1)

    assert (session.code, "1 passed" in session.out) == (1, True)
    (at,) = [number for number, line in enumerate(session.section) if line.startswith("error: cannot write ")]
    assert session.section[at + 1] == "  check who owns the folder"


def test_a_root_that_is_not_there_is_said_and_fails(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTLINE_ROOT", "nowhere")
    session = project.measures(search_s=1).run()
    assert (session.code, session.section[0]) == (1, f"error: no directory {project.folder}/nowhere")
    assert project.record(search_s=1).code == 0
    assert len(project.records("nowhere/history")) == 1


def test_a_fault_of_its_own_hides_no_result(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(tested_session, "close", fail)
    session = project.record(search_s=1)
    assert (session.code, "1 passed" in session.out) == (1, True)
    assert session.section[0].startswith("error: driftline failed: RuntimeError('broken') (test_pytest_plugin_judging")


def test_it_is_said_where_there_is_no_summary(project: Project) -> None:
    session = project.baselines(search_s=1).measures(search_s=9).run("-p", "no:terminal")
    assert (session.code, "regressed: search_s" in session.err) == (1, True)


@pytest.mark.parametrize(("mode", "left_out"), [("quick", 1), ("standard", 1), ("comprehensive", 0), ("", 0)])
def test_the_mode_leaves_out_slow_tests(
    project: Project, monkeypatch: pytest.MonkeyPatch, mode: str, left_out: int
) -> None:
    project.write("def test_fast(): pass\n@pytest.mark.slow\ndef test_slow(): pass")
    monkeypatch.setenv("BENCHMARK_MODE", mode)
    counts = ("1 passed, 1 deselected",) if left_out else ("2 passed",)
    assert [count in project.run("--strict-markers").out for count in counts] == [True]
    assert "2 passed" in project.run("--performance-mode", "comprehensive").out


def test_a_session_that_is_broken_off_records_nothing(project: Project) -> None:
    project.write("def test_a(performance): performance['a_s'] = 1\ndef test_b(): pytest.exit('enough')")
    session = project.run("--performance-record")
    assert session.code == 2
    assert "the session was broken off: nothing is recorded, and nothing compared" in session.section
    assert not (project.folder / "data").exists()


def test_a_session_that_ends_with_the_first_failure_records_what_passed(project: Project) -> None:
    project.write("def test_a(performance): performance['a_s'] = 1\ndef test_b(): assert False\ndef test_c(): pass")
    assert project.run("--performance-record", "-x").code == 1
    assert [record["metrics"] for record in project.records()] == [{"a_s": 1}]


def test_the_root_lies_below_the_project_wherever_it_is_run_from(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "pytest.ini").write_text("[pytest]")
    project.write("import os\ndef test_a(performance): performance['a_s'] = 1; os.chdir('..')", "tests/test_a.py")
    monkeypatch.chdir(project.folder / "tests")
    assert project.run("--performance-record").code == 0
    assert len(project.records()) == 1
    monkeypatch.chdir(project.folder / "tests")
    monkeypatch.setenv("PERFORMANCE_DB_PATH", "kept")
    assert project.run("--performance-record").code == 0
    assert len(project.records("tests/kept")) == 1


def test_an_sqlite_file_is_not_written_to(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    database = project.folder / "old/performance.db"
    database.parent.mkdir()
    with sqlite3.connect(database) as connection:
        connection.execute("create table performance_runs (id)")
    connection.close()
    before = database.read_bytes()
    monkeypatch.setenv("PERFORMANCE_DB_PATH", "old/performance.db")
    session = project.record(search_s=1)

    assert "driftline history import takes its runs over" in session.out
    assert database.read_bytes() == before
    assert (project.folder / f"old/{project.platform}.jsonl").is_file()


def test_of_a_test_that_runs_again_the_time_it_passed_counts(project: Project) -> None:
    (project.folder / "conftest.py").write_text(
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    for _ in range(2):\n"
        "        item._initrequest()\n"
        "        for report in runtestprotocol(item, log=False, nextitem=nextitem):\n"
        "            report.outcome = 'rerun' if report.failed else report.outcome\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "    return True\n"
    )
    project.write("runs = []\ndef test_it(performance):\n    runs.append(0)\n    performance['a_s'] = len(runs)\n"
                  "    assert len(runs) == 2")  # fmt: skip
    session = project.run("--performance-record")

    assert [record["metrics"] for record in project.records()] == [{"a_s": 2}]
    assert "did not pass" not in session.out


def test_older_versions_of_pytest_can_hash_it() -> None:
    assert callable(Measuring.__hash__)
