"""The difference of two profiles as text: every stage and metric, and which of them are regressions by which policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftline import queries
from driftline.artifacts.regression_rules import Limit
from driftline.metrics import Metric
from driftline.reports.tables import as_markdown, as_table, markdown, visible

Row = queries.Row
COLUMNS = ("stage", "metric", "baseline", "candidate", "delta", "change")
NUMBERS = ("baseline", "candidate", "delta", "change")
TOTALS = "(totals)"
MARK = " (!)"
NOT_STATED = "not stated"
DIFFERENT = {
    "hostname": ("machines", "absolute RSS/CPU values are not directly comparable"),
    "dataset_id": ("datasets", "wall times are not directly comparable across different episode counts/sizes"),
    "device": ("devices", "costs of one device say little about another"),
}
LEVELS = ("fail", "warn", "info")
NAMED = 3


@dataclass(frozen=True)
class Policy:
    """What the rows are held against: the limits of a file, or the registry's levels where there is none."""

    file: str | None = None
    limits: Sequence[Limit] = ()

    @property
    def words(self) -> str:
        if self.file is None:
            told = "the warn and fail levels of the metric registry; there are no rules"
        else:
            told = f"{_counted(len(self.limits), 'limit')} of {self.file}; what no rule names is not judged"
        return f"{told}. Thresholds only: no noise is known.{MARK} marks a regression."


@dataclass(frozen=True)
class ProfileDiff:
    """`sides` are the rows of `profiles` of baseline and candidate with the `name` that each was asked for by; `rows`
    are queries.judged_stage_deltas."""

    sides: tuple[Row, Row]
    rows: Sequence[Row]
    policy: Policy
    warnings: Sequence[str]
    registry: dict[str, Metric]

    @property
    def regressions(self) -> list[Row]:
        """The worst level first; of a level as they are ordered."""
        marked = [row for row in self.rows if row["regression"]]
        return sorted(marked, key=lambda row: LEVELS.index(row["regression"]))

    @property
    def has_failed(self) -> bool:
        return any(row["regression"] == "fail" for row in self.rows)

    @property
    def is_compared(self) -> bool:
        """Whether any cost has a value on both sides."""
        return any(row["delta"] is not None for row in self.rows)

    @property
    def is_judged(self) -> bool:
        """Whether any row is held against a limit: rules may name nothing that is there."""
        limited = [row for row in self.rows if row["max_delta_pct"] is not None]
        return self.policy.file is None or any(self.registry[row["metric"]].better != "neutral" for row in limited)

    @property
    def verdict(self) -> str:
        """One sentence, plain text."""
        if not self.is_compared:
            return "Nothing to compare: no stage and no total has a value on both sides."
        if not self.is_judged:
            return "Nothing was judged: the rules name no metric and no stage of these profiles."
        regressions = self.regressions
        if not regressions:
            return "No regression: no cost is above its limit."
        counts = [(level, sum(row["regression"] == level for row in regressions)) for level in LEVELS]
        told = ", ".join(f"{count} {level}" for level, count in counts if count)
        named = [f"{row['stage']} {row['metric']} {self.change(row).removesuffix(MARK)}" for row in regressions[:NAMED]]
        more = f"; {len(regressions) - NAMED} more" if len(regressions) > NAMED else ""
        return f"{_counted(len(regressions), 'regression')} ({told}): {'; '.join(named)}{more}."

    @property
    def title(self) -> str:
        baseline, candidate = (side["name"] for side in self.sides)
        return f"Profile diff: {baseline} -> {candidate}"

    def change(self, row: Row) -> str:
        """Per cent with the mark of a regression; what cannot be had in per cent is words."""
        pct = row["delta_pct"]
        change = row["note"] or row["status"] if pct is None else f"{pct:+.1f}%"
        return change + (MARK if row["regression"] else "")

    def cells(self, row: Row) -> list[str]:
        """In the order of COLUMNS; what is missing is a dash."""
        metric = self.registry[row["metric"]]
        values = [metric.shown(row[side]) for side in ("baseline", "candidate")]
        return [row["stage"], row["metric"], *values, metric.shown_delta(row["delta"]), self.change(row)]


def compare(
    connection: queries.Connection, keys: tuple[str, str], names: tuple[str, str], policy: Policy
) -> ProfileDiff:
    """Both profiles, which are in the store, held against the policy."""
    found = queries.profile_rows(connection, keys)
    baseline, candidate = ({**found[key], "name": name} for key, name in zip(keys, names, strict=True))
    limits = policy.limits if policy.file is not None else None
    rows = queries.judged_stage_deltas(connection, *keys, limits).rows
    registry = queries.registry(connection)
    warnings = [*_differences(baseline, candidate), *_idle(policy.limits, rows, registry)]
    if keys[0] == keys[1]:
        warnings.insert(0, "Both sides are the same profile.")
    return ProfileDiff((baseline, candidate), rows, policy, warnings, registry)


