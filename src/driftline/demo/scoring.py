"""Agreement of summaries with their references: ROUGE, coverage, and numbers that were kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any

from driftline.demo.releases import TOKEN_CHARS

ROUGE_TYPES = ("rouge1", "rouge2", "rougeL")
_NUMBER = re.compile(r"\d+\.?\d*")


def estimated_tokens(text: str) -> int:
    """Tokens of a text, counted as whole fours of characters."""
    return len(text) // TOKEN_CHARS


@cache
def rouge_scorer() -> Any:
    """The scorer of the `rouge-score` package, with stemming. Loading it takes about a second."""
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(ROUGE_TYPES), use_stemmer=True)


@dataclass(frozen=True)
class RougeScores:
    """F-measures of one summary against one reference."""

    rouge1: float
    rouge2: float
    rougeL: float  # noqa: N815


def score_summary(reference: str, summary: str) -> RougeScores:
    """F-measures between 0 and 1."""
    scores = rouge_scorer().score(reference, summary)
    return RougeScores(*(float(scores[name].fmeasure) for name in ROUGE_TYPES))


def reference_metrics(
    scores: Mapping[str, RougeScores], summaries: Mapping[str, str], references: Mapping[str, str]
) -> dict[str, Any]:
    """The block of `metrics.json` for one reference: plain means over the episodes that have a text on both sides."""
    shared = [episode for episode in scores if summaries.get(episode) and references.get(episode)]
    return {
        "reference_quality": "silver",
        **{f"{name}_f1": _mean([getattr(scores[episode], name) for episode in shared]) for name in ROUGE_TYPES},
        "bleu": None,
        "wer": None,
        "embedding_cosine": None,
        "coverage_ratio": _coverage(shared, summaries, references),
        "numbers_retained": _mean(
            [kept for episode in shared if (kept := _numbers_kept(references[episode], summaries[episode])) is not None]
        ),
    }


def _coverage(shared: list[str], summaries: Mapping[str, str], references: Mapping[str, str]) -> float | None:
    if not shared:
        return None
    written = fmean(estimated_tokens(summaries[episode]) for episode in shared)
    wanted = fmean(estimated_tokens(references[episode]) for episode in shared)
    return written / wanted if wanted else None


def _numbers_kept(reference: str, summary: str) -> float | None:
    wanted = set(_NUMBER.findall(reference))
    return len(wanted & set(_NUMBER.findall(summary))) / len(wanted) if wanted else None


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None
