"""Reads what a frozen profile consists of: the YAML, its stage_truth.json and its monitor.log."""

from __future__ import annotations

import math
import re
from typing import Any

from driftline.artifacts.decode import decode, json_object
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import count, excerpt, moment, number, storable, text
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems

TOTALS = "(totals)"
KNOWN_STAGES = (
    "rss_feed_fetch",
    "media_download",
    "audio_preprocessing",
    "transcription",
    "speaker_detection",
    "transcript_cleaning",
    "summarization",
    "gi_generation",
    "kg_extraction",
    "vector_indexing",
)
TOTAL_METRICS = ("wall_time_s", "peak_rss_mb", "avg_wall_time_per_episode_s")
_TICK = re.compile(
    r"(?P<at>\S+) pid=(?P<pid>\d+) stage=(?P<stage>\S+)(?: episodes=\S+)?"
    r" rss_mb=(?P<rss_mb>\S+) peak_rss_mb=(?P<peak_rss_mb>\S+) cpu_pct=(?P<cpu_pct>\S+) elapsed_s=(?P<elapsed_s>\S+)"
)
_SECTION = re.compile(r"# \S.* monitor \(")


def read_profile(data: bytes, profile: str, file_id: int, batch: Batch, problems: Problems) -> bool:
    """Header, stages, totals and captures of a profile. Returns False for a mapping that is no profile."""
    document = load_mapping(data, problems)
    if document is None:
        return bool(problems)
    content = document.content
    if "release" not in content or not ("stages" in content or "totals" in content):
        return False
    release = None if content["release"] is None else text(document.written.get("release"))
    if release is None:
        problems.error("the profile has no release", "write `release: <tag>` and refresh")
        return True
    environment = _mapping(content, "environment", problems)
    promoted = _mapping(content, "promoted", problems)
    measurement = _mapping(content, "measurement", problems)
    header: Row = {
        "release": release,
        "captured_at": _captured_at(content.get("date"), problems, document.lines.get("date")),
        "dataset_id": text(content.get("dataset_id")),
        "hostname": text(environment.get("hostname")),
        "platform": text(environment.get("platform")) or text(environment.get("os")),
        "device": text(environment.get("device")),
        "episodes_processed": count(content.get("episodes_processed"), "episodes_processed", problems),
        "promoted_id": text(promoted.get("promoted_id")),
        "git_sha": text(environment.get("git_sha")),
        "git_dirty": environment.get("git_dirty") if isinstance(environment.get("git_dirty"), bool) else None,
        "attribution": text(content.get("attribution")),
        "rounds": text(measurement.get("rounds")),
        "looks": count(measurement.get("looks"), "measurement.looks", problems),
        **_totals(content, problems),
    }
    batch.add("profiles", file_id, {"profile": profile, **header})
    listed = content.get("warnings")
    doubts = "; ".join(doubt for doubt in listed if isinstance(doubt, str)) if isinstance(listed, list) else ""
    for key, value in (document.leaves("environment") | ({"warnings": doubts} if doubts else {})).items():
        stated = {"key": storable(key), "value": text(value)}
        if stated["value"] is not None:
            batch.add("environments", file_id, {"profile": profile, **stated})
    stages = _stages(content, problems)
    for row in stages:
        batch.add("stage_values", file_id, {"profile": profile, **row})
    for row in _captures(content, header, stages, problems):
        batch.add("captures", file_id, {"profile": profile, **row})
    return True


def _captured_at(value: Any, problems: Problems, line: int | None) -> str | None:
    captured = moment(value)
    if captured is None:
        what = "no date" if value is None else f"date is no ISO time: {excerpt(value)}"
        problems.warning(f"{what}; the profile sorts first", "write it as 2026-04-10T09:18:35Z", line)
    return captured


def _captures(content: dict[Any, Any], header: Row, stages: list[Row], problems: Problems) -> list[Row]:
    """Each capture's values; a profile without the key is one capture of its own."""
    captures = content.get("captures")
    if captures is None:
        return _capture(1, header["captured_at"], header, stages)
    if not isinstance(captures, list):
        problems.warning("captures is not a list", "write one entry for each capture")
        return []
    rows: list[Row] = []
    for order, capture in enumerate(captures, start=1):
        if isinstance(capture, dict):
            totals, measured = _totals(capture, problems), _stages(capture, problems)
            rows += _capture(order, moment(capture.get("started_at")), totals, measured)
        else:
            problems.warning(f"capture {order} is not an object", "write stages and totals of the capture")
    return rows