def _differences(baseline: Row, candidate: Row) -> list[str]:
    told = []
    for column, (what, why) in DIFFERENT.items():
        values = [baseline[column], candidate[column]]
        if values[0] != values[1]:
            shown = ", ".join(value or NOT_STATED for value in values)
            told.append(f"Different {what}: {shown}; {why}.")
    return told


def _idle(limits: Sequence[Limit], rows: Sequence[Row], registry: dict[str, Metric]) -> list[str]:
    """Rules that judge nothing here, which a slip of the pen would cause too."""
    told = []
    metrics, stages = {row["metric"] for row in rows}, {row["stage"] for row in rows}
    for metric in dict.fromkeys(limit.metric for limit in limits):
        if metric not in metrics:
            told.append(f"The rules name {metric}, a metric that neither profile has.")
        elif registry[metric].better == "neutral":
            told.append(f"The rules name {metric}, whose better direction is not declared: it is not judged.")
    for stage in dict.fromkeys(limit.stage for limit in limits):
        if stage is not None and stage not in stages:
            told.append(f"The rules name {stage}, a stage that neither profile has.")
    return told


def as_text(diff: ProfileDiff) -> str:
    """For a terminal: what is compared, the answer, the rows, the policy."""
    head = [diff.title, *_about(diff), diff.verdict, *diff.warnings]
    table = as_table(COLUMNS, [diff.cells(row) for row in diff.rows], right=NUMBERS)
    lines = [*(visible(line) for line in head), "", table, "", visible(f"Policy: {diff.policy.words}")]
    return "\n".join(lines)


def as_object(diff: ProfileDiff) -> str:
    """One JSON object: header, rows, policy. A gap is null."""
    names = ("name", "profile", "release", "captured_at", "dataset_id", "hostname", "device", "archived")
    sides = [{name: _plain(side[name]) for name in names} for side in diff.sides]
    header = {
        "title": diff.title,
        "baseline": sides[0],
        "candidate": sides[1],
        "verdict": diff.verdict,
        "regressions": len(diff.regressions),
        "warnings": list(diff.warnings),
    }
    policy = {
        "source": "registry" if diff.policy.file is None else "rules",
        "file": diff.policy.file,
        "words": diff.policy.words,
        "limits": [vars(limit) for limit in diff.policy.limits],
    }
    return json.dumps({"header": header, "rows": [dict(row) for row in diff.rows], "policy": policy}, indent=2)


def as_comment(diff: ProfileDiff) -> str:
    """Markdown for a pull request: the answer, the few rows that matter, and all others folded."""
    first = [row for row in diff.rows if _matters(row)]
    rest = [row for row in diff.rows if not _matters(row)]
    parts = [f"**{markdown(diff.verdict)}**", markdown(diff.title)]
    parts.append("\n".join(f"- {markdown(line)}" for line in (*_about(diff), *diff.warnings)))
    if first:
        parts.append(as_markdown(COLUMNS, [diff.cells(row) for row in first]))
    if rest:
        folded = as_markdown(COLUMNS, [diff.cells(row) for row in rest])
        summary = f"{_counted(len(rest), 'more row' if first else 'row')}"
        parts.append(f"<details><summary>{summary}</summary>\n\n{folded}\n\n</details>")
    return "\n\n".join([*parts, markdown(f"Policy: {diff.policy.words}")])


def _matters(row: Row) -> bool:
    """A regression, a primary total, or the time of a stage that only one side has."""
    is_total = row["stage"] == TOTALS and row["metric"] in ("wall_time_s", "peak_rss_mb")
    is_one_sided = row["metric"] == "wall_time_s" and row["status"].startswith("only in")
    return bool(row["regression"]) or is_total or is_one_sided


def _about(diff: ProfileDiff) -> list[str]:
    """What each side is: release, time, dataset, host."""
    told = []
    for word, side in zip(("baseline", "candidate"), diff.sides, strict=True):
        stated = {"dataset": side["dataset_id"], "host": side["hostname"]}
        parts = [f"release {side['release']}", _time(side["captured_at"])]
        parts += [f"{name} {value or NOT_STATED}" for name, value in stated.items()]
        told.append(f"{word} {side['name']}: {', '.join(parts)}{', archived' if side['archived'] else ''}")
    return told


def _time(captured_at: datetime | None) -> str:
    return "no date" if captured_at is None else f"{captured_at:%Y-%m-%d %H:%M} UTC"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _plain(value: Any) -> Any:
    return value.isoformat() + "Z" if isinstance(value, datetime) else value
