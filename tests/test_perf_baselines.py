"""Baselines are read in every form that is found: of platforms, flat or not, and of versions in four layouts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from driftline.artifacts.scan import Places
from driftline.store import open_store
from roots import Root
from tracked import baselines, history

ROWS = "select platform, metric, value from platform_baselines order by platform, metric"

F_136 = """\
version: "1.12.0"
captured_at: "2025-01-15T10:30:00Z"
environment: {python_version: "3.12.0", platform: darwin-arm64}
workloads:
  standard:
    description: one item
    iterations: 100
    metrics: {generation_latency_p50: 1250, throughput_personas_per_minute: 48, memory_peak_mb: 512}
"""
F_139 = """\
name: nightly
version: 1.12.0
captured_at: 2025-01-15T10:30:00Z
environment: {platform: darwin-arm64, cpu: "M2", memory_gb: 16}
workloads:
  standard:
    iterations: 100
    metrics: {generation_latency_p50: 1250, throughput_per_minute: 48, memory_peak_mb: 512}
"""
R_022 = """\
version: "1.12.0"
captured: "2025-01-15"
environment: {os: macOS 14.2, hardware: "Mac Studio"}
workloads:
  standard: {latency_p50_ms: 1250, throughput_per_minute: 48, memory_peak_mb: 512}
"""
ADR_0032 = """\
version: "1.12.0"
captured_at: "2025-01-15T10:00:00Z"
environment: {platform: linux-x86_64}
metrics:
  generation:
    standard: {latency_p50_ms: 1250, throughput_per_minute: 48}
  memory: {standard_peak_mb: 512}
  startup: {cli_cold_ms: 500}
