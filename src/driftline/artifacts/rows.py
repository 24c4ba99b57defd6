"""The rows that readers make: one kind for each `source_*` relation, with DuckDB's column types.

`file_id` names one reading of one file; it is added by `Batch`, so that a changed file replaces all its rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from driftline.artifacts.values import storable
from driftline.errors import Problem, Problems

Row = dict[str, Any]

KINDS: dict[str, dict[str, str]] = {
    "artifacts": {"artifact": "VARCHAR", "key": "VARCHAR", "file": "VARCHAR", "bytes": "BIGINT", "status": "VARCHAR"},
    "problems": {
        "severity": "VARCHAR",
        "artifact": "VARCHAR",
        "file": "VARCHAR",
        "line": "BIGINT",
        "problem": "VARCHAR",
        "remedy": "VARCHAR",
    },
    "run_facts": {
        "run": "VARCHAR",
        "artifact": "VARCHAR",
        "dataset_id": "VARCHAR",
        "task": "VARCHAR",
        "model": "VARCHAR",
        "created_at": "TIMESTAMP",
        "release": "VARCHAR",
        "git_commit": "VARCHAR",
        "episode_count": "BIGINT",
    },
    "run_values": {
        "run": "VARCHAR",
        "artifact": "VARCHAR",
        "metric": "VARCHAR",
        "reference": "VARCHAR",
        "reference_order": "BIGINT",
        "value": "DOUBLE",
    },
    "run_gates": {"run": "VARCHAR", "episode_id": "VARCHAR", "gate": "VARCHAR"},
    "fingerprints": {"run": "VARCHAR", "leaves": "VARCHAR"},
    "predictions": {
        "run": "VARCHAR",
        "line": "BIGINT",
        "episode_id": "VARCHAR",
        "dataset_id": "VARCHAR",
        "error": "VARCHAR",
        "text": "VARCHAR",
        "structured": "VARCHAR",
        "text_chars": "BIGINT",
        "output_tokens": "DOUBLE",
        "tokens_source": "VARCHAR",
        "output_chars": "DOUBLE",
        "latency_s": "DOUBLE",
        "input_chars": "DOUBLE",
        "map_chunks": "BIGINT",
        "map_chars": "DOUBLE",
        "reduce_input_chars": "DOUBLE",
        "cost_usd": "DOUBLE",
    },
    "prediction_errors": {"run": "VARCHAR", "episode_id": "VARCHAR"},
    "scores": {
        "reference_file_id": "BIGINT",
        "run": "VARCHAR",
        "episode_id": "VARCHAR",
        "reference": "VARCHAR",
        "metric": "VARCHAR",
        "value": "DOUBLE",
    },
    "diagnostics": {
        "run": "VARCHAR",
        "line": "BIGINT",
        "episode_id": "VARCHAR",
        "chunks": "DOUBLE",
        "map_tokens": "DOUBLE",
        "reduce_input_tokens": "DOUBLE",
        "reduce_input_chars": "DOUBLE",
        "final_tokens": "DOUBLE",
    },
    "profiles": {
        "profile": "VARCHAR",
        "file": "VARCHAR",
        "status": "VARCHAR",
        "release": "VARCHAR",
        "captured_at": "TIMESTAMP",
        "dataset_id": "VARCHAR",
        "hostname": "VARCHAR",
        "platform": "VARCHAR",
        "device": "VARCHAR",
        "episodes_processed": "DOUBLE",
        "wall_time_s": "DOUBLE",
        "peak_rss_mb": "DOUBLE",
        "avg_wall_time_per_episode_s": "DOUBLE",
        "promoted_id": "VARCHAR",
        "git_sha": "VARCHAR",
        "git_dirty": "BOOLEAN",
        "attribution": "VARCHAR",
        "rounds": "VARCHAR",
        "looks": "BIGINT",
    },
    "environments": {"profile": "VARCHAR", "key": "VARCHAR", "value": "VARCHAR"},
    "stage_values": {
        "profile": "VARCHAR",
        "stage": "VARCHAR",
        "stage_order": "BIGINT",
        "metric": "VARCHAR",
        "value": "DOUBLE",
        "sampled": "BOOLEAN",
    },
    "captures": {
        "profile": "VARCHAR",
        "capture": "BIGINT",
        "started_at": "TIMESTAMP",
        "stage": "VARCHAR",
        "metric": "VARCHAR",
        "value": "DOUBLE",
    },
    "stage_truths": {"profile": "VARCHAR", "monitor_lines": "BIGINT", "monitor_bytes": "BIGINT"},
    "monitor_samples": {
        "profile": "VARCHAR",
        "section": "BIGINT",
        "at": "TIMESTAMP",
        "pid": "BIGINT",
        "stage": "VARCHAR",
        "rss_mb": "DOUBLE",
        "peak_rss_mb": "DOUBLE",
        "cpu_pct": "DOUBLE",
        "elapsed_s": "DOUBLE",
    },
    "monitor_logs": {"profile": "VARCHAR", "lines": "BIGINT", "bytes": "BIGINT"},
    "noise": {
        "recorded_at": "TIMESTAMP",
        "platform": "VARCHAR",
        "side": "VARCHAR",
        "metric": "VARCHAR",
        "scale": "VARCHAR",
        "stage": "VARCHAR",
        "baseline": "VARCHAR",
        "candidate": "VARCHAR",
        "difference": "DOUBLE",
        "variance": "DOUBLE",
        "pairs": "BIGINT",
    },
    "reruns": {
        "reference_file_id": "BIGINT",
        "recorded_at": "TIMESTAMP",
        "platform": "VARCHAR",
        "metric": "VARCHAR",
        "scale": "VARCHAR",
        "baseline": "VARCHAR",
        "candidate": "VARCHAR",
        "difference": "DOUBLE",
        "variance": "DOUBLE",
        "pairs": "BIGINT",
    },
    "verdicts": {
        "state": "VARCHAR",
        "scores": "BIGINT",
        "baseline": "VARCHAR",
        "candidate": "VARCHAR",
        "side": "VARCHAR",
        "metric": "VARCHAR",
        "reference": "VARCHAR",
        "stage": "VARCHAR",
        "verdict": "VARCHAR",
        "level": "VARCHAR",
        "effect_pct": "DOUBLE",
        "ci_low": "DOUBLE",
        "ci_high": "DOUBLE",
        "p": "DOUBLE",
        "q": "DOUBLE",
        "mde_pct": "DOUBLE",
        "n_pairs": "BIGINT",
        "n_captures": "BIGINT",
        "noise_source": "VARCHAR",
        "method": "VARCHAR",
        "reason": "VARCHAR",
        "pairs_needed": "BIGINT",
    },
    "history_records": {
        "file": "VARCHAR",
        "line": "BIGINT",
        "record_id": "VARCHAR",
        "recorded_at": "TIMESTAMP",
        "platform": "VARCHAR",
        "os_arch": "VARCHAR",
        "run_type": "VARCHAR",
        "git_commit": "VARCHAR",
        "git_branch": "VARCHAR",
        "python_version": "VARCHAR",
        "provider": "VARCHAR",
        "workload": "VARCHAR",
        "num_test_queries": "BIGINT",
        "test_duration_seconds": "DOUBLE",
        "notes": "VARCHAR",
    },
    "history_values": {"line": "BIGINT", "metric": "VARCHAR", "value": "DOUBLE", "note": "VARCHAR"},
    "change_points": {
        "state": "VARCHAR",
        "series": "VARCHAR",
        "metric": "VARCHAR",
        "record_id": "VARCHAR",
        "effect_pct": "DOUBLE",
        "level": "DOUBLE",
        "p": "DOUBLE",
        "verdict": "VARCHAR",
    },
    "perf_baselines": {
        "file": "VARCHAR",
        "origin": "VARCHAR",
        "name": "VARCHAR",
        "version": "VARCHAR",
        "platform": "VARCHAR",
        "os_arch": "VARCHAR",
        "workload": "VARCHAR",
        "provider": "VARCHAR",
        "iterations": "BIGINT",
        "captured_at": "TIMESTAMP",
        "git_commit": "VARCHAR",
        "metric": "VARCHAR",
        "value": "DOUBLE",
        "warn_pct": "DOUBLE",
        "fail_pct": "DOUBLE",
    },
    "benchmark_samples": {"workload": "VARCHAR", "sample": "BIGINT", "value": "DOUBLE"},
    "release_mappings": {"run": "VARCHAR", "release": "VARCHAR", "line": "BIGINT"},
    "verdict_settings": {"name": "VARCHAR", "number": "DOUBLE", "names": "VARCHAR[]"},
    "metric_overrides": {
        "metric": "VARCHAR",
        "warn_pct": "DOUBLE",
        "fail_pct": "DOUBLE",
        "warn_abs": "DOUBLE",
        "fail_abs": "DOUBLE",
        "min_abs": "DOUBLE",
    },
}


def columns(kind: str) -> dict[str, str]:
    """Column names and types of a kind as stored."""
    return {"file_id": "BIGINT", **KINDS[kind]}


def as_number(kinds: Iterable[str]) -> int:
    """Some kinds as one number, a bit for each."""
    return sum(1 << _PLACES[kind] for kind in kinds)


def kinds_in(number: int) -> list[str]:
    """The kinds of which `as_number` made the number."""
    return [kind for kind, place in _PLACES.items() if number >> place & 1]


_PLACES = {kind: place for place, kind in enumerate(KINDS)}


@dataclass
class Batch:
    """What was read from one or more files, by kind."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, kind: str, file_id: int, row: Row) -> None:
        self.rows.setdefault(kind, []).append({"file_id": file_id, **row})

    def extend(self, other: Batch) -> None:
        for kind, rows in other.rows.items():
            self.rows.setdefault(kind, []).extend(rows)

    def add_problem(self, file_id: int, artifact: str, file: str, problem: Problem) -> None:
        row = {"severity": problem.severity, "problem": storable(problem.problem), "remedy": storable(problem.remedy)}
        self.add("problems", file_id, {"artifact": artifact, "file": file, "line": problem.line, **row})

    def add_problems(self, file_id: int, artifact: str, file: str, problems: Problems) -> None:
        for problem in problems:
            self.add_problem(file_id, artifact, file, problem)
