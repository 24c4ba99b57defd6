"""Reads `history/<platform>.jsonl`: what was recorded of a program on one platform, a record a line."""

from __future__ import annotations

import hashlib
import json
import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from driftline.artifacts.decode import json_lines
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import count, excerpt, moment, number, storable, text
from driftline.errors import Problems

FOLDER = "history"
TEXTS = ("os_arch", "run_type", "git_commit", "git_branch", "python_version", "notes", "provider", "workload")
# What others call a platform, and what it is called here.
PLATFORM_ALIASES = {"GitHub_Actions_Darwin": "GitHub_Actions_macOS"}
TORN = "`driftline history compact` drops what was torn; the other lines are loaded"
FORM = "`driftline history record` writes such lines; remove this one"
# So far may the clocks of two machines lie apart, and times without a zone from UTC.
AHEAD = timedelta(days=1)

# A path with such an end names a file of a history: its folder is meant.
FILE_SUFFIXES = (".db", ".sqlite", ".sqlite3", ".jsonl")


def history_folder(named: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder of the history that is named, else the one of PERFORMANCE_DB_PATH; None where neither is: a root has
    its own. A path that ends with .db, .sqlite or .jsonl means the folder that it lies in."""
    told = os.fspath(named) if named else os.environ.get("PERFORMANCE_DB_PATH", "").strip()
    if not told:
        return None
    path = Path(told)
    return (path.parent if path.suffix in FILE_SUFFIXES and not path.is_dir() else path).absolute()


def read_history(data: bytes, platform: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """One row a record, and one for each of its metrics. `platform` is the name of the file, for lines that name none.

    A value that is no finite number is a gap, with a note that tells why. A record of more than a day ahead counts, and
    is a problem: what is recorded until then comes before it.
    """
    latest = (datetime.now(UTC) + AHEAD).replace(tzinfo=None).isoformat(" ")
    for line, item in json_lines(data, problems, TORN):
        metrics = item.get("metrics")
        if not isinstance(metrics, dict):
            problems.warning("the line has no metrics", FORM, line)
            continue
        at = moment(item.get("recorded_at"))
        if at is None:
            problems.warning(
                f"recorded_at is no time: {excerpt(item.get('recorded_at'))}; the record comes before all others",
                "write a time such as 2026-01-31T12:00:00Z",
                line,
            )
        elif at > latest:
            problems.warning(
                f"recorded_at is in the future: {at} UTC; the record counts as the newest one until then",
                "check the clock of what wrote it, and correct the time in this line",
                line,
            )
        record: Row = {
            "line": line,
            "record_id": text(item.get("record_id")) or record_digest(item),
            "recorded_at": at,
            "platform": platform_named(text(item.get("platform")) or platform),
            **{name: text(item.get(name)) for name in TEXTS},
            "num_test_queries": count(item.get("num_test_queries"), "num_test_queries", problems, line),
            "test_duration_seconds": number(item.get("test_duration_seconds"), "test_duration_seconds", problems, line),
        }
        batch.add("history_records", file_id, record)
        for name, value in metrics.items():
            cleaned = number(value, name, problems, line)
            note = f"not a finite number: {excerpt(value)}" if cleaned is None and value is not None else None
            batch.add(
                "history_values", file_id, {"line": line, "metric": storable(name), "value": cleaned, "note": note}
            )


def platform_named(name: str) -> str:
    """The platform as it is called here."""
    return PLATFORM_ALIASES.get(name, name)


def record_digest(record: dict[str, Any]) -> str:
    """A name for a record that has none: of its content, so that the same line again is the same record."""
    told = json.dumps(record, sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_number(value: Any) -> bool:
    """Whether it is a finite number, which a truth value is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
