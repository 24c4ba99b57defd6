"""Baselines of platforms as text: what is proposed, where they stand, how they changed and where levels drift."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from driftline.metrics import Metric, percent
from driftline.queries import Row
from driftline.reports.tables import as_json, as_markdown, as_table, visible

RULE = "=" * 70
GAP = "–"
WATCH = {
    "slow drift": "slow drift: no record passed the limit, together they do",
    "moved": "moved past the limit",
    "baselines drifted": "the baselines drifted: no update passed the limit, together they do",
}


def policy(limit_pct: float) -> str:
    """By what is judged, in one line."""
    return f"policy: threshold; worse by more than {limit_pct:g} % is a regression"


def proposals(
    platform: str, rows: Sequence[Row], registry: dict[str, Metric], asked: tuple[int, float], automatic: bool
) -> str:
    """The table of what is proposed. `asked` is how many records and what gain in per cent; `automatic` says whether
    some of it is applied without being asked."""
    min_records, gain_pct = asked
    columns = ["Metric", "Current", "Proposed", "Change", "Runs", "Status"]
    cells = []
    for row in rows:
        current, proposed = _pair(registry[row["metric"]], row["current"], row["proposed"])
        runs = f"{row['better_records']} of {row['records']} runs better" if row["status"] == "better" else GAP
        status = row["status"] + (", direction inferred from the name" if row["is_inferred"] else "")
        cells.append([row["metric"], current, proposed, _change(row["change_pct"]), runs, status])
        if automatic:
            cells[-1].append("automatic" if is_sustained(row) else "needs a yes")
    table = as_table([*columns, "Approval"] if automatic else columns, cells, ("Current", "Proposed", "Change"))
    by = f"median of the last {min_records} records, better by more than {gain_pct:g} %; policy: threshold"
    return "\n".join([RULE, f"Baseline Update Proposals for {visible(platform)}", f"({by})", RULE, table])


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


def standings(rows: Sequence[Row], registry: dict[str, Metric], layout: str) -> str:
    """The baselines as a table, as JSON with the columns of the query, or as Markdown."""
    if layout == "json":
        return _objects(rows)
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
    return as_markdown(STANDING, cells) if layout == "markdown" else _table(STANDING, cells)


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


def history_object(changed: Sequence[Row], watched: Sequence[Row]) -> str:
    """Updates and watch as one JSON object."""
    return f'{{\n"updates": {_objects(changed)},\n"watch": {_objects(watched)}\n}}'


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
