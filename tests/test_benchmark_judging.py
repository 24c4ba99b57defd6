"""`driftline benchmark compare`: what is no pass, which captures are compared, and what --ci exits with."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from driftline.cli.commands import app
from driftline.errors import UserError
from roots import Root

SCHEMA = json.loads((resources.files("driftline") / "reports" / "benchmark_comparison.schema.json").read_text())
P50, THROUGHPUT, PEAK = "generation_latency_p50", "throughput_per_minute", "memory_peak_mb"
BASE = {P50: 1250, THROUGHPUT: 48, PEAK: 512}
FINE = "all metrics within acceptable thresholds"


@pytest.fixture(autouse=True)
def _elsewhere(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration lies where the command runs."""
    (root.folder / "here").mkdir()
    monkeypatch.chdir(root.folder / "here")


def capture(root: Root, name: str, metrics: dict[str, Any], day: int | None = None, **workload: Any) -> Root:
    content: dict[str, Any] = {
        "version": name.removeprefix("v"), "environment": {"platform": "darwin-arm64"},
        "workloads": {"standard": {"metrics": metrics, **workload}},
    }  # fmt: skip
    if day:
        content["captured_at"] = f"2025-01-{day:02d}T10:30:00Z"
    return root.file(f"benchmarks/{name}.yaml", yaml.safe_dump(content, sort_keys=False))


def compare(root: Root, *options: str) -> Any:
    return CliRunner().invoke(app, ["benchmark", "compare", "--root", str(root.folder), *options])


def told(root: Root, *options: str) -> Any:
    found = json.loads(compare(root, "--format", "json", *options).stdout)
    jsonschema.validate(found, SCHEMA)
    return found["comparisons"][0]


def test_the_newest_capture_as_baseline_leaves_nothing_to_compare(root: Root) -> None:
    """An older one held against it would turn each regression round."""
    capture(capture(root, "v1.10", BASE, 1), "v1.11", BASE | {P50: 2500}, 2)

    for names in (["v1.11"], ["v1.10", "v1.11"]):
        found = compare(root, *(word for name in names for word in ("--baseline", name)))
        assert (found.exit_code, found.stdout) == (3, "")
        assert "v1.11 is the newest capture itself" in found.stderr
        assert "driftline benchmark capture" in found.stderr
    assert compare(root, "--baseline", "v1.11", "--ci").exit_code == 3
    assert compare(root, "--baseline", "v1.11", "--current", "v1.10").exit_code == 0


def test_without_times_the_version_says_what_is_newer(root: Root) -> None:
    capture(capture(root, "v1.9", BASE), "v1.10", BASE)

    assert compare(root, "--baseline", "v1.10").exit_code == 3
    assert compare(root, "--baseline", "v1.9").stdout.startswith("Performance Comparison: v1.10 vs v1.9")


def test_the_time_counts_before_the_version(root: Root) -> None:
    capture(capture(root, "v2.0", BASE, 1), "v1.9", BASE, 2)

    assert compare(root, "--baseline", "v2.0").stdout.startswith("Performance Comparison: v1.9 vs v2.0")
    found = compare(root, "--current", "v2.0")
    assert (found.exit_code, "there is no capture before v2.0" in found.stderr) == (3, True)


@pytest.mark.parametrize(
    ("metrics", "missing", "not_comparable"),
    [({P50: None, THROUGHPUT: 48, PEAK: 512}, 0, 1), ({THROUGHPUT: 48, PEAK: 512}, 1, 0), ({PEAK: -1}, 2, 1)],
)
def test_a_metric_that_could_not_be_compared_is_no_pass(
    root: Root, metrics: dict[str, Any], missing: int, not_comparable: int
) -> None:
    capture(capture(root, "v1", BASE | {"parse_s": 1.0}, 1), "v2", metrics | {"parse_s": 1.0}, 2)
    summary = told(root)["summary"]

    assert (summary["missing"], summary["not_comparable"], summary["passed"]) == (missing, not_comparable, None)
    found = compare(root)
    assert found.exit_code == 0
    assert FINE not in found.stdout
    line = next(line for line in found.stdout.splitlines() if line.startswith("Summary"))
    assert line.startswith(f"Summary: {missing + not_comparable} of 4 metrics of the baseline could not be compared: ")
    assert f"{P50} (standard)" in line
    assert compare(root, "--ci").exit_code == 1


