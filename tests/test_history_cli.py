"""`driftline history`: records from the command line, listed, exported and taken over from other programs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from driftline.capture.environment import git_attribute
from driftline.cli.commands import app
from driftline.errors import UserError
from driftline.lifecycle.history_files import merge_advice
from roots import Root
from tracked import history, record, written

LATENCY = "query_latency_no_vllm"
FOREIGN = Path(__file__).parent / "foreign"


def run(root: Root, *words: str, text: str | bytes | None = None) -> Any:
    return CliRunner().invoke(app, ["history", *words, "--root", str(root.folder)], input=text)


def test_a_record_from_the_command_line_has_its_metrics_and_its_facts(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFORMANCE_PLATFORM", "Custom_Server")
    monkeypatch.setenv("PERFORMANCE_RUN_TYPE", "nightly")
    found = run(root, "record", f"{LATENCY}=8.5", "my_ms=3e2", "--notes", "after the move")

    assert found.exit_code == 0, found.stderr
    rows = root.rows("select platform, run_type, metric, value, os_arch is not null from history order by metric")
    assert rows == [
        ("Custom_Server", "nightly", "my_ms", 300.0, True), ("Custom_Server", "nightly", LATENCY, 8.5, True),
    ]  # fmt: skip


def test_metrics_may_come_as_json_from_stdin(root: Root) -> None:
    assert run(root, "record", "-", "--platform", "a", text='{"x_ms": 1, "y_ms": null}').exit_code == 0
    assert root.rows("select metric, value from history order by metric") == [("x_ms", 1.0), ("y_ms", None)]


@pytest.mark.parametrize("words", [["x"], ["x=fast"], ["=3"], [], ["-"]])
def test_what_is_no_metric_is_refused_and_nothing_is_written(root: Root, words: list[str]) -> None:
    found = run(root, "record", *words, text="[1]")

    assert isinstance(found.exception, UserError)
    assert not (root.folder / "history").exists()


HUGE = '{"x_ms": 1' + "0" * 5000 + "}"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"x_ms": ' * 100_000, '{"x_ms": 1, "x_ms": 2}', '{"id": 1}', "\ud800"]
)
def test_no_json_on_stdin_ends_in_a_traceback(root: Root, text: str) -> None:
    found = run(root, "record", "-", text=text.encode("utf-8", "surrogatepass"))

    assert isinstance(found.exception, UserError)
    assert not (root.folder / "history").exists()


@pytest.mark.parametrize(("words", "text"), [(["-"], HUGE), (["-"], '{"x_ms": 1e400}'), (["x_ms=1e400"], None)])
def test_a_number_that_is_too_large_is_a_gap_and_that_is_said(root: Root, words: list[str], text: str | None) -> None:
    found = run(root, "record", *words, text=text)

    assert "x_ms is not finite but inf: it was recorded as a gap" in found.stderr
    assert root.rows("select metric, value from history") == [("x_ms", None)]


def test_a_metric_is_recorded_once_in_a_record(root: Root) -> None:
    found = run(root, "record", "a_s=1", "a_s=2")

    assert "a_s is given twice" in str(found.exception)
    assert not (root.folder / "history").exists()


def test_it_is_said_once_how_git_merges_histories(root: Root) -> None:
    subprocess.run(["git", "init", "-q", str(root.folder)], check=True)
    root.file(".gitattributes", "CHANGELOG.md merge=union\n")

    assert "history/*.jsonl merge=union" in run(root, "record", "x_ms=1", "--platform", "a").stderr
    assert "merge=union" not in run(root, "record", "x_ms=1", "--platform", "a").stderr
    root.file(".gitattributes", "*.jsonl merge=union\n")
    assert "merge=union" not in run(root, "record", "x_ms=1", "--platform", "b").stderr


@pytest.mark.parametrize("name", ["data", "my data", 'o"d\\d [x]*', "\N{SNOWMAN}", "!a", "#a", "."])
def test_git_understands_the_line_that_is_named(root: Root, name: str) -> None:
    subprocess.run(["git", "init", "-q", str(root.folder)], check=True)
    folder = root.folder / name
    folder.mkdir(exist_ok=True)
    advice = merge_advice(folder)

    assert advice is not None
    root.file(".gitattributes", advice.partition(".gitattributes: ")[2] + "\n")
    assert git_attribute(folder / "a.jsonl", "merge") == "union"
    assert git_attribute(folder / "a.txt", "merge") == "unspecified"
    assert merge_advice(folder) is None


def test_where_git_is_told_otherwise_nothing_is_said(root: Root) -> None:
    subprocess.run(["git", "init", "-q", str(root.folder)], check=True)
    root.file(".gitattributes", "*.jsonl -merge\n")

    assert merge_advice(root.folder) is None


@pytest.mark.parametrize("name", ["GitHub_Actions_Darwin", "GitHub_Actions_macOS"])
def test_a_platform_is_found_by_what_others_call_it(root: Root, tmp_path: Path, name: str) -> None:
    history(root, {LATENCY: [8.0]}, "GitHub_Actions_Darwin")
    target = tmp_path / "out.json"

    assert LATENCY in run(root, "list", "--platform", name, "--metric", LATENCY).stdout
    assert run(root, "export", str(target), "--platform", name).exit_code == 0
    assert json.loads(target.read_text())[0][LATENCY] == 8.0


def test_a_metric_is_listed_by_what_others_call_it(root: Root) -> None:
    history(root, {"throughput_personas_per_minute": [48.0]})
    names = ["throughput_personas_per_minute", "throughput_per_minute", "number", "Metrics"]

    words = [word for name in names for word in ("--metric", name)]
    (row,) = json.loads(run(root, "list", *words, "--format", "json").stdout)
    assert [row[name] for name in names] == [48.0, 48.0, 1, None]


def test_git_merges_two_histories_without_a_conflict(root: Root) -> None:
    def git(*words: str) -> None:
        person = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *person, *words], cwd=root.folder, check=True, capture_output=True)

    root.file(".gitattributes", "history/*.jsonl merge=union\n").file(".gitignore", ".driftline\n")
    written(root, "a", [record(0, {"x_ms": 1}, "a")])
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "other")
    run(root, "record", "x_ms=2", "--platform", "a")
    git("commit", "-qam", "other")
    git("checkout", "-q", "-")
    run(root, "record", "x_ms=3", "--platform", "a")
    git("commit", "-qam", "mine")
    git("merge", "-q", "other")

    assert root.rows("select value from history order by value") == [(1.0,), (2.0,), (3.0,)]
    assert root.rows("from problems") == []


def test_records_are_listed_newest_first_with_the_metrics_asked_for(root: Root) -> None:
    history(history(root, {LATENCY: [1.0, 2.0, 3.0]}), {"x_ms": [7.0]}, "A100_80GB")

    found = run(root, "list", "--platform", "M1_Mac_16GB", "--metric", LATENCY, "--limit", "2", "--format", "json")
    rows = json.loads(found.stdout)
    assert [(row["number"], row[LATENCY]) for row in rows] == [(3, 3.0), (2, 2.0)]
    table = run(root, "list").stdout
    assert "A100_80GB" in table
    rows = list(csv.DictReader(io.StringIO(run(root, "list", "--format", "csv").stdout)))
    assert [row["platform"] for row in rows] == ["M1_Mac_16GB", "M1_Mac_16GB", "M1_Mac_16GB", "A100_80GB"]


def test_hostile_text_of_a_record_reaches_no_terminal(root: Root) -> None:
    written(root, "a", [record(0, {"x_ms\x1b[2J": 1}, "a\x1b[31m", notes="\x07bell", git_branch="\u202eb")])

    for words in (["list", "--metric", "x_ms\x1b[2J"], ["stats"]):
        out = run(root, *words).stdout
        assert not set("\x1b\x07\u202e") & set(out)


def test_stats_say_how_much_there_is(root: Root) -> None:
    history(history(root, {LATENCY: [1.0, 2.0]}), {LATENCY: [3.0]}, "A100_80GB")

    found = run(root, "stats", "--format", "json")
    assert [(row["platform"], row["records"]) for row in json.loads(found.stdout)] == [
        ("M1_Mac_16GB", 2), ("A100_80GB", 1),
    ]  # fmt: skip
    assert "3 records of 2 platforms" in found.stderr


@pytest.mark.parametrize("command", ["list", "stats"])
def test_nothing_recorded_exits_3_and_says_what_records(root: Root, command: str) -> None:
    found = run(root, command)

    assert found.exit_code == 3
    assert "ENABLE_PERFORMANCE_RECORDING=1 pytest" in found.stderr


def test_a_database_of_old_is_pointed_at(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "benchmarks/history").mkdir(parents=True)
    (tmp_path / "benchmarks/history/performance.db").write_bytes(b"SQLite format 3\0")

    assert "driftline history import benchmarks/history/performance.db" in run(root, "list").stderr


def test_an_export_of_an_unknown_platform_names_those_there_are(root: Root, tmp_path: Path) -> None:
    history(root, {LATENCY: [1.0]})
    target = str(tmp_path / "out.json")

    assert run(root, "export", target, "--platform", "M1_Mac_16GB").exit_code == 0
    assert json.loads(Path(target).read_text())[0][LATENCY] == 1.0
    assert "M1_Mac_16GB" in str(run(root, "export", target, "--platform", "B").exception)


def test_files_of_other_tools_are_taken_over_once_with_units_and_directions(root: Root) -> None:
    """The files were written by the tools themselves."""
    names = ["pytest_benchmark.json", "hyperfine.json", "google_benchmark.json"]
    files = [str(FOREIGN / name) for name in names]
    assert run(root, "import", *files, "--platform", "here").exit_code == 0
    before = root.rows("select count(*) from history")
    assert "0 of 1 records added" in run(root, "import", *files, "--platform", "here").stderr
    assert root.rows("select count(*) from history") == before

    units = dict(root.rows("select metric, unit || ' ' || better from metrics where is_inferred"))
    assert units["test_sum[10]_median_ms"] == "ms lower"
    assert units["count_words_median_ms"] == "ms lower"
    assert units["BM_sum/1000_real_time_ms"] == "ms lower"
    assert units["BM_sum/100_bytes_per_second"] == "bytes/s higher"
    (stated,) = json.loads((FOREIGN / "pytest_benchmark.json").read_text())["benchmarks"][:1]
    name = f"{stated['name']}_median_ms"
    assert root.rows(f"select value from history where metric = '{name}'") == [(1000 * stated["stats"]["median"],)]


def test_a_file_of_no_known_tool_is_refused(root: Root, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"a": 1}')
    found = run(root, "import", str(tmp_path / "odd.json"))

    assert isinstance(found.exception, UserError)
    assert "hyperfine" in str(found.exception)
