"""Baselines of platforms as text: what is proposed, where they stand, how they changed and where levels drift."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline.metrics import Metric, percent
from driftline.queries import Row
from driftline.reports.tables import as_json, as_markdown, as_table, visible

RULE = "=" * 70
GAP = "–"
WATCH = {
    "slow drift": "slow drift: no record passed the limit, together they do",
    "baselines drifted": "the baselines drifted: no update passed the limit, together they do",
}


NOISE = "a level that changed for good, by more than {least:g} %, counts"


@dataclass(frozen=True)
class Judged:
    """By what is judged: the policy, its limit, and by policy noise the least change of a level, all in per cent."""

    policy: str
    limit_pct: float
    least_pct: float | None = None

    def __str__(self) -> str:
        if self.least_pct is not None:
            return f"policy: noise; {NOISE.format(least=self.least_pct)}; the limit of {self.limit_pct:g} % is shown"
        return f"policy: threshold; worse by more than {self.limit_pct:g} % is a regression"

    @property
    def stated(self) -> dict[str, Any]:
        """The same for programs."""
        told = {"policy": self.policy, "threshold_pct": self.limit_pct}
        return told | ({} if self.least_pct is None else {"least_effect_pct": self.least_pct})


def proposals(
    platform: str, rows: Sequence[Row], registry: dict[str, Metric], asked: tuple[int, float, str], automatic: bool
) -> str:
    """The table of what is proposed. `asked` is how many records, what gain in per cent, and by which policy;
    `automatic` says whether some of it is applied without being asked."""
    min_records, gain_pct, policy = asked
    columns = ["Metric", "Current", "Proposed", "Change", "Runs", "Status"]
    cells = []
    for row in rows:
        current, proposed = _pair(registry[row["metric"]], row["current"], row["proposed"])
        is_better = row["status"] == "better" or (row["status"] == "stale records" and (row["current"] or 0) > 0)
        runs = f"{row['better_records']} of {row['records']} runs better" if is_better else GAP
        status = row["status"] + _since(row) + (", direction inferred from the name" if row["is_inferred"] else "")
        cells.append([row["metric"], current, proposed, _change(row["change_pct"]), runs, status])
        if automatic:
            cells[-1].append("automatic" if is_sustained(row) else "needs a yes")
    table = as_table([*columns, "Approval"] if automatic else columns, cells, ("Current", "Proposed", "Change"))
    by = f"median of the last {min_records} records, better by more than {gain_pct:g} %; policy: {policy}"
    by += ", only where the level has changed for good" if policy == "noise" else ""
    return "\n".join([RULE, f"Baseline Update Proposals for {visible(platform)}", f"({by})", RULE, table])


def _since(row: Row) -> str:
    """Of stale records how old they are."""
    if row["status"] != "stale records":
        return ""
    if row["newer_records"]:
        newer = f"{row['newer_records']} newer {'record' if row['newer_records'] == 1 else 'records'}"
        return f": none since {_time(row['last_at'])}, in {newer}"
    return f": they reach back to {_time(row['first_at'])}, before the last 50"


def is_sustained(row: Row) -> bool:
    """Whether every record that is counted is better than the baseline."""
    return bool(row["status"] == "better" and row["better_records"] == row["records"])


def diff(name: str, before: str, after: str) -> str:
    """What changes in a file, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{visible(name)} (before)", f"{visible(name)} (after)", lineterm=""
    )
    return "\n".join(visible(line) for line in lines)


def why_nothing(counts: Row, min_records: int, gain_pct: float) -> list[str]:
    """Why nothing is proposed, a line a cause that holds."""
    of = counts["metrics"]
    causes = {
        "unchanged": "did not change",
        "improved_less": f"improved by less than {gain_pct:g} %",
        "worse": "became worse, and a worse baseline is never proposed",
        "too_few": f"{_has(counts['too_few'])} fewer than {min_records} records",
        "not_judged": f"{_has(counts['not_judged'])} no known direction",
        "not_comparable": f"{_has(counts['not_comparable'])} a median that is no positive number",
        "unsure": f"{'is' if counts['unsure'] == 1 else 'are'} better, and the level has not changed for good",
    }
    return [f"{counts[name]} of {of} metrics {what}" for name, what in causes.items() if counts[name]]


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


