"""What records made of other programs' files have in common: their fields, ids, times, and the names of metrics."""

from __future__ import annotations

import hashlib
import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from driftline.artifacts.values import excerpt, number
from driftline.errors import Problems

Record = dict[str, Any]

FIELDS = (
    *("record_id", "recorded_at", "platform", "os_arch", "run_type", "git_commit", "git_branch", "python_version"),
    *("metrics", "num_test_queries", "test_duration_seconds", "notes", "provider", "workload"),
)
IMPORTED = "imported"
LONGEST_NAME, HEAD, TAIL = 200, 100, 86
# A percentile of fewer samples would be the largest of them under another name.
PERCENTILES = {95: 20, 99: 100}
MEASUREMENT = re.compile(r"(_latency\w*|_s|_ms|_mb|_gb|_errors|_throughput|_rate|_per_second|_per_minute)$")
MEASURE_AGAIN = "measure it again; the other values are taken"


def new_record(kind: str, identity: Any, **told: Any) -> Record:
    """A line of the history with every field; the same kind and identity give the same `record_id`."""
    text = json.dumps([kind, identity], sort_keys=True, default=repr)
    return {**dict.fromkeys(FIELDS), "record_id": digest(text, 32), **told}


def digest(text: str, length: int) -> str:
    """The first hex digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def in_utc(moment: datetime, zone: tzinfo | None = UTC) -> str:
    """ISO 8601 in UTC with microseconds; a moment without a zone is in `zone`, None being that of this machine.

    Raises ValueError or OverflowError at the ends of the calendar.
    """
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def told_time(value: Any, zone: tzinfo | None = UTC) -> str | None:
    """The ISO time that a text tells, as `in_utc` gives it; None where it tells none."""
    try:
        return in_utc(datetime.fromisoformat(value.strip()), zone) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def time_or(value: Any, name: str, file_time: str, problems: Problems) -> str:
    """The time that a text tells, else that of the file, with a warning; a time without a zone is UTC."""
    told = told_time(value)
    if told is None:
        problems.warning(
            f"{name} is no ISO time: {excerpt(value)}; the record has the time of the file",
            "write it as 2026-04-10T09:18:35Z",
        )
    return told or file_time


def metric_name(label: str) -> str:
    """The label as the name of a metric: no white space, no character that cannot be seen, at most 200 characters.

    Where it is cut a digest of the whole stands in the middle, so that two labels never become one.
    """
    name = "_".join(label.split())
    if not name.isprintable():
        name = "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()
            for letter in name
        )
    return name if len(name) <= LONGEST_NAME else f"{name[:HEAD]}_{digest(name, 12)}_{name[-TAIL:]}"


def apart(labels: Sequence[str]) -> list[str]:
    """The labels as names of which no two are the same: those that would be have a digest, or a number, behind them."""
    shared = {name for name, times in Counter(map(metric_name, labels)).items() if times > 1}
    written, names = Counter[str](), []
    for label in labels:
        written[label] += 1
        name = metric_name(label)
        if name in shared:
            again = f"#{written[label]}" if written[label] > 1 else ""
            name = f"{name}_{digest(label, 8)}{again}"
        names.append(name)
    return names


class Metrics:
    """Gathers the metrics of one record. What cannot be used is a problem and null, so that the gap shows."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.values: dict[str, float | None] = {}

    def put(self, label: str, value: Any, scale: float = 1.0, low: float | None = 0.0) -> None:
        """One metric; a name that was given before keeps its value."""
        name = metric_name(label)
        if name in self.values:
            self.problems.warning(f"{name} is given twice; the first value is taken", "name the benchmarks apart")
            return
        self.values[name] = measured(value, name, self.problems, scale, low)

    def put_percentiles(self, label: str, samples: Any, scale: float) -> None:
        """P95 and P99 by linear interpolation over all samples, in ms, each only where there are enough of them."""
        if not isinstance(samples, list):
            return
        strange = [sample for sample in samples if not is_measurement(sample)]
        if strange:
            self.problems.warning(
                f"{metric_name(label)} has samples that are no measurements, and so no percentiles: "
                f"{excerpt(strange[0])}",
                MEASURE_AGAIN,
            )
        for percent, enough in PERCENTILES.items():
            if len(samples) >= enough:
                self.put(f"{label}_p{percent}_ms", None if strange else _percentile(samples, percent), scale)


def measured(value: Any, name: str, problems: Problems, scale: float = 1.0, low: float | None = 0.0) -> float | None:
    """The number times `scale`; None with a warning where it is text, not finite or below `low`."""
    if isinstance(value, str):
        problems.warning(f"{name} is text, not a number: {excerpt(value)}", MEASURE_AGAIN)
        return None
    plain = number(value, name, problems, low=low)
    return plain if plain is None or scale == 1.0 else number(plain * scale, name, problems)


def is_measurement(value: Any) -> bool:
    """Whether a value is a finite number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return 0 <= float(value) < math.inf
    except OverflowError:
        return False


def _percentile(samples: list[float], percent: int) -> float:
    return statistics.quantiles(map(float, samples), n=100, method="inclusive")[percent - 1]
