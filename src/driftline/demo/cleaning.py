"""From a transcript to turns: timecodes, speaker labels and sponsor passages are taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SPONSOR_CUES = (
    "subscribe to our newsletter",
    "follow us on",
    "rate and review",
    "sponsor message",
    "advertisement",
    "this episode is brought to you by",
    "thanks to our sponsor",
)
_CUE_LIKENESS = 0.86
_BRACKETED = re.compile(r"^\[([^\]]*)\]\s*")
_ONE_WORD_LABEL = re.compile(r"^([A-Z][a-z]+):\s+")
_WORD = re.compile(r"[a-z']+")


class TranscriptError(ValueError):
    """A transcript does not have the format that the strict cleaner expects."""


@dataclass(frozen=True)
class Turn:
    """What one speaker says in one paragraph; the speaker is None where no label was recognised."""

    speaker: str | None
    text: str


def clean_transcript(text: str, labels: Sequence[str], cleaner: str) -> list[Turn]:
    """The turns of a transcript without sponsor passages.

    `tolerant` takes out any bracketed start and the labels given. `strict` takes out labels of one word only, and
    raises TranscriptError for a timecode that is not hours:minutes:seconds.
    """
    turns = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        turn = _strict_turn(line, number) if cleaner == "strict" else _tolerant_turn(line, labels)
        if not is_sponsor_passage(turn.text):
            turns.append(turn)
    return turns


def _tolerant_turn(line: str, labels: Sequence[str]) -> Turn:
    said = _BRACKETED.sub("", line)
    for label in labels:
        if said.startswith(label + ":"):
            return Turn(label, said[len(label) + 1 :].strip())
    return Turn(None, said.strip())


def _strict_turn(line: str, number: int) -> Turn:
    bracketed = _BRACKETED.match(line)
    if bracketed:
        _check_timecode(bracketed[1], number)
        line = line[bracketed.end() :]
    label = _ONE_WORD_LABEL.match(line)
    return Turn(label[1], line[label.end() :].strip()) if label else Turn(None, line.strip())


def _check_timecode(timecode: str, number: int) -> None:
    parts = timecode.split(":")
    if len(parts) != 3 or not all(part.isdigit() and len(part) == 2 for part in parts):
        raise TranscriptError(f"line {number}: malformed timecode [{timecode}], expected [hh:mm:ss]")


def is_sponsor_passage(text: str) -> bool:
    """Whether any stretch of words comes close to one of the sponsor cues, so that a misspelt one is found too."""
    words = _WORD.findall(text.lower())
    for cue in SPONSOR_CUES:
        length = len(cue.split())
        matcher = SequenceMatcher(b=cue, autojunk=False)
        for start in range(len(words) - length + 1):
            matcher.set_seq1(" ".join(words[start : start + length]))
            if matcher.quick_ratio() >= _CUE_LIKENESS and matcher.ratio() >= _CUE_LIKENESS:
                return True
    return False
