"""The answer of a page as one sentence, from delta rows and their levels. Every number is a column of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driftline.metrics import Metric, arrow, percent
from driftline.reports import marks
from driftline.reports.standing import Row, Standing, standing

Registry = dict[str, Metric]


@dataclass(frozen=True)
class Answer:
    """The opening word, its tone (`w`orse, `b`etter or none) and the rest of the sentence, all plain text."""

    word: str
    tone: str
    sentence: str

    @property
    def is_change(self) -> bool:
        """Whether anything changed, or may have."""
        return not self.word.startswith(("No change", "Nothing"))

    @property
    def is_better(self) -> bool:
        """Whether the candidate is better, or seems so."""
        return self.word in ("Better.", "Seems better.")


def run_answer(rows: Sequence[Row], registry: Registry, candidate: str) -> Answer:
    """Better, worse, mixed or unchanged: the candidate run against its baseline; no answer where noise may hide it, and
    no more than how it seems where no noise is known."""
    found = standing(rows)
    if not found.compared:
        why = f"{candidate} and its baseline share no primary metric."
        return Answer("Nothing to compare.", "", found.apart[0]["reason"] if found.apart else why)
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
    if found.suspect:
        return Answer("No answer yet.", "", f"{candidate}: {_suspected(found.suspect, registry)}.")
    if found.open:
        return Answer("No answer yet.", "", _undecided(found, registry, candidate))
    return _same(found, registry, candidate, end)


def _same(found: Standing, registry: Registry, candidate: str, end: str) -> Answer:
    """No change, of what is shown not to have changed; what was not weighed or may not be compared is named."""
    every = _counted(len(found.compared))
    if not found.is_weighed:
        return Answer("No change seen.", "", f"{candidate} stays inside its levels on {every}{end}")
    untold = [row for row in found.compared if row not in found.same]
    parts = [f"{_labels(untold, registry)} not weighed"] if untold else []
    parts += [f"{_labels(found.apart, registry)} not comparable"] if found.apart else []
    if parts:
        count = f"{len(found.same)} of {len(found.compared) + len(found.apart)} primary metrics"
        return Answer("No change seen.", "", f"{candidate} is as its baseline on {count}; {', '.join(parts)}{end}")
    return Answer("No change.", "", f"{candidate} is as its baseline on {every}{end}")


def _counted(count: int) -> str:
    return f"all {count} primary metrics" if count != 1 else "the only primary metric"


def _labels(rows: Sequence[Row], registry: Registry) -> str:
    return ", ".join(dict.fromkeys(_name(registry[row["metric"]]) for row in rows))


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
    name = _name(registry[row["metric"]])
    sees = f"{pairs} only changes of {seen} and more in {name}" if seen else f"{name} is not decided"
    more = row["pairs_needed"] or 0
    settle = f"; about {more} episodes would settle it" if more > (row["n_pairs"] or 0) else ""
    count = f"{found.undecided} of {len(found.compared)} primary metrics" if len(found.compared) != 1 else "its metric"
    return f"{candidate}: {count} {'are' if found.undecided != 1 else 'is'} open; {sees}{settle}."


def _story(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    a, b = metric.shown(row["baseline"]), metric.shown_with_unit(row["candidate"])
    if row["metric"] in ("failed_episodes", "gate_failures"):
        what = "fails" if row["metric"] == "failed_episodes" else "fails a gate in"
        return f"{what} {b if row['candidate'] != 1 else '1 episode'}, the baseline {a}"
    way = marks.direction(row, metric) or 0.0
    verb = "raises" if way > 0 else "lowers"
    if marks.is_turned(row):
        # One episode can turn the mean of all away from what most of them show.
        size = f"{arrow(way)} {marks.size(row, metric)}"
        return f"{verb} {_name(metric)} {size} episode by episode (as a whole {a} → {b})"
    if row["delta_pct"] is not None and row["delta"] < 0 and 45 <= -row["delta_pct"] <= 55:
        verb = "halves"
    return f"{verb} {_name(metric)} from {a} to {b}"


def _change(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    if row["delta_pct"] is None or metric.unit in marks.COUNTED:
        return f"{_name(metric)} {arrow(row['delta'])} {marks.size(row, metric)}"
    return f"{_name(metric)} {arrow(marks.direction(row, metric))} {marks.size(row, metric)}"


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
    if not found.compared:
        return "nothing to compare"
    said = [_judged(row, registry, found.is_weighed) for row in (*found.worse[:1], *found.better[:1])]
    said = said or [_judged(row, registry, found.is_weighed) for row in found.suspect[:1]]
    if said:
        return ", ".join(said)
    if found.is_weighed:
        count = found.undecided
        return f"{count} open, nothing decided" if count else "no change"
    return "inside its levels"


def _judged(row: Row, registry: Registry, is_weighed: bool) -> str:
    return f"{_change(row, registry)} {row['verdict']}" if is_weighed else _change(row, registry)
