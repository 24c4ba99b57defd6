"""Writes the artifacts of one evaluation run: predictions, metrics, fingerprint, baseline, summary, diagnostics."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from statistics import fmean, median
from typing import Any

from driftline.demo.corpus import DATASET_ID, REFERENCE_ID, Episode, text_hash
from driftline.demo.fingerprints import MAP_MODEL, REDUCE_MODEL, TASK, run_fingerprint
from driftline.demo.quality import BOILERPLATE, SPEAKER_LABEL, TRUNCATION
from driftline.demo.releases import TOKEN_CHARS, Release
from driftline.demo.scoring import RougeScores, estimated_tokens, reference_metrics

Rows = Sequence[Mapping[str, Any]]


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: into a temporary one beside it, which then takes its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_json(path: Path, value: object) -> None:
    """One JSON document, indented by two."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_run(folder: Path, release: Release, episodes: Sequence[Episode], measured: Mapping[str, Any]) -> None:
    """All artifacts of one run from what an execution measured; the run takes the name of its folder."""
    rows = measured["episodes"]
    run_id = folder.name
    metrics = run_metrics(run_id, episodes, rows)
    write_jsonl(folder / "predictions.jsonl", predictions(run_id, episodes, rows))
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "fingerprint.json", run_fingerprint(run_id, release, episodes, measured))
    write_json(folder / "baseline.json", run_record(run_id, release, episodes, measured))
    write_json(folder / "run_summary.json", run_summary(run_id, metrics))
    write_jsonl(folder / "diagnostics.jsonl", diagnostics(rows))


def predictions(run_id: str, episodes: Sequence[Episode], rows: Rows) -> list[dict[str, Any]]:
    """The rows of `predictions.jsonl`. A failed episode has an `error`, an empty output and no time."""
    return [_prediction(run_id, episode, row) for episode, row in zip(episodes, rows, strict=True)]


def _prediction(run_id: str, episode: Episode, row: Mapping[str, Any]) -> dict[str, Any]:
    text = row["summary"]
    metadata = input_metadata(episode) | {"output_hash": text_hash(text), "output_length_chars": len(text)}
    prediction: dict[str, Any] = {
        "episode_id": episode.episode_id,
        "dataset_id": DATASET_ID,
        "baseline_id": run_id,
        "output": {"summary_final": text},
        "fingerprint_ref": "fingerprint.json",
    }
    if row["error"]:
        return prediction | {"error": row["error"], "metadata": metadata}
    prediction["intermediate"] = {
        "map_summaries": [{"chunk_id": number, "text": summary} for number, summary in enumerate(row["map_summaries"])],
        "reduce_input_chars": row["reduce_input_chars"],
    }
    metadata["processing_time_seconds"] = round(row["processing_time_s"], 6)
    if row["entities"] is not None:
        metadata["entities_count"] = row["entities"]
    return prediction | {"metadata": metadata}


def input_metadata(episode: Episode) -> dict[str, Any]:
    """What a prediction says about its input."""
    return {
        "input_hash": text_hash(episode.text),
        "input_path": episode.path,
        "input_length_chars": len(episode.text),
    }


def run_metrics(run_id: str, episodes: Sequence[Episode], rows: Rows) -> dict[str, Any]:
    """`metrics.json`, nested form. Lengths and latencies are over the episodes that did not fail."""
    done = [row for row in rows if not row["error"]]
    seconds = [row["processing_time_s"] for row in done]
    summaries = {row["episode_id"]: row["summary"] for row in done}
    scores = {row["episode_id"]: RougeScores(**row["rouge"]) for row in done}
    references = {episode.episode_id: episode.reference for episode in episodes}
    return {
        "dataset_id": DATASET_ID,
        "run_id": run_id,
        "episode_count": len(rows),
        "intrinsic": {
            "gates": gate_metrics(rows),
            "warnings": {"speaker_name_leak_rate": _rate(sum(row["quality"]["names_leaked"] for row in done), rows)},
            "length": length_metrics(list(summaries.values())),
            "performance": latency_metrics(seconds),
        },
        "vs_reference": {REFERENCE_ID: reference_metrics(scores, summaries, references)},
        "schema": "metrics_summarization_v2",
        "task": TASK,
    }


