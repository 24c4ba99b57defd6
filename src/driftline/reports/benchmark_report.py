"""Versioned baselines as text: two side by side, metrics over versions and records, providers side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from driftline import queries
from driftline.metrics import Metric, arrow, percent
from driftline.reports.tables import as_markdown, as_table, markdown, visible

Row = queries.Row
Registry = dict[str, Metric]
HEADS = ("Metric", "Baseline", "Current", "Change", "Status")
NUMBERS = HEADS[1:4]
# Of what could not be compared as many are named.
NAMED = 10
MARKS = {"ok": "✅", "warn": "⚠️ warning", "fail": "❌ failure"}


@dataclass(frozen=True)
class Pair:
    """One baseline against the current one: rows of queries.benchmark_deltas, by policy noise with verdicts. `apart`
    and `providers` say in what they differ that were compared all the same, `terms` by what a policy judges."""

    baseline: Row
    current: Row
    rows: Sequence[Row]
    policy: str
    apart: str | None = None
    providers: str | None = None
    terms: str = ""

    @property
    def compared(self) -> list[Row]:
        return [row for row in self.rows if row["status"] == "compared" and row["better"] != "neutral"]

    def having(self, level: str) -> list[Row]:
        return [row for row in self.rows if row["level"] == level]

    def of_status(self, status: str) -> list[Row]:
        return [row for row in self.rows if row["status"] == status]

    @property
    def of_baseline(self) -> list[Row]:
        """What the baseline has."""
        return [row for row in self.rows if row["status"] != "only in candidate"]

    @property
    def uncompared(self) -> list[Row]:
        """What the baseline has and cannot be compared."""
        return [row for row in self.of_baseline if row["status"] != "compared"]

    @property
    def passed(self) -> bool | None:
        """None where nothing failed, and not all of the baseline could be compared: that is no pass."""
        if self.having("fail"):
            return False
        return True if self.compared and not self.uncompared else None

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
    shown, mark = (visible, "") if as_table else (markdown, "**")
    parts = [f"{'' if as_table else '## '}{shown(pair.title)}"]
    for workload, rows_ in groupby(pair.rows, key=itemgetter("workload")):
        rows = list(rows_)
        cells = [_cells(row, registry[row["metric"]], pair) for row in rows]
        table = _table(cells, as_table)
        parts.append(f"{mark}Workload: {shown(workload)}{mark}\n\n{table}")
    parts += [_sentences(pair, shown)]
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
    if row["status"] != "compared":
        return f"– {row['status']}" + (f": {row['note']}" if row["note"] else "")
    if row["better"] == "neutral":
        return "– not judged"
    word = MARKS.get(row["level"] or "", "–")
    if pair.policy == "noise":
        interval = ""
        if row["ci_low"] is not None:
            interval = f" [{percent(row['ci_low'])} … {percent(row['ci_high'])}]"
        return f"{word.split(' ')[0]} {row['verdict']}{interval}"
    return word


def _sentences(pair: Pair, shown: Callable[[Any], str]) -> str:
    levels = sorted({(row["warn_pct"], row["fail_pct"]) for row in pair.compared})
    told = ", ".join(f"warning from {warn:g} %, failure from {fail:g} %" for warn, fail in levels)
    lines = [f"Policy: {pair.policy}, {told or 'nothing to judge'}; limits included."]
    lines += [pair.terms] if pair.terms else []
    for level, word in (("fail", "Failure"), ("warn", "Warning")):
        lines += [
            f"{MARKS[level].split(' ')[0]} {word}: {_named(row, shown)} exceeds {row[f'{level}_pct']:g}% threshold"
            for row in pair.having(level)
        ]
    lost = pair.uncompared
    if lost:
        names = ", ".join(_named(row, shown) for row in lost[:NAMED])
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        whole = len(pair.of_baseline)
        lines.append(f"Summary: {len(lost)} of {whole} metrics of the baseline could not be compared: {names}{more}")
    elif pair.passed and not pair.having("warn"):
        lines.append("Summary: all metrics within acceptable thresholds ✅")
    inferred = [row["metric"] for row in pair.rows if row["is_inferred"]]
    if inferred:
        lines.append(f"Direction inferred from the name: {', '.join(map(shown, dict.fromkeys(inferred)))}")
    if pair.apart:
        lines.append(f"Warning: {shown(pair.apart)}: machines differ, so this says little.")
    if pair.providers:
        lines.append(f"Warning: providers differ: {shown(pair.providers)}.")
    return "\n".join(lines)


def _named(row: Row, shown: Callable[[Any], str]) -> str:
    return f"{shown(row['metric'])} ({shown(row['workload'])})"


def as_object(pairs: Sequence[Pair]) -> dict[str, Any]:
    """What benchmark_comparison.schema.json describes."""
    return {
        "comparisons": [
            {
                "baseline": _told(pair.baseline),
                "current": _told(pair.current),
                "policy": pair.policy,
                "other_platform": pair.apart,
                "other_provider": pair.providers,
                "summary": {
                    "compared": len(pair.compared),
                    "not_comparable": len(pair.of_status("not comparable")),
                    "missing": len(pair.of_status("only in baseline")),
                    "warnings": len(pair.having("warn")),
                    "failures": len(pair.having("fail")),
                    "passed": pair.passed,
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
        "status", "note", "baseline_provider", "candidate_provider",
    )  # fmt: skip
    told = {name: row[name] for name in names} | {"inferred": row["is_inferred"], "level": row["level"]}
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
