"""The history of what was recorded: `<root>/history/<platform>.jsonl`, to which records are added and from which none
goes."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from driftline.artifacts.history import FOLDER, history_folder, platform_named, read_history
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.rows import Batch
from driftline.errors import Problems, UserError
from driftline.files import append_lines, file_name, write_atomically
from driftline.places import writable_root

Record = dict[str, Any]
# The metrics of the tracking guide: each is a key of every run, None where it was not measured.
GUIDE_METRICS = (
    "embedding_throughput", "vector_search_latency", "query_latency_no_vllm", "query_latency_vllm",
    "db_insertion_throughput", "peak_memory_gb", "avg_memory_gb", "cache_hit_rate", "tokens_per_second", "avg_mrr",
    "avg_ndcg",
)  # fmt: skip
# What others call a field of a record.
SPELLINGS = {"commit": "git_commit", "branch": "git_branch"}
FIELDS = (
    "platform", "run_type", "git_commit", "git_branch", "python_version", "os_arch", "num_test_queries",
    "test_duration_seconds", "notes", "provider", "workload",
)  # fmt: skip
UNKNOWN_PLATFORM, UNKNOWN_TYPE = "unknown", "manual"
MOST_EXPORTED = 10_000
SQLITE = b"SQLite format 3\0"


class PerformanceHistory:
    """Records and answers questions about them, on the folder of a root, of PERFORMANCE_DB_PATH, or of `db_path`.

    A path that ends with .db, .sqlite or .jsonl means the folder that it lies in; an SQLite file that lies there is
    never written: `driftline history import` reads it. Times are UTC. Metrics may have any name; a run has the metrics
    of the tracking guide in any case, None where they were not measured.
    """

    def __init__(self, db_path: str | os.PathLike[str] | None = None) -> None:
        self.folder = history_folder(db_path) or writable_root() / FOLDER
        self._last_platform: str | None = None
        named = Path(db_path or os.environ.get("PERFORMANCE_DB_PATH", "").strip() or self.folder)
        if is_sqlite(named) and not any(self.folder.glob("*.jsonl")):
            warnings.warn(
                f"{named} is an SQLite file, which is not written to: `driftline history import {named}` takes its runs"
                f" over into {self.folder}",
                stacklevel=2,
            )

    def record_run(self, metrics: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> int:
        """Adds a record and returns its running number on its platform, from 1.

        `metadata` may hold platform ("unknown" without), run_type ("manual" without), git_commit or commit, git_branch
        or branch, python_version, num_test_queries, test_duration_seconds, notes, provider and workload. Raises
        UserError for metrics that are no numbers and where the file cannot be written.
        """
        record = new_record(metrics, metadata or {})
        append_records(self.folder, [record])
        self._last_platform = record["platform"]
        numbers = [run["id"] for run in self._runs(record["platform"]) if run["record_id"] == record["record_id"]]
        return int(numbers[0])

    def get_recent_runs(self, platform: str, limit: int = 50) -> list[Record]:
        """The newest runs of a platform, newest first: id, record_id, timestamp, what is known of it, its metrics."""
        return self._ordered(platform)[::-1][:limit]

    def get_baseline(self, platform: str, metric: str, min_runs: int = 5) -> float | None:
        """The median of the last `min_runs` values that are usable, in the metric's unit; None where there are fewer.
        A value below 0 is not usable."""
        values = [value for run in self._ordered(platform) if (value := run.get(metric)) is not None and value >= 0]
        return float(median(values[-min_runs:])) if min_runs > 0 and len(values) >= min_runs else None

    def get_trend(self, platform: str, metric: str, days: int = 30) -> list[tuple[datetime, float]]:
        """Time in UTC and value of the last `days` days, oldest first; runs without the metric are left out."""
        since = datetime.now(UTC) - timedelta(days=days)
        points = [
            (datetime.fromisoformat(run["timestamp"]), float(run[metric]))
            for run in self._ordered(platform)
            if run["timestamp"] and run.get(metric) is not None
        ]
        return [(at, value) for at, value in points if at >= since]

    def compare_to_baseline(
        self, metrics: Mapping[str, Any], platform: str, threshold: float | None = None
    ) -> dict[str, list[tuple[str, float, float, float]]]:
        """(metric, current, baseline, change) by regressions, improvements, stable; `change` is a signed fraction of
        the rolling baseline. `threshold` is a fraction, else REGRESSION_THRESHOLD, else 0.20. Metrics without a
        baseline, or that cannot be compared, are in none of them."""
        from driftline.tracking import held_against_baselines
        from driftline.variables import threshold_of

        based = {name: baseline for name in metrics if (baseline := self.get_baseline(platform, name)) is not None}
        rows = held_against_baselines({name: metrics[name] for name in based}, based, threshold_of(threshold))
        lists = {"regressed": "regressions", "improved": "improvements", "stable": "stable"}
        found: dict[str, list[tuple[str, float, float, float]]] = {name: [] for name in lists.values()}
        for row in rows:
            if row["status"] in lists:
                change = row["change_pct"] / 100
                found[lists[row["status"]]].append((row["metric"], row["value"], row["baseline"], change))
        return found

    def get_available_platforms(self) -> list[str]:
        """The platforms that have a record, sorted."""
        return sorted({run["platform"] for run in self._runs()})

    def get_run_by_id(self, run_id: int, platform: str | None = None) -> Record | None:
        """The run with this running number on a platform: the one recorded to last, else the only one there is.
        Raises UserError where several platforms have records and none is named."""
        platform = platform or self._last_platform
        platforms = self.get_available_platforms()
        if platform is None and len(platforms) > 1:
            raise UserError(
                f"runs are numbered on each platform: {', '.join(platforms)}", "name one: get_run_by_id(3, platform)"
            )
        return next((run for run in self._runs(platform) if run["id"] == run_id), None)

    def get_stats(self) -> dict[str, Any]:
        """total_runs, num_platforms, first_run and last_run (UTC), db_path: the folder."""
        runs = self._runs()
        times = sorted(run["timestamp"] for run in runs if run["timestamp"])
        return {
            "total_runs": len(runs),
            "num_platforms": len({run["platform"] for run in runs}),
            "first_run": times[0] if times else None,
            "last_run": times[-1] if times else None,
            "db_path": str(self.folder),
        }

    def export_to_json(self, platform: str, output_path: str | os.PathLike[str]) -> None:
        """Writes the runs of a platform as JSON, newest first, 10,000 at most. Raises UserError if it cannot."""
        path = Path(output_path)
        text = json.dumps(self.get_recent_runs(platform, MOST_EXPORTED), indent=2, allow_nan=False) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "name a file that you may write") from error

    def _ordered(self, platform: str) -> list[Record]:
        """The runs of a platform in the order of time."""
        return sorted(self._runs(platform), key=lambda run: (run["timestamp"] or "", run["id"]))

    def _runs(self, platform: str | None = None) -> list[Record]:
        """The runs in the order in which they stand, of one platform or of all."""
        wanted = platform_named(platform) if platform is not None else None
        numbers: dict[str, int] = {}
        found = []
        for record in read_records(self.folder):
            number = numbers[record["platform"]] = numbers.get(record["platform"], 0) + 1
            if wanted in (None, record["platform"]):
                found.append(_run(record, number))
        return found


def _run(record: Record, number: int) -> Record:
    metrics = {**dict.fromkeys(GUIDE_METRICS), **record["metrics"]}
    known = {name: value for name, value in record.items() if name not in ("metrics", "recorded_at", "line")}
    return {"id": number, "timestamp": record["recorded_at"], **metrics, **known}


def read_records(folder: Path) -> list[Record]:
    """The records of all files of a folder, each record_id once, in the order in which they stand; `metrics` holds the
    finite numbers, `recorded_at` is UTC. What is no record is left out: `driftline check` lists it."""
    found: dict[str, Record] = {}
    for path in sorted(folder.glob("*.jsonl")):
        batch = Batch()
        read_history(file_bytes(path), path.stem, 0, batch, Problems())
        metrics: dict[int, dict[str, float | None]] = {}
        for row in batch.rows.get("history_values", []):
            metrics.setdefault(row["line"], {})[row["metric"]] = row["value"]
        for row in batch.rows.get("history_records", []):
            at = row["recorded_at"]
            told = {name: value for name, value in row.items() if name != "file_id"}
            told |= {"recorded_at": f"{at.replace(' ', 'T')}+00:00" if at else None}
            found.setdefault(row["record_id"], {**told, "metrics": metrics.get(row["line"], {})})
    return list(found.values())


def new_record(metrics: Mapping[str, Any], metadata: Mapping[str, Any]) -> Record:
    """A record of now. A value that is not finite is written as text, so that the gap can tell what it was. Raises
    UserError where there is no metric, or one that is no number."""
    if not metrics:
        raise UserError("there is nothing to record", "give at least one metric: name and number")
    stated = {SPELLINGS.get(name, name): value for name, value in metadata.items() if value is not None}
    record: Record = {
        "record_id": uuid4().hex,
        "recorded_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "platform": UNKNOWN_PLATFORM,
        "run_type": UNKNOWN_TYPE,
    }
    record |= {name: stated[name] for name in FIELDS if name in stated}
    record["platform"] = str(record["platform"])
    return {**record, "metrics": {str(name): _number(str(name), value) for name, value in metrics.items()}}


def _number(name: str, value: Any) -> float | str | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UserError(f"{name} is no number: {value!r}", "record numbers in the unit that the name says") from None
    if not math.isfinite(number):
        return str(number)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else number


def append_records(folder: Path, records: Sequence[Record]) -> list[Path]:
    """Adds records to the files of their platforms, those of a file in one write; the files. Raises UserError where one
    cannot be written."""
    lines: dict[str, list[str]] = {}
    for record in records:
        lines.setdefault(file_name(record["platform"]), []).append(json.dumps(record, allow_nan=False))
    written = []
    for name, texts in lines.items():
        path = folder / f"{name}.jsonl"
        try:
            append_lines(path, "\n".join(texts) + "\n")
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "check who owns the folder") from error
        written.append(path)
    return written


def is_sqlite(path: Path) -> bool:
    """Whether the file is a database of SQLite."""
    try:
        return file_bytes(path)[: len(SQLITE)] == SQLITE
    except OSError:
        return False
