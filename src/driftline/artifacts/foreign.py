"""Imports what other benchmark tools wrote: one file becomes records of the history, and is itself never changed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driftline.artifacts.decode import json_object
from driftline.artifacts.foreign_google import read_google_benchmark
from driftline.artifacts.foreign_json import read_hyperfine, read_pytest_benchmark
from driftline.artifacts.foreign_records import Record, in_utc
from driftline.artifacts.foreign_sqlite import MAGIC, read_performance_db
from driftline.artifacts.reading import file_bytes
from driftline.errors import Problems, UserError

EXPECTED = (
    "give one of: a performance.db of the tracking guide (SQLite), or the JSON of pytest-benchmark (--benchmark-json),"
    " hyperfine (--export-json) or Google Benchmark (--benchmark_format=json)"
)


def read_foreign(path: Path, problems: Problems) -> list[Record]:
    """The records of a file, whose kind is told by what it holds; `platform` is None where the file does not say it.

    One record a row of an SQLite performance.db; one record of a whole file of pytest-benchmark, hyperfine or Google
    Benchmark; none, with a warning, where nothing was measured. The same content gives the same `record_id`s. Raises
    UserError where the file cannot be read, and where it is of another kind.
    """
    try:
        data = file_bytes(path)
        file_time = _file_time(path)
        if data.startswith(MAGIC):
            records = read_performance_db(path, data, file_time, problems)
        else:
            records = [_of_json(path, data, file_time, problems)]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", EXPECTED) from error
    measured = [record for record in records if record["metrics"]]
    if not measured:
        problems.warning("the file holds no measurement", "run the benchmarks and import what they write")
    return measured


def _file_time(path: Path) -> str:
    try:
        return in_utc(datetime.fromtimestamp(os.stat(path).st_mtime, UTC))
    except (ValueError, OverflowError) as error:
        raise UserError(f"the time of {path} is in no calendar: {error}", "`touch` the file") from error


def _of_json(path: Path, data: bytes, file_time: str, problems: Problems) -> Record:
    found = Problems()
    content = json_object(data, found)
    for problem in found:
        if problem.severity == "error":
            where = "" if problem.line is None else f", line {problem.line}"
            raise UserError(f"{path}{where}: {problem.problem}", EXPECTED)
        problems.add(problem.severity, problem.problem, problem.remedy, problem.line)
    benchmarks = content.get("benchmarks") if content else None
    if content and isinstance(benchmarks, list):
        if any(isinstance(content.get(name), dict) for name in ("machine_info", "commit_info")):
            return read_pytest_benchmark(content, file_time, problems)
        if isinstance(content.get("context"), dict):
            return read_google_benchmark(content, file_time, problems)
    if content and _is_hyperfine(content.get("results")):
        return read_hyperfine(content, file_time, problems)
    raise UserError(f"{path} is of no kind that can be imported", EXPECTED)


def _is_hyperfine(results: Any) -> bool:
    """Whether a list has a command with its times: many other tools call what they write `results`."""
    return isinstance(results, list) and any(
        isinstance(result, dict) and "command" in result and ("mean" in result or "times" in result)
        for result in results
    )
