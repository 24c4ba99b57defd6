"""`driftline report`: the newest record against its baselines, and the exit code that stops a pull request."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from driftline.cli.commands import app
from driftline.errors import UserError
from hostile import SCRIPT as MARKUP
from roots import Root
from tracked import baselines, history, record, written

LATENCY, THROUGHPUT, HITS = "query_latency_no_vllm", "embedding_throughput", "cache_hit_rate"
SCHEMA = json.loads((resources.files("driftline") / "reports" / "report.schema.json").read_text())
RECORDED = {LATENCY: [8.0] * 5 + [10.0], THROUGHPUT: [50.0] * 5 + [60.0], HITS: [0.4] * 6}


def report(root: Root, *options: str) -> Any:
    return CliRunner().invoke(app, ["report", "--root", str(root.folder), *options])


def as_object(root: Root, *options: str) -> Any:
    found = json.loads(report(root, "--format", "json", *options).stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_regression_above_the_20_percent_gate_exits_1(root: Root) -> None:
    found = report(history(root, RECORDED), "--platform", "M1_Mac_16GB")

    assert found.exit_code == 1
    assert "| query\\_latency\\_no\\_vllm | 10.0 s | 8.00 s | ▲ +25\u202f% | 9.60 s | ⚠️ REGRESSION |" in found.stdout
    assert (
        "| embedding\\_throughput | 60.0 chunks/s | 50.0 chunks/s | ▲ +20\u202f% | 40.0 chunks/s | ✅ Improved |"
        in (found.stdout)
    )


def test_what_is_within_the_gate_exits_0(root: Root) -> None:
    found = report(history(root, RECORDED), "--threshold", "0.25", "--platform", "M1_Mac_16GB")

    assert found.exit_code == 0
    assert "No regressions" in found.stdout


def test_json_is_described_by_its_schema(root: Root) -> None:
    found = as_object(history(root, RECORDED), "--platform", "M1_Mac_16GB")

    assert found["summary"] == {
        "num_regressions": 1, "num_improvements": 1, "num_stable": 1, "num_not_comparable": 0, "passed": False,
    }  # fmt: skip
    (entry,) = found["metrics"]["regressions"]
    assert (entry["metric"], entry["current"], entry["baseline"], entry["change_pct"]) == (LATENCY, 10.0, 8.0, 25.0)
    assert (found["threshold"], found["policy"], found["timestamp"]) == (0.2, "threshold", "2026-01-06T12:00:00Z")


def test_the_report_says_which_baseline_it_used_and_by_which_rule(root: Root) -> None:
    baselines(history(root, RECORDED), {"M1_Mac_16GB": {LATENCY: 9.0, "metadata": {"last_updated": "2025-01-07"}}})

    told = report(root, "--platform", "M1_Mac_16GB").stdout
    assert "performance\\_baselines.json of 2025-01-07; median of the 5 records before" in told
    assert "threshold: more than 20 % worse than the baseline is a regression" in told


def test_another_file_may_hold_the_baselines(root: Root) -> None:
    baselines(history(root, RECORDED), {"M1_Mac_16GB": {LATENCY: 10.0}}, "../base/performance_baselines.json")

    path = str(root.folder.parent / "base/performance_baselines.json")
    assert report(root, "--platform", "M1_Mac_16GB", "--baselines", path).exit_code == 0


@pytest.mark.parametrize("layout", ["markdown", "html", "json"])
def test_nothing_recorded_is_a_stub_and_exit_0(root: Root, tmp_path: Path, layout: str) -> None:
    target = tmp_path / "not there yet" / "report"
    found = report(root, "--format", layout, "--output", str(target), "--platform", "A100_80GB")

    assert found.exit_code == 0
    assert "ENABLE_PERFORMANCE_RECORDING=1 pytest" in found.stderr
    assert "A100" in target.read_text()
    if layout == "json":
        jsonschema.validate(json.loads(target.read_text()), SCHEMA)


def test_a_platform_without_a_baseline_is_told_what_makes_one(root: Root) -> None:
    found = report(history(root, {LATENCY: [8.0]}), "--platform", "M1_Mac_16GB")

    assert found.exit_code == 0
    assert "no baseline for platform M1_Mac_16GB" in found.stderr
    assert "driftline baselines update --platform M1_Mac_16GB" in found.stderr


@pytest.mark.parametrize("threshold", ["20", "1", "0", "-1", "nan"])
def test_a_threshold_that_is_no_fraction_is_refused(root: Root, threshold: str) -> None:
    found = report(history(root, RECORDED), "--threshold", threshold)

    assert isinstance(found.exception, UserError)
    assert "fraction" in str(found.exception)


def test_the_limit_of_the_environment_counts(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGRESSION_THRESHOLD", "0.30")

    assert report(history(root, RECORDED), "--platform", "M1_Mac_16GB").exit_code == 0


def test_without_a_name_this_platform_counts_else_the_one_recorded_last(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(history(root, {LATENCY: [8.0]}, "A100_80GB"), {LATENCY: [8.0, 8.0]})
    assert as_object(root)["platform"] == "M1_Mac_16GB"

    monkeypatch.setenv("PERFORMANCE_PLATFORM", "A100_80GB")
    assert as_object(root)["platform"] == "A100_80GB"


def test_baselines_of_another_platform_need_to_be_asked_for_and_are_warned_of(root: Root) -> None:
    baselines(history(root, {LATENCY: [8.0]}), {"A100_80GB": {LATENCY: 1.0}})
    assert report(root, "--platform", "M1_Mac_16GB").exit_code == 0

    found = report(root, "--platform", "M1_Mac_16GB", "--against", "A100_80GB")
    assert found.exit_code == 1
    assert "machines differ" in found.stderr
    assert "machines differ" in found.stdout


def test_by_noise_one_slow_record_is_suspect_and_a_new_level_is_a_regression(root: Root) -> None:
    wiggle = [8.0 + 0.1 * (place * 7 % 5 - 2) for place in range(20)]
    history(root, {LATENCY: [*wiggle, 12.0]})
    found = as_object(root, "--policy", "noise")
    assert [entry["metric"] for entry in found["metrics"]["suspect"]] == [LATENCY]
    assert report(root, "--policy", "noise").exit_code == 0

    history(root, {LATENCY: [*wiggle, *(1.5 * value for value in wiggle[:4])]})
    found = as_object(root, "--policy", "noise")
    assert [entry["metric"] for entry in found["metrics"]["regressions"]] == [LATENCY]
    assert report(root, "--policy", "noise").exit_code == 1


def test_by_noise_a_change_of_level_stays_a_regression_until_it_is_accepted(root: Root) -> None:
    wiggle = [8.0 + 0.1 * (place * 7 % 5 - 2) for place in range(20)]
    history(root, {LATENCY: [*wiggle, *(1.5 * value for value in wiggle)]})
    (entry,) = as_object(root, "--policy", "noise")["metrics"]["regressions"]
    assert entry["baseline_source"] == "level before 2026-01-21"
    assert entry["baseline"] == pytest.approx(8.0, rel=0.02)

    baselines(root, {"M1_Mac_16GB": {LATENCY: 12.0}})
    assert report(root, "--policy", "noise").exit_code == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("performance_baselines.json", '{"M1_Mac_16GB": {"x": 1,}}'), ("performance_baselines.json/x", "")],
)
def test_baselines_that_cannot_be_read_are_no_pass(root: Root, name: str, content: str) -> None:
    history(root, {LATENCY: [16.0] * 7}).file(name, content)
    found = report(root, "--platform", "M1_Mac_16GB")

    assert isinstance(found.exception, UserError)
    assert "performance_baselines.json" in str(found.exception)


def test_a_history_that_cannot_be_read_is_no_pass(root: Root) -> None:
    root.file("history/M1_Mac_16GB.jsonl", "garbage\n")
    assert isinstance(report(root, "--platform", "M1_Mac_16GB").exception, UserError)

    root = Root(root.folder.parent / "other").file("history/M1_Mac_16GB.jsonl/x", "")
    assert isinstance(report(root, "--platform", "M1_Mac_16GB").exception, UserError)


def test_files_that_are_named_and_not_there_are_refused(root: Root, tmp_path: Path) -> None:
    history(root, RECORDED)

    assert isinstance(report(root, "--baselines", str(tmp_path / "typo.json")).exception, UserError)
    assert isinstance(report(Root(tmp_path / "there"), "--root", str(tmp_path / "typo")).exception, UserError)
    assert isinstance(report(root, "--against", "Nope", "--platform", "M1_Mac_16GB").exception, UserError)


def test_a_committed_baseline_that_nothing_can_be_held_against_is_no_pass(root: Root) -> None:
    baselines(history(root, {LATENCY: [8.0], THROUGHPUT: [50.0]}), {"M1_Mac_16GB": {LATENCY: 0, THROUGHPUT: 50}})

    found = as_object(root, "--platform", "M1_Mac_16GB")
    assert found["summary"]["passed"] is None
    told = report(root, "--platform", "M1_Mac_16GB").stdout
    assert "### – No regressions in 1 metric; 1 with a baseline could not be compared" in told


def test_a_platform_that_was_asked_for_is_never_replaced_by_another(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(root, RECORDED)
    monkeypatch.setenv("PERFORMANCE_PLATFORM", "Other")

    found = report(root)
    assert found.exit_code == 0
    assert "nothing was recorded on Other" in found.stderr


def test_limits_of_single_metrics_are_told_and_give_way_to_one_that_is_said(root: Root) -> None:
    baselines(history(root, {LATENCY: [11.0]}), {"M1_Mac_16GB": {LATENCY: 8.0, "thresholds": {LATENCY: 0.5}}})

    found = report(root, "--platform", "M1_Mac_16GB")
    assert found.exit_code == 0
    assert "own limits: query\\_latency\\_no\\_vllm 50 %" in found.stdout
    assert report(root, "--platform", "M1_Mac_16GB", "--threshold", "0.1").exit_code == 1


def test_a_history_that_lies_apart_needs_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history(Root(tmp_path / "apart"), RECORDED)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("PERFORMANCE_DB_PATH", str(tmp_path / "apart/history"))

    assert CliRunner().invoke(app, ["report", "--platform", "M1_Mac_16GB"]).exit_code == 1


def test_text_of_records_is_neither_markup_nor_a_table(root: Root) -> None:
    name = f"{MARKUP} | a\n@everyone _ms"
    records = [record(0, {name: 1.0, "x_ms": 2}, name, git_commit=MARKUP, git_branch="`b` | c")]
    written(root, "odd", records)

    page = report(root, "--format", "html").stdout
    assert MARKUP not in page
    assert "http" not in page.replace("http-equiv", "")
    told = report(root).stdout
    assert MARKUP not in told
    assert "@everyone" not in told
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}


def test_a_page_that_cannot_be_written_says_so(root: Root, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = report(history(root, RECORDED), "--output", str(tmp_path / "file" / "report.md"))

    assert isinstance(found.exception, UserError)
