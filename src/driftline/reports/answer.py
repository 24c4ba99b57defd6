"""The answer of a page as one sentence, from delta rows and their levels. Every number is a column of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline.metrics import Metric, arrow, percent

Row = dict[str, Any]
Registry = dict[str, Metric]
ORDER = ("rougeL_f1", "failed_episodes", "gate_failures", "avg_output_tokens", "avg_latency_s")
NO_NOISE = "Levels are thresholds only: what looks like a change may be none. `driftline compare` weighs the noise."
# Metrics that say again what another one says, which is told instead.
REPEATS = {
    "success_rate": "failed_episodes",
    "truncation_rate": "gate_failures",
    "speaker_label_leak_rate": "gate_failures",
    "boilerplate_leak_rate": "gate_failures",
}


@dataclass(frozen=True)
class Answer:
    """The opening word, its tone (`w`orse, `b`etter or none) and the rest of the sentence, all plain text."""

    word: str
    tone: str
    sentence: str


def judged(rows: Sequence[Row], side: str) -> list[Row]:
    """Primary rows past a level on the bad (`level`) or good (`gain`) side, most telling first, nothing twice."""
    past = [row for row in rows if row["is_primary"] and row[side] in ("warn", "fail")]
    told = {row["metric"] for row in past}
    past = [row for row in past if REPEATS.get(row["metric"]) not in told]
    return sorted(past, key=lambda row: ORDER.index(row["metric"]) if row["metric"] in ORDER else len(ORDER))


def run_answer(rows: Sequence[Row], registry: Registry, candidate: str) -> Answer:
    """Better, worse, mixed or unchanged: the candidate run against its baseline."""
    worse, better = judged(rows, "level"), judged(rows, "gain")
    compared = [row for row in rows if row["is_primary"] and row["delta"] is not None]
    if not compared:
        return Answer("Nothing to compare.", "", f"{candidate} and its baseline share no primary metric.")
    end = "." if any(row["reference"] for row in compared) else "; no score was compared."
    if worse and better:
        first, second = _change(better[0], registry), _change(worse[0], registry)
        return Answer("Mixed.", "", f"{candidate} gains {first} and pays {second}{_more(worse[1:], registry)}{end}")
    if worse:
        return Answer("Worse.", "w", f"{candidate} {_story(worse[0], registry)}{_more(worse[1:], registry)}{end}")
    if better:
        rest = ", and no primary metric got worse past its level" if len(better) == 1 else _more(better[1:], registry)
        return Answer("Better.", "b", f"{candidate} {_story(better[0], registry)}{rest}{end}")
    return Answer("No change.", "", f"{candidate} stays inside its levels on all {len(compared)} primary metrics{end}")


def _story(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    a, b = metric.shown(row["baseline"]), metric.shown_with_unit(row["candidate"])
    if row["metric"] in ("failed_episodes", "gate_failures"):
        what = "fails" if row["metric"] == "failed_episodes" else "fails a gate in"
        return f"{what} {b if row['candidate'] != 1 else '1 episode'}, the baseline {a}"
    verb = "raises" if row["delta"] > 0 else "lowers"
    if row["delta_pct"] is not None and row["delta"] < 0 and 45 <= -row["delta_pct"] <= 55:
        verb = "halves"
    return f"{verb} {_name(metric)} from {a} to {b}"


def _change(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    size = percent(row["delta_pct"]) or metric.shown_delta(row["delta"])
    return f"{_name(metric)} {arrow(row['delta'])} {size}"


def _more(rows: Sequence[Row], registry: Registry) -> str:
    if not rows:
        return ""
    if rows[0]["metric"] in ("failed_episodes", "gate_failures"):
        return f", and {_story(rows[0], registry)}"
    return f"; {_change(rows[0], registry)}"


def _name(metric: Metric) -> str:
    return (
        metric.label.replace(" F1", "")
        if metric.metric.startswith("rouge")
        else metric.label[0].lower() + metric.label[1:]
    )


def other_clause(rows: Sequence[Row], registry: Registry) -> str:
    """What is to be said of another candidate: its most telling change, good or bad, or none."""
    worse, better = judged(rows, "level"), judged(rows, "gain")
    said = [_change(row, registry) for row in (*worse[:1], *better[:1])]
    return ", ".join(said) if said else "inside its levels"


def profile_answer(rows: Sequence[Row], registry: Registry, baseline: str, candidate: str) -> Answer:
    """Costs more, costs less, or both: the totals of two profiles and the stage that moved most."""
    totals = [row for row in rows if row["stage"] == "(totals)" and row["metric"] in ("wall_time_s", "peak_rss_mb")]
    compared = [row for row in totals if row["delta"] is not None]
    if not compared:
        return Answer("Nothing to compare.", "", f"{candidate} and {baseline} state no common total.")
    more = [row for row in compared if row["level"] in ("warn", "fail")]
    less = [row for row in compared if row["gain"] in ("warn", "fail")]
    size = lambda row: abs(row["delta_pct"] or 0)  # noqa: E731
    if not more and not less:
        return _same_cost(rows, compared, registry, baseline, candidate)
    moved = sorted(more or less, key=size, reverse=True)
    word, tone = ("Mixed.", "") if more and less else ("Costs more.", "w") if more else ("Costs less.", "b")
    told = [
        _cost(row, registry)
        for row in ([*moved[:1], *sorted(less, key=size, reverse=True)[:1]] if more and less else moved)
    ]
    where = _stage(rows, moved[0]["metric"])
    return Answer(word, tone, f"{candidate} against {baseline}: {', '.join(told)}{where}.")


def _same_cost(
    rows: Sequence[Row], compared: Sequence[Row], registry: Registry, baseline: str, candidate: str
) -> Answer:
    """Totals may hide a stage that needs more, behind another that needs less or that runs beside it."""
    is_moved = any(row["level"] in ("warn", "fail") for row in rows if row["stage"] != "(totals)")
    names = {"wall_time_s": "time", "peak_rss_mb": "memory"}
    what = " and ".join(name for metric, name in names.items() if metric in {row["metric"] for row in compared})
    limits = {registry[row["metric"]].warn_pct for row in compared}
    limit = limits.pop() if len(limits) == 1 else None
    inside = f"inside ±{limit:g} %" if limit else "inside its levels"
    word = "No change in total." if is_moved else "No change."
    return Answer(word, "", f"{candidate} needs the {what} of {baseline}, {inside}.")


def _cost(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    size = percent(row["delta_pct"])
    name = metric.label.lower().replace("rss", "RSS")
    values = f"{metric.shown(row['baseline'])} → {metric.shown_with_unit(row['candidate'])}"
    return f"{name} {arrow(row['delta'])} {size} ({values})"


def _stage(rows: Sequence[Row], metric: str) -> str:
    stages = [
        row for row in rows if row["stage"] != "(totals)" and row["metric"] == metric and row["delta"] is not None
    ]
    if not stages:
        return ""
    most = max(stages, key=lambda row: abs(row["delta"]))
    return f", most of it in {most['stage']}" if abs(most["delta_pct"] or 0) >= 10 else ""
