"""The answer of a page as one sentence, from delta rows and their levels. Every number is a column of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from driftline.metrics import Metric, arrow, percent
from driftline.reports import marks

Row = dict[str, Any]
Registry = dict[str, Metric]
PAST = ("warn", "fail")
WORDS = ("regressed", "improved", "suspect", "inconclusive", "threshold only")
ORDER = ("rougeL_f1", "failed_episodes", "gate_failures", "avg_output_tokens", "avg_latency_s")
NO_NOISE = "Levels are thresholds only: what looks like a change may be none, as no noise is known."
WEIGHED = "Verdicts weigh the noise: bar and dot are the 95 % interval of the paired effect, a hollow dot has none."
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

    @property
    def is_better(self) -> bool:
        """Whether the candidate is better, or seems so."""
        return self.word in ("Better.", "Seems better.")


class Standing(NamedTuple):
    """The primary rows of a comparison by what may be said of them, the most telling first, nothing twice. Where noise
    was weighed for any, verdicts say it; else levels do, and nothing is `is_weighed`, `suspect` or `open`."""

    is_weighed: bool
    compared: list[Row]
    worse: list[Row]
    better: list[Row]
    suspect: list[Row]
    open: list[Row]


def standing(rows: Sequence[Row]) -> Standing:
    """What is to be said of the primary metrics."""
    compared = [row for row in rows if row["is_primary"] and row["delta"] is not None]
    if not any(row.get("q") is not None for row in compared):
        worse, better = ([row for row in compared if row[side] in PAST] for side in ("level", "gain"))
        return Standing(False, compared, _telling(worse), _telling(better), [], [])
    by = {word: [row for row in compared if row["verdict"] == word] for word in WORDS}
    # What is past a level and could not be weighed has to be confirmed like what is suspect.
    suspect = by["suspect"] + [row for row in by["threshold only"] if row["level"] in PAST]
    return Standing(
        True, compared, _telling(by["regressed"]), _telling(by["improved"]), _telling(suspect),
        _telling(by["inconclusive"]),
    )  # fmt: skip


def caption(rows: Sequence[Row]) -> str:
    """What a table of these rows rests on."""
    return WEIGHED if standing(rows).is_weighed else NO_NOISE


def _telling(rows: Sequence[Row]) -> list[Row]:
    told = {row["metric"] for row in rows}
    kept = [row for row in rows if REPEATS.get(row["metric"]) not in told]
    return sorted(kept, key=lambda row: ORDER.index(row["metric"]) if row["metric"] in ORDER else len(ORDER))


def run_answer(rows: Sequence[Row], registry: Registry, candidate: str) -> Answer:
    """Better, worse, mixed or unchanged: the candidate run against its baseline; no answer where noise may hide it, and
    no more than how it seems where no noise is known."""
    found = standing(rows)
    if not found.compared:
        return Answer("Nothing to compare.", "", f"{candidate} and its baseline share no primary metric.")
    end = f"; {_suspected(found.suspect, registry)}" if found.suspect else ""
    end += "; no score was compared" if not any(row["reference"] for row in found.compared) else ""
    end += "." if found.is_weighed else "; held against levels, the noise is unknown."
    worse, better = found.worse, found.better
    if worse and better:
        first, second = _change(better[0], registry), _change(worse[0], registry)
        word = "Mixed." if found.is_weighed else "Seems mixed."
        return Answer(word, "", f"{candidate} gains {first} and pays {second}{_more(worse[1:], registry)}{end}")
    if worse:
        word, tone = ("Worse.", "w") if found.is_weighed else ("Seems worse.", "")
        return Answer(word, tone, f"{candidate} {_story(worse[0], registry)}{_more(worse[1:], registry)}{end}")
    if better:
        word, tone = ("Better.", "b") if found.is_weighed else ("Seems better.", "")
        rest = _more(better[1:], registry) or ("" if found.suspect else _nothing_else(found))
        return Answer(word, tone, f"{candidate} {_story(better[0], registry)}{rest}{end}")
    count = len(found.compared)
    if found.suspect:
        return Answer("No answer yet.", "", f"{candidate}: {_suspected(found.suspect, registry)}.")
    if found.open:
        return Answer("No answer yet.", "", _undecided(found, registry, candidate))
    if found.is_weighed:
        return Answer("No change.", "", f"{candidate} is as its baseline on all {count} primary metrics{end}")
    return Answer("No change seen.", "", f"{candidate} stays inside its levels on all {count} primary metrics{end}")


def _nothing_else(found: Standing) -> str:
    open_ = len(found.open)
    return f", and no primary metric got worse{f'; {open_} open' if open_ else ''}"


def _suspected(rows: Sequence[Row], registry: Registry) -> str:
    """What a repetition has to confirm, the most telling."""
    row, metric = rows[0], registry[rows[0]["metric"]]
    if metric.unit == "episodes":
        told = f"{_name(metric)} {metric.shown(row['baseline'])} → {metric.shown(row['candidate'])}"
    else:
        told = _change(row, registry)
    return f"{told} is suspect: run it again to confirm"


def _undecided(found: Standing, registry: Registry, candidate: str) -> str:
    """What could be hidden, and what would settle it."""
    row = found.open[0]
    seen = percent(row["mde_pct"]).removeprefix("+")
    pairs = f"{row['n_pairs']} pairs show" if row["n_pairs"] != 1 else "1 pair shows"
    sees = (
        f"{pairs} only changes of {seen} and more in {_name(registry[row['metric']])}" if seen else "noise may hide it"
    )
    more = row["pairs_needed"] or 0
    settle = f"; about {more} episodes would settle it" if more > (row["n_pairs"] or 0) else ""
    what = f"{len(found.open)} of {len(found.compared)} primary metrics are open"
    return f"{candidate}: {what}; {sees}{settle}."


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
    if metric.unit == "episodes" or row["delta_pct"] is None:
        return f"{_name(metric)} {arrow(row['delta'])} {metric.shown_delta(row['delta'])}"
    pct = row["effect_pct"] if marks.has_interval(row) else row["delta_pct"]
    return f"{_name(metric)} {arrow(pct)} {percent(pct)}"


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
    found = standing(rows)
    said = [_judged(row, registry, found.is_weighed) for row in (*found.worse[:1], *found.better[:1])]
    said = said or [_judged(row, registry, found.is_weighed) for row in found.suspect[:1]]
    if said:
        return ", ".join(said)
    if found.is_weighed:
        return f"{len(found.open)} open, nothing decided" if found.open else "no change"
    return "inside its levels"


def _judged(row: Row, registry: Registry, is_weighed: bool) -> str:
    return f"{_change(row, registry)} {row['verdict']}" if is_weighed else _change(row, registry)


def profile_answer(rows: Sequence[Row], registry: Registry, baseline: str, candidate: str) -> Answer:
    """Costs more, costs less, or both: the totals of two profiles and the stage that moved most."""
    totals = [
        row | {"is_primary": True}
        for row in rows
        if row["stage"] == "(totals)" and row["metric"] in ("wall_time_s", "peak_rss_mb")
    ]
    found = standing(totals)
    if not found.compared:
        return Answer("Nothing to compare.", "", f"{candidate} and {baseline} state no common total.")
    more, less = (sorted(part, key=_size, reverse=True) for part in (found.worse, found.better))
    if not more and not less:
        if found.suspect or found.open:
            return Answer(
                "No answer yet.", "", _open_cost([*found.suspect, *found.open], registry, baseline, candidate)
            )
        return _same_cost(rows, found, registry, baseline, candidate)
    moved = more or less
    words = ("Mixed.", "Costs more.", "Costs less.")
    if not found.is_weighed:
        words = ("Seems mixed.", "Seems to cost more.", "Seems to cost less.")
    word, tone = (words[0], "") if more and less else (words[1], "w") if more else (words[2], "b")
    told = [_cost(row, registry) for row in ([more[0], less[0]] if more and less else moved)]
    end = "." if found.is_weighed else "; too few captures to weigh the noise."
    where = _stage(rows, moved[0]["metric"])
    tone = tone if found.is_weighed else ""
    return Answer(word, tone, f"{candidate} against {baseline}: {', '.join(told)}{where}{end}")


def _size(row: Row) -> float:
    return abs(float(row["delta_pct"] or 0))


def _open_cost(open_: Sequence[Row], registry: Registry, baseline: str, candidate: str) -> str:
    """What the noise may hide, or make up."""
    told = ", ".join(_cost(row, registry) for row in open_)
    row = open_[0]
    seen = percent(row["mde_pct"]).removeprefix("+")
    captures = f"{row['n_pairs']} captures show" if row["n_pairs"] != 1 else "1 capture shows"
    sees = f"; {captures} only changes of {seen} and more" if seen else ""
    return f"{candidate} against {baseline}: {told}, which may be noise{sees}."


def _same_cost(rows: Sequence[Row], found: Standing, registry: Registry, baseline: str, candidate: str) -> Answer:
    """Totals may hide a stage that needs more, behind another that needs less or that runs beside it."""
    is_moved = any(_is_worse(row) for row in rows if row["stage"] != "(totals)")
    names = {"wall_time_s": "time", "peak_rss_mb": "memory"}
    what = " and ".join(name for metric, name in names.items() if metric in {row["metric"] for row in found.compared})
    limits = {registry[row["metric"]].warn_pct for row in found.compared}
    limit = limits.pop() if len(limits) == 1 else None
    inside = f"inside ±{limit:g} %" if limit else "inside its levels"
    word = "No change" if found.is_weighed else "No change seen"
    return Answer(
        f"{word} in total." if is_moved else f"{word}.", "", f"{candidate} needs the {what} of {baseline}, {inside}."
    )


def _is_worse(row: Row) -> bool:
    if row.get("q") is not None:
        return bool(row["verdict"] == "regressed")
    return row["level"] in PAST


def _cost(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    name = metric.label.lower().replace("rss", "RSS")
    values = f"{metric.shown(row['baseline'])} → {metric.shown_with_unit(row['candidate'])}"
    return f"{name} {arrow(marks.direction(row, metric))} {marks.size(row, metric)} ({values})"


def _stage(rows: Sequence[Row], metric: str) -> str:
    stages = [
        row for row in rows if row["stage"] != "(totals)" and row["metric"] == metric and row["delta"] is not None
    ]
    if not stages:
        return ""
    most = max(stages, key=lambda row: abs(row["delta"]))
    return f", most of it in {most['stage']}" if abs(most["delta_pct"] or 0) >= 10 else ""
