"""`driftline benchmark compare`: two captures side by side, two levels, and exit codes for people and for CI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from driftline.artifacts.benchmark_config import ALIASES
from driftline.cli.commands import app
from driftline.errors import UserError
from roots import Root

SCHEMA = json.loads((resources.files("driftline") / "reports" / "benchmark_comparison.schema.json").read_text())
P50, P95, THROUGHPUT = "generation_latency_p50", "generation_latency_p95", "throughput_per_minute"
BASE = {P50: 1250, P95: 1890, THROUGHPUT: 48, "memory_peak_mb": 512}


@pytest.fixture(autouse=True)
def _elsewhere(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration lies where the command runs."""
    (root.folder / "here").mkdir()
    monkeypatch.chdir(root.folder / "here")


def capture(root: Root, version: str, metrics: Mapping[str, Any], platform: str = "darwin-arm64", **more: Any) -> Root:
    day = int(version.split(".")[1])
    content = {
        "version": version, "captured_at": f"2025-01-{day:02d}T10:30:00Z",
        "environment": {"platform": platform},
        "workloads": {"standard": {"iterations": 100, "metrics": dict(metrics), **more.pop("workload", {})}}, **more,
    }  # fmt: skip
    return root.file(f"benchmarks/v{version}.yaml", yaml.safe_dump(content, sort_keys=False))


def compare(root: Root, *options: str) -> Any:
    return CliRunner().invoke(app, ["benchmark", "compare", "--root", str(root.folder), *options])


def slower(by: float) -> dict[str, float]:
    return BASE | {P50: 1250 * (1 + by)}


def test_the_comparison_shows_percentage_changes_and_status(root: Root) -> None:
    """The example of the specification."""
    now = {P50: 1180, P95: 2100, THROUGHPUT: 51, "memory_peak_mb": 498}
    found = compare(capture(capture(root, "1.11.0", BASE), "1.12.0", now), "--baseline", "v1.11.0")

    assert found.exit_code == 0
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert lines[0] == "Performance Comparison: v1.12.0 vs v1.11.0"
    assert "generation_latency_p50 1,250 ms 1,180 ms ▼ −5.6\u202f% ✅".replace("\u202f", " ") in lines
    assert any(line.startswith("generation_latency_p95") and line.endswith("⚠️ warning") for line in lines)
    assert any(line.startswith("throughput_per_minute 48.0 items/min 51.0 items/min") for line in lines)
    assert "⚠️ Warning: generation_latency_p95 (standard) exceeds 10% threshold" in lines


def test_a_10_percent_latency_increase_triggers_a_warning(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.10))

    found = compare(root)
    assert found.exit_code == 0
    assert "⚠️ Warning: generation_latency_p50" in found.stdout
    assert compare(root, "--ci").exit_code == 1


def test_just_below_10_percent_is_normal(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.0999))

    assert compare(root, "--ci").exit_code == 0


def test_a_25_percent_latency_increase_triggers_the_failure_exit_code(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.25))

    assert compare(root).exit_code == 1
    assert compare(root, "--fail-on-regression").exit_code == 1
    assert compare(root, "--ci").exit_code == 2


def test_a_throughput_that_falls_fails_and_one_that_rises_does_not(root: Root) -> None:
    """Direction decides, not sign."""
    capture(capture(root, "1.1.0", BASE), "1.2.0", BASE | {THROUGHPUT: 48 * 0.73})
    assert compare(root).exit_code == 1

    capture(root, "1.2.0", BASE | {THROUGHPUT: 48 * 1.35})
    assert compare(root, "--ci").exit_code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1), (["--threshold", "40"], 0), (["--threshold", "30"], 1), (["--fail-threshold", "31"], 0),
        (["--warn-threshold", "5", "--fail-threshold", "15"], 1), (["--ci", "--threshold", "40"], 1),
    ],
)  # fmt: skip
def test_limits_of_the_command_line_count_first(root: Root, options: list[str], code: int) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.30))

    assert compare(root, *options).exit_code == code


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", "15", "--warn-threshold", "5"], ["--warn-threshold", "30", "--fail-threshold", "20"],
        ["--threshold", "0"], ["--threshold", "nan"], ["--fail-threshold", "-5"],
    ],
)  # fmt: skip
def test_limits_that_contradict_each_other_are_refused(root: Root, options: list[str]) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", BASE)

    assert isinstance(compare(root, *options).exception, UserError)
    assert compare(root, "--ci", *options).exit_code == 3


def test_limits_of_one_metric_count_before_general_ones(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.30))
    config = f"[benchmarks.thresholds]\nwarn = 1\nfail = 2\n[benchmarks.limits.{P50}]\nwarn = 20\nfail = 50\n"
    root.file("here/driftline.toml", config)

    found = json.loads(compare(root, "--format", "json").stdout)["comparisons"][0]["metrics"]
    levels = {row["metric"]: (row["warn_pct"], row["fail_pct"]) for row in found}
    assert levels[P50] == (20, 50)
    assert levels[P95] == (1, 2)


def test_limits_of_the_baselines_file_count_before_the_general_ones(root: Root) -> None:
    capture(root, "1.1.0", BASE, thresholds={"warning": 12, "failure": 40})
    capture(root, "1.2.0", slower(0.30))

    assert compare(root).exit_code == 0


