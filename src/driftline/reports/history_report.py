"""The newest record of a platform against its baselines, as Markdown, HTML and JSON: what a pull request is told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from driftline import queries
from driftline.metrics import Metric, arrow, percent
from driftline.reports import html
from driftline.reports.html import STYLE, esc
from driftline.reports.tables import markdown, visible

Row = queries.Row
Registry = dict[str, Metric]
TOKENS = (resources.files("driftline") / "reports" / "tokens.css").read_text()
PAGE_STYLE = ".report { max-width: 900px; margin: 0 auto; padding: 28px 28px 60px; }"
# What each status is called in a table, and under which key JSON has it.
CELLS = {
    "regressed": "⚠️ REGRESSION",
    "improved": "✅ Improved",
    "stable": "✅",
    "suspect": "❔ suspect",
    "inconclusive": "… inconclusive",
    "not comparable": "– not comparable",
    "not judged": "– not judged",
}
KEYS = {status: status.replace(" ", "_") for status in CELLS}
KEYS |= {"regressed": "regressions", "improved": "improvements"}
ORDER = list(CELLS)
HEADS = ("Metric", "Current", "Baseline", "Change", "Limit", "Status")


@dataclass(frozen=True)
class Report:
    """What is reported: rows of queries.tracked, or of tracked_by_noise, of one platform. `threshold` is a fraction,
    `borrowed` the platform whose baselines were used instead of its own."""

    platform: str
    rows: Sequence[Row]
    threshold: float
    policy: str
    made_at: datetime
    borrowed: str | None = None

    @property
    def ordered(self) -> list[Row]:
        """The worst first."""
        return sorted(self.rows, key=lambda row: (ORDER.index(row["status"]), row["series"], row["metric"]))

    def having(self, status: str) -> list[Row]:
        return [row for row in self.ordered if row["status"] == status]

    @property
    def uncompared(self) -> list[Row]:
        """What has a baseline, and could not be held against it."""
        return [row for row in self.having("not comparable") if row["baseline_source"]]

    @property
    def has_passed(self) -> bool | None:
        """None where nothing regressed, but not all that has a baseline could be compared: that is no pass."""
        if self.having("regressed"):
            return False
        compared = any(row["status"] not in ("not comparable", "not judged") for row in self.rows)
        return True if compared and not self.uncompared else None

    @property
    def newest(self) -> Row:
        return max(self.rows, key=lambda row: (row["recorded_at"] or datetime.min, row["number"]))

    @property
    def rule(self) -> str:
        """The policy in words, with the limits that single metrics have."""
        limit = f"{100 * self.threshold:g} %"
        own = {row["metric"]: row["limit_pct"] for row in self.ordered if row["limit_pct"] != 100 * self.threshold}
        told = "; ".join(f"{metric} {pct:g} %" for metric, pct in own.items())
        more = f" (own limits: {told})" if told else ""
        if self.policy == "noise":
            return f"noise: a lasting change of level counts; past {limit} without one is suspect{more}"
        return (
            f"threshold: more than {limit} worse than the baseline is a regression, more than 5 % better improved{more}"
        )

    @property
    def sentence(self) -> str:
        worse = len(self.having("regressed"))
        compared = sum(row["status"] not in ("not comparable", "not judged") for row in self.rows)
        open_ = f"; {len(self.uncompared)} with a baseline could not be compared" if self.uncompared else ""
        if worse:
            return f"{worse} of {_counted(compared)} regressed{open_}"
        if not compared:
            return f"Nothing can be compared yet{open_}"
        return f"No regressions in {_counted(compared)}{open_}"

    @property
    def mark(self) -> str:
        return {True: "✅", False: "⚠️", None: "–"}[self.has_passed]


def _counted(metrics: int) -> str:
    return f"{metrics} {'metric' if metrics == 1 else 'metrics'}"


def cells(row: Row, registry: Registry) -> list[str]:
    """In the order of HEADS; plain text."""
    metric = registry[row["metric"]]
    limit = "" if row["limit_value"] is None else metric.shown_with_unit(row["limit_value"])
    change = f"{arrow(row['change_pct'])} {percent(row['change_pct'])}" if row["change_pct"] is not None else "–"
    return [
        name_of(row, metric),
        metric.shown_with_unit(row["value"]),
        metric.shown_with_unit(row["baseline"]),
        change,
        limit,
        CELLS[row["status"]],
    ]


def name_of(row: Row, metric: Metric) -> str:
    """The name of the metric, and what it is of where that is more than the platform."""
    more = [part for part in (row["workload"], row["provider"]) if part]
    return f"{metric.metric} ({', '.join(more)})" if more else metric.metric


def as_markdown(report: Report, registry: Registry) -> str:
    """For a comment: text of records can neither end the table nor link nor mention."""
    newest = report.newest
    lines = [
        "## 📊 Performance Report",
        f"**Platform**: {markdown(report.platform)}  ",
        f"**Record**: {newest['number']}, {markdown(_when(newest) + _commit(newest))}  ",
        f"**Baseline**: {markdown(_baselines(report))}  ",
        f"**Policy**: {markdown(report.rule)}",
        "",
        f"### {report.mark} {markdown(report.sentence)}",
        "",
        "| " + " | ".join(HEADS) + " |",
        "|---|---:|---:|---:|---:|---|",
    ]
    lines += ["| " + " | ".join(map(markdown, cells(row, registry))) + " |" for row in report.ordered]
    notes = _notes(report)
    return "\n".join(lines + ([""] + [f"- {markdown(note)}" for note in notes] if notes else [])) + "\n"


def as_html(report: Report, registry: Registry) -> str:
    """One document without any address in it."""
    newest = report.newest
    rows = [
        (
            "",
            [
                esc(cell) if index != len(HEADS) - 1 else f"<b>{esc(cell)}</b>"
                for index, cell in enumerate(cells(row, registry))
            ],
        )
        for row in report.ordered
    ]
    head = [("", name) if name in ("Metric", "Status") else ("n", name) for name in HEADS]
    facts = (
        f"Record {newest['number']}, {_when(newest)}{_commit(newest)}. Baseline: {_baselines(report)}. "
        f"Policy {report.rule}."
    )
    notes = html.join(f"<li>{esc(note)}</li>" for note in _notes(report))
    tone = "worse" if report.has_passed is False else ""
    return _document(
        report.platform,
        f'<h1><span class="{tone}">{esc(report.sentence)}</span> on {esc(report.platform)}.</h1>'
        + html.lead(esc(facts))
        + html.table(head, rows, "deltas")
        + (f'<ul class="cap">{notes}</ul>' if notes else ""),
    )


def as_json(report: Report) -> str:
    """The object that report.schema.json describes; change_pct and limit_pct are per cent, threshold a fraction."""
    newest = report.newest
    return json.dumps(
        {
            "platform": report.platform,
            "timestamp": _iso(newest["recorded_at"]),
            "generated_at": _iso(report.made_at),
            "record": newest["number"],
            "git_commit": newest["git_commit"],
            "git_branch": newest["git_branch"],
            "policy": report.policy,
            "threshold": report.threshold,
            "baselines_of": report.borrowed or report.platform,
            "summary": {
                "num_regressions": len(report.having("regressed")),
                "num_improvements": len(report.having("improved")),
                "num_stable": len(report.having("stable")),
                "num_not_comparable": len(report.having("not comparable")),
                "passed": report.has_passed,
            },
            "metrics": {key: [_entry(row) for row in report.having(status)] for status, key in KEYS.items()},
        },
        indent=2,
        allow_nan=False,
    )


def _entry(row: Row) -> dict[str, Any]:
    return {
        "metric": row["metric"],
        "workload": row["workload"],
        "provider": row["provider"],
        "current": row["value"],
        "baseline": row["baseline"],
        "change_pct": row["change_pct"],
        "limit_pct": row["limit_pct"],
        "better": row["better"],
        "inferred": row["is_inferred"],
        "baseline_source": row["baseline_source"],
        "drift_pct": row["drift_pct"],
        "note": row["note"],
    }


def without_records(platform: str, layout: str, remedy: str) -> str:
    """What stands for a report where nothing was recorded."""
    if layout == "json":
        return json.dumps({"error": "No data available", "platform": platform, "remedy": remedy}, indent=2)
    if layout == "markdown":
        return (
            f"## 📊 Performance Report\n**Platform**: {markdown(platform)}\n\nNo data available: {markdown(remedy)}\n"
        )
    return _document(platform, f"<h1>Nothing was recorded on {esc(platform)}.</h1>" + html.empty("To record:", remedy))


def _document(platform: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{esc(platform)} · driftline</title><link rel="icon" href="data:,">'
        f"<style>{TOKENS}{STYLE}{PAGE_STYLE}</style></head>"
        f'<body><main class="report">{body}</main></body></html>\n'
    )


def _notes(report: Report) -> list[str]:
    """What the table cannot say."""
    notes = [f"{row['metric']}: {row['note']}" for row in report.ordered if row["note"]]
    drifts = [row for row in report.rows if row["note"] and row["note"].startswith("slow drift")]
    notes += [
        f"{row['metric']}: {percent(row['drift_pct'])} since {row['drift_since']:%Y-%m-%d}; a committed baseline would"
        f" hold records against one level: driftline baselines update --platform {shlex.quote(report.platform)}"
        for row in drifts
        if row["drift_since"]
    ]
    if report.borrowed:
        notes.append(f"Baselines of another platform, {report.borrowed}: machines differ, so this says little.")
    if report.has_passed is False and report.policy == "threshold":
        notes.append(
            "If the machine was busy, record again; --policy noise asks whether the level has changed for good,"
            " --threshold 0.30 allows 30 %."
        )
    return notes


def _baselines(report: Report) -> str:
    told = {
        row["baseline_source"] + (f" of {row['baseline_at']:%Y-%m-%d}" if row["baseline_at"] else "")
        for row in report.rows
        if row["baseline_source"]
    }
    return "; ".join(sorted(told, key=lambda text: (text.startswith("median"), text))) or "none"


def _when(row: Row) -> str:
    return f"{row['recorded_at']:%Y-%m-%d %H:%M} UTC" if row["recorded_at"] else "no date"


def _commit(row: Row) -> str:
    told = " on ".join(part for part in (row["git_commit"] and row["git_commit"][:10], row["git_branch"]) if part)
    return f", {visible(told)}" if told else ""


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() + "Z" if at else None
