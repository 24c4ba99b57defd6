"""Checks of a summary on its own: gates that must stay closed, names that leak, and whether it is supported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import fmean

from driftline.demo.cleaning import SPONSOR_CUES, Turn
from driftline.demo.corpus import Episode
from driftline.demo.sentences import content_words, split_sentences
from driftline.demo.summarizer import Summary
from driftline.demo.vectors import VectorIndex

BOILERPLATE = "boilerplate_leak"
SPEAKER_LABEL = "speaker_label_leak"
TRUNCATION = "truncation"

_SPEAKER_LABEL = re.compile(r"\b(?:Host|Guest|Interviewer|Interviewee):|\bSpeaker\s+\d+:", re.IGNORECASE)
_CUT_OFF_ENDS = ("...", "…", "[TRUNCATED]", "[CUT OFF]")
_MIN_KEPT_SHARE = 0.01


@dataclass(frozen=True)
class QualityReport:
    """What was found in one summary; `support`: how far the source supports the map step."""

    gate_failures: tuple[str, ...]
    names_leaked: bool
    support: float | None
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
    episode: Episode, summary: Summary, turns: Sequence[Turn], names: Sequence[str], index: VectorIndex
) -> QualityReport:
    """All checks of one summary. `names` are the full names of the speakers."""
    source = [content_words(text) for turn in turns for text in split_sentences(turn.text)]
    sentences = [text for part in summary.map_summaries for text in split_sentences(part)]
    support = [_support(content_words(sentence), source) for sentence in sentences]
    return QualityReport(
        gate_failures=gate_failures(summary.text, len(episode.text)),
        names_leaked=any(name.removeprefix("I'm ") in summary.text for name in names),
        support=fmean(support) if support else None,
        source_recognised=index.nearest_episode(summary.text) == episode.episode_id,
    )


def _support(words: Sequence[str], source: Sequence[Sequence[str]]) -> float:
    """How much of a sentence its nearest sentence of the source contains in the same order, 0 to 1."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(words)
    best = 0.0
    for candidate in source:
        matcher.set_seq1(candidate)
        best = max(best, matcher.ratio())
        if best == 1:
            break
    return best
