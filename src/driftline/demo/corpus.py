"""The transcripts and their reference summaries, as they ship with the package. Read only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

DATASET_ID = "demo_interviews_v1"
REFERENCE_ID = "demo_reference_v1"


@dataclass(frozen=True)
class Episode:
    """One transcript with the summary written for it; `path` is relative to the folder of the package."""

    episode_id: str
    text: str
    reference: str
    path: str


def load_corpus() -> tuple[Episode, ...]:
    """All episodes, ordered by id."""
    folder = files("driftline.demo")
    names = sorted(item.name for item in (folder / "transcripts").iterdir() if item.name.endswith(".txt"))
    return tuple(
        Episode(
            episode_id=name.removesuffix(".txt"),
            text=(folder / "transcripts" / name).read_text(encoding="utf-8"),
            reference=(folder / "references" / name).read_text(encoding="utf-8").strip(),
            path=f"driftline/demo/transcripts/{name}",
        )
        for name in names
    )


def content_hash(episodes: Sequence[Episode]) -> str:
    """One SHA-256 over all transcripts: two runs with the same value read the same text."""
    digest = hashlib.sha256()
    for episode in episodes:
        digest.update(episode.episode_id.encode())
        digest.update(b"\0")
        digest.update(episode.text.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def text_hash(text: str) -> str:
    """The hash of one text in the form that `predictions.jsonl` uses."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
