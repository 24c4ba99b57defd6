"""Two captures of a benchmark by noise: what their iterations allow to say of the latency, and nothing of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from driftline import queries
from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.captures import assess_captures
from driftline.verdicts.decision import decide_page
from driftline.verdicts.episodes import Traits
from driftline.verdicts.rows import Subject, Verdict, rows
from driftline.verdicts.words import NOT_COMPARABLE, THRESHOLD_ONLY

# What the iterations are a sample of.
OF_SAMPLES = "generation_latency_p50"
Samples = Mapping[tuple[str, str], Sequence[float]]


def with_verdicts(
    deltas: Sequence[queries.Row], samples: Samples, baseline: str, candidate: str, settings: Settings = DEFAULTS
) -> list[queries.Row]:
    """The rows of queries.benchmark_deltas with `verdict`, `ci_low`, `ci_high` (per cent) and `reason`. The median
    latency is weighed by its iterations, and by what one session is assumed to differ from the next (`assumed_tau_time`
    of the settings); of every other metric there is one value on each side, so it is held against its level only."""
    weighed = [
        row
        for row in deltas
        if row["metric"] == OF_SAMPLES
        and row["status"] == "compared"
        and all(len(samples.get((source, row["workload"]), ())) > 1 for source in (baseline, candidate))
    ]
    said = dict(zip(map(id, weighed), _weigh(weighed, samples, baseline, candidate, settings), strict=True))
    return [_with(row, said.get(id(row))) for row in deltas]


def terms(settings: Settings = DEFAULTS) -> str:
    """By what `with_verdicts` judges, in a sentence."""
    return (
        f"The median latency is weighed by its iterations: a false alarm in {100 * settings.page_q:g} % of comparisons,"
        f" intervals of {100 * settings.ci_level:g} %, sessions assumed to differ by"
        f" {100 * settings.assumed_tau_time:g} %. Of the rest there is one value on each side: it warns at most."
    )


def _weigh(
    weighed: Sequence[queries.Row], samples: Samples, baseline: str, candidate: str, settings: Settings
) -> list[Verdict]:
    if not weighed:
        return []
    before, after = (_table([samples[source, row["workload"]] for row in weighed]) for source in (baseline, candidate))
    traits = Traits(
        is_log=np.ones(len(weighed), bool),
        direction=np.full(len(weighed), -1.0),
        warn_pct=np.array([row["warn_pct"] for row in weighed]),
        fail_pct=np.array([row["fail_pct"] for row in weighed]),
        warn_abs=np.full(len(weighed), np.nan),
        fail_abs=np.full(len(weighed), np.nan),
        min_abs=np.full(len(weighed), np.nan),
        is_primary=np.ones(len(weighed), bool),
    )
    unknown = np.full(len(weighed), np.nan)
    tau = np.full(len(weighed), settings.assumed_tau_time)
    assessed = assess_captures(before, after, traits, unknown, unknown, tau, settings)
    noise = f"sessions are assumed to differ by {100 * settings.assumed_tau_time:g} %"
    subjects = [
        Subject("profile", row["metric"], f"{row['label']} ({row['workload']})", noise_source="assumed", noise=noise,
                pairs="captures")
        for row in weighed
    ]  # fmt: skip
    return rows(subjects, decide_page([assessed], settings)[0], traits, "iterations", settings)


def _table(lists: Sequence[Sequence[float]]) -> np.ndarray:
    table = np.full((len(lists), max(map(len, lists))), np.nan)
    for place, values in enumerate(lists):
        table[place, : len(values)] = values
    return table


def _with(row: queries.Row, verdict: Verdict | None) -> queries.Row:
    if verdict is None:
        word = THRESHOLD_ONLY if row["status"] == "compared" else NOT_COMPARABLE
        reason = row["note"] or ("one value on each side: noise is not known" if word == THRESHOLD_ONLY else "")
        # Whether one value on each side differs by chance nobody knows, so it warns at most.
        level = "warn" if row["level"] == "fail" else row["level"]
        return {**row, "level": level, "verdict": word, "ci_low": None, "ci_high": None, "reason": reason}
    return {
        **row,
        "level": verdict.level,
        "verdict": verdict.verdict,
        "ci_low": verdict.ci_low,
        "ci_high": verdict.ci_high,
        "reason": verdict.reason,
    }
