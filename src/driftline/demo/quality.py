"""Checks of a summary on its own: gates that must stay closed, names that leak, and whether it is grounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from driftline.demo.cleaning import SPONSOR_CUES, Turn
from driftline.demo.sentences import content_words, split_sentences
from driftline.demo.vectors import VectorIndex

BOILERPLATE = "boilerplate_leak"
SPEAKER_LABEL = "speaker_label_leak"
TRUNCATION = "truncation"

_SPEAKER_LABEL = re.compile(r"\b(?:Host|Guest|Interviewer|Interviewee):|\bSpeaker\s+\d+:", re.IGNORECASE)
_CUT_OFF_ENDS = ("...", "…", "[TRUNCATED]", "[CUT OFF]")
_MIN_KEPT_SHARE = 0.01
_GROUNDED_LIKENESS = 0.6


@dataclass(frozen=True)
class QualityReport:
    """What was found in one summary; `grounded_share` is the share of its sentences that the source supports."""

    gate_failures: tuple[str, ...]
    names_leaked: bool
    grounded_share: float
    source_recognised: bool


def gate_failures(summary: str, input_chars: int) -> tuple[str, ...]:
    """The gates that a summary fails, in alphabetical order; an empty summary fails none."""
    if not summary.strip():
        return ()
    lowered = summary.lower()
    failures = []
    if any(cue in lowered for cue in SPONSOR_CUES):
        failures.append(BOILERPLATE)
    if _SPEAKER_LABEL.search(summary):
        failures.append(SPEAKER_LABEL)
    if _is_truncated(summary, input_chars):
        failures.append(TRUNCATION)
    return tuple(failures)


def _is_truncated(summary: str, input_chars: int) -> bool:
    if input_chars:
        return len(summary) / input_chars < _MIN_KEPT_SHARE
    return summary.endswith(_CUT_OFF_ENDS)


def check_summary(
    episode_id: str, summary: str, input_chars: int, turns: Sequence[Turn], names: Sequence[str], index: VectorIndex
) -> QualityReport:
    """All checks of one summary. `names` are the full names of the speakers."""
    source = [content_words(text) for turn in turns for text in split_sentences(turn.text)]
    sentences = split_sentences(summary)
    grounded = sum(_is_grounded(content_words(sentence), source) for sentence in sentences)
    return QualityReport(
        gate_failures=gate_failures(summary, input_chars),
        names_leaked=any(name.removeprefix("I'm ") in summary for name in names),
        grounded_share=grounded / len(sentences) if sentences else 0.0,
        source_recognised=index.nearest_episode(summary) == episode_id,
    )


def _is_grounded(words: Sequence[str], source: Sequence[Sequence[str]]) -> bool:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(words)
    for candidate in source:
        matcher.set_seq1(candidate)
        if matcher.quick_ratio() >= _GROUNDED_LIKENESS and matcher.ratio() >= _GROUNDED_LIKENESS:
            return True
    return False
