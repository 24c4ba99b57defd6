"""Writes the reference run: the summaries written for the transcripts, as predictions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from driftline.demo.artifacts import gate_metrics, input_metadata, length_metrics, write_json, write_jsonl
from driftline.demo.corpus import DATASET_ID, REFERENCE_ID, Episode, content_hash, text_hash
from driftline.demo.fingerprints import TASK
from driftline.demo.quality import gate_failures


def write_reference(folder: Path, episodes: Sequence[Episode], created_at: str) -> None:
    """Write the reference as a run without latency and without scores: it was written, not produced."""
    write_jsonl(folder / "predictions.jsonl", [_prediction(episode) for episode in episodes])
    write_json(folder / "metrics.json", _metrics(episodes))
    write_json(folder / "fingerprint.json", _fingerprint(episodes, created_at))
    write_json(folder / "baseline.json", _record(episodes, created_at))


def _prediction(episode: Episode) -> dict[str, Any]:
    output = {"output_hash": text_hash(episode.reference), "output_length_chars": len(episode.reference)}
    return {
        "episode_id": episode.episode_id,
        "dataset_id": DATASET_ID,
        "output": {"summary_final": episode.reference},
        "fingerprint_ref": "fingerprint.json",
        "metadata": input_metadata(episode) | output,
    }


def _metrics(episodes: Sequence[Episode]) -> dict[str, Any]:
    rows = [
        {
            "episode_id": episode.episode_id,
            "error": None,
            "quality": {"gate_failures": gate_failures(episode.reference, len(episode.text))},
        }
        for episode in episodes
    ]
    return {
        "dataset_id": DATASET_ID,
        "run_id": REFERENCE_ID,
        "episode_count": len(episodes),
        "intrinsic": {
            "gates": gate_metrics(rows),
            "length": length_metrics([episode.reference for episode in episodes]),
        },
        "vs_reference": None,
        "schema": "metrics_summarization_v2",
        "task": TASK,
    }


def _fingerprint(episodes: Sequence[Episode], created_at: str) -> dict[str, Any]:
    return {
        "fingerprint_version": "2.0",
        "task": TASK,
        "run_context": {
            "run_id": created_at,
            "baseline_id": REFERENCE_ID,
            "dataset_id": DATASET_ID,
            "dataset_content_hash": content_hash(episodes),
        },
        "provider": {"provider_type": "written"},
    }


def _record(episodes: Sequence[Episode], created_at: str) -> dict[str, Any]:
    chars_in = sum(len(episode.text) for episode in episodes)
    chars_out = sum(len(episode.reference) for episode in episodes)
    return {
        "run_id": REFERENCE_ID,
        "dataset_id": DATASET_ID,
        "created_at": created_at,
        "created_by": "driftline demo",
        "fingerprint_ref": "fingerprint.json",
        "task": TASK,
        "backend": {"type": "written"},
        "reference_quality": "silver",
        "stats": {
            "num_episodes": len(episodes),
            "total_chars_in": chars_in,
            "total_chars_out": chars_out,
            "avg_compression": chars_in / chars_out,
        },
    }
