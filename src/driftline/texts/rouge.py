"""ROUGE-1, ROUGE-2 and ROUGE-L F-measures of predictions against their references.

The numbers are those of the `rouge-score` package with stemming, to the last digit, and any text gets them: one without
words scores 0. Text in, numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import chain
from string import ascii_lowercase, digits
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import LCSseq

# Few words stay in the cache of a core; few pairs leave room in 64 bits for the bigrams of 100 million distinct words.
_BATCH_WORDS, _BATCH_PAIRS = 50_000, 500
_LONGEST_UNSTEMMED = 3
# So that what outlives a call stays below some 10 MB, however long the words of a text are.
_LONGEST_REMEMBERED = 40
_OF_WORDS = (ascii_lowercase + digits).encode()
_OTHERS_TO_SPACES = bytes(byte if byte in _OF_WORDS else ord(" ") for byte in range(256))

_Pair = tuple[list[int], list[int]]
_Keys = npt.NDArray[np.int64]


class Scores(NamedTuple):
    """F-measures of one prediction against one reference, from 0 to 1."""

    rouge1_f1: float
    rouge2_f1: float
    rougeL_f1: float  # noqa: N815


def score_pairs(pairs: Iterable[tuple[str, str]]) -> list[Scores]:
    """Scores (reference, prediction) pairs, in their order.

    The first call of a process loads the stemmer, which takes about half a second.
    """
    numbers = _StemNumbers()
    scores: list[Scores] = []
    batch: list[_Pair] = []
    words = 0
    for reference, prediction in pairs:
        batch.append((numbers.of(reference), numbers.of(prediction)))
        words += sum(map(len, batch[-1]))
        if words >= _BATCH_WORDS or len(batch) >= _BATCH_PAIRS:
            scores += _scored(batch, len(numbers))
            batch, words = [], 0
    return scores + _scored(batch, len(numbers))


class _StemNumbers(dict[bytes, int]):
    """The number of each word's stem: words with the same stem have the same number."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, int] = {}

    def __missing__(self, word: bytes) -> int:
        number = self[word] = self._known.setdefault(_stem(word.decode("ascii")), len(self._known))
        return number

    def of(self, text: str) -> list[int]:
        """The numbers of a text's words, which are the runs of ASCII letters and digits once it is lower case."""
        words = text.lower().encode("ascii", "replace").translate(_OTHERS_TO_SPACES).split()
        return list(map(self.__getitem__, words))


def _stem(word: str) -> str:
    if len(word) <= _LONGEST_UNSTEMMED:
        return word
    return (_remembered_stem if len(word) <= _LONGEST_REMEMBERED else _porter_stem())(word)


@lru_cache(maxsize=65_536)
def _remembered_stem(word: str) -> str:
    return _porter_stem()(word)


@cache
def _porter_stem() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer

    stem: Callable[[str], str] = PorterStemmer().stem
    return stem


def _scored(batch: list[_Pair], numbers: int) -> list[Scores]:
    """Counts what is shared for all pairs at once, which is faster than pair by pair."""
    references, predictions = ([pair[side] for pair in batch] for side in (0, 1))
    words_of_references, bigrams_of_references = _keys(references, numbers)
    words_of_predictions, bigrams_of_predictions = _keys(predictions, numbers)
    words = _shared(words_of_references, words_of_predictions, numbers, len(batch))
    bigrams = _shared(bigrams_of_references, bigrams_of_predictions, numbers * numbers, len(batch))
    return [
        Scores(
            _f_measure(shared_words, len(reference), len(prediction)),
            _f_measure(shared_bigrams, len(reference) - 1, len(prediction) - 1),
            _f_measure(LCSseq.similarity(reference, prediction), len(reference), len(prediction)),
        )
        for (reference, prediction), shared_words, shared_bigrams in zip(batch, words, bigrams, strict=True)
    ]


def _keys(texts: list[list[int]], numbers: int) -> tuple[_Keys, _Keys]:
    """Every word and every bigram of the texts as one integer; its quotient by how many there can be is its text."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    text = np.repeat(np.arange(len(texts)), lengths)
    word = np.fromiter(chain.from_iterable(texts), np.int64, len(text))
    words = text * numbers + word
    bigrams = words[:-1] * numbers + word[1:]
    return words, bigrams[text[:-1] == text[1:]]


def _shared(references: _Keys, predictions: _Keys, of_a_text: int, texts: int) -> list[int]:
    """How many keys both sides hold of each text, each key counted as often as it is in both."""
    reference_keys, in_reference = np.unique(references, return_counts=True)
    prediction_keys, in_prediction = np.unique(predictions, return_counts=True)
    both, first, second = np.intersect1d(reference_keys, prediction_keys, assume_unique=True, return_indices=True)
    times = np.minimum(in_reference[first], in_prediction[second])
    shared: list[int] = np.bincount(both // max(of_a_text, 1), times, texts).astype(np.int64).tolist()
    return shared


def _f_measure(shared: int, of_reference: int, of_prediction: int) -> float:
    """The order of the operations is that of `rouge-score`: another one rounds otherwise."""
    if not shared:
        return 0.0
    precision = shared / of_prediction
    recall = shared / of_reference
    return 2 * precision * recall / (precision + recall)
