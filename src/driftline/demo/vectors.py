"""An index of all episodes: every window of sentences as a short vector, made with hashed letters and numpy."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftline.demo.cleaning import Turn
from driftline.demo.sentences import split_sentences

Matrix = NDArray[np.float64]

_WINDOW = 3
_BUCKETS = 8192
_DIMENSIONS = 160


@dataclass(frozen=True)
class VectorIndex:
    """Unit vectors of the windows, with the episode of each, and the projection that a query has to go through."""

    episodes: tuple[str, ...]
    vectors: Matrix
    projection: Matrix

    def nearest_episode(self, text: str) -> str | None:
        """The episode of the window that resembles `text` most; None for an empty index."""
        if not self.episodes:
            return None
        query = _hashed([text]) @ self.projection
        return self.episodes[int(np.argmax(self.vectors @ query[0]))]


def build_index(turns: Mapping[str, Sequence[Turn]]) -> VectorIndex:
    """Index every run of three sentences of each episode. The same text always gives the same index."""
    owners: list[str] = []
    texts: list[str] = []
    for episode_id, said in turns.items():
        sentences = [text for turn in said for text in split_sentences(turn.text)]
        windows = [" ".join(sentences[start : start + _WINDOW]) for start in range(len(sentences))]
        owners += [episode_id] * len(windows)
        texts += windows
    directions = np.random.default_rng(7).standard_normal((_BUCKETS, _DIMENSIONS))
    directions /= np.sqrt(_DIMENSIONS)
    return VectorIndex(tuple(owners), _unit_rows(_hashed(texts) @ directions), directions)


def _hashed(texts: Sequence[str]) -> Matrix:
    """One row per text: how often each bucket of three letters occurs, damped by a square root."""
    counts = np.zeros((len(texts), _BUCKETS))
    for row, text in enumerate(texts):
        letters = text.lower().encode()
        for start in range(len(letters) - 2):
            counts[row, zlib.crc32(letters[start : start + 3]) % _BUCKETS] += 1
    return _unit_rows(np.sqrt(counts, out=counts))


def _unit_rows(rows: Matrix) -> Matrix:
    """The rows themselves, made as long as 1: what is not copied takes no fresh memory, the time of which varies."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    rows /= np.where(lengths == 0, 1, lengths)
    return rows
