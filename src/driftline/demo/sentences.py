"""Sentences and their features: plain text in, weighted sparse vectors out."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Vector = dict[str, float]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_PIECE_CHARS = (3, 4, 5, 6)
_STOP_WORD_LIST = """
a about after all also an and any are as at be because been before but by can could did do does don't down each
even every for from get had has have he her here him his how i i'm if in into is it it's its just like made many me
more most my no not nothing now of off on one only or other our out over people say she so some than that that's
the their them then there they thing this those to too two up us very was we were what when where which while who
why will with would yes you your
"""
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


@dataclass(frozen=True)
class Sentence:
    """One sentence of a cleaned transcript, with the position of its turn."""

    text: str
    turn: int


def split_sentences(text: str) -> list[str]:
    """The sentences of a text in order, without blank ones."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def content_words(text: str) -> list[str]:
    """The words that carry meaning, lower case and without a plural s."""
    words = (word.removesuffix("'s") for word in _WORD.findall(text.lower()))
    kept = (word for word in words if word not in _STOP_WORDS and len(word) > 2)
    return [word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word for word in kept]


def sentence_vectors(texts: Sequence[str]) -> list[Vector]:
    """Unit vectors of words and of their pieces of three to six letters, weighted by how rare they are in `texts`."""
    counts = [_features(text) for text in texts]
    spread: Counter[str] = Counter()
    for count in counts:
        spread.update(count.keys())
    rarity = {feature: math.log((1 + len(texts)) / (1 + seen)) + 0.1 for feature, seen in spread.items()}
    return [_unit({feature: number * rarity[feature] for feature, number in count.items()}) for count in counts]


def _features(text: str) -> Counter[str]:
    features: Counter[str] = Counter()
    for word in content_words(text):
        features[word] += 2
        padded = f"<{word}>"
        for size in _PIECE_CHARS:
            for start in range(len(padded) - size + 1):
                features["#" + padded[start : start + size]] += 1
    return features


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {feature: weight / length for feature, weight in vector.items()} if length else {}
