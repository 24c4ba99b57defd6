"""What verdicts are made of: rows of comparisons as arrays, and what is known or assumed of their noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from driftline.artifacts.profile import TOTALS
from driftline.queries import Row
from driftline.settings import Settings
from driftline.verdicts.episodes import Traits
from driftline.verdicts.rows import Subject, Verdict
from driftline.verdicts.words import IMPROVED, INCONCLUSIVE, NO_CHANGE

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
    told = [(row[only] + row["both"]) / per for only in ("baseline_only", "candidate_only")]
    return bool(np.allclose(told, [row["baseline"], row["candidate"]], atol=1e-6))


def less_lost(row: Row, verdict: Verdict, settings: Settings) -> Verdict:
    """What was lost on the way is no proof: where more than what is trimmed anyway has no value any more, nothing is
    the same, and nothing better."""
    lost, left = row["lost_values"] or 0, verdict.n_pairs or 0
    if lost <= settings.trim * (lost + left) or verdict.verdict not in (NO_CHANGE, IMPROVED):
        return verdict
    reason = f"{verdict.reason[:-1]}; {lost} episodes of the baseline have no usable value here."
    return replace(verdict, verdict=INCONCLUSIVE, level=None, reason=reason)


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
    if row.get("canary") and row["unit"] in TIMES and row["stage"] != row["canary"]:
        words = f"{words}{', ' if words else ''}measured by the canary stage {row['canary']}"
    pairs = "episodes" if side == "run" else "turns" if row["is_in_turns"] else "captures"
    return Subject(side, row["metric"], label(row), row["reference"], row["stage"], source, words, pairs)


def label(row: Row) -> str:
    """What a sentence calls the metric: with its stage, if it is of one."""
    is_whole = row["stage"] in (None, TOTALS)
    return str(row["label"]) if is_whole else f"{row['stage']} {row['label'][0].lower()}{row['label'][1:]}"


def traits(compared: list[Row], settings: Settings) -> Traits:
    named = settings.primary_metrics
    return Traits(
        np.array([DIRECTIONS.get(row["better"], 0.0) for row in compared]),
        np.array([row["scale"] == "log" for row in compared]),
        np.array([row["metric"] in named if named else bool(row["is_primary"]) for row in compared]),
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
