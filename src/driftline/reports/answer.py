"""The answer of a page as one sentence, from delta rows and their levels. Every number is a column of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline.metrics import Metric, arrow, percent

Row = dict[str, Any]
Registry = dict[str, Metric]
ORDER = ("rougeL_f1", "failed_episodes", "gate_failures", "avg_output_tokens", "avg_latency_s")
NO_NOISE = "Levels are thresholds only: what looks like a change may be none, as no noise is known."
WEIGHED = "Verdicts weigh the noise: bar and dot are the 95 % interval of the paired effect, a hollow dot has none."
OPEN = ("suspect", "inconclusive")
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


def is_weighed(rows: Sequence[Row]) -> bool:
    """Whether the noise was weighed for any primary metric: then nothing else is said to be better or worse."""
    return any(row["is_primary"] and row.get("q") is not None for row in rows)


def judged(rows: Sequence[Row], side: str) -> list[Row]:
    """Primary rows that got worse (`level`) or better (`gain`), most telling first, nothing twice: by their verdicts,
    or past a level where no noise is known of any."""
    word = {"level": "regressed", "gain": "improved"}[side]
    is_by_verdict = is_weighed(rows)
    past = [
        row
        for row in rows
        if row["is_primary"] and (row["verdict"] == word if is_by_verdict else row[side] in ("warn", "fail"))
    ]
    return _telling(past)


def _telling(rows: Sequence[Row]) -> list[Row]:
    told = {row["metric"] for row in rows}
    kept = [row for row in rows if REPEATS.get(row["metric"]) not in told]
    return sorted(kept, key=lambda row: ORDER.index(row["metric"]) if row["metric"] in ORDER else len(ORDER))


def run_answer(rows: Sequence[Row], registry: Registry, candidate: str) -> Answer:
    """Better, worse, mixed or unchanged: the candidate run against its baseline; no answer where noise may hide it."""
    worse, better = judged(rows, "level"), judged(rows, "gain")
    compared = [row for row in rows if row["is_primary"] and row["delta"] is not None]
    if not compared:
        return Answer("Nothing to compare.", "", f"{candidate} and its baseline share no primary metric.")
    suspect = _telling([row for row in compared if row.get("verdict") == "suspect"])
    end = f"; {_suspected(suspect, registry)}" if suspect else ""
    end += "." if any(row["reference"] for row in compared) else "; no score was compared."
    if worse and better:
        first, second = _change(better[0], registry), _change(worse[0], registry)
        return Answer("Mixed.", "", f"{candidate} gains {first} and pays {second}{_more(worse[1:], registry)}{end}")
    if worse:
        return Answer("Worse.", "w", f"{candidate} {_story(worse[0], registry)}{_more(worse[1:], registry)}{end}")
    if better:
        unless = ", and no primary metric got worse past its level" if not suspect else ""
        rest = unless if len(better) == 1 else _more(better[1:], registry)
        return Answer("Better.", "b", f"{candidate} {_story(better[0], registry)}{rest}{end}")
    if suspect:
        return Answer("No answer yet.", "", f"{candidate}: {_suspected(suspect, registry)}.")
    open_ = [row for row in compared if row.get("verdict") == "inconclusive"]
    if open_:
        return Answer("No answer yet.", "", _undecided(open_, compared, registry, candidate))
    if is_weighed(rows):
        return Answer("No change.", "", f"{candidate} is as its baseline on all {len(compared)} primary metrics{end}")
    return Answer("No change.", "", f"{candidate} stays inside its levels on all {len(compared)} primary metrics{end}")


def _suspected(rows: Sequence[Row], registry: Registry) -> str:
    """What a repetition has to confirm, the most telling."""
    row, metric = rows[0], registry[rows[0]["metric"]]
    if row["metric"] in ("failed_episodes", "gate_failures"):
        return f"{_name(metric)} {metric.shown(row['baseline'])} → {metric.shown(row['candidate'])}, to be confirmed"
    return f"{_change(row, registry)} is suspect, to be confirmed"


def _undecided(open_: Sequence[Row], compared: Sequence[Row], registry: Registry, candidate: str) -> str:
    """What could be hidden, and what would settle it."""
    row = _telling(open_)[0]
    seen = percent(row["mde_pct"]).removeprefix("+")
    sees = f" shows only changes of {seen} and more" if seen else " is open"
    runs = f"; about {row['runs_needed']} runs a side would settle it" if row["runs_needed"] else ""
    what = f"{len(open_)} of {len(compared)} primary metrics are open"
    return f"{candidate}: {what}; {_name(registry[row['metric']])}{sees}{runs}."


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
    if is_weighed(compared):
        more, less = ([row for row in compared if row["verdict"] == word] for word in ("regressed", "improved"))
    else:
        more = [row for row in compared if row["level"] in ("warn", "fail")]
        less = [row for row in compared if row["gain"] in ("warn", "fail")]
    size = lambda row: abs(row["delta_pct"] or 0)  # noqa: E731
    if not more and not less:
        open_ = [row for row in compared if row.get("verdict") in OPEN]
        if open_:
            return Answer("No answer yet.", "", _open_cost(open_, registry, baseline, candidate))
        return _same_cost(rows, compared, registry, baseline, candidate)
    moved = sorted(more or less, key=size, reverse=True)
    word, tone = ("Mixed.", "") if more and less else ("Costs more.", "w") if more else ("Costs less.", "b")
    told = [
        _cost(row, registry)
        for row in ([*moved[:1], *sorted(less, key=size, reverse=True)[:1]] if more and less else moved)
    ]
    where = _stage(rows, moved[0]["metric"])
    return Answer(word, tone, f"{candidate} against {baseline}: {', '.join(told)}{where}.")


def _open_cost(open_: Sequence[Row], registry: Registry, baseline: str, candidate: str) -> str:
    """What the noise may hide, or make up."""
    told = ", ".join(_cost(row, registry) for row in open_)
    row = open_[0]
    seen = percent(row["mde_pct"]).removeprefix("+")
    sees = f"; {row['n_pairs']} captures show only changes of {seen} and more" if seen else ""
    return f"{candidate} against {baseline}: {told}, which may be noise{sees}."


def _same_cost(
    rows: Sequence[Row], compared: Sequence[Row], registry: Registry, baseline: str, candidate: str
) -> Answer:
    """Totals may hide a stage that needs more, behind another that needs less or that runs beside it."""
    is_moved = any(_is_worse(row) for row in rows if row["stage"] != "(totals)")
    names = {"wall_time_s": "time", "peak_rss_mb": "memory"}
    what = " and ".join(name for metric, name in names.items() if metric in {row["metric"] for row in compared})
    limits = {registry[row["metric"]].warn_pct for row in compared}
    limit = limits.pop() if len(limits) == 1 else None
    inside = f"inside ±{limit:g} %" if limit else "inside its levels"
    word = "No change in total." if is_moved else "No change."
    return Answer(word, "", f"{candidate} needs the {what} of {baseline}, {inside}.")


def _is_worse(row: Row) -> bool:
    if row.get("verdict"):
        return bool(row["verdict"] == "regressed")
    return row["level"] in ("warn", "fail")


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