thresholds: {warning: 12, failure: 30}
"""
STANDARD = [("generation_latency_p50", 1250.0), ("memory_peak_mb", 512.0), ("throughput_per_minute", 48.0)]


@pytest.mark.parametrize(("layout", "name"), [(F_136, "v1"), (F_139, "nightly"), (R_022, "v1"), (ADR_0032, "v1")])
def test_all_four_layouts_of_a_versioned_baseline_say_the_same(root: Root, layout: str, name: str) -> None:
    root.file("benchmarks/v1.yaml", layout)

    found = root.rows("select metric, value from perf_baselines where workload = 'standard' order by metric")
    assert found == STANDARD
    facts = root.rows("select name, version, year(captured_at) from benchmark_files")
    assert facts == [(name, "1.12.0", 2025)]
    assert root.rows("from problems") == []


def test_limits_of_the_file_are_levels_of_its_metrics(root: Root) -> None:
    root.file("benchmarks/v1.yaml", ADR_0032)

    assert root.rows("select distinct warn_pct, fail_pct from perf_baselines") == [(12.0, 30.0)]


def test_a_limit_of_one_metric_counts_before_that_of_all(root: Root) -> None:
    limits = "thresholds: {warn: 12, fail: 30, memory_peak_mb: {warn: 20, fail: 50}}\n"
    root.file("benchmarks/v1.yaml", F_136 + limits)

    found = dict(root.rows("select metric, fail_pct from perf_baselines"))
    assert found == {"generation_latency_p50": 30.0, "throughput_per_minute": 30.0, "memory_peak_mb": 50.0}


@pytest.mark.parametrize("other", ["a: 1\n", "- 1\n", "", "workloads: 3\n"])
def test_yaml_that_is_no_baseline_is_none_and_no_problem(root: Root, other: str) -> None:
    root.file("benchmarks/notes.yaml", other).file("benchmarks/below/v1.yaml", F_136)

    assert root.rows("select source from benchmark_files") == []
    assert root.rows("select severity from problems where severity = 'error'") == []


def test_yaml_builds_no_objects(root: Root) -> None:
    root.file("benchmarks/v1.yaml", "version: !!python/object/apply:os.getcwd []\nworkloads: {}\n")

    assert [severity for (severity,) in root.rows("select severity from problems")] == ["error"]


def test_another_folder_may_hold_the_versioned_baselines(root: Root) -> None:
    elsewhere = root.folder.parent / "baselines"
    elsewhere.mkdir()
    (elsewhere / "v2.yaml").write_text(F_136)
    root.file("benchmarks/v1.yaml", F_136)

    with open_store(root.folder, places=Places(benchmarks=elsewhere)) as store:
        found = store.connection.execute("select name from benchmark_files").fetchall()
    assert found == [("v2",)]


def test_each_platform_has_its_baselines(root: Root) -> None:
    baselines(
        root, {"M1": {"avg_mrr": 0.85, "metadata": {"last_updated": "2025-01-07T10:00:00Z"}}, "A": {"avg_mrr": 1}}
    )

    assert root.rows(ROWS) == [("A", "avg_mrr", 1.0), ("M1", "avg_mrr", 0.85)]


def test_an_old_flat_file_is_of_the_platform_that_it_names(root: Root) -> None:
    baselines(root, {"avg_mrr": 0.85, "metadata": {"platform": "M1 Mac 16GB"}})

    assert root.rows(ROWS) == [("M1_Mac_16GB", "avg_mrr", 0.85)]


def test_a_flat_file_that_names_no_platform_is_a_problem(root: Root) -> None:
    baselines(root, {"avg_mrr": 0.85})

    assert root.rows(ROWS) == []
    assert root.rows("select severity from problems") == [("warning",)]


@pytest.mark.parametrize("metadata", [{}, {"metadata": {"platform": "M1"}}])
def test_a_fact_of_the_file_beside_platforms_is_no_baseline_and_no_warning(root: Root, metadata: Any) -> None:
    baselines(root, {"M1": {"avg_mrr": 0.85}, "revision": 7, "version": 2, "about": "text", **metadata})

    assert root.rows(ROWS) == [("M1", "avg_mrr", 0.85)]
    assert root.rows("from metrics where metric = 'revision'") == []
    ((severity, problem),) = root.rows("select severity, problem from problems")
    assert (severity, problem.endswith(": revision")) == ("info", True)


def test_a_known_metric_beside_platforms_is_of_the_platform_that_the_file_names(root: Root) -> None:
    history(root, {"mine_ms": [5]}, "M1")
    flat = {"avg_ndcg": 0.6, "mine_ms": 4, "other_ms": 3, "generation_latency_p95": 2, "avg_mrr": 0.1}
    baselines(root, {"M1": {"latency_p95_ms": 7, "avg_mrr": 1}, **flat, "metadata": {"platform": "M1"}})

    assert {(metric, value) for _, metric, value in root.rows(ROWS)} == {
        ("avg_mrr", 1.0), ("avg_ndcg", 0.6), ("generation_latency_p95", 7.0), ("mine_ms", 4.0)
    }  # fmt: skip


def test_a_metric_beside_platforms_of_no_platform_is_a_problem(root: Root) -> None:
    baselines(root, {"M1": {"avg_mrr": 0.85}, "avg_mrr": 0.5})

    assert root.rows(ROWS) == [("M1", "avg_mrr", 0.85)]
    ((severity, problem),) = root.rows("select severity, problem from problems")
    assert (severity, problem) == ("warning", "the file does not say of which platform these numbers are: avg_mrr")


@pytest.mark.parametrize("name", ["thresholds", "limits"])
def test_limits_at_the_top_hold_for_every_platform_that_sets_none(root: Root, name: str) -> None:
    own = {"a_ms": 5, "b_ms": 5, "thresholds": {"b_ms": 0.1}}
    flat = {"a_ms": 5, name: {"a_ms": 0.5}, "metadata": {"platform": "M1"}}
    statement = "select platform, metric, limit_pct from platform_baselines order by all"
    baselines(root, {"M1": own, "M2": {"a_ms": 5, "c_ms": 5}, name: {"a_ms": 0.5, "b_ms": 0.4}})

    assert root.rows(statement) == [
        ("M1", "a_ms", 50.0), ("M1", "b_ms", 10.0), ("M2", "a_ms", 50.0), ("M2", "c_ms", None)
    ]  # fmt: skip
    baselines(root, flat)
    assert root.rows(statement) == [("M1", "a_ms", 50.0)]


def test_the_file_below_tests_counts_where_the_root_has_none_of_its_own(root: Root) -> None:
    baselines(root, {"M1": {"avg_mrr": 0.5, "avg_ndcg": 0.6}}, "tests/performance_baselines.json")
    assert root.rows(ROWS) == [("M1", "avg_mrr", 0.5), ("M1", "avg_ndcg", 0.6)]

    baselines(root, {"M1": {"avg_mrr": 0.9}})
    assert root.rows(ROWS) == [("M1", "avg_mrr", 0.9), ("M1", "avg_ndcg", 0.6)]


@pytest.mark.parametrize("content", ["[]", "{", '{"M1": {"avg_mrr": {"a": 1}}}', '{"M1": {"avg_mrr": "0,5"}}', "\x00"])
def test_a_damaged_file_is_a_problem_and_no_baseline(root: Root, content: str) -> None:
    root.file("performance_baselines.json", content)

    assert [row for row in root.rows(ROWS) if row[2] is not None] == []
    assert len(root.rows("from problems")) == 1


def test_what_is_under_its_own_name_counts_before_what_others_call_it(root: Root) -> None:
    both: dict[str, Any] = {"throughput_per_minute": 50, "throughput_personas_per_minute": 40}
    root.file("benchmarks/v1.yaml", json.dumps({"version": "1", "workloads": {"quick": {"metrics": both}}}))

    assert root.rows("select metric, value from perf_baselines") == [("throughput_per_minute", 50.0)]
