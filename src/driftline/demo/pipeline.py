"""One execution of the pipeline over all episodes, stage after stage, each marked for whoever measures.

An episode that fails keeps its error and takes no part in the stages that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import driftline
from driftline.demo.cleaning import Turn, clean_transcript
from driftline.demo.corpus import Episode
from driftline.demo.knowledge import KnowledgeGraph, extract_knowledge
from driftline.demo.quality import QualityReport, check_summary
from driftline.demo.releases import Configuration
from driftline.demo.scoring import RougeScores, score_summary
from driftline.demo.speakers import Speakers, detect_speakers
from driftline.demo.summarizer import Summary, summarize
from driftline.demo.vectors import VectorIndex, build_index


@dataclass
class EpisodeResult:
    """What the stages have found out about one episode so far; `error` is set where one of them failed."""

    episode: Episode
    error: str | None = None
    speakers: Speakers | None = None
    turns: list[Turn] = field(default_factory=list)
    summary: Summary | None = None
    seconds: list[float] = field(default_factory=list)
    knowledge: KnowledgeGraph | None = None
    quality: QualityReport | None = None
    rouge: RougeScores | None = None

    @property
    def processing_time_s(self) -> float | None:
        """Wall time of the map and reduce steps in the fastest pass; None where they did not run."""
        return min(self.seconds, default=None)


def execute(
    episodes: Sequence[Episode],
    configuration: Configuration,
    passes: int = 1,
    only_summaries: bool = False,
) -> list[EpisodeResult]:
    """Run every stage over every episode, or with `only_summaries` those up to the summaries.

    The summarization is timed `passes` times, one pass over all episodes after the other.
    """
    results = [EpisodeResult(episode) for episode in episodes]
    with driftline.stage("speaker_detection"):
        _each(results, _detect)
    with driftline.stage("transcript_cleaning"):
        _each(results, lambda result: _clean(result, configuration))
    with driftline.stage("summarization"):
        for _ in range(passes):
            _each(results, lambda result: _summarize(result, configuration))
    if only_summaries:
        return results
    if configuration.extract_knowledge:
        with driftline.stage("kg_extraction"):
            _each(results, _extract)
    with driftline.stage("vector_indexing"):
        index = build_index({result.episode.episode_id: result.turns for result in results if not result.error})
    with driftline.stage("quality_checks"):
        _each(results, lambda result: _check(result, index))
    return results


def score_results(results: Sequence[EpisodeResult]) -> None:
    """Score every summary against its reference. This judges the pipeline and is no stage of it."""
    for result in results:
        if result.summary and result.error is None:
            result.rouge = score_summary(result.episode.reference, result.summary.text)


def _each(results: Sequence[EpisodeResult], step: Callable[[EpisodeResult], None]) -> None:
    for number, result in enumerate(results, start=1):
        if result.error is None:
            try:
                with driftline.episode(result.episode.episode_id, number, len(results)):
                    step(result)
            except Exception as error:
                result.error = f"{type(error).__name__}: {error}"


def _detect(result: EpisodeResult) -> None:
    result.speakers = detect_speakers(result.episode.text)


def _clean(result: EpisodeResult, configuration: Configuration) -> None:
    labels = result.speakers.labels if result.speakers else ()
    result.turns = clean_transcript(result.episode.text, labels, configuration.cleaner)


def _summarize(result: EpisodeResult, configuration: Configuration) -> None:
    began = perf_counter()
    result.summary = summarize(result.turns, configuration)
    result.seconds.append(perf_counter() - began)


def _extract(result: EpisodeResult) -> None:
    result.knowledge = extract_knowledge(result.turns)


def _check(result: EpisodeResult, index: VectorIndex) -> None:
    if result.summary and result.speakers:
        result.quality = check_summary(result.episode, result.summary, result.turns, result.speakers.names, index)
