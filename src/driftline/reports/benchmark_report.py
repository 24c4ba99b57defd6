"""Versioned baselines as text: two side by side, metrics over versions and records, providers side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from driftline import queries
from driftline.metrics import Metric, arrow, percent
from driftline.reports.tables import as_markdown, as_table, visible

Row = queries.Row
Registry = dict[str, Metric]
HEADS = ("Metric", "Baseline", "Current", "Change", "Status")
NUMBERS = HEADS[1:4]
MARKS = {"ok": "✅", "warn": "⚠️ warning", "fail": "❌ failure"}


@dataclass(frozen=True)
class Pair:
    """One baseline against the current one: rows of queries.benchmark_deltas, by policy noise with verdicts."""

    baseline: Row
    current: Row
    rows: Sequence[Row]
    policy: str
    apart: str | None = None

    @property
    def compared(self) -> list[Row]:
        return [row for row in self.rows if row["status"] == "compared" and row["better"] != "neutral"]

    def having(self, level: str) -> list[Row]:
        return [row for row in self.rows if self.level(row) == level]

    def level(self, row: Row) -> str | None:
        """What counts: by policy noise a failure is one that is certain."""
        if self.policy == "noise" and row["verdict"] != "regressed":
            return "warn" if row["level"] in ("warn", "fail") else row["level"]
        level: str | None = row["level"]
        return level

    @property
    def title(self) -> str:
        return f"Performance Comparison: {self.current['name']} vs {self.baseline['name']}"


def as_text(pairs: Sequence[Pair], registry: Registry) -> str:
    """The specification's table, a workload after the other."""
    return "\n\n".join(_block(pair, registry, as_table=True) for pair in pairs)


def as_comment(pairs: Sequence[Pair], registry: Registry) -> str:
    """The same as Markdown."""
    return "\n\n".join(_block(pair, registry, as_table=False) for pair in pairs)


def _block(pair: Pair, registry: Registry, as_table: bool) -> str:
    head = "## " if not as_table else ""
    parts = [f"{head}{visible(pair.title)}"]
    for workload, rows_ in groupby(pair.rows, key=itemgetter("workload")):
        rows = list(rows_)
        cells = [_cells(row, registry[row["metric"]], pair) for row in rows]
        table = _table(cells, as_table)
        parts.append(f"{'**' * (not as_table)}Workload: {visible(workload)}{'**' * (not as_table)}\n\n{table}")
    parts += [_sentences(pair)]
    return "\n\n".join(parts)


def _table(cells: Sequence[Sequence[str]], is_table: bool) -> str:
    return as_table(HEADS, cells, right=NUMBERS) if is_table else as_markdown(HEADS, cells)


def _cells(row: Row, metric: Metric, pair: Pair) -> list[str]:
    change = f"{arrow(row['delta_pct'])} {percent(row['delta_pct'])}" if row["delta_pct"] is not None else "–"
    return [
        metric.metric,
        metric.shown_with_unit(row["baseline"]),
        metric.shown_with_unit(row["candidate"]),
        change,
        _status(row, pair),
    ]


def _status(row: Row, pair: Pair) -> str:
    level = pair.level(row)
    if row["status"] != "compared":
        return f"– {row['status']}" + (f": {row['note']}" if row["note"] else "")
    if row["better"] == "neutral":
        return "– not judged"
    word = MARKS.get(level or "", "–")
    if pair.policy == "noise":
        interval = ""
        if row["ci_low"] is not None:
            interval = f" [{percent(row['ci_low'])} … {percent(row['ci_high'])}]"
        return f"{word.split(' ')[0]} {row['verdict']}{interval}"
    return word


def _sentences(pair: Pair) -> str:
    lines = []
    if pair.policy == "noise":
        lines.append("Policy: noise. The median latency is weighed by its iterations; the rest is a threshold.")
    else:
        levels = {(row["warn_pct"], row["fail_pct"]) for row in pair.compared}
        told = ", ".join(f"warning from {warn:g} %, failure from {fail:g} %" for warn, fail in sorted(levels))
        lines.append(f"Policy: threshold, {told or 'nothing to judge'}; limits included.")
    for level, word in (("fail", "Failure"), ("warn", "Warning")):
        lines += [
            f"{MARKS[level].split(' ')[0]} {word}: {visible(row['metric'])} ({visible(row['workload'])})"
            f" exceeds {row[f'{level}_pct']:g}% threshold"
            for row in pair.having(level)
        ]
    if pair.compared and not pair.having("warn") and not pair.having("fail"):
        lines.append("Summary: all metrics within acceptable thresholds ✅")
    inferred = [row["metric"] for row in pair.rows if row["is_inferred"]]
    if inferred:
        lines.append(f"Direction inferred from the name: {visible(', '.join(dict.fromkeys(inferred)))}")
    if pair.apart:
        lines.append(f"Warning: {visible(pair.apart)}: machines differ, so this says little.")
    return "\n".join(lines)


def as_object(pairs: Sequence[Pair]) -> dict[str, Any]:
    """What benchmark_comparison.schema.json describes."""
    return {
        "comparisons": [
            {
                "baseline": _told(pair.baseline),
                "current": _told(pair.current),
                "policy": pair.policy,
                "other_platform": pair.apart,
                "summary": {
                    "compared": len(pair.compared),
                    "warnings": len(pair.having("warn")),
                    "failures": len(pair.having("fail")),
                    "passed": not pair.having("fail"),
                },
                "metrics": [_entry(row, pair) for row in pair.rows],
            }
            for pair in pairs
        ]
    }


def _told(row: Row) -> dict[str, Any]:
    at = row["captured_at"]
    names = ("name", "version", "source", "platform", "os_arch", "git_commit")
    return {name: row[name] for name in names} | {"captured_at": f"{at.isoformat()}Z" if at else None}


def _entry(row: Row, pair: Pair) -> dict[str, Any]:
    names = (
        "workload", "metric", "unit", "better", "baseline", "candidate", "delta", "delta_pct", "warn_pct", "fail_pct",
        "status", "note",
    )  # fmt: skip
    told = {name: row[name] for name in names} | {"inferred": row["is_inferred"], "level": pair.level(row)}
    if pair.policy == "noise":
        told |= {name: row[name] for name in ("verdict", "ci_low", "ci_high", "reason")}
    return told


def providers_as_text(rows: Sequence[Row], registry: Registry) -> str:
    """A table for each platform and workload, providers as columns, the best of each metric marked ★."""
    blocks = []
    for (platform, workload), rows_ in groupby(rows, key=lambda row: (row["platform"], row["workload"])):
        by = {(row["metric"], row["provider"]): row for row in rows_}
        names = list(dict.fromkeys(provider for _, provider in by))
        metrics = list(dict.fromkeys(metric for metric, _ in by))
        cells = [
            [metric, *(_of_provider(by.get((metric, name)), registry[metric]) for name in names)] for metric in metrics
        ]
        head = visible(" · ".join(filter(None, (platform, workload))))
        blocks.append(f"{head}\n\n{as_table(['Metric', *names], cells, right=names)}")
    return "\n\n".join([*blocks, "★ best of its metric; medians of the newest records, 5 at most"])


def _of_provider(row: Row | None, metric: Metric) -> str:
    if row is None:
        return "–"
    return f"{'★ ' if row['is_best'] else ''}{metric.shown_with_unit(row['value'])}"


def as_lines(told: Any) -> str:
    """JSON as it is written."""
    return json.dumps(told, indent=2, default=str, allow_nan=False)