def gate_metrics(rows: Rows) -> dict[str, Any]:
    """Rates over all rows; failed episodes count as rows, but cannot fail a gate."""
    failures = {row["episode_id"]: list(row["quality"]["gate_failures"]) for row in rows if row["quality"]}
    count = Counter(gate for gates in failures.values() for gate in gates)
    return {
        "boilerplate_leak_rate": _rate(count[BOILERPLATE], rows),
        "speaker_label_leak_rate": _rate(count[SPEAKER_LABEL], rows),
        "truncation_rate": _rate(count[TRUNCATION], rows),
        "failed_episodes": [row["episode_id"] for row in rows if row["error"]],
        "episode_gate_failures": {episode: gates for episode, gates in failures.items() if gates},
    }


def length_metrics(texts: Sequence[str]) -> dict[str, Any]:
    """Mean, smallest and largest number of tokens."""
    tokens = [estimated_tokens(text) for text in texts]
    return {"avg_tokens": fmean(tokens), "min_tokens": min(tokens), "max_tokens": max(tokens)}


def latency_metrics(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds; the 95th percentile is the nearest rank."""
    ordered = sorted(seconds)
    return {
        "avg_latency_ms": fmean(seconds) * 1000,
        "median_latency_ms": median(seconds) * 1000,
        "p95_latency_ms": ordered[ceil(0.95 * len(ordered)) - 1] * 1000,
        "avg_latency_ms_excluding_first": fmean(seconds[1:]) * 1000,
    }


def run_record(
    run_id: str, release: Release, episodes: Sequence[Episode], measured: Mapping[str, Any]
) -> dict[str, Any]:
    """`baseline.json`: when the run was made, with what, and its totals."""
    done = [row for row in measured["episodes"] if not row["error"]]
    seconds = sum(row["processing_time_s"] for row in done)
    chars_in = sum(len(e.text) for e, row in zip(episodes, measured["episodes"], strict=True) if not row["error"])
    chars_out = sum(len(row["summary"]) for row in done)
    return {
        "run_id": run_id,
        "dataset_id": DATASET_ID,
        "created_at": measured["finished_at"],
        "created_by": "driftline demo",
        "fingerprint_ref": "fingerprint.json",
        "task": TASK,
        "backend": {"type": "map_reduce", "map_model": MAP_MODEL, "reduce_model": REDUCE_MODEL},
        "params": {
            "map_max_new_tokens": release.configuration.map_max_new_tokens,
            "reduce_min_new_tokens": release.configuration.reduce_min_new_tokens,
            "reduce_max_new_tokens": release.configuration.reduce_max_new_tokens,
        },
        "stats": {
            "num_episodes": len(measured["episodes"]),
            "total_time_seconds": seconds,
            "avg_time_seconds": seconds / len(done),
            "total_chars_in": chars_in,
            "total_chars_out": chars_out,
            "avg_compression": chars_in / chars_out,
        },
    }


def run_summary(run_id: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """`run_summary.json`: the few numbers that a person asks for first."""
    intrinsic = metrics["intrinsic"]
    count = Counter(gate for gates in intrinsic["gates"]["episode_gate_failures"].values() for gate in gates)
    return {
        "run_id": run_id,
        "dataset_id": DATASET_ID,
        "models": {"map": MAP_MODEL, "reduce": REDUCE_MODEL},
        "avg_output_tokens": intrinsic["length"]["avg_tokens"],
        "avg_latency_s": intrinsic["performance"]["avg_latency_ms"] / 1000,
        "gate_failures": {
            "truncation": count[TRUNCATION],
            "speaker_label": count[SPEAKER_LABEL],
            "boilerplate": count[BOILERPLATE],
        },
    }


def diagnostics(rows: Rows) -> list[dict[str, Any]]:
    """The rows of `diagnostics.jsonl`; a failed episode never came to map and reduce, so it has none."""
    return [
        {
            "episode_id": row["episode_id"],
            "chunks": len(row["map_summaries"]),
            "avg_map_tokens": round(fmean(estimated_tokens(text) for text in row["map_summaries"]), 2),
            "reduce_input_tokens": row["reduce_input_chars"] // TOKEN_CHARS,
            "reduce_input_chars": row["reduce_input_chars"],
            "final_tokens": estimated_tokens(row["summary"]),
        }
        for row in rows
        if not row["error"]
    ]


def _rate(count: int, rows: Rows) -> float:
    return count / len(rows)
