"""Makes a record of the JSON of Google Benchmark: one record a file, times in milliseconds."""

from __future__ import annotations

import statistics
from datetime import datetime
from typing import Any

from driftline.artifacts.foreign_json import named
from driftline.artifacts.foreign_records import (
    IMPORTED,
    MEASUREMENT,
    Metrics,
    Record,
    apart,
    in_utc,
    is_measurement,
    new_record,
    time_or,
)
from driftline.artifacts.run_json import mapping
from driftline.artifacts.values import excerpt, text
from driftline.errors import Problems

TO_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1000.0}
TIMES, RATES = ("real_time", "cpu_time"), ("items_per_second", "bytes_per_second")
# All that the library writes of a benchmark; any other number is a counter of its author.
WRITTEN = {
    *("name", "run_name", "run_type", "family_index", "per_family_instance_index", "label"),
    *("repetitions", "repetition_index", "threads", "iterations", "time_unit", *TIMES, *RATES),
    *("aggregate_name", "aggregate_unit", "error_occurred", "error_message", "skipped", "skip_message"),
}
COMPLEXITY = {"big_o", "rms", "cpu_coefficient", "real_coefficient"}
# Before it wrote offsets, the library wrote the local time so.
OLD_DATE = "%Y/%m/%d-%H:%M:%S"
Entry = dict[str, Any]


def read_google_benchmark(content: dict[str, Any], file_time: str, problems: Problems) -> Record:
    """Real and CPU time of every benchmark, and its rates; of repetitions the median.

    Counters of the author's are taken where the end of their name tells a unit or a direction (`_rate`, `_mb` …): of
    the others nobody could say which way is better. Fits of complexity are no measurements.
    """
    context = mapping(content, "context", problems)
    entries = named(content["benchmarks"], "benchmark", ("run_name", "name"), problems)
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for name, entry in entries:
        if not COMPLEXITY & entry.keys():
            place = [entry.get(index) for index in ("family_index", "per_family_instance_index")]
            groups.setdefault((name, *(index if isinstance(index, int) else None for index in place)), []).append(entry)
    metrics, unknown = Metrics(problems), set[str]()
    for label, repetitions in zip(apart([name for name, *_ in groups]), groups.values(), strict=True):
        unknown |= _put(label, repetitions, metrics)
    if unknown:
        shown = ", ".join(excerpt(name) for name in sorted(unknown)[:5])
        problems.add(
            "info",
            f"{len(unknown)} counters tell no unit and no direction and are not taken: {shown}",
            "give a counter that counts an end such as _ms, _mb, _errors or _per_second",
        )
    version, build = (text(context.get(name)) for name in ("library_version", "library_build_type"))
    return new_record(
        "google-benchmark",
        content,
        recorded_at=_date(context.get("date"), file_time, problems),
        run_type=IMPORTED,
        metrics=metrics.values,
        notes=f"Google Benchmark {version or ''}".strip() + (f", {build} build of the library" if build else ""),
    )


def _put(label: str, repetitions: list[Entry], metrics: Metrics) -> set[str]:
    """The metrics of one benchmark; the names of its counters that tell nothing."""
    medians = [entry for entry in repetitions if entry.get("aggregate_name") == "median"]
    taken = medians[:1] or [entry for entry in repetitions if entry.get("aggregate_name") is None]
    fault = _fault(repetitions, taken)
    if fault:
        metrics.problems.warning(f"{label} {fault}; its values are left out", "mend it and measure again")
        for name in TIMES:
            metrics.put(f"{label}_{name}_ms", None)
        return set()
    for name in TIMES:
        scaled = [_in_ms(entry, name) for entry in taken]
        metrics.put(f"{label}_{name}_ms", _median(scaled))
    counters = dict.fromkeys(name for entry in taken for name in entry if name not in WRITTEN)
    given = [name for name in RATES if any(name in entry for entry in taken)]
    for name in (*given, *filter(MEASUREMENT.search, counters)):
        metrics.put(f"{label}_{name}", _median([entry.get(name) for entry in taken]))
    silent = {name for name in counters if not MEASUREMENT.search(name)}
    return {name for name in silent if any(isinstance(entry.get(name), (int, float)) for entry in taken)}


def _fault(repetitions: list[Entry], taken: list[Entry]) -> str | None:
    """Why the benchmark tells nothing: one repetition that failed is enough, as the library aggregates none then."""
    for entry in repetitions:
        for sign, message, what in (
            ("error_occurred", "error_message", "failed"),
            ("skipped", "skip_message", "was skipped"),
        ):
            if entry.get(sign) not in (None, False):
                return f"{what}: {excerpt(entry.get(message))}"
    if not taken:
        return "has neither a median nor single repetitions"
    for unit in (entry.get("time_unit", "ns") for entry in taken):
        if not isinstance(unit, str) or unit not in TO_MS:
            return f"has an unknown unit of time: {excerpt(unit)}"
    return None


def _in_ms(entry: Entry, name: str) -> Any:
    value: Any = entry.get(name)
    return float(value) * TO_MS[entry.get("time_unit", "ns")] if is_measurement(value) else value


def _median(values: list[Any]) -> Any:
    """The median; where a value is missing or no measurement, that value, for whoever refuses it."""
    for value in values:
        if not is_measurement(value):
            return value
    return statistics.median(map(float, values))


def _date(value: Any, file_time: str, problems: Problems) -> str:
    try:
        told = in_utc(datetime.strptime(value, OLD_DATE), None) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        told = None
    if told is None:
        return time_or(value, "context.date", file_time, problems)
    problems.add(
        "info",
        f"context.date has no zone and was read as local time of this machine: {excerpt(value)}",
        "import the file on the machine that wrote it, or set TZ",
    )
    return told
