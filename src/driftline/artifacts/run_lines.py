"""Reads the JSONL of a run line by line, tolerantly: predictions.jsonl and diagnostics.jsonl.

`predictions.sql` and `diagnostics.sql` beside this file do the same in bulk for files without any fault; whatever they
cannot vouch for comes here, so this module decides what a file means.
"""

from __future__ import annotations

import json
from typing import Any

from driftline.artifacts.decode import json_lines
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import excerpt, number, storable, text
from driftline.errors import Problems

SUMMARIES = ("summary_final", "summary_long", "summary")
STRUCTURED = ("entities", "gil", "kg", "insights", "topics")
DIAGNOSTICS = {
    "chunks": "chunks",
    "avg_map_tokens": "map_tokens",
    "reduce_input_tokens": "reduce_input_tokens",
    "reduce_input_chars": "reduce_input_chars",
    "final_tokens": "final_tokens",
}


def read_predictions(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """One row an episode; of an episode given twice the last line counts."""
    kept: dict[str, Row] = {}
    for line, item in json_lines(data, problems):
        episode = _episode_id(item, line, kept, problems)
        if episode is not None:
            kept[episode] = {"run": run, "line": line, "episode_id": episode, **_prediction(item, line, problems)}
    for row in kept.values():
        batch.add("predictions", file_id, row)


def read_diagnostics(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Map and reduce sizes, one row an episode; of an episode given twice the last line counts."""
    kept: dict[str, Row] = {}
    for line, item in json_lines(data, problems):
        episode = _episode_id(item, line, kept, problems)
        if episode is not None:
            sizes = {
                column: number(item.get(name), name, problems, line, low=0) for name, column in DIAGNOSTICS.items()
            }
            kept[episode] = {"run": run, "line": line, "episode_id": episode, **sizes}
    for row in kept.values():
        batch.add("diagnostics", file_id, row)


def _episode_id(item: dict[str, Any], line: int, kept: dict[str, Row], problems: Problems) -> str | None:
    episode = text(item.get("episode_id"))
    if episode is None:
        problems.warning("the line has no episode_id", "write one; the line is left out", line)
    elif episode in kept:
        problems.warning(f"episode {excerpt(episode)} occurs again; the last line counts", "write it once", line)
        del kept[episode]
    return episode


def _prediction(item: dict[str, Any], line: int, problems: Problems) -> Row:
    metadata = _part(item, "metadata", line, problems)
    intermediate = _part(item, "intermediate", line, problems)
    output = item.get("output")
    chunks = _map_texts(intermediate)

    def measured(source: dict[str, Any], name: str) -> float | None:
        return number(source.get(name), name, problems, line, low=0)

    shown, structured = _text(output), _structured(output)
    text_chars = len(shown or structured or "") or None
    tokens, source = measured(metadata, "output_tokens"), "reported"
    output_chars = measured(metadata, "output_length_chars")
    if text_chars is None:
        tokens, source = None, "none"
    elif tokens is None:
        tokens, source = max((text_chars if output_chars is None else output_chars) / 4, 1.0), "estimated"
    return {
        "dataset_id": text(item.get("dataset_id")),
        "error": _error(item.get("error")) or _error(metadata.get("error")),
        "text": shown,
        "structured": structured,
        "text_chars": text_chars,
        "output_tokens": tokens,
        "tokens_source": source,
        "output_chars": output_chars,
        "latency_s": measured(metadata, "processing_time_seconds"),
        "input_chars": measured(metadata, "input_length_chars"),
        "map_chunks": len(chunks) if chunks else None,
        "map_chars": float(sum(map(len, chunks))) if chunks else None,
        "reduce_input_chars": measured(intermediate, "reduce_input_chars"),
        "cost_usd": measured(metadata, "cost_usd"),
    }


def _part(item: dict[str, Any], name: str, line: int, problems: Problems) -> dict[str, Any]:
    value = item.get(name)
    if value is None or isinstance(value, dict):
        return value or {}
    problems.warning(f"{name} is not an object: {excerpt(value)}", "write an object; the rest is loaded", line)
    return {}


def _map_texts(intermediate: dict[str, Any]) -> list[str]:
    summaries = intermediate.get("map_summaries")
    if not isinstance(summaries, list):
        return []
    texts = [entry.get("text") for entry in summaries if isinstance(entry, dict)]
    return [chunk for chunk in texts if isinstance(chunk, str)]


def _error(value: Any) -> str | None:
    if value is None or value is False or isinstance(value, str):
        return storable(value).strip() or None if value else None
    return storable(json.dumps(value, ensure_ascii=False))


def _text(output: Any) -> str | None:
    candidates = [output.get(name) for name in SUMMARIES] if isinstance(output, dict) else [output]
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return storable(candidate)
    return None


def _structured(output: Any) -> str | None:
    if not isinstance(output, dict) or _text(output) or not any(name in output for name in STRUCTURED):
        return None
    return storable(json.dumps(output, ensure_ascii=False, separators=(",", ":")))
