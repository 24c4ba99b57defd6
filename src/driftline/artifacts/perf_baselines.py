"""Reads baselines: `performance_baselines.json`, of platforms, and `benchmarks/*.yaml`, of versions and workloads."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from driftline.artifacts.decode import json_object
from driftline.artifacts.history import is_number, platform_named
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import count, moment, number, storable, text
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems

METADATA, LIMITS = "metadata", ("thresholds", "limits")
RESERVED = (METADATA, *LIMITS)
# Numbers at the top of a file that are of the file and of no platform.
OF_THE_FILE = ("version", "schema_version", "format_version")
# The workload of metrics that are given for a version as a whole.
WHOLE = "default"
_WARN, _FAIL = ("warn", "warning"), ("fail", "failure")
_OF_WORKLOAD = re.compile(r"(?P<workload>.+)_(?P<metric>peak_mb|average_mb)")
NO_PLATFORM = "name it: `driftline baselines update --platform NAME`, or metadata.platform in the file"

Limits = tuple[float | None, float | None]


def read_platform_baselines(data: bytes, file_id: int, batch: Batch, problems: Problems) -> None:
    """One row a platform and metric of the guide's format. An old flat file is of the platform that its metadata names,
    blanks as underscores; numbers that stand beside platforms get the origin `flat`: they count only if they are known
    metrics of that platform. `thresholds` are fractions, {metric: 0.30}: of a platform, else of all in the file."""
    content = json_object(data, problems)
    if content is None:
        return
    general = _limits_in(content)
    objects = {name: told for name, told in content.items() if isinstance(told, dict) and name not in RESERVED}
    is_mixed = any(is_platform(name, entries) for name, entries in objects.items())
    flat = {name: value for name, value in content.items() if may_be_flat(name) and not isinstance(value, dict)}
    if is_mixed:
        flat = {name: value for name, value in flat.items() if value is None or _as_number(value) is not None}
    if flat:
        _read_flat(flat, content, objects, is_mixed, file_id, batch, problems)
    for platform, entries in objects.items():
        _read_platform(platform_named(storable(platform)), entries, general, file_id, batch, problems)


def is_platform(name: str, entries: Any) -> bool:
    """Whether it is the object of a platform: one that is empty or holds a number, metadata or limits."""
    if not isinstance(entries, dict) or name in RESERVED:
        return False
    return not entries or any(
        key in RESERVED or value is None or _as_number(value) is not None for key, value in entries.items()
    )


def may_be_flat(name: str) -> bool:
    """Whether a number of this name, below no platform, may be a metric, and not a fact of the file."""
    return name not in (*RESERVED, *OF_THE_FILE) and not name.startswith("$")


def flat_platform(content: Mapping[str, Any]) -> str | None:
    """The platform of an old flat file, as its metadata names it."""
    metadata = content.get(METADATA)
    name = text(metadata.get("platform")) if isinstance(metadata, dict) else None
    return platform_named(name.replace(" ", "_")) if name else None


def _as_number(value: Any) -> float | None:
    """A number, as text too."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _limits_in(entries: Mapping[str, Any]) -> dict[str, Any]:
    return next((entries[name] for name in LIMITS if isinstance(entries.get(name), dict)), {})


def _read_flat(
    flat: Mapping[str, Any],
    content: Mapping[str, Any],
    objects: Mapping[str, dict[str, Any]],
    is_mixed: bool,
    file_id: int,
    batch: Batch,
    problems: Problems,
) -> None:
    platform = flat_platform(content)
    own = {
        name: entries
        for key, entries in objects.items() if platform_named(storable(key)) == platform
        for name in entries
    }  # fmt: skip
    if is_mixed:
        _tell_beside(flat, platform, {name for entries in objects.values() for name in entries}, problems)
    elif platform is None:
        problems.warning("the file does not say of which platform its numbers are; nothing is held against them",
                         NO_PLATFORM)  # fmt: skip
    for name in sorted(own.keys() & flat.keys()):
        problems.warning(
            f"{storable(name)} stands flat and below {platform}: what stands below the platform counts",
            "`driftline baselines update` makes one of the two",
        )
    if is_mixed and platform is None:
        return
    general = _limits_in(content) | next((_limits_in(entries) for entries in own.values()), {})
    entries = {name: value for name, value in flat.items() if name not in own} | {METADATA: content.get(METADATA)}
    _read_platform(platform, entries, general, file_id, batch, problems, "flat" if is_mixed else "platform")


def _tell_beside(flat: Mapping[str, Any], platform: str | None, below: Collection[str], problems: Problems) -> None:
    """Whose are numbers that stand beside platforms? A name that stands below one of them is surely a metric."""
    surely = sorted(storable(name) for name in flat if name in below)
    others = sorted(storable(name) for name in flat if name not in below)
    if surely and platform is None:
        problems.warning(f"the file does not say of which platform these numbers are: {', '.join(surely)}", NO_PLATFORM)
    if others:
        unless = f", unless it is a known metric of {platform}" if platform else ""
        problems.add(
            "info", f"not read{unless}: {', '.join(others)}", "put it below its platform, if it is a baseline of one"
        )