def test_a_failure_counts_more_than_what_could_not_be_compared(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", {P50: 2500}, 2)

    assert told(root)["summary"]["passed"] is False
    assert compare(root).exit_code == 1
    assert compare(root, "--ci").exit_code == 2
    assert "2 of 3 metrics" in compare(root).stdout


def test_what_only_the_current_one_has_takes_nothing_from_a_pass(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", BASE | {"parse_s": 1.0}, 2)

    assert told(root)["summary"]["passed"] is True
    assert FINE in compare(root).stdout
    assert compare(root, "--ci").exit_code == 0


def test_a_long_list_of_what_could_not_be_compared_is_cut(root: Root) -> None:
    capture(capture(root, "v1", BASE | {f"step{n:02d}_ms": 1 for n in range(30)}, 1), "v2", BASE, 2)

    assert "30 of 33 metrics of the baseline could not be compared" in compare(root).stdout
    assert "step09_ms (standard) and 20 more" in compare(root).stdout


@pytest.mark.parametrize(("metric", "value"), [(P50, 0), (PEAK, 0), ("parse_s", 0.0), ("odd_latency", 0)])
def test_nothing_takes_no_time_and_no_memory(root: Root, metric: str, value: float) -> None:
    capture(capture(root, "v1", BASE | {metric: 5}, 1), "v2", BASE | {metric: value}, 2)

    (row,) = [row for row in told(root)["metrics"] if row["metric"] == metric]
    assert (row["status"], row["note"], row["level"]) == ("not comparable", "the value is 0", None)
    assert compare(root, "--ci").exit_code == 1


def test_a_count_or_a_throughput_of_0_is_compared(root: Root) -> None:
    capture(capture(root, "v1", BASE | {"parse_errors": 5}, 1), "v2", BASE | {"parse_errors": 0, THROUGHPUT: 0}, 2)

    levels = {row["metric"]: row["level"] for row in told(root)["metrics"]}
    assert (levels["parse_errors"], levels[THROUGHPUT]) == ("ok", "fail")


@pytest.mark.parametrize("current", ["b", None])
def test_what_another_provider_did_is_not_comparable_unless_asked_for(root: Root, current: str | None) -> None:
    capture(capture(root, "v1", BASE, 1, provider="a"), "v2", BASE, 2, **({"provider": current} if current else {}))

    rows = told(root)["metrics"]
    assert {row["status"] for row in rows} == {"not comparable"}
    assert rows[0]["note"] == f"measured with {current or 'no provider'}, the baseline with a"
    found = compare(root)
    assert found.exit_code == 3
    assert "--cross-provider" in found.stderr

    across = told(root, "--cross-provider")
    assert across["summary"]["passed"] is True
    assert "measured with a, then with" in across["other_provider"]
    assert "Warning: providers differ" in compare(root, "--cross-provider").stdout


def test_the_same_provider_is_compared(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1, provider="a"), "v2", BASE, 2, provider="a")

    assert told(root)["summary"]["passed"] is True
    assert "provider" not in compare(root).stderr


@pytest.mark.parametrize(
    "options",
    [["--threshold", "abc"], ["--nosuch"], ["--format", "pdf"], ["--output", "file/x"], ["--config", "none.toml"]],
)
def test_with_ci_every_error_exits_3(root: Root, options: list[str]) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", BASE, 2)
    Path("file").touch()

    found = compare(root, "--ci", *options)
    assert (found.exit_code, found.stdout) == (3, "")
    assert found.stderr
    assert compare(root, *options).exit_code != 3


def test_with_ci_a_fault_of_driftline_is_no_warning(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftline.benchmark_pairs.pick", lambda *_: 1 / 0)

    found = compare(root, "--ci")
    assert (found.exit_code, "ZeroDivisionError" in found.stderr) == (3, True)
    assert compare(root, "--ci", "--help").exit_code == 0


def test_text_of_artifacts_is_text_in_markdown(root: Root) -> None:
    odd = "stan`dard** <b>x</b> [y](http://e) @all"
    for number in (1, 2):
        capture(root, f"v{number}", {f"<i>[m](http://e)|`{number}_ms": 1, "x](http://e) <b>_ms": number}, number)
        path = root.folder / f"benchmarks/v{number}.yaml"
        content = yaml.safe_load(path.read_text())
        content |= {"name": f"# {odd} {number}", "workloads": {odd: content["workloads"]["standard"]}}
        content["environment"]["platform"] = odd * number
        path.write_text(yaml.safe_dump(content))
    found = compare(root, "--format", "markdown", "--cross-platform")

    assert found.exit_code == 1
    for hostile in ("<b>", "<i>", "](http", "://e", "@all", "stan`", "dard**"):
        assert hostile not in found.stdout
    assert "Failure: x\\]\\(http" in found.stdout
    assert "could not be compared: &lt;i&gt;" in found.stdout


def test_by_noise_limits_and_terms_are_printed(root: Root) -> None:
    samples = [1250 + 3 * (place * 7 % 11 - 5) for place in range(40)]
    for number in (1, 2):
        capture(root, f"v{number}", BASE, number, samples_ms=samples)
    found = compare(root, "--policy", "noise", "--threshold", "15").stdout

    assert "Policy: noise, warning from 10 %, failure from 15 %; limits included." in found
    assert "intervals of 95 %, sessions assumed to differ by 5 %" in found


def test_by_noise_what_has_one_value_on_each_side_warns_at_most(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", BASE | {PEAK: 5120}, 2)

    assert {row["metric"]: row["level"] for row in told(root, "--policy", "noise")["metrics"]}[PEAK] == "warn"
    assert compare(root, "--policy", "noise", "--ci").exit_code == 1
    assert compare(root, "--ci").exit_code == 2


def test_a_warning_above_the_failure_is_refused(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", BASE | {P50: 1251}, 2)

    found = compare(root, "--warn-threshold", "40")
    assert isinstance(found.exception, UserError)
    assert "--warn-threshold is above the failure limit (25 %)" in str(found.exception)
    assert compare(root, "--warn-threshold", "40", "--fail-threshold", "50").exit_code == 0
    assert compare(root, "--warn-threshold", "25").exit_code == 0

    Path("driftline.toml").write_text(
        "[benchmarks.thresholds]\nfail = 50\n[benchmarks.limits.memory_peak_mb]\nfail = 30"
    )
    assert f"of {PEAK} (30 %)" in str(compare(root, "--warn-threshold", "40").exception)
    assert compare(root, "--warn-threshold", "30").exit_code == 0


def test_a_failure_below_the_warning_takes_it_along(root: Root) -> None:
    capture(capture(root, "v1", BASE, 1), "v2", BASE, 2)

    (levels,) = {(row["warn_pct"], row["fail_pct"]) for row in told(root, "--fail-threshold", "5")["metrics"]}
    assert levels == (5, 5)
