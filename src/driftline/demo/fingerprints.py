"""`fingerprint.json`: everything that decides what a run does, so that two runs can be told apart by it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from driftline.capture.environment import git_state
from driftline.demo.corpus import DATASET_ID, Episode, content_hash
from driftline.demo.environment import library_versions
from driftline.demo.releases import TOKEN_CHARS, Configuration, Release

TASK = "summarization"
MAP_MODEL = "extractive-tfidf-map"
REDUCE_MODEL = "extractive-lead-reduce"


def run_fingerprint(
    run_id: str, release: Release, episodes: Sequence[Episode], measured: Mapping[str, Any]
) -> dict[str, Any]:
    """The fingerprint of one run; `fingerprint_hash` covers the settings and the data, not time or code state."""
    settings = describe_settings(release.configuration)
    dataset_hash = content_hash(episodes)
    hashed = json.dumps([settings, dataset_hash], sort_keys=True)
    return {
        "fingerprint_version": "2.0",
        "task": TASK,
        "run_context": {
            "run_id": measured["started_at"],
            "baseline_id": run_id,
            "dataset_id": DATASET_ID,
            "dataset_content_hash": dataset_hash,
            "release": release.name,
            "git": git_state(Path(__file__).parent),
        },
        "provider": {"provider_type": "local", "provider_library": "driftline.demo"},
        **settings,
        "environment": {
            "python_version": platform.python_version(),
            "os": f"{platform.system()} {platform.machine()}",
            "library_versions": library_versions(),
        },
        "runtime": {"device": "cpu", "num_threads": 1, "latency": f"fastest of {measured['passes']} passes"},
        "fingerprint_hash": hashlib.sha256(hashed.encode()).hexdigest(),
    }


def describe_settings(configuration: Configuration) -> dict[str, Any]:
    """The configuration as the blocks of a fingerprint: every setting appears exactly once."""
    return {
        "pipeline": {
            "type": "map_reduce",
            "stages": {
                "map": {
                    "stage_id": "map_extractive",
                    "model": {"provider_type": "local", "model_name": MAP_MODEL},
                    "similarity": configuration.similarity,
                    "rank_iterations": configuration.rank_iterations,
                    "generation_params": {"max_new_tokens": configuration.map_max_new_tokens},
                },
                "reduce": {
                    "stage_id": "reduce_extractive",
                    "model": {"provider_type": "local", "model_name": REDUCE_MODEL},
                    "generation_params": {
                        "min_new_tokens": configuration.reduce_min_new_tokens,
                        "max_new_tokens": configuration.reduce_max_new_tokens,
                    },
                },
            },
            "kg_extraction": {"enabled": configuration.extract_knowledge},
        },
        "preprocessing": {"profile_id": "interview_cleaning", "cleaner": configuration.cleaner},
        "tokenization": {"unit": f"{TOKEN_CHARS} characters"},
        "chunking": {
            "strategy": "turns",
            "chunk_chars": configuration.chunk_chars,
            "min_sentence_words": configuration.min_sentence_words,
        },
    }
