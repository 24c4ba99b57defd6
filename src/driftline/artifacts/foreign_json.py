"""Makes records of the JSON of pytest-benchmark and hyperfine: one record a file, times in milliseconds."""

from __future__ import annotations

from collections import Counter
from typing import Any

from driftline.artifacts.foreign_records import IMPORTED, Metrics, Record, apart, is_measurement, new_record, time_or
from driftline.artifacts.run_json import mapping
from driftline.artifacts.values import excerpt, text
from driftline.errors import Problems

# Seconds to milliseconds, bytes to MB as everywhere in driftline.
MS, MB = 1000.0, 1 / 2**20
STATISTICS = ("median", "mean", "min")
TIMES = (*STATISTICS, "user", "system")
# What pytest-benchmark writes where it found no repository.
NO_COMMIT = ("unversioned", "unknown", "(unknown)", "(detached head)")


def read_pytest_benchmark(content: dict[str, Any], file_time: str, problems: Problems) -> Record:
    """The statistics of every benchmark; percentiles only of samples that were saved. A time without a zone is UTC.

    Platform `<system>_<machine>`; `extra_info` and `options` are not taken.
    """
    machine, commit = (mapping(content, name, problems) for name in ("machine_info", "commit_info"))
    entries = named(content["benchmarks"], "benchmark", ("name", "fullname"), problems)
    shared = Counter(name for name, _ in entries)
    labels = [text(entry.get("fullname")) or name if shared[name] > 1 else name for name, entry in entries]
    metrics = Metrics(problems)
    for label, (_, entry) in zip(apart(labels), entries, strict=True):
        stats = entry.get("stats")
        if not isinstance(stats, dict):
            problems.warning(f"{label} has no statistics", "run the benchmark again; the others are taken")
            stats = {}
        for name in STATISTICS:
            metrics.put(f"{label}_{name}_ms", stats.get(name), MS)
        metrics.put_percentiles(label, stats.get("data"), MS)
    system, architecture = (text(machine.get(name)) for name in ("system", "machine"))
    version, dirty = text(content.get("version")), commit.get("dirty") is True
    id_, branch = (text(commit.get(name)) for name in ("id", "branch"))
    return new_record(
        "pytest-benchmark",
        content,
        recorded_at=time_or(content.get("datetime"), "datetime", file_time, problems),
        platform=f"{system}_{architecture}" if system and architecture else None,
        os_arch=f"{system.lower()}-{architecture}" if system and architecture else None,
        run_type=IMPORTED,
        git_commit=None if id_ in NO_COMMIT else id_,
        git_branch=None if branch in NO_COMMIT else branch,
        python_version=text(machine.get("python_version")),
        metrics=metrics.values,
        notes=f"pytest-benchmark {version or ''}".strip() + (", with uncommitted changes" if dirty else ""),
    )


def read_hyperfine(content: dict[str, Any], file_time: str, problems: Problems) -> Record:
    """The times of every command, and its peak memory where it was measured. The file has no time of its own.

    A command that failed, in any of its runs, has no values. Commands of one name are told apart by their parameters.
    """
    entries = named(content["results"], "result", ("command_name", "command"), problems)
    shared = Counter(name for name, _ in entries)
    labels = [name + (_parameters(entry) if shared[name] > 1 else "") for name, entry in entries]
    metrics = Metrics(problems)
    for label, (_, entry) in zip(apart(labels), entries, strict=True):
        codes = entry.get("exit_codes")
        failed = [code for code in codes if code != 0] if isinstance(codes, list) else []
        if failed:
            problems.warning(
                f"{label} failed in {len(failed)} of {len(codes or [])} runs; its values are left out",
                "mend the command and measure it again",
            )
        for name in TIMES:
            metrics.put(f"{label}_{name}_ms", None if failed else entry.get(name), MS)
        if not failed:
            metrics.put_percentiles(label, entry.get("times"), MS)
        memory = entry.get("memory_usage_byte")
        if memory is not None:
            metrics.put(f"{label}_peak_memory_mb", None if failed else _largest(memory), MB)
    problems.add(
        "info",
        "hyperfine writes no time; the record has the time of the file",
        "import the file from where it was written: a copy may have another time",
    )
    return new_record(
        "hyperfine", content, recorded_at=file_time, run_type=IMPORTED, metrics=metrics.values, notes="hyperfine"
    )


def named(
    entries: list[Any], what: str, fields: tuple[str, ...], problems: Problems
) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a list, each with its name: the first of the fields that holds one; others are a warning."""
    found = []
    for position, entry in enumerate(entries, start=1):
        name = next(filter(None, (text(entry.get(field)) for field in fields)), None) if isinstance(entry, dict) else ""
        if name:
            found.append((name, entry))
        else:
            problems.warning(f"{what} {position} has no name: {excerpt(entry)}", "write it again; the others are taken")
    return found


def _parameters(entry: dict[str, Any]) -> str:
    parameters = entry.get("parameters")
    if not isinstance(parameters, dict) or not parameters:
        return ""
    return "[" + ",".join(f"{name}={text(value) or ''}" for name, value in parameters.items()) + "]"


def _largest(memory: Any) -> Any:
    """The largest of the measured sizes; what is no measurement instead, for whoever refuses it."""
    sizes = memory if isinstance(memory, list) else [memory]
    return next((size for size in sizes if not is_measurement(size)), max(sizes, default=None))