def _capture(order: int, started_at: str | None, totals: Row, stages: list[Row]) -> list[Row]:
    """The totals that are stated, and every metric of every stage."""
    measured = [(TOTALS, metric, totals[metric]) for metric in TOTAL_METRICS if totals[metric] is not None]
    measured += [(row["stage"], row["metric"], row["value"]) for row in stages]
    return [
        {"capture": order, "started_at": started_at, "stage": stage, "metric": metric, "value": value}
        for stage, metric, value in measured
    ]


def _totals(source: dict[Any, Any], problems: Problems) -> Row:
    totals = _mapping(source, "totals", problems)
    return {metric: number(totals.get(metric), f"totals.{metric}", problems, low=0) for metric in TOTAL_METRICS}


def _stages(source: dict[Any, Any], problems: Problems) -> list[Row]:
    rows: list[Row] = []
    stages = _mapping(source, "stages", problems)
    seen = {TOTALS}
    for position, (name, measured) in enumerate(stages.items()):
        stage = storable(str(name)).strip()
        if stage in seen:
            problems.warning(f"the name of stage {excerpt(stage)} is taken", "give each stage a name of its own")
            continue
        seen.add(stage)
        if not isinstance(measured, dict):
            problems.warning(f"stage {excerpt(stage)} is not an object", "write its metrics as an object")
            continue
        order = KNOWN_STAGES.index(stage) + 1 if stage in KNOWN_STAGES else len(KNOWN_STAGES) + 1 + position
        for row in _stage(stage, measured, problems):
            rows.append({"stage": stage, "stage_order": order, **row})
    return rows


def _stage(stage: str, measured: dict[Any, Any], problems: Problems) -> list[Row]:
    """The metrics of a stage. A peak of 0 MB in a stage that took time, or null, means that no sample fell into it."""
    values = {
        storable(str(metric)): number(value, f"{stage}.{metric}", problems, low=0)
        for metric, value in measured.items()
        if not isinstance(value, (dict, list))
    }
    unsampled = values.get("peak_rss_mb") == 0 and (values.get("wall_time_s") or 0) > 0
    rows = []
    for metric, value in values.items():
        sampled = metric not in ("peak_rss_mb", "avg_cpu_pct") or not (unsampled or measured.get(metric) is None)
        rows.append({"metric": metric, "value": value if sampled else None, "sampled": sampled})
    return rows


def _mapping(parent: dict[Any, Any], name: str, problems: Problems) -> dict[Any, Any]:
    value = parent.get(name)
    if value is None or isinstance(value, dict):
        return value or {}
    problems.warning(f"{name} is not an object: {excerpt(value)}", "write an object; the rest is loaded")
    return {}


def read_stage_truth(data: bytes, profile: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Lines and bytes of the monitor trace as the freeze noted them."""
    content = json_object(data, problems)
    if content is None:
        return
    monitor = _mapping(content, "rfc065_monitor", problems)
    row = {name: count(monitor.get(name), name, problems) for name in ("lines", "bytes")}
    batch.add(
        "stage_truths",
        file_id,
        {"profile": profile, "monitor_lines": row["lines"], "monitor_bytes": row["bytes"]},
    )


def read_monitor_log(data: bytes, profile: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Every tick of an appended monitor log; a section begins at each `# … monitor (` line."""
    section = 0
    lines = decode(data, problems).split("\n")
    for index, line in enumerate(lines, start=1):
        if _SECTION.match(line):
            section += 1
            continue
        tick = _TICK.match(line)
        if tick:
            batch.add("monitor_samples", file_id, _tick(tick, profile, max(section, 1), index, problems))
        elif " pid=" in line:
            problems.warning("the line is no complete tick", "none: the other ticks are loaded", index)
    whole = len(lines) - (lines[-1] == "")
    batch.add("monitor_logs", file_id, {"profile": profile, "lines": whole, "bytes": len(data)})


def _tick(tick: re.Match[str], profile: str, section: int, line: int, problems: Problems) -> Row:
    def measured(name: str) -> float | None:
        try:
            value = float(tick[name])
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        problems.warning(f"{name} is not a number: {excerpt(tick[name])}", "none: the tick keeps its others", line)
        return None

    values = {name: measured(name) for name in ("rss_mb", "peak_rss_mb", "cpu_pct", "elapsed_s")}
    pid = int(tick["pid"]) if len(tick["pid"]) < 18 else None
    where = {"profile": profile, "section": section, "at": moment(tick["at"]), "pid": pid}
    return {**where, "stage": storable(tick["stage"]), **values}