def _read_platform(
    platform: str | None,
    entries: Mapping[str, Any],
    general: Mapping[str, Any],
    file_id: int,
    batch: Batch,
    problems: Problems,
    origin: str = "platform",
) -> None:
    metadata = entries.get(METADATA)
    stated = metadata if isinstance(metadata, dict) else {}
    limits = {**general, **_limits_in(entries)}
    for metric, value in entries.items():
        if metric in RESERVED:
            continue
        where = f"{platform or 'the file'}: {metric}"
        limit = number(limits.get(metric), f"the threshold of {where}", problems, low=0)
        if limit is not None and limit >= 1:
            problems.warning(
                f"the threshold of {where} is {limit:g}, and a fraction was expected", "write 0.2 for 20 %"
            )
            limit = None
        cleaned = _baseline_value(value, where, problems)
        row: Row = {
            "origin": origin,
            "name": platform or "flat file",
            "platform": platform,
            "captured_at": moment(stated.get("last_updated")),
            "git_commit": text(stated.get("git_commit")),
            "metric": storable(metric),
            "value": cleaned,
            "fail_pct": 100 * limit if limit else None,
        }
        batch.add("perf_baselines", file_id, row)


def read_benchmark(data: bytes, name: str, file_id: int, batch: Batch, problems: Problems) -> bool:
    """One row a workload and metric of a versioned baseline. Returns False for a mapping that is none.

    Four layouts are known: metrics below each workload or directly in it, and `metrics` of the whole file, nested by
    workload (`generation: {single: {…}}`, `memory: {single_peak_mb: …}`) or not. Limits are per cent.
    """
    document = load_mapping(data, problems)
    if document is None:
        return bool(problems)
    content = document.content
    workloads, metrics = content.get("workloads"), content.get("metrics")
    if not isinstance(workloads, dict) and not isinstance(metrics, dict):
        return False
    told = content.get("environment")
    environment: dict[str, Any] = told if isinstance(told, dict) else {}
    version = document.written.get("version") or text(content.get("version"))
    general = _limits(content)
    same: Row = {
        "origin": "benchmark",
        "name": text(document.written.get("name")) or os.path.basename(name),
        "version": text(version),
        "platform": text(environment.get("platform_id")),
        "os_arch": text(environment.get("platform")) or _system(environment),
        "captured_at": moment(content.get("captured_at") or content.get("captured")),
        "git_commit": text(environment.get("git_commit")),
    }
    for workload, facts, metric, value in _values(workloads, metrics):
        where = f"{workload}: {metric}"
        given = _limits(facts) if isinstance(facts, dict) else {}
        warn, fail = given.get(metric) or general.get(metric) or given.get("") or general.get("") or (None, None)
        iterations = facts.get("iterations") if isinstance(facts, dict) else None
        row: Row = {
            **same,
            "workload": storable(workload),
            "iterations": count(iterations, f"{workload}: iterations", problems),
            "provider": text(facts.get("provider")) if isinstance(facts, dict) else None,
            "metric": storable(metric),
            "value": _baseline_value(value, where, problems),
            "warn_pct": warn,
            "fail_pct": fail,
        }
        batch.add("perf_baselines", file_id, row)
    for workload, facts in workloads.items() if isinstance(workloads, dict) else []:
        samples = facts.get("samples_ms") if isinstance(facts, dict) else None
        for place, value in enumerate(samples if isinstance(samples, list) else [], start=1):
            cleaned = number(value, f"{workload}: samples_ms", problems, low=0)
            row = {"workload": storable(str(workload)), "sample": place, "value": cleaned}
            batch.add("benchmark_samples", file_id, row)
    return True


def _baseline_value(value: Any, where: str, problems: Problems) -> float | None:
    """A number to compare with; of what is not positive nothing can be told in per cent, and it is said."""
    cleaned = number(value, where, problems)
    if cleaned is not None and cleaned <= 0:
        problems.warning(
            f"{where} is {cleaned:g}: nothing can be compared with it", "measure it again: `driftline baselines update`"
        )
    return cleaned


def _system(environment: Mapping[str, Any]) -> str | None:
    """What an older layout says of the machine."""
    told = [text(environment.get(name)) for name in ("os", "hardware")]
    return " ".join(filter(None, told)) or None


def _values(workloads: Any, metrics: Any) -> Iterator[tuple[str, Any, str, Any]]:
    """Workload, what is said of it, metric and value of every leaf."""
    for workload, facts in workloads.items() if isinstance(workloads, dict) else []:
        if not isinstance(facts, dict):
            continue
        inner = facts.get("metrics")
        if isinstance(inner, dict):
            yield from ((str(workload), facts, str(metric), value) for metric, value in inner.items())
        else:
            known = ("iterations", "warmups", "outliers", "timeout", "items")
            yield from (
                (str(workload), facts, str(metric), value)
                for metric, value in facts.items()
                if is_number(value) and metric not in known
            )
    for group, inner in metrics.items() if isinstance(metrics, dict) else []:
        if not isinstance(inner, dict):
            yield WHOLE, None, str(group), inner
            continue
        for name, value in inner.items():
            if isinstance(value, dict):
                yield from ((str(name), None, str(metric), leaf) for metric, leaf in value.items())
                continue
            of_workload = _OF_WORKLOAD.fullmatch(str(name))
            if of_workload:
                yield of_workload["workload"], None, f"{group}_{of_workload['metric']}", value
            else:
                yield str(group), None, str(name), value


def _limits(facts: Mapping[str, Any]) -> dict[str, Limits]:
    """Levels by metric, in per cent; those of all metrics under no name."""
    found: dict[str, Limits] = {}
    for name in LIMITS:
        table = facts.get(name)
        if isinstance(table, dict):
            found[""] = _level(table, _WARN), _level(table, _FAIL)
            found |= {
                str(metric): (_level(levels, _WARN), _level(levels, _FAIL))
                for metric, levels in table.items()
                if isinstance(levels, dict)
            }
    return {metric: levels for metric, levels in found.items() if any(level is not None for level in levels)}


def _level(table: Mapping[Any, Any], names: tuple[str, ...]) -> float | None:
    return next((float(table[name]) for name in names if is_number(table.get(name)) and table[name] > 0), None)
