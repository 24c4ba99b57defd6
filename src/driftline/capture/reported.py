"""Reads the stage times and the number of episodes that a program reports in a file of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from driftline.artifacts.profile import KNOWN_STAGES
from driftline.artifacts.reading import file_bytes
from driftline.capture.values import MOST_STAGES, finite, plain_name
from driftline.errors import UserError

# The pipeline metrics of RFC-064: stages whose time is a number of calls times their mean.
COUNTED = {
    "media_download": "download_media",
    "audio_preprocessing": "preprocessing",
    "transcription": "transcribe",
    "speaker_detection": "extract_names",
    "transcript_cleaning": "cleaning",
    "summarization": "summarize",
    "gi_generation": "gi",
    "kg_extraction": "kg",
}
SUMMED = {"rss_feed_fetch": ("time_scraping", "time_parsing"), "vector_indexing": ("vector_index_seconds",)}
# Where other programs put the seconds of each stage.
NESTED = ("wall_seconds_by_stage", "stages", "stage_seconds")
EPISODES = ("episodes_processed", "episode_count", "episodes_total", "episodes")
MOST_BYTES = 64 * 1024 * 1024
NO_STAGE = ("_count", "_total", "_seconds", "_version")
EXCERPT = (
    "schema_version", "run_duration_seconds", "episodes_scraped_total", "episodes_skipped_total", "errors_total",
    "time_normalizing", "time_writing_storage", "io_and_waiting_wall_seconds", "io_and_waiting_thread_sum_seconds",
    "time_io_and_waiting",
    *(name for names in SUMMED.values() for name in names),
    *(name for stage in COUNTED.values() for name in (f"{stage}_count", f"avg_{stage}_seconds")),
    *(f"{stage}_time_by_episode" for stage in ("download_media", "transcribe", "extract_names", "summarize",
                                               "cleaning")),
)  # fmt: skip


def stage_seconds(path: Path) -> dict[str, float]:
    """Seconds of each stage, those of RFC-064 in their order, only above 0, rounded to 4 digits.

    The file is the `metrics.json` of a pipeline (RFC-064), or an object of stages and seconds, alone or below
    `wall_seconds_by_stage`, `stages` or `stage_seconds`. Raises UserError where it is none of them.
    """
    content = _object(path)
    found = _pipeline_seconds(content)
    if not found:
        inner = next((content[name] for name in NESTED if isinstance(content.get(name), dict)), None)
        inner = _alone(content) if inner is None else inner
        found = {stage: seconds for stage, value in inner.items() if (seconds := _seconds(value)) is not None}
    named = [(plain_name(stage), round(seconds, 4)) for stage, seconds in found.items() if seconds > 0]
    known = {stage: seconds for stage, seconds in named[:MOST_STAGES] if stage}
    if not known:
        raise UserError(
            f"{path} names no stage with a time",
            'write {"stages": {"<stage>": <seconds>, ...}}, or let the program mark its stages',
        )
    return {stage: known[stage] for stage in (*KNOWN_STAGES, *known) if stage in known}


def _alone(content: dict[str, Any]) -> dict[str, Any]:
    """An object that holds nothing but stages and seconds; among other things a number may be anything."""
    is_plain = all(finite(value) is not None and not name.endswith(NO_STAGE) for name, value in content.items())
    return content if is_plain else {}


def _pipeline_seconds(content: dict[str, Any]) -> dict[str, float]:
    found = {stage: sum(_positive(content.get(name)) or 0.0 for name in names) for stage, names in SUMMED.items()}
    for stage, name in COUNTED.items():
        found[stage] = (_positive(content.get(f"{name}_count")) or 0) * (
            _positive(content.get(f"avg_{name}_seconds")) or 0
        )
    return found if any(found.values()) else {}


def _seconds(value: Any) -> float | None:
    if isinstance(value, dict):
        return _positive(value.get("wall_time_s"))
    return _positive(value)


def episode_count(path: Path) -> int:
    """How many episodes a file tells of: the rows of a `.jsonl`, else what the object states.

    Raises UserError where it states none.
    """
    if path.suffix == ".jsonl":
        return sum(bool(line.strip()) for line in _data(path).split(b"\n"))
    content = _object(path)
    for name in EPISODES:
        value = content.get(name)
        value = value.get("processed", value.get("total")) if isinstance(value, dict) else value
        number = float(len(value)) if isinstance(value, list) else _positive(value)
        if number is not None and number >= 0:
            return int(number)
    raise UserError(f"{path} states no number of episodes", f"write one of {', '.join(EPISODES)}, or give --episodes N")


def pipeline_excerpt(path: Path) -> dict[str, Any]:
    """What of the file belongs into a stage_truth: the metrics of RFC-064, as far as they are there."""
    content = _object(path)
    return {name: content[name] for name in EXCERPT if name in content}


def _object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_data(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: {error}", "give a file with one JSON object") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object", "give a file with one JSON object")
    return content


def _data(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES // 1024**2} MiB", "give the file with the stage times")
        return file_bytes(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "the command has to write it") from error


def _positive(value: Any) -> float | None:
    number = finite(value)
    return number if number is not None and number >= 0 else None
