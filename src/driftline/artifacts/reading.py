"""Opens one artifact and hands its bytes to the reader of its kind; what cannot be opened is a problem."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from driftline.artifacts import history, noise, perf_baselines, profile, root_files, run_json, run_lines
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.scan import Found
from driftline.errors import Problems

RUN_READERS = {
    "metrics": run_json.read_metrics,
    "predictions": run_lines.read_predictions,
    "fingerprint": run_json.read_fingerprint,
    "baseline": run_json.read_baseline,
    "run_summary": run_json.read_run_summary,
    "diagnostics": run_lines.read_diagnostics,
}
KEYED_READERS = {
    "stage_truth": profile.read_stage_truth,
    "monitor_log": profile.read_monitor_log,
    "noise": noise.read_noise,
    "history": history.read_history,
}
# Readers that say whether the file is theirs at all.
ASKED_READERS = {"profile": profile.read_profile, "benchmark": perf_baselines.read_benchmark}
# What is made of the rows of a file: totals as soon as it is read, scores when they are asked for.
DERIVED_KINDS = {
    "predictions": {"run_facts", "prediction_errors", "run_values", "scores", "reruns"},
    "diagnostics": {"run_values"},
}
# Kinds of which each row says in which file it stands.
FILED_KINDS = {"profiles", "history_records", "perf_baselines"}
ROOT_READERS = {
    "releases": root_files.read_releases,
    "settings": root_files.read_settings,
    "platform_baselines": perf_baselines.read_platform_baselines,
}


def read(root: Path, found: Found, file_id: int) -> Batch:
    """All rows and problems of one artifact, the row of `artifacts` that says how it went included."""
    batch, problems = Batch(), Problems()
    if found.fault is not None:
        batch.add_problem(file_id, found.artifact, found.shown, found.fault)
        return _note(batch, found, file_id, "failed", 0)
    try:
        data = file_bytes(os.path.join(root, found.rel))
    except OSError as error:
        problems.error(f"the file cannot be read: {error.strerror}", "check its owner and permissions")
        batch.add_problems(file_id, found.artifact, found.shown, problems)
        return _note(batch, found, file_id, "failed", found.signature[0])
    counts = True
    try:
        counts = _dispatch(data, found, file_id, batch, problems)
    except RecursionError:
        problems.error("not usable: nested too deeply", "write the file again; everything else is still loaded")
    if not counts:
        return Batch()
    batch.add_problems(file_id, found.artifact, found.shown, problems)
    severities = {problem.severity for problem in problems}
    status = "failed" if "error" in severities else "partial" if "warning" in severities else "ok"
    for kind in FILED_KINDS & batch.rows.keys():
        for row in batch.rows[kind]:
            row["file"] = found.shown
    for profile_row in batch.rows.get("profiles", []):
        profile_row["status"] = status
    return _note(batch, found, file_id, status, len(data))


def note_plain(batch: Batch, found: Found, file_id: int) -> None:
    """The row of `artifacts` for a file that was read in bulk without any fault."""
    _note(batch, found, file_id, "ok", found.signature[0])


def note_totals(batch: Batch, artifact: str, totals: Row) -> None:
    """What a JSONL file says about its run as a whole, beside what the other artifacts of the run say."""
    file_id, run = totals.pop("file_id"), totals.pop("run")
    if artifact == "predictions":
        facts = {"dataset_id": totals.pop("dataset_id"), "episode_count": totals.pop("episodes")}
        batch.add("run_facts", file_id, {"run": run, "artifact": artifact, **facts})
        for episode in totals.pop("failed_ids") or []:
            batch.add("prediction_errors", file_id, {"run": run, "episode_id": episode})
    for metric, value in totals.items():
        batch.add("run_values", file_id, {"run": run, "artifact": artifact, "metric": metric, "value": value})


def _note(batch: Batch, found: Found, file_id: int, status: str, size: int) -> Batch:
    row = {"artifact": found.artifact, "key": found.key, "file": found.shown, "bytes": size, "status": status}
    batch.add("artifacts", file_id, row)
    return batch


def _dispatch(data: bytes, found: Found, file_id: int, batch: Batch, problems: Problems) -> bool:
    if found.artifact in RUN_READERS:
        RUN_READERS[found.artifact](data, found.key, file_id, batch, problems)
    elif found.artifact in KEYED_READERS:
        KEYED_READERS[found.artifact](data, found.key, file_id, batch, problems)
    elif found.artifact in ROOT_READERS:
        ROOT_READERS[found.artifact](data, file_id, batch, problems)
    else:
        return ASKED_READERS[found.artifact](data, found.key, file_id, batch, problems)
    return True


def file_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of a regular file. Raises OSError.

    Opened without blocking and checked again, so that a pipe that took the file's place is never waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "no regular file")
        return file.read()
