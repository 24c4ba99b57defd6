"""Run directories of a generated root: predictions, metrics, fingerprint, baseline and diagnostics."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.prose import Prose

FIRST_DAY = datetime(2025, 1, 6, 8, 0)
GROUPS = [
    ("summarization", "paragraph", "curated_feeds_v1"),
    ("summarization", "bullets", "curated_feeds_v1"),
    ("summarization", "paragraph", "holdout_feeds_v2"),
    ("summarization", "bullets", "holdout_feeds_v2"),
    ("summarization", "narrative", "interviews_v1"),
    ("rewriting", "paragraph", "interviews_v1"),
]
MODELS = ["gpt-4o-mini", "claude-sonnet-4-6", "gemini-2.0-flash", "llama3.1:8b", "mistral-small", "bart-large-cnn"]
SCORES = [
    "rouge1_f1",
    "rouge2_f1",
    "rougeL_f1",
    "bleu",
    "wer",
    "embedding_cosine",
    "coverage_ratio",
    "numbers_retained",
]
GATES = {
    "boilerplate_leak": "boilerplate_leak_rate",
    "speaker_label_leak": "speaker_label_leak_rate",
    "truncation": "truncation_rate",
}


@dataclass(frozen=True)
class Run:
    """What is decided about one run before any of its files is written."""

    index: int
    place: str
    name: str
    task: str
    kind: str
    dataset: str
    model: str
    release: str | None
    created: datetime

    @property
    def key(self) -> str:
        return f"{self.place}/{self.name}"


def plan(runs: int, releases: int, seed: int) -> list[Run]:
    """The runs of a root: 4 % silver references, 6 % baselines, the rest experiments, over all groups."""
    references, baselines = max(1, round(runs * 0.04)), max(1, round(runs * 0.06))
    source = random.Random(f"plan {seed}")
    planned = []
    for index in range(runs):
        task, kind, dataset = GROUPS[index % len(GROUPS)]
        model = source.choice(MODELS)
        if index < references:
            place, prefix = "references/silver", "silver"
        elif index < references + baselines:
            place, prefix = "baselines", "baseline"
        else:
            place, prefix = "runs", "run"
        name = f"{prefix}_{model.replace(':', '-').replace('.', '')}_{dataset}_{kind}_{index:04d}"
        release = f"v0.{1 + index * releases // runs}" if source.random() < 0.6 else None
        created = FIRST_DAY + timedelta(minutes=index * 217 + source.randrange(200))
        planned.append(Run(index, place, name, task, kind, dataset, model, release, created))
    return planned


def write_run(eval_dir: Path, run: Run, references: list[Run], episodes: int, prose: Prose, seed: int) -> None:
    """Writes one run directory."""
    source = random.Random(f"run {seed} {run.index}")
    folder = eval_dir / run.key
    folder.mkdir(parents=True)
    lines, failed, latencies, lengths = _predictions(run, episodes, prose, source)
    (folder / "predictions.jsonl").write_text("".join(lines), encoding="utf-8")
    _write(folder / "metrics.json", _metrics(run, references, failed, latencies, lengths, source))
    _write(folder / "fingerprint.json", _fingerprint(run, source))
    _write(folder / "baseline.json", _baseline(run, latencies, lengths))
    if run.index % 2 == 0:
        rows = "".join(_diagnostics(episode_id(n, episodes), source) for n in range(episodes))
        (folder / "diagnostics.jsonl").write_text(rows, encoding="utf-8")


def episode_id(number: int, episodes: int) -> str:
    shows = max(1, episodes // 10)
    return f"p{number % shows + 1:02d}_e{number // shows + 1:02d}"


def _predictions(
    run: Run, episodes: int, prose: Prose, source: random.Random
) -> tuple[list[str], list[str], list[float], list[int]]:
    """The lines, and for the metrics: failed ids, seconds and output characters of the episodes."""
    lines: list[str] = []
    failed: list[str] = []
    latencies: list[float] = []
    lengths: list[int] = []
    pace = source.uniform(0.6, 2.5)
    has_intermediate = source.random() < 0.05
    has_tokens = source.random() < 0.5
    for number in range(episodes):
        identifier = episode_id(number, episodes)
        is_failed = source.random() < 0.004
        text = "" if is_failed else _output(run, prose, source)
        seconds = pace * (2 + 8 * source.random())
        given = 9_000 + int(source.random() * 4_000)
        extra = ', "error": "TimeoutError: no answer within 120 s"' if is_failed else ""
        if has_intermediate:
            chunks = [{"chunk_id": chunk, "text": prose.text(source, 80)} for chunk in range(3)]
            held = {"map_summaries": chunks, "reduce_input_chars": sum(len(str(chunk["text"])) for chunk in chunks)}
            extra += f', "intermediate": {json.dumps(held, ensure_ascii=False)}'
        tokens = f', "input_tokens": {given // 4}, "output_tokens": {max(1, len(text) // 4)}' if has_tokens else ""
        lines.append(
            f'{{"episode_id": "{identifier}", "dataset_id": "{run.dataset}", '
            f'"output": {{"summary_final": {json.dumps(text, ensure_ascii=False)}}}{extra}, '
            f'"fingerprint_ref": "fingerprint.json", "metadata": {{'
            f'"input_hash": "sha256:{source.getrandbits(256):064x}", '
            f'"output_hash": "sha256:{source.getrandbits(256):064x}", '
            f'"input_path": "data/eval/materialized/{run.dataset}/{identifier}.txt", '
            f'"input_length_chars": {given}, "output_length_chars": {len(text)}, '
            f'"processing_time_seconds": {seconds!r}{tokens}}}}}\n'
        )
        latencies.append(seconds)
        lengths.append(len(text))
        if is_failed:
            failed.append(identifier)
    return lines, failed, latencies, lengths


def _output(run: Run, prose: Prose, source: random.Random) -> str:
    words = 130 + int(source.random() * 100)
    if run.kind != "bullets":
        return prose.text(source, words)
    bullets = [prose.sentence(source) for _ in range(words // 16)]
    return json.dumps({"title": prose.sentence(source, 5)[:-1], "bullets": bullets}, ensure_ascii=False)


def _metrics(
    run: Run,
    references: list[Run],
    failed: list[str],
    latencies: list[float],
    lengths: list[int],
    source: random.Random,
) -> dict[str, Any]:
    episodes = len(lengths)
    gate_failures: dict[str, list[str]] = {}
    for number in range(episodes):
        if source.random() < 0.01:
            gate_failures[episode_id(number, episodes)] = [source.choice(list(GATES))]
    counts = {gate: sum(gate in gates for gates in gate_failures.values()) for gate in GATES}
    tokens = [length // 4 for length in lengths]
    ordered = sorted(latencies)
    return {
        "dataset_id": run.dataset,
        "run_id": run.name,
        "episode_count": episodes,
        "intrinsic": {
            "gates": {
                **{rate: counts[gate] / episodes for gate, rate in GATES.items()},
                "failed_episodes": failed,
                "episode_gate_failures": gate_failures,
            },
            "warnings": {"speaker_name_leak_rate": 0.0},
            "length": {"avg_tokens": sum(tokens) / episodes, "min_tokens": min(tokens), "max_tokens": max(tokens)},
            "performance": {
                "avg_latency_ms": 1000 * sum(latencies) / episodes,
                "median_latency_ms": 1000 * ordered[episodes // 2],
                "p95_latency_ms": 1000 * ordered[min(episodes - 1, episodes * 95 // 100)],
            },
        },
        "vs_reference": _scores(run, references, source),
        "schema": "metrics_summarization_v1",
        "task": run.task,
    }


def _scores(run: Run, references: list[Run], source: random.Random) -> dict[str, Any] | None:
    """Scores against a reference of the run's own group, or of any where there is none; a few runs have two."""
    own = [
        other for other in references if (other.task, other.kind, other.dataset) == (run.task, run.kind, run.dataset)
    ]
    offered = [other for other in own or references if other.name != run.name]
    if not offered:
        return None
    chosen = offered[: 2 if source.random() < 0.1 else 1]
    quality = source.uniform(0.2, 0.5)
    return {
        other.name: {"reference_quality": "silver", **{score: quality + source.random() * 0.4 for score in SCORES}}
        for other in chosen
    }


