"""The history of what was recorded: `<root>/history/<platform>.jsonl`, to which records are added and from which none
goes."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from driftline.artifacts.history import FOLDER, history_folder, platform_named
from driftline.artifacts.reading import file_bytes
from driftline.errors import UserError
from driftline.files import file_name, write_atomically
from driftline.lifecycle.history_reading import Record, history_files, read_records, tracked
from driftline.lifecycle.history_values import facts, metric_value, metric_values
from driftline.lifecycle.json_lines import append_objects
from driftline.places import writable_root

# The metrics of the tracking guide: each is a key of every run, None where it was not measured.
GUIDE_METRICS = (
    "embedding_throughput", "vector_search_latency", "query_latency_no_vllm", "query_latency_vllm",
    "db_insertion_throughput", "peak_memory_gb", "avg_memory_gb", "cache_hit_rate", "tokens_per_second", "avg_mrr",
    "avg_ndcg",
)  # fmt: skip
# What others call a field of a record.
SPELLINGS = {"commit": "git_commit", "branch": "git_branch"}
UNKNOWN_PLATFORM, UNKNOWN_TYPE = "unknown", "manual"
MOST_EXPORTED = 10_000
# So many records make a baseline.
ROLLING = 5
SQLITE = b"SQLite format 3\0"


class PerformanceHistory:
    """Records and answers questions about them, on the folder of a root, of PERFORMANCE_DB_PATH, or of `db_path`.

    A path that ends with .db, .sqlite or .jsonl means the folder that it lies in; an SQLite file that lies there is
    never written: `driftline history import` reads it. Times are UTC. Metrics may have any name; a run has the metrics
    of the tracking guide in any case, None where they were not measured. A metric may be asked for by any of the names
    that the registry knows for it.
    """

    def __init__(self, db_path: str | os.PathLike[str] | None = None) -> None:
        self.folder = history_folder(db_path) or writable_root() / FOLDER
        self._last_platform: str | None = None
        named = Path(db_path or os.environ.get("PERFORMANCE_DB_PATH", "").strip() or self.folder)
        if is_sqlite(named) and not history_files(self.folder):
            warnings.warn(
                f"{named} is an SQLite file, which is not written to: `driftline history import {named}` takes its runs"
                f" over into {self.folder}",
                stacklevel=2,
            )

    def record_run(self, metrics: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> int:
        """Adds a record and returns its running number on its platform, from 1.

        `metadata` may hold platform ("unknown" without), run_type ("manual" without), git_commit or commit, git_branch
        or branch, python_version, num_test_queries, test_duration_seconds, notes, provider and workload. Raises
        UserError for metrics that are no numbers or are named as what a run has beside them, for metadata that is no
        text or number, and where the file cannot be written.
        """
        record = new_record(metrics, metadata or {})
        append_records(self.folder, [record])
        self._last_platform = record["platform"]
        runs = self._records(record["platform"])
        return next(int(run["id"]) for run in runs if run["record_id"] == record["record_id"])

    def get_recent_runs(self, platform: str, limit: int = 50) -> list[Record]:
        """The newest runs of a platform, newest first: id, record_id, timestamp, what is known of it, its metrics."""
        return [_run(record) for record in self._ordered(platform)[::-1][:limit]]

    def get_baseline(self, platform: str, metric: str, min_runs: int = ROLLING) -> float | None:
        """The median of the last `min_runs` values that are usable, in the metric's unit; None where there are fewer.
        Runs with a workload or a provider are left out, and values below 0 where less or more is better: as the model
        has it."""
        records = self._ordered(platform)
        return tracked(records, [metric])[metric].baseline(records, min_runs)

    def get_trend(self, platform: str, metric: str, days: int = 30) -> list[tuple[datetime, float]]:
        """Time in UTC and value of the last `days` days, oldest first, whatever was worked on; runs without the metric
        are left out. Raises UserError where `days` is no number."""
        since, records = _since(days), self._ordered(platform)
        named = tracked(records, [metric])[metric]
        points = [
            (datetime.fromisoformat(record["recorded_at"]), value)
            for record in records
            if record["recorded_at"] and (value := named.value_in(record)) is not None
        ]
        return [(at, value) for at, value in points if since is None or at >= since]

    def compare_to_baseline(
        self, metrics: Mapping[str, Any], platform: str, threshold: float | None = None
    ) -> dict[str, list[tuple[str, float, float, float]]]:
        """(metric, current, baseline, change) by regressions, improvements, stable; `change` is a signed fraction of
        the rolling baseline. `threshold` is a fraction, else REGRESSION_THRESHOLD, else 0.20. Metrics without a
        baseline, or that cannot be compared, are in none of them. Raises UserError for what is no number."""
        from driftline.tracking import held_against_baselines
        from driftline.variables import threshold_of

        numbers = {str(name): metric_value(str(name), value) for name, value in metrics.items()}
        values = {name: value for name, value in numbers.items() if isinstance(value, (int, float))}
        records = self._ordered(platform)
        known = tracked(records, values)
        # Where a metric is given under two names its own counts, as in a record.
        given = {known[name].metric: name for name in sorted(values, key=lambda name: known[name].metric == name)}
        based = {metric: known[name].baseline(records, ROLLING) for metric, name in given.items()}
        held = {metric: values[given[metric]] for metric, baseline in based.items() if baseline is not None}
        rows = held_against_baselines(held, based, threshold_of(threshold))
        lists = {"regressed": "regressions", "improved": "improvements", "stable": "stable"}
        found: dict[str, list[tuple[str, float, float, float]]] = {name: [] for name in lists.values()}
        for row in rows:
            if row["status"] in lists:
                change = row["change_pct"] / 100
                found[lists[row["status"]]].append((given[row["metric"]], row["value"], row["baseline"], change))
        return found

    def get_available_platforms(self) -> list[str]:
        """The platforms that have a record, sorted."""
        return sorted({record["platform"] for record in self._records()})

    def get_run_by_id(self, run_id: int, platform: str | None = None) -> Record | None:
        """The run with this running number on a platform: the one recorded to last, else the only one there is.
        Raises UserError where several platforms have records and none is named."""
        platform = platform or self._last_platform
        platforms = self.get_available_platforms()
        if platform is None and len(platforms) > 1:
            raise UserError(
                f"runs are numbered on each platform: {', '.join(platforms)}", "name one: get_run_by_id(3, platform)"
            )
        return next((_run(record) for record in self._records(platform) if record["id"] == run_id), None)

    def get_stats(self) -> dict[str, Any]:
        """total_runs, num_platforms, first_run and last_run (UTC), db_path: the folder."""
        records = self._records()
        times = sorted(record["recorded_at"] for record in records if record["recorded_at"])
        return {
            "total_runs": len(records),
            "num_platforms": len({record["platform"] for record in records}),
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
        """The records of a platform in the order of time."""
        return sorted(self._records(platform), key=lambda record: (record["recorded_at"] or "", record["id"]))

    def _records(self, platform: str | None = None) -> list[Record]:
        """The records of one platform or of all in the order in which they stand, with their running number as `id`."""
        wanted = platform_named(platform) if platform is not None else None
        numbers: dict[str, int] = {}
        found = []
        for record in read_records(self.folder):
            number = numbers[record["platform"]] = numbers.get(record["platform"], 0) + 1
            if wanted in (None, record["platform"]):
                found.append({"id": number, **record})
        return found


def _run(record: Record) -> Record:
    """A record with its metrics beside its facts, which no metric hides."""
    metrics = {**dict.fromkeys(GUIDE_METRICS), **record["metrics"]}
    known = {name: value for name, value in record.items() if name not in ("metrics", "recorded_at", "line")}
    first = {"id": record["id"], "timestamp": record["recorded_at"]}
    return {**first, **metrics, **known, **first}


def _since(days: float) -> datetime | None:
    """So many days ago; None where that is before all time."""
    try:
        return datetime.now(UTC) - timedelta(days=days)
    except OverflowError:
        return None if days > 0 else datetime.max.replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise UserError(f"days is no number: {days!r}", "give how many days to look back, such as 30") from None


def new_record(metrics: Mapping[str, Any], metadata: Mapping[str, Any]) -> Record:
    """A record of now. A value that is not finite is written as text, so that the gap can tell what it was. Raises
    UserError for metrics and metadata that cannot be recorded: see history_values."""
    values = metric_values(metrics)
    stated = {SPELLINGS.get(name, name): value for name, value in metadata.items() if value is not None}
    record: Record = {
        "record_id": uuid4().hex,
        "recorded_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "platform": UNKNOWN_PLATFORM,
        "run_type": UNKNOWN_TYPE,
    }
    return {**record, **facts(stated), "metrics": values}


def history_file(folder: Path, platform: str) -> Path:
    """The file of a platform in the folder of a history."""
    return folder / f"{file_name(platform)}.jsonl"


def append_records(folder: Path, records: Sequence[Record]) -> list[Path]:
    """Adds records to the files of their platforms; the files. Raises UserError where one cannot be written."""
    return append_objects(records, lambda platform: history_file(folder, platform))


def is_sqlite(path: Path) -> bool:
    """Whether the file is a database of SQLite."""
    try:
        return file_bytes(path)[: len(SQLITE)] == SQLITE
    except OSError:
        return False
