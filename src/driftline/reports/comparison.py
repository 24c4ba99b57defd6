"""A comparison as text: the verdict first, the few rows that matter, the rest folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline import queries
from driftline.artifacts.profile import TOTALS
from driftline.comparands import Comparand
from driftline.metrics import Metric, percent
from driftline.reports.tables import as_markdown, as_table, markdown, visible

Row = queries.Row
COLUMNS = ("verdict", "metric", "baseline", "candidate", "change", "95 % interval", "q", "sees from")
NUMBERS = COLUMNS[2:]
# What is shown at once; the rest is counted, or shown when asked for.
TELLING = ("regressed", "improved", "changed", "suspect")
MARKS = {"regressed": "▼", "improved": "▲", "changed": "◆", "suspect": "?", "inconclusive": "…"}
REASONS = NAMED = 3


@dataclass(frozen=True)
class Judged:
    """One candidate held against its baseline: rows of queries.verdicts or queries.thresholds. `only` names the verdict
    of which rows are shown; whatever is shown, all rows count."""

    comparand: Comparand
    candidate: str
    rows: Sequence[Row]
    policy: str
    only: str | None = None

    @property
    def shown(self) -> list[Row]:
        return [row for row in self.rows if self.only in (None, row["verdict"])]

    @property
    def has_failed(self) -> bool:
        """Whether something got worse at fail level."""
        return any(map(self.fails, self.rows))

    def fails(self, row: Row) -> bool:
        """Whether a row got worse at fail level; by policy noise only what is certain counts."""
        certain = ("regressed",) if self.policy == "noise" else ("regressed", "threshold only")
        return row["level"] == "fail" and row["verdict"] in certain

    @property
    def is_compared(self) -> bool:
        return any(row["verdict"] != "not comparable" for row in self.rows)

    @property
    def telling(self) -> list[Row]:
        """What a reader has to see: what changed, what may have, and what primary metric is open; or what was asked
        for."""
        if self.only:
            return self.shown
        return [
            row
            for row in self.rows
            if row["verdict"] in TELLING
            or (row["verdict"] == "inconclusive" and row["is_primary"])
            or (row["verdict"] == "threshold only" and row["level"] in ("warn", "fail"))
        ]

    @property
    def rest(self) -> list[Row]:
        telling = {id(row) for row in self.telling}
        return [row for row in self.shown if id(row) not in telling]

    @property
    def sentence(self) -> str:
        """The verdict on the whole."""
        counts = Counter(row["verdict"] for row in self.rows)
        if not self.is_compared:
            return "Nothing to compare: no metric has a value on both sides."
        if self.policy == "threshold":
            past = Counter(row["level"] for row in self.rows if row["level"] in ("warn", "fail"))
            told = ", ".join(f"{past[level]} past {level}" for level in ("fail", "warn") if past[level])
            return f"By thresholds alone, noise not weighed: {told or 'nothing is past a level'}."
        worse, better = counts["regressed"], counts["improved"]
        word = "Mixed" if worse and better else "Worse" if worse else "Better" if better else ""
        if word:
            named = [row for row in self.rows if row["verdict"] in ("regressed", "improved")][:NAMED]
            more = worse + better - len(named)
            told = "; ".join(f"{name_of(row)} {change_of(row)}" for row in named)
            return f"{word}: {told}{f'; {more} more' if more else ''}."
        if counts["suspect"]:
            told = "; ".join(f"{name_of(row)} {change_of(row)}" for row in self.rows if row["verdict"] == "suspect")
            return f"Suspect: {told}. Measure again to confirm."
        primary = Counter(row["verdict"] for row in self.rows if row["is_primary"])
        of = sum(primary.values()) - primary["not comparable"]
        if primary["inconclusive"]:
            return f"Inconclusive: {primary['inconclusive']} of {of} primary metrics could hide a change that matters."
        if primary["threshold only"] or not of:
            over = [row for row in self.rows if row["level"] in ("warn", "fail")][:NAMED]
            told = "; ".join(f"{name_of(row)} {change_of(row)}" for row in over)
            what = (
                f"of {primary['threshold only']} of {of} primary metrics no noise is known"
                if of
                else "no noise is known"
            )
            return f"Nothing is certain: {what}. Past a level: {told or 'nothing'}."
        return "No change in any primary metric."


def name_of(row: Row) -> str:
    """Label with the stage, or with the reference that a score is against."""
    if row["stage"] and row["stage"] != TOTALS:
        return f"{row['stage']} {row['label']}"
    return str(row["label"])


def change_of(row: Row) -> str:
    """The effect; where there is no per cent, from what to what."""
    return percent(row["effect_pct"]) or f"{_number(row['baseline'])} → {_number(row['candidate'])}"


def cells(row: Row, registry: dict[str, Metric]) -> list[str]:
    """In the order of COLUMNS."""
    metric = registry[row["metric"]]
    verdict = f"{MARKS.get(row['verdict'], '·')} {row['verdict']}"
    if row["level"] in ("warn", "fail"):
        verdict += f" ({row['level']})"
    name = name_of(row) + (f" vs {row['reference']}" if row["reference"] else "")
    interval = "" if row["ci_low"] is None else f"{_signed(row['ci_low'])} to {_signed(row['ci_high'])}"
    is_open = row["verdict"] in ("suspect", "inconclusive")
    return [
        verdict,
        name + (f" ({metric.told_unit})" if metric.told_unit else ""),
        metric.shown(row["baseline"]),
        metric.shown(row["candidate"]),
        percent(row["effect_pct"]) or metric.shown_delta(row["delta"]),
        interval,
        "" if row["q"] is None else "<.001" if row["q"] < 0.001 else f"{row['q']:.3f}",
        f"{row['mde_pct']:.0f} %" if is_open and row["mde_pct"] is not None else "",
    ]


def as_text(judged: Sequence[Judged], registry: dict[str, Metric], show_all: bool) -> str:
    """For a terminal: a block a candidate."""
    return "\n\n".join(_block(one, registry, show_all) for one in judged)


def _block(one: Judged, registry: dict[str, Metric], show_all: bool) -> str:
    lines = [
        visible(f"{one.candidate} against {one.comparand.baseline} ({one.comparand.reason})"),
        visible(one.sentence),
    ]
    shown = one.shown if show_all else one.telling
    if shown:
        lines += ["", as_table(COLUMNS, [cells(row, registry) for row in shown], right=NUMBERS)]
    if not show_all and one.rest:
        lines += ["", f"{folded(one.rest)} (--all shows them)"]
    reasons = [row["reason"] for row in shown if row["verdict"] in ("suspect", "inconclusive")]
    if reasons:
        lines += ["", *(visible(reason) for reason in reasons[:REASONS])]
    return "\n".join(lines)


def folded(rows: Sequence[Row]) -> str:
    """What was left out, counted."""
    counts = Counter(row["verdict"] for row in rows)
    return f"{len(rows)} more: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def as_comment(judged: Sequence[Judged], registry: dict[str, Metric]) -> str:
    """Markdown for a pull request: verdict, rows that matter, the rest folded, what was compared, what to do next."""
    parts = []
    for one in judged:
        parts.append(f"### {markdown(one.sentence)}")
        if one.telling:
            parts.append(as_markdown(COLUMNS, [cells(row, registry) for row in one.telling]))
        if one.rest:
            table = as_markdown(COLUMNS, [cells(row, registry) for row in one.rest])
            parts.append(f"<details><summary>{folded(one.rest)}</summary>\n\n{table}\n\n</details>")
        reasons = [f"- {markdown(row['reason'])}" for row in one.telling]
        if reasons:
            parts.append("<details><summary>why</summary>\n\n" + "\n".join(reasons) + "\n\n</details>")
        compared = f"{one.candidate} against {one.comparand.baseline} ({one.comparand.reason}); policy {one.policy}."
        parts.append(f"Compared: {markdown(compared)} {markdown(next_step(one))}")
    return "\n\n".join(parts)


def next_step(one: Judged) -> str:
    """What to do about the verdict."""
    if one.has_failed:
        return "Next: look at the rows that regressed at fail level."
    if any(row["verdict"] in ("suspect", "inconclusive", "threshold only") for row in one.telling):
        return "Next: measure again what is open."
    return "Next: nothing." if one.is_compared else "Next: name a candidate that shares a metric with its baseline."


def as_object(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """One object a candidate; a gap is null. comparison.schema.json says what each name means."""
    names = (
        "metric", "label", "unit", "stage", "reference", "baseline", "candidate", "delta", "delta_pct", "verdict",
        "level", "effect_pct", "ci_low", "ci_high", "p", "q", "mde_pct", "n_pairs", "n_captures", "noise_source",
        "method", "reason", "pairs_needed", "is_primary",
    )  # fmt: skip
    return [
        {
            "side": one.comparand.side,
            "baseline": one.comparand.baseline,
            "baseline_reason": one.comparand.reason,
            "candidate": one.candidate,
            "policy": one.policy,
            "sentence": one.sentence,
            "has_failed": one.has_failed,
            "rows": [{name: row[name] for name in names} for row in one.shown],
        }
        for one in judged
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _signed(value: float) -> str:
    return f"{value:+.1f} %".replace("-", "−")