STANDING = ("platform", "metric", "value", "captured", "limit", "newest", "change", "status", "slow drift", "file")
UPDATED = ("platform", "at", "metric", "from", "to", "change", "runs", "commit", "reason")
WATCHED = (
    "platform", "metric", "records", "from", "since", "drift", "past limit", "updates", "first baseline", "baseline",
    "baselines moved", "watch",
)  # fmt: skip


def standings(rows: Sequence[Row], registry: dict[str, Metric], layout: str, by: Judged) -> str:
    """The baselines as a table, as JSON with the columns of the query, or as Markdown; the latter two say by what."""
    if layout == "json":
        return _objects([by.stated | row for row in rows])
    cells = []
    for row in rows:
        metric = registry[row["metric"]]
        limit = f"{metric.shown_with_unit(row['limit_value'])} ({row['limit_pct']:g} %)" if _judged(row) else GAP
        status = (row["status"] or "no record") + (", direction inferred" if row["is_inferred"] else "")
        drift = _change(row["drift_pct"]) + (" past the limit" if row["drift_status"] == "regressed" else "")
        cells.append(
            (
                row["platform"], row["metric"], metric.shown_with_unit(row["value"]), _time(row["captured_at"]), limit,
                metric.shown_with_unit(row["newest"]), _change(row["change_pct"]), status, drift, row["source"],
            )
        )  # fmt: skip
    return f"{as_markdown(STANDING, cells)}\n\n{by}" if layout == "markdown" else _table(STANDING, cells)


def updates(rows: Sequence[Row], registry: dict[str, Metric]) -> str:
    """How the baselines changed, oldest first."""
    cells = [
        (
            row["platform"], _time(row["updated_at"]), row["metric"],
            _value(registry, row["metric"], row["from_value"]),
            _value(registry, row["metric"], row["to_value"]), _change(row["change_pct"]),
            GAP if row["runs"] is None else row["runs"], row["git_commit"] or GAP, row["reason"] or GAP,
        )
        for row in rows
    ]  # fmt: skip
    return _table(UPDATED, cells)


def watch(rows: Sequence[Row], registry: dict[str, Metric]) -> str:
    """Where many small steps led."""
    cells = [
        (
            row["platform"], row["metric"], row["records"] or 0, _value(registry, row["metric"], row["drift_from"]),
            _time(row["drift_since"]), _change(row["drift_pct"]),
            GAP if row["records_past"] is None else row["records_past"], row["updates"] or 0,
            _value(registry, row["metric"], row["first_value"]),
            _value(registry, row["metric"], row["baseline"]), _change(row["baseline_pct"]),
            WATCH.get(row["watch"], ""),
        )
        for row in rows
    ]  # fmt: skip
    return _table(WATCHED, cells)


def history_object(changed: Sequence[Row], watched: Sequence[Row], by: Judged) -> str:
    """By what is judged, updates and watch as one JSON object."""
    stated = "".join(f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in by.stated.items())
    return f'{{\n{stated}"updates": {_objects(changed)},\n"watch": {_objects(watched)}\n}}'


def _objects(rows: Sequence[Row]) -> str:
    told = [{name: _json_time(value) for name, value in row.items()} for row in rows]
    return as_json(list(told[0]), [list(row.values()) for row in told]) if told else "[]"


def _table(columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> str:
    return as_table(columns, cells, {"value", "limit", "newest", "change", "from", "to", "drift", "baseline"})


def _pair(metric: Metric, current: float | None, proposed: float) -> tuple[str, str]:
    """Both values; with all their digits where they would look alike."""
    shown = metric.shown_with_unit(current), metric.shown_with_unit(proposed)
    return shown if shown[0] != shown[1] else (f"{current:.9g}", f"{proposed:.9g}")


def _value(registry: dict[str, Metric], metric: str, value: float | None) -> str:
    if value is None:
        return GAP
    return registry[metric].shown_with_unit(value) if metric in registry else f"{value:g}"


def _judged(row: Row) -> bool:
    return row["limit_value"] is not None


def _change(pct: float | None) -> str:
    return GAP if pct is None else percent(pct)


def _time(moment: Any) -> str:
    return GAP if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _json_time(value: Any) -> Any:
    return f"{value.isoformat()}Z" if hasattr(value, "isoformat") else value
