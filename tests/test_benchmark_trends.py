"""Captures and records over time in the terminal and as JSON; providers side by side; captures as a list."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from driftline.cli.commands import app
from roots import Root
from tracked import history, record, written

P50 = "generation_latency_p50"
VERSIONS = ("1.8.0", "1.9.0", "1.10.0", "1.11.0", "1.12.0")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def captured(root: Root, values: Sequence[Any]) -> Root:
    for version, value in zip(VERSIONS, values, strict=True):
        metrics = {P50: value} if value is not None else {"tokens_per_item": 3}
        content = {"version": version, "workloads": {"standard": {"metrics": metrics}}}
        root.file(f"benchmarks/v{version}.yaml", yaml.safe_dump(content))
    return root


def run(root: Root, *words: str) -> Any:
    return CliRunner().invoke(app, ["benchmark", *words, "--root", str(root.folder)])


def test_trends_are_visualised_in_the_terminal_in_the_order_of_versions(root: Root) -> None:
    found = run(captured(root, [1500, 2000, 2500, 1400, 1000]), "trends", "--metric", P50)

    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0].startswith("Latency, median, ms · benchmarks · standard · newest 1,000 ms, lower is better")
    assert lines[-1].split() == list(VERSIONS)
    # As high as the highest value, and the dots are there.
    assert "2500" in found.stdout
    assert found.stdout.count("●") == 5


def test_a_gap_is_not_joined_over(root: Root) -> None:
    """Without a line between them only the dots stand in the figure."""
    joined = run(captured(root, [1000, 2000, 1000, 2000, 1000]), "trends", "--metric", P50).stdout
    history(root, {"x_ms": [1.0, None, 1.0], "y_ms": [1.0, 1.0, 1.0]})
    gap = run(root, "trends", "--metric", "x_ms").stdout

    assert any("\u2800" < char <= "\u28ff" for char in joined)
    assert not any("\u2800" < char <= "\u28ff" for char in gap)
    assert gap.count("●") == 2


def test_trend_data_is_exported_as_json(root: Root, tmp_path: Path) -> None:
    target = tmp_path / "new" / "trends.json"
    found = run(captured(root, [3, 2, 1, 5, 4]), "trends", "--format", "json", "--output", str(target))

    assert found.exit_code == 0
    (series,) = json.loads(target.read_text())
    assert (series["metric"], series["unit"], series["better"]) == (P50, "ms", "lower")
    assert [(point["x"], point["value"]) for point in series["points"]] == list(
        zip(VERSIONS, [3, 2, 1, 5, 4], strict=True)
    )


def test_trends_are_found_by_the_names_of_other_programs(root: Root) -> None:
    captured(root, [1500, 2000, 2500, 1400, 1000])
    history(root, {"throughput_personas_per_minute": [48.0, 50.0]})

    for told, metric in (("latency_p50_ms", P50), ("throughput_personas_per_minute", "throughput_per_minute")):
        found = run(root, "trends", "--metric", told, "--format", "json")
        assert found.exit_code == 0
        assert {series["metric"] for series in json.loads(found.stdout)} == {metric}


def test_records_of_the_history_have_trends_too_within_the_days_asked_for(root: Root) -> None:
    history(root, {"query_latency_no_vllm": [8.0, 9.0, 10.0]})

    (series,) = json.loads(run(root, "trends", "--format", "json").stdout)
    assert series["series"] == "M1_Mac_16GB"
    assert [point["x"] for point in series["points"]] == ["#1", "#2", "#3"]
    assert run(root, "trends", "--days", "1").exit_code == 3
    refused = run(root, "trends", "--days", "99999999")
    assert (refused.exit_code, "36500" in refused.stderr) == (2, True)


def test_nothing_captured_exits_3_and_says_what_captures(root: Root) -> None:
    found = run(root, "trends")

    assert found.exit_code == 3
    assert "driftline benchmark capture" in found.stderr


def test_providers_that_were_recorded_are_compared_and_the_best_is_marked(root: Root) -> None:
    def of(provider: str, latency: float, throughput: float, first: int) -> list[dict[str, Any]]:
        metrics = {P50: latency, "throughput_per_minute": throughput, "generation_latency_stddev": 1.0}
        return [record(first + at, metrics, provider=provider, workload="standard") for at in range(3)]

    written(root, "M1_Mac_16GB", [*of("anthropic", 900, 40, 0), *of("openai", 1200, 60, 10)])
    found = run(root, "providers", "--recorded")

    assert found.exit_code == 0
    cells = {words[0]: words for words in (line.split() for line in found.stdout.splitlines()) if words}
    assert cells[P50] == [P50, "★", "900", "ms", "1,200", "ms"]
    assert cells["throughput_per_minute"][1:] == ["40.0", "items/min", "★", "60.0", "items/min"]
    assert "★" not in cells["generation_latency_stddev"]
    only = run(root, "providers", "--recorded", "--provider", "openai").stdout
    assert "anthropic" not in only


def test_providers_of_the_configuration_are_measured_side_by_side(root: Root, tmp_path: Path) -> None:
    """Each does the same work with an environment of its own."""
    (tmp_path / "driftline.toml").write_text(
        f"[benchmarks]\ncommand = [{json.dumps(sys.executable)}, '-S', '-c', 'pass']\n"
        "[benchmarks.providers.a]\nenv = {WHO = 'a'}\n[benchmarks.providers.b]\nenv = {WHO = 'b'}\n"
    )
    found = run(root, "providers", "--workload", "quick", "--iterations", "2", "--record")

    assert found.exit_code == 0, found.stderr
    assert {"a", "b"} <= set(found.stdout.split())
    assert root.rows("select provider, workload from history_records order by provider") == [
        ("a", "quick"), ("b", "quick"),
    ]  # fmt: skip


def test_without_providers_exit_3_says_where_they_stand(root: Root) -> None:
    found = run(root, "providers")

    assert found.exit_code == 3
    assert "[benchmarks.providers.NAME]" in found.stderr


def test_captures_are_listed_by_version(root: Root) -> None:
    found = run(captured(root, [1, 2, 3, 4, 5]), "list")

    assert found.exit_code == 0
    assert [line.split()[0] for line in found.stdout.splitlines()[2:]] == [f"v{version}" for version in VERSIONS]
    assert "standard" in run(root, "list", "--verbose").stdout
    assert run(Root(root.folder / "empty"), "list").exit_code == 3
