"""Holds the verdicts of a candidate against a gate policy: GO, NO-GO or UNDECIDED."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driftline.artifacts.gate_policy import ADVISORY, CRITICAL, Policy, Rule
from driftline.artifacts.profile import TOTALS
from driftline.errors import UserError
from driftline.metrics import Metric
from driftline.queries import Row

GO, NO_GO, UNDECIDED = "GO", "NO-GO", "UNDECIDED"
HOLDS, BROKEN, OPEN, MISSING, EXCUSED = "holds", "broken", "open", "missing", "excused"
# What is counted is a fact, however few there are.
FACTS = ("gate",)


@dataclass(frozen=True)
class Finding:
    """What became of a rule: holds, broken, open, missing, or excused, and why; `decides` is the answer that it forces,
    empty where it forces none."""

    rule: Rule
    state: str
    why: str
    decides: str = ""


@dataclass(frozen=True)
class GateAnswer:
    """The answer of a gate and all its findings."""

    answer: str
    findings: Sequence[Finding]
    policy: Policy


def hold(policy: Policy, rows: Sequence[Row], registry: dict[str, Metric], is_strict: bool = False) -> GateAnswer:
    """The answer for one candidate, from the rows of all its comparisons; `is_strict` takes every rule for strict.

    Raises UserError for a rule on a metric of which nobody says what is worse.
    """
    findings = [_finding(rule, policy, rows, registry, is_strict) for rule in policy.rules]
    decided = {finding.decides for finding in findings}
    answer = NO_GO if NO_GO in decided else UNDECIDED if UNDECIDED in decided else GO
    if answer == GO and all(finding.state == MISSING for finding in findings):
        # What judged nothing lets nothing pass.
        answer = UNDECIDED
    return GateAnswer(answer, findings, policy)


def _finding(rule: Rule, policy: Policy, rows: Sequence[Row], registry: dict[str, Metric], is_strict: bool) -> Finding:
    metric = registry.get(rule.metric)
    sign = _sign(rule, metric, policy)
    found = [row for row in rows if row["metric"] == rule.metric and _is_of(row, rule)]
    measured = [row for row in found if row["delta"] is not None and row["verdict"] != "not comparable"]
    if not measured or metric is None:
        reasons = [str(row["reason"]) for row in found]
        return _missing(rule, reasons[0] if reasons else f"{rule.name} was measured on neither side")
    # A score against several references has a row each: the worst counts.
    worst = [_held(rule, row, sign, metric, is_strict) for row in measured]
    finding = max(worst, key=lambda one: (HOLDS, OPEN, BROKEN).index(one.state))
    excuse = _excuse(rule, measured, sign, policy, rows, registry) if finding.state != HOLDS else ""
    return Finding(rule, EXCUSED, f"{finding.why}; {excuse}") if excuse else finding


def _sign(rule: Rule, metric: Metric | None, policy: Policy) -> int:
    """1 where more of the metric is worse, -1 where less is."""
    if rule.direction:
        return 1 if rule.direction == "increase" else -1
    if metric is None or metric.better == "neutral":
        known = "is not known" if metric is None else "has no better direction"
        raise UserError(
            f"{policy.file} cannot be used: {rule.metric} {known}", "correct its name, or add `direction: increase`"
        )
    return 1 if metric.better == "lower" else -1


def _is_of(row: Row, rule: Rule) -> bool:
    return bool(row["stage"] == rule.stage) if rule.stage else row["stage"] in (None, TOTALS)


def _missing(rule: Rule, why: str) -> Finding:
    decides = NO_GO if rule.is_required else UNDECIDED if rule.tier == CRITICAL else ""
    return Finding(rule, MISSING, why, decides)


def _held(rule: Rule, row: Row, sign: int, metric: Metric, is_strict: bool) -> Finding:
    """One measurement against the limit: what is worse by more, and certainly so, breaks the rule; what is not certain
    leaves it open."""
    worse = _worse(row, rule, sign)
    if worse is None:
        return Finding(rule, OPEN, f"{row['label']} has no per cent: the baseline is 0", _if_open(rule))
    limit = f"{rule.limit:g} %" if rule.is_pct else f"{rule.limit:g} {metric.shown_unit}".rstrip()
    size = f"{abs(worse):.3g}{' %' if rule.is_pct else ''}"
    how = f"worse by {size}" if worse > 0 else f"better by {size}" if worse < 0 else "unchanged"
    told = f"{row['label']} is {how}, allowed are {limit}"
    is_over = worse > rule.limit * (1 + 1e-9) + 1e-12
    is_fact = metric.family in FACTS or row["method"] == "paired outcomes"
    if is_strict or (is_fact if rule.is_strict is None else rule.is_strict):
        return Finding(rule, BROKEN, told, _if_broken(rule)) if is_over else Finding(rule, HOLDS, told)
    pairs = row["n_pairs"] if row["n_pairs"] is not None else row["n_captures"]
    if (pairs or 0) < rule.min_pairs:
        return Finding(rule, OPEN, f"{told}; {pairs or 'no'} pairs, {rule.min_pairs} are asked for", _if_open(rule))
    near, far = _ends(row, rule, sign)
    if is_over:
        if row["verdict"] in ("regressed", "changed", "improved") and (near is None or near > 0):
            return Finding(rule, BROKEN, told, _if_broken(rule))
        return Finding(rule, OPEN, f"{told}; {row['verdict']}", _if_open(rule))
    if far is not None and far > rule.limit:
        end = f"{far:.3g}{' %' if rule.is_pct else ''}"
        return Finding(rule, OPEN, f"{told}; it may be as much as {end}", _if_open(rule))
    return Finding(rule, HOLDS, told)


def _worse(row: Row, rule: Rule, sign: int) -> float | None:
    """By how much it got worse, in what the limit is in: of pairs their effect."""
    if not rule.is_pct:
        return float(sign * row["delta"])
    change = row["effect_pct"] if row["effect_pct"] is not None else row["delta_pct"]
    return None if change is None else float(sign * change)


def _ends(row: Row, rule: Rule, sign: int) -> tuple[float | None, float | None]:
    """How much worse it is at least and at most, by its interval; None where there is none."""
    if row["ci_low"] is None or row["ci_high"] is None:
        return None, None
    scale = 1.0 if rule.is_pct else abs(row["baseline"]) / 100
    low, high = sorted(sign * row[end] * scale for end in ("ci_low", "ci_high"))
    return low, high


def _if_broken(rule: Rule) -> str:
    return "" if rule.tier == ADVISORY else NO_GO


def _if_open(rule: Rule) -> str:
    return UNDECIDED if rule.tier == CRITICAL else ""


def _excuse(
    rule: Rule, measured: Sequence[Row], sign: int, policy: Policy, rows: Sequence[Row], registry: dict[str, Metric]
) -> str:
    """Why what is broken is allowed all the same; empty where it is not."""
    for allowed in policy.allowances:
        if (allowed.metric, allowed.stage) != (rule.metric, rule.stage):
            continue
        pct = Rule(rule.metric, allowed.up_to_pct, True, rule.tier)
        worse = [_worse(row, pct, sign) for row in measured]
        if any(one is None or one > allowed.up_to_pct for one in worse):
            continue
        if allowed.paid_by not in registry:
            raise UserError(f"{policy.file} cannot be used: {allowed.paid_by} is not known", "correct its name")
        paid = [row for row in rows if row["metric"] == allowed.paid_by and row["stage"] in (None, TOTALS)]
        gains = [abs(row["delta"]) if row["verdict"] == "improved" else 0.0 for row in paid]
        # Of several references every one has to gain.
        if gains and min(gains) >= allowed.improved_by:
            label = registry[allowed.paid_by].label
            return f"allowed up to {allowed.up_to_pct:g} %, as {label} gained {min(gains):.3g}"
    return ""
