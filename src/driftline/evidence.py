"""What verdicts are made of: rows of comparisons as arrays, and what is known or assumed of their noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isclose

import numpy as np

from driftline.artifacts.profile import TOTALS
from driftline.metrics import percent
from driftline.queries import Row
from driftline.settings import Settings
from driftline.verdicts.episodes import Traits
from driftline.verdicts.rows import Subject, Verdict
from driftline.verdicts.words import CHANGED, IMPROVED, INCONCLUSIVE, NO_CHANGE, REGRESSED, SUSPECT

DIRECTIONS = {"higher": 1.0, "lower": -1.0}
TIMES, RESOURCES = ("s",), ("MB", "%")
# What a verdict rests on.
EPISODES, OUTCOMES, CAPTURES, TURNS = "paired episodes", "paired outcomes", "captures", "captures in turns"
THRESHOLD = "threshold"


def way(side: str, row: Row) -> str:
    """What there is to judge a row by."""
    if not is_measured(row):
        return THRESHOLD
    has_values = bool(row["baseline_values"] and row["candidate_values"])
    if side == "run":
        if has_values:
            return EPISODES
        return OUTCOMES if row["outcome"] and row["episodes"] and _agrees(row) else THRESHOLD
    if not has_values or row["scale"] != "log":
        return THRESHOLD
    return TURNS if row["is_in_turns"] else CAPTURES


def _agrees(row: Row) -> bool:
    """Whether the episodes tell what the run says as a whole: it may count what no episode is listed for."""
    per = 1 if row["unit"] == "episodes" else row["episodes"]
    sides = ("baseline", "candidate")
    return all(
        isclose((row[f"{side}_only"] + row["both"]) / per, row[side], rel_tol=1e-5, abs_tol=1e-6) for side in sides
    )


def qualified(row: Row, verdict: Verdict, settings: Settings) -> Verdict:
    """What pairs show is no proof where too many were lost on the way, or where the run as a whole states another
    change than its episodes."""
    lost, left = row["lost_values"] or 0, verdict.n_pairs or 0
    if lost > settings.trim * (lost + left) and verdict.verdict in (NO_CHANGE, IMPROVED):
        # More than what is trimmed anyway: nothing is the same then, and nothing better.
        said = f"{verdict.reason[:-1]}; {lost} episodes of the baseline have no usable value here."
        return replace(verdict, verdict=INCONCLUSIVE, level=None, reason=said)
    if verdict.method != EPISODES or not _is_stated_otherwise(row, settings):
        return verdict
    is_same_way = (verdict.effect_pct or 0.0) * row["delta_pct"] > 0
    if verdict.verdict in (REGRESSED, IMPROVED, CHANGED) and is_same_way:
        # By how much is another question.
        return verdict
    is_alone = max(row["baseline_runs"], row["candidate_runs"]) <= 1
    why = "their episodes do not add up to" if is_alone else "their repetitions do not"
    stated = f"{verdict.reason[:-1]}; but these two runs as a whole state {percent(row['delta_pct'])}, which {why}."
    level = "warn" if row["level"] in ("warn", "fail") else "ok"
    return replace(
        verdict, verdict=SUSPECT, level=level, reason=stated, effect_pct=row["delta_pct"], ci_low=None, ci_high=None,
        mde_pct=None, pairs_needed=None,
    )  # fmt: skip


def _is_stated_otherwise(row: Row, settings: Settings) -> bool:
    """Whether the change of what is stated for the whole runs and that of the means of their episodes differ by more
    than what counts as no change: rounding is no contradiction, a run unlike its repetitions is one."""
    told = [row[name] for name in ("baseline", "candidate", "baseline_mean", "candidate_mean")]
    if min(told) <= 0:
        return False
    before, after, before_mean, after_mean = told
    apart = np.log(after / before) - np.log(after_mean / before_mean)
    return bool(abs(apart) > np.log1p((row["warn_pct"] or settings.default_warn_pct) / 100))


def why_not(row: Row, baseline: Row, candidate: Row) -> str:
    """Why the two sides cannot be paired; empty where they can."""
    if row["note"] and row["status"] == "not comparable":
        return str(row["note"])
    if row["status"] in ("only in baseline", "only in candidate"):
        return f"it is {row['status'].replace('in ', 'in the ')}"
    data = baseline["dataset_id"], candidate["dataset_id"]
    if None not in data and data[0] != data[1]:
        return f"the baseline ran on {data[0]}, the candidate on {data[1]}"
    machines = baseline["platform"], candidate["platform"]
    if row["family"] in ("latency", "cost") and None not in machines and machines[0] != machines[1]:
        return f"the baseline was measured on {machines[0]}, the candidate on {machines[1]}"
    return ""


def enough(noise: Row | None, settings: Settings) -> Row | None:
    """What is known of the noise, where it was measured often enough to rely on."""
    return noise if noise and noise["n_pairs"] + 1 >= settings.min_sessions else None


def is_measured(row: Row) -> bool:
    """Whether both sides have a value that may be compared."""
    return row["baseline"] is not None and row["candidate"] is not None and not row["why_not"]


def assumed(unit: str, settings: Settings) -> dict[str, float]:
    """What is taken for the difference of two runs where nobody has measured it."""
    tau = settings.assumed_tau_other
    if unit in TIMES:
        tau = settings.assumed_tau_time
    elif unit in RESOURCES:
        tau = settings.assumed_tau_resource
    return {"tau": tau, "spread": np.sqrt(2) * tau, "df": settings.prior_df}


def subject(side: str, row: Row, settings: Settings) -> Subject:
    known = row["noise"]
    if known:
        unit = "pairs of repeated runs" if side == "run" else "pairs of repeated captures"
        words = f"repetitions differ by {100 * known['spread']:.2g} % ({known['n_pairs']} {unit})"
        tau = assumed(row["unit"], settings)["tau"] if side == "profile" and not row["is_in_turns"] else 0
        words += f", sessions assumed to by {100 * np.sqrt(2) * tau:.2g} %" if tau else ""
        source = "measured"
    elif side == "profile" and row["is_in_turns"]:
        words, source = "", "none"
    else:
        tau = assumed(row["unit"], settings)["tau"]
        words = f"repetitions assumed to differ by {100 * np.sqrt(2) * tau:.2g} %" if tau else ""
        source = "assumed"
    if row["outcome"]:
        words, source = "", "none"
    runs = row.get("baseline_runs") or 1, row.get("candidate_runs") or 1
    if max(runs) > 1:
        words = f"medians of {runs[0]:.2g} and {runs[1]:.2g} runs{', ' if words else ''}{words}"
    if row.get("canary") and row["unit"] in TIMES and row["stage"] != row["canary"]:
        words = f"{words}{', ' if words else ''}measured by the canary stage {row['canary']}"
    pairs = "episodes" if side == "run" else "turns" if row["is_in_turns"] else "captures"
    return Subject(side, row["metric"], label(row), row["reference"], row["stage"], source, words, pairs)


def label(row: Row) -> str:
    """What a sentence calls the metric: with its stage, if it is of one."""
    is_whole = row["stage"] in (None, TOTALS)
    return str(row["label"]) if is_whole else f"{row['stage']} {row['label'][0].lower()}{row['label'][1:]}"


def traits(compared: list[Row]) -> Traits:
    return Traits(
        np.array([DIRECTIONS.get(row["better"], 0.0) for row in compared]),
        np.array([row["scale"] == "log" for row in compared]),
        np.array([bool(row["is_primary"]) for row in compared]),
        *(column(compared, name) for name in ("warn_pct", "fail_pct", "warn_abs", "fail_abs", "min_abs")),
    )


def column(found: Sequence[Row], name: str) -> np.ndarray:
    return np.array([np.nan if row.get(name) is None else row[name] for row in found], np.float64)


def table(found: list[Row], name: str) -> np.ndarray:
    """Rows of different length, filled up with NaN."""
    table = np.full((len(found), max(len(row[name]) for row in found)), np.nan)
    for place, row in enumerate(found):
        table[place, : len(row[name])] = row[name]
    return table
