"""What a history says in words: the answer of the page in a sentence, what belongs to it, the titles of platforms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from driftline.charts.tracking_layout import BETTER, WORSE, short_commit, tone_of
from driftline.metrics import Metric, arrow, percent
from driftline.queries import Row
from driftline.reports.html import esc
from driftline.reports.tracking_choice import Chosen

REGRESSED, IMPROVED, STABLE = "regressed", "improved", "stable"
NOT_COMPARABLE, NOT_JUDGED = "not comparable", "not judged"
DRIFT = "slow drift"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NAMED = 2
UPDATE = "driftline baselines update"
Registry = dict[str, Metric]


def of_status(rows: Iterable[Row], status: str) -> list[Row]:
    """The rows of a status, the largest change first."""
    return sorted((row for row in rows if row["status"] == status), key=lambda row: -_size(row))


def has_drifted(row: Row) -> bool:
    """Whether a metric regressed in steps that are each within the limit."""
    return row["status"] == REGRESSED and str(row["note"] or "").startswith(DRIFT)


def moved_pct(row: Row) -> float | None:
    """The change that the status is about, in per cent: of the newest record, or of a drift from its beginning."""
    pct: float | None = row["drift_pct"] if has_drifted(row) else row["change_pct"]
    return pct


def _size(row: Row) -> float:
    """How large a change is, the same for a half and for the double."""
    pct = moved_pct(row)
    return 0.0 if pct is None else abs(math.log1p(pct / 100)) if pct > -100 else math.inf


def told_day(at: datetime, now: datetime) -> str:
    """A day in a sentence; with its year where it is not within the last ten months."""
    return f"{at:%-d %B}" if abs((now - at).days) < 300 else f"{at:%-d %B %Y}"


class Answer:
    """The sentence and what belongs to it. `rows` are queries.tracked of the series that are shown, `changes` those of
    queries.level_changes."""

    def __init__(self, rows: Sequence[Row], changes: Sequence[Row], chosen: Chosen, registry: Registry) -> None:
        self.rows, self.chosen, self.registry = rows, chosen, registry
        self.regressed, self.improved = of_status(rows, REGRESSED), of_status(rows, IMPROVED)
        self.judged = [row for row in rows if row["status"] in (REGRESSED, IMPROVED, STABLE)]
        self._changes: dict[tuple[str, str], Row] = {(row["series"], row["metric"]): row for row in changes}
        self._now = max((row["recorded_at"] for row in rows if row["recorded_at"]), default=datetime.min)
        self._tells_series = len({row["series"] for row in rows}) > 1

    def _change(self, row: Row, tone: str) -> Row | None:
        """The newest change point of a metric, where it is one for the worse, or for the better, as asked."""
        found = self._changes.get((row["series"], row["metric"]))
        is_asked = found and tone_of(found["effect_pct"], self.registry[row["metric"]]) == tone
        return found if is_asked and found and found["recorded_at"] else None

    def _since(self, row: Row, tone: str) -> str:
        if has_drifted(row):
            return f" since {told_day(row['drift_since'], self._now)}" if row["drift_since"] else ""
        change = self._change(row, tone)
        return f" since {told_day(change['recorded_at'], self._now)}" if change else " in the newest record"

    def headline(self) -> str:
        """The answer as HTML."""
        if self.regressed:
            row = self.regressed[0]
            word = "drifted" if has_drifted(row) else "regressed"
            limit = f"over the {row['limit_pct']:g}\u202f% limit"
            said = f" on {esc(row['series'])}: {percent(moved_pct(row))}{self._since(row, WORSE)}, {limit}"
            return _h1("w", f"{row['label']} {word}", f"{said}{_more(self.regressed)}.")
        if self.improved:
            row = self.improved[0]
            said = f" on {esc(row['series'])}: {percent(row['change_pct'])}{self._since(row, BETTER)}"
            return _h1("b", f"{row['label']} improved", f"{said}{_more(self.improved)}. Nothing regressed.")
        where = esc(_places([row["platform"] for row in self.chosen.series]))
        if self.judged:
            left = [row for row in self.rows if row["status"] == NOT_COMPARABLE]
            count = len(self.judged)
            if left:
                whole = f"{count} of {count + len(left)} metrics can be compared"
                return _h1("", "", f"No regression on {where}, as far as {whole}.")
            every = f"all {count} metrics are" if count > 1 else "its one metric is"
            return _h1("", "", f"No regression on {where}: {every} within the limit.")
        reasons = Counter(str(row["note"]) for row in self.rows if row["status"] == NOT_COMPARABLE and row["note"])
        if not reasons:
            return _h1("", "", f"Nothing is judged on {where}: no metric here says what is better.")
        (reason, _), *_ = reasons.most_common(1)
        reason = reason.replace("no baseline: none is committed", "no baseline is committed")
        return _h1("", "", f"Nothing can be compared yet on {where}: {esc(reason)}.")

    def lead(self) -> str:
        """What belongs to the answer, as HTML sentences."""
        parts = [self._held(self.regressed[0])] if self.regressed else []
        parts += [self._also(self.regressed[1:])] if len(self.regressed) > 1 else []
        parts += [self._better()] if self.improved else []
        parts += [self._levels(), self._others(), self._left(), self._first_steps()]
        return " ".join(filter(None, parts))

    def _held(self, row: Row) -> str:
        """Where the worst one began, and how long it has lasted."""
        change = self._change(row, WORSE)
        if has_drifted(row):
            moved = "The baseline, a median of the 5 records before, has moved along; a committed one would not."
            return moved if change is None else f"{moved} {self._told_change(change)}"
        if change is None:
            return "No lasting change of its level was found so far: it may be this record alone."
        return self._told_change(change)

    def _told_change(self, change: Row) -> str:
        """At which commit a level changed, and how many records have held the new one."""
        commit = f"at commit <b>{esc(short_commit(change['git_commit']))}</b>" if change["git_commit"] else "there"
        held = change["records"]
        lasted = f"{held} records have" if held > 1 else "one record has"
        if change["verdict"] == "suspect":
            return f"A change point is suspected {commit}, and {lasted} held the new level: more records will tell."
        return f"The change point is {commit}, and {lasted} held the new level."

    def _named(self, row: Row, word: str = "", css: str = "") -> str:
        """A metric, where it is, and by how much it has changed."""
        where = f" on {esc(row['series'])}" if self._tells_series else ""
        moved = f"{arrow(moved_pct(row))} {percent(moved_pct(row))}"
        return f'<b>{esc(row["label"])}</b>{where} <span class="{css}">{f"{word} " if word else ""}{moved}</span>'

    def _also(self, rows: Sequence[Row]) -> str:
        return f"Also over the limit: {_listed(rows, lambda row: self._named(row, css='w'))}."

    def _better(self) -> str:
        first = self.improved[0]
        it = "it" if len(self.improved) == 1 else "them"
        baseline = "baseline" if len(self.improved) == 1 else "baselines"
        if not self.regressed:
            rest = self.improved[1:]
            also = f"Also improved: {_listed(rows=rest, tell=lambda row: self._named(row, css='b'))}. " if rest else ""
            return f"{also}<code>{UPDATE}</code> proposes {it} as the new {baseline} if the last records agree."
        named = _listed(self.improved, lambda row: self._named(row, IMPROVED if row is first else "", "b"))
        return f"{named}: <code>{UPDATE}</code> proposes {it} as the new {baseline} if the last records agree."

    def _levels(self) -> str:
        """Levels that got worse within the limit, in the window: the next step may pass it."""
        since = self.chosen.since
        found = []
        for row in self.judged:
            change = None if row["status"] == REGRESSED else self._change(row, WORSE)
            if change and (since is None or change["recorded_at"] >= since):
                found.append((row, change))
        if not found:
            return ""
        row, change = max(found, key=lambda pair: abs(pair[1]["effect_pct"]))
        where = f" on {esc(row['series'])}" if self._tells_series else ""
        level = f"{arrow(change['effect_pct'])} {percent(change['effect_pct'])}"
        more = f" ({len(found) - 1} more like it)" if len(found) > 1 else ""
        day = told_day(change["recorded_at"], self._now)
        return f"Within the limit, but on a worse level since {day}: <b>{esc(row['label'])}</b>{where} {level}{more}."

    def _others(self) -> str:
        """That the rest is stable, where there is something to tell it from."""
        if not self.regressed and not self.improved:
            return ""
        told = {row["series"] for row in self.rows if row["status"] != STABLE}
        calm = {row["series"] for row in self.rows} - told
        first = (self.regressed or self.improved)[0]["series"]
        if not calm or len(calm) + 1 < len(told | calm | {first}):
            return ""
        return "The other platform is stable." if len(calm) == 1 else f"The other {len(calm)} are stable."

    def _first_steps(self) -> str:
        """What to do where nothing has a baseline yet."""
        if self.judged or any(row["baseline_source"] for row in self.rows):
            return ""
        return f"Record more; from 5 records on <code>{UPDATE}</code> proposes baselines to commit."

    def _left(self) -> str:
        left = [row for row in self.rows if row["status"] == NOT_COMPARABLE]
        if not left or not self.judged:
            return ""
        names = _listed(left, lambda row: esc(row["label"]))
        return f"Not comparable: {names}; the reason stands below the charts."


def _h1(css: str, word: str, rest: str) -> str:
    return f"<h1>{f'<span class={css}>{esc(word)}</span>' if word else ''}{rest}</h1>"


def _more(rows: Sequence[Row]) -> str:
    return f", and {len(rows) - 1} more" if len(rows) > 1 else ""


def _listed(rows: Sequence[Row], tell: Callable[[Row], str]) -> str:
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return ", ".join(tell(row) for row in rows[:NAMED]) + more


def _places(platforms: Sequence[str]) -> str:
    names = list(dict.fromkeys(platforms))
    return names[0] if len(names) == 1 else f"{len(names)} platforms"


def counted(number: int) -> str:
    """A number as a word up to twelve."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def title(series: str, rows: Sequence[Row], records: int, late: Sequence[str]) -> str:
    """What a platform shows, plain text. `late` says which metrics were recorded only since when."""
    worse, better = of_status(rows, REGRESSED), of_status(rows, IMPROVED)
    judged = [row for row in rows if row["status"] in (REGRESSED, IMPROVED, STABLE)]
    if worse:
        limits = "its limit" if len(worse) == 1 else "their limits"
        metrics = "metric" if len(worse) == 1 else "metrics"
        said = f"{counted(len(worse))} {metrics} of {counted(len(rows))} over {limits}"
    elif better:
        names = better[0]["label"] if len(better) == 1 else f"{counted(len(better))} metrics"
        said = f"{names} improved, nothing over its limit"
    elif judged:
        every = f"{counted(len(judged))} metrics" if len(judged) > 1 else judged[0]["label"]
        said = f"{every} stable after {records:,} {'records' if records > 1 else 'record'}"
    else:
        said = "nothing can be compared yet" if rows else "no metric recorded"
    return f"{series}: {said}{''.join(f', {each}' for each in late[:1])}"