@pytest.mark.parametrize("bad", [0, -1, float("nan"), None, "fast"])
def test_a_baseline_that_is_no_positive_number_is_not_comparable_with_the_reason(root: Root, bad: Any) -> None:
    capture(capture(root, "1.1.0", {P50: bad, P95: 10}), "1.2.0", {P50: 1250, P95: 10})

    found = json.loads(compare(root, "--format", "json").stdout)["comparisons"][0]["metrics"]
    (row,) = [row for row in found if row["metric"] == P50]
    assert (row["status"], row["level"]) == ("not comparable", None)
    assert row["note"]


def test_several_baselines_are_compared_one_after_the_other(root: Root) -> None:
    capture(capture(capture(root, "1.8.0", BASE), "1.9.0", slower(0.2)), "1.10.0", slower(0.3))

    found = compare(root, "--baseline", "1.8.0", "--baseline", "v1.9.0")
    assert found.stdout.count("Performance Comparison: v1.10.0 vs") == 2
    assert found.exit_code == 1
    assert compare(root, "--baseline", "v1.9.0").exit_code == 0


def test_without_a_name_the_capture_before_the_newest_is_the_baseline(root: Root) -> None:
    for version in ("1.8.0", "1.10.0", "1.9.0"):
        capture(root, version, BASE)

    assert compare(root).stdout.startswith("Performance Comparison: v1.10.0 vs v1.9.0")
    assert compare(root, "--current", "1.9.0").stdout.startswith("Performance Comparison: v1.9.0 vs v1.8.0")


def test_files_elsewhere_can_be_named(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", slower(0.5))
    (root.folder / "benchmarks").rename(root.folder / "baselines")

    files = [str(root.folder / f"baselines/v1.{number}.0.yaml") for number in (1, 2)]
    assert compare(root, "--baseline", files[0], "--current", files[1]).exit_code == 1
    assert compare(root, "--baselines-dir", str(root.folder / "baselines")).exit_code == 1


def test_json_export_for_ci_is_described_by_its_schema(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE | {"odd": 1, "parse_ms": 3}), "1.2.0", slower(0.3) | {"odd": 2, "parse_ms": 3})

    for policy in ("threshold", "noise"):
        found = json.loads(compare(root, "--format", "json", "--policy", policy).stdout)
        jsonschema.validate(found, SCHEMA)
    told = json.loads(compare(root, "--format", "json").stdout)["comparisons"][0]
    counts = {"compared": 5, "not_comparable": 0, "missing": 0, "warnings": 0, "failures": 1}
    assert told["summary"] == counts | {"passed": False}
    inferred = {row["metric"]: row["inferred"] for row in told["metrics"]}
    assert (inferred["parse_ms"], inferred["odd"], inferred[P50]) == (True, False, False)


def test_other_platforms_are_compared_only_where_that_is_asked_for(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", BASE, platform="linux-x86_64")

    assert "darwin-arm64" in str(compare(root).exception)
    found = compare(root, "--cross-platform")
    assert found.exit_code == 0
    assert "machines differ" in found.stderr


def test_by_noise_only_what_iterations_show_fails(root: Root) -> None:
    samples = [1250 + 3 * (place * 7 % 11 - 5) for place in range(40)]
    capture(root, "1.1.0", BASE, workload={"samples_ms": samples})
    capture(root, "1.2.0", slower(0.5) | {P95: 9000}, workload={"samples_ms": [1.5 * value for value in samples]})
    found = compare(root, "--policy", "noise")
    assert found.exit_code == 1
    assert "regressed [" in found.stdout

    capture(root, "1.2.0", BASE | {P95: 9000}, workload={"samples_ms": samples[::-1]})
    found = compare(root, "--policy", "noise")
    assert found.exit_code == 0
    assert "threshold only" in found.stdout


@pytest.mark.parametrize("captures", [0, 1])
def test_too_few_captures_exit_3_and_name_the_command(root: Root, captures: int) -> None:
    for number in range(captures):
        capture(root, f"1.{number + 1}.0", BASE)

    found = compare(root)
    assert found.exit_code == 3
    assert "driftline benchmark capture" in found.stderr


def test_an_unknown_baseline_is_an_error_that_names_those_there_are(root: Root) -> None:
    capture(capture(root, "1.1.0", BASE), "1.2.0", BASE)

    assert "v1.1.0" in str(compare(root, "--baseline", "v9").exception)
    assert compare(root, "--baseline", "v9", "--ci").exit_code == 3


def test_names_of_others_are_known_alike_by_the_model_and_the_configuration(root: Root) -> None:
    assert dict(root.rows("select alias, metric from metric_aliases")) == ALIASES


def test_hostile_names_reach_neither_terminal_nor_table(root: Root) -> None:
    odd = "\x1b[31m| x_ms"
    for number in (1, 2):
        capture(root, f"1.{number}.0", {odd: number, **BASE}, name=f"\x1b[2J| {number}")

    assert "\x1b" not in compare(root).stdout
    markdown = compare(root, "--format", "markdown").stdout
    assert "\x1b" not in markdown
    assert {line.replace("\\|", "").count("|") for line in markdown.splitlines() if line.startswith("|")} == {6}
