"""Who speaks in a transcript, who asks and who answers, and how surely the voices can be told apart."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

_LABELLED = re.compile(r"^(?:\[[^\]]*\]\s*)?([A-Z][\w'-]*(?:\s(?:[A-Z][\w'-]*|\d+))?):\s+(.*)$")
_NAME = re.compile(r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)+")
_MIN_TURNS = 3


@dataclass(frozen=True)
class Speakers:
    """The labels found, the one that mostly asks, full names heard at the start, and the share of recognised turns."""

    labels: tuple[str, ...]
    asking: str | None
    names: tuple[str, ...]
    recognised_share: float


def detect_speakers(text: str) -> Speakers:
    """Find the labels that open at least three turns and compare the voices behind them."""
    turns = [(match[1], match[2]) for line in text.splitlines() if (match := _LABELLED.match(line))]
    counts = Counter(label for label, _ in turns)
    labels = tuple(label for label, count in counts.items() if count >= _MIN_TURNS)
    turns = [(label, said) for label, said in turns if label in labels]
    questions = {label: sum(said.count("?") for who, said in turns if who == label) for label in labels}
    asking = max(labels, key=lambda label: questions[label] / counts[label], default=None)
    opening = " ".join(said for _, said in turns[:2])
    return Speakers(labels, asking, tuple(dict.fromkeys(_NAME.findall(opening))), _recognised_share(turns, labels))


def _recognised_share(turns: list[tuple[str, str]], labels: tuple[str, ...]) -> float:
    """Share of turns that resemble the other turns of their speaker more than those of anybody else."""
    if not turns:
        return 0.0
    pieces = [Counter(said[start : start + 3].lower() for start in range(len(said) - 2)) for _, said in turns]
    voices: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for (label, _), counted in zip(turns, pieces, strict=True):
        voices[label].update(counted)
    recognised = 0
    for (label, _), counted in zip(turns, pieces, strict=True):
        rest = {name: voice - counted if name == label else voice for name, voice in voices.items()}
        nearest = max(labels, key=lambda name: _cosine(counted, rest[name]))
        recognised += nearest == label
    return recognised / len(turns)


def _cosine(left: Counter[str], right: Counter[str]) -> float:
    length = math.sqrt(sum(n * n for n in left.values()) * sum(n * n for n in right.values()))
    return sum(number * right[piece] for piece, number in left.items()) / length if length else 0.0