def _fingerprint(run: Run, source: random.Random) -> dict[str, Any]:
    context: dict[str, Any] = {
        "run_id": f"{run.created.isoformat()}Z",
        "baseline_id": run.name,
        "dataset_id": run.dataset,
        "git": {"commit": f"{source.getrandbits(160):040x}", "branch": "main", "dirty": source.random() < 0.3},
    }
    if run.release:
        context["release"] = run.release
    model = {"provider_type": "api", "model_name": run.model, "model_revision": None, "endpoint": "chat.completions"}
    limits = {"temperature": 0.0, "top_p": 1.0, "max_tokens": source.choice((600, 800, 1200)), "seed": 42}
    return {
        "fingerprint_version": "1.0",
        "task": run.task,
        "run_context": context,
        "provider": {"provider_type": "api", "provider_library": "client", "provider_library_version": "2.30.0"},
        "pipeline": {
            "type": "single_stage",
            "stages": {"main": {"stage_id": "main", "model": model, "generation_params": limits}},
        },
        "preprocessing": {
            "profile_id": "cleaning_v4",
            "profile_version": "4.0",
            "steps": {"remove_timestamps": True, "normalize_speakers": True, "remove_fillers": False},
        },
        "tokenization": {},
        "chunking": {"strategy": "word_chunking", "word_chunk_size": 900, "word_overlap": 150, "source": "default"},
        "environment": {"python_version": "3.11.8", "os": "Linux-6.1-x86_64"},
        "runtime": {"device": "cpu", "device_name": None, "backend": "api", "inference_backend": "api"},
    }


def _baseline(run: Run, latencies: list[float], lengths: list[int]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "run_id": run.name,
        "dataset_id": run.dataset,
        "created_at": f"{(run.created + timedelta(seconds=sum(latencies))).isoformat()}Z",
        "created_by": "operator",
        "fingerprint_ref": "fingerprint.json",
        "task": run.task,
        "backend": {"type": "api", "model": run.model},
        "stats": {
            "num_episodes": len(lengths),
            "total_time_seconds": sum(latencies),
            "avg_time_seconds": sum(latencies) / len(latencies),
            "total_chars_out": sum(lengths),
        },
    }
    if run.place != "runs":
        record |= {"promoted_from": f"run_{run.index:04d}", "promoted_id": run.name}
    if run.place.startswith("references"):
        record["reference_quality"] = "silver"
    return record


def _diagnostics(identifier: str, source: random.Random) -> str:
    chunks = 2 + int(source.random() * 6)
    average = 90 + int(source.random() * 60)
    return (
        f'{{"episode_id": "{identifier}", "chunks": {chunks}, "avg_map_tokens": {average}, '
        f'"reduce_input_tokens": {chunks * average}, "reduce_input_chars": {chunks * average * 4}, '
        f'"final_tokens": {200 + int(source.random() * 120)}}}\n'
    )


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")
