"""The answer about two profiles as one sentence: what they cost, and the stage that moved most."""

from __future__ import annotations

from collections.abc import Sequence

from driftline.artifacts.profile import TOTALS
from driftline.metrics import arrow, percent
from driftline.reports import marks
from driftline.reports.answer import Answer, Registry
from driftline.reports.standing import PAST, Row, Standing, standing

COSTS = ("wall_time_s", "peak_rss_mb")


def cost_standing(rows: Sequence[Row]) -> Standing:
    """What is to be said of time and memory of the whole, whichever metrics are called primary."""
    totals = [row for row in rows if row["stage"] == TOTALS and row["metric"] in COSTS]
    return standing([row | {"is_primary": True} for row in totals])


def profile_answer(rows: Sequence[Row], registry: Registry, baseline: str, candidate: str) -> Answer:
    """Costs more, costs less, or both: the totals of two profiles and the stage that moved most."""
    found, pair = cost_standing(rows), f"{candidate} against {baseline}"
    if not found.compared:
        why = f"{candidate} and {baseline} state no common total."
        return Answer("Nothing to compare.", "", f"{pair}: {found.apart[0]['reason']}" if found.apart else why)
    more, less = (sorted(part, key=_size, reverse=True) for part in (found.worse, found.better))
    if not more and not less:
        if found.suspect or found.open:
            return Answer("No answer yet.", "", f"{pair}: {_undecided(found, registry)}.")
        return _same_cost(rows, found, registry, baseline, candidate)
    words = ("Mixed.", "Costs more.", "Costs less.")
    if not found.is_weighed:
        words = ("Seems mixed.", "Seems to cost more.", "Seems to cost less.")
    word, tone = (words[0], "") if more and less else (words[1], "w") if more else (words[2], "b")
    told = [_cost(row, registry) for row in ([more[0], less[0]] if more and less else more or less)]
    told[0] += _stage(rows, (more or less)[0], registry)
    end = f"; {_suspected(found, registry)}" if found.suspect else ""
    end += "" if found.is_weighed else "; the noise is unknown"
    # Less of one and perhaps more of the other is no good news yet.
    tone = "" if not found.is_weighed or (tone == "b" and found.suspect) else tone
    return Answer(word, tone, f"{pair}: {', '.join(told)}{end}.")


def _size(row: Row) -> float:
    return abs(float(row["delta_pct"] or 0))


def _suspected(found: Standing, registry: Registry) -> str:
    return f"{', '.join(_cost(row, registry) for row in found.suspect)} is suspect: measure again to confirm"


def _undecided(found: Standing, registry: Registry) -> str:
    """What has to be confirmed, and what the noise may hide or make up."""
    parts = [_suspected(found, registry)] if found.suspect else []
    if found.open:
        row = found.open[0]
        seen = percent(row["mde_pct"]).removeprefix("+")
        captures = f"{row['n_pairs']} captures show" if row["n_pairs"] != 1 else "1 capture shows"
        sees = f"; {captures} only changes of {seen} and more" if seen else ""
        parts.append(f"{', '.join(_cost(each, registry) for each in found.open)}, which may be noise{sees}")
    return "; ".join(parts)


def _same_cost(rows: Sequence[Row], found: Standing, registry: Registry, baseline: str, candidate: str) -> Answer:
    """Totals may hide a stage that needs more, behind another that needs less or that runs beside it."""
    is_moved = any(_is_worse(row) for row in rows if row["stage"] != TOTALS)
    names = {"wall_time_s": "time", "peak_rss_mb": "memory"}
    is_shown = found.is_weighed and len(found.same) == len(found.compared)
    what = " and ".join(name for metric, name in names.items() if metric in {row["metric"] for row in found.compared})
    limits = {registry[row["metric"]].warn_pct for row in found.compared}
    limit = limits.pop() if len(limits) == 1 else None
    inside = f"inside ±{limit:g} %" if limit else "inside its levels"
    word = "No change" if is_shown else "No change seen"
    return Answer(
        f"{word} in total." if is_moved else f"{word}.", "", f"{candidate} needs the {what} of {baseline}, {inside}."
    )


def _is_worse(row: Row) -> bool:
    if row.get("q") is not None or row.get("verdict") == "not comparable":
        return bool(row["verdict"] == "regressed")
    return row["level"] in PAST


def _cost(row: Row, registry: Registry) -> str:
    metric = registry[row["metric"]]
    name = metric.label.lower().replace("rss", "RSS")
    values = f"{metric.shown(row['baseline'])} → {metric.shown_with_unit(row['candidate'])}"
    values = f"as a whole {values}" if marks.is_turned(row) else values
    return f"{name} {arrow(marks.direction(row, metric))} {marks.size(row, metric)} ({values})"


def _stage(rows: Sequence[Row], total: Row, registry: Registry) -> str:
    """The stage that went most where the total went, if it did by a tenth and more."""
    way = marks.direction(total, registry[total["metric"]]) or 0.0
    stages = [
        row
        for row in rows
        if row["stage"] != TOTALS and row["metric"] == total["metric"] and (row["delta"] or 0.0) * way > 0
    ]
    most = max(stages, key=lambda row: abs(row["delta"]), default=None)
    return f", most of it in {most['stage']}" if most and abs(most["delta_pct"] or 0) >= 10 else ""
