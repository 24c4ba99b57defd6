"""The answer of a gate as text: GO, NO-GO or UNDECIDED first, then the rules that made it."""

from __future__ import annotations

from typing import Any

from driftline.artifacts.gate_policy import Policy, Rule
from driftline.gating import BROKEN, EXCUSED, HOLDS, MISSING, OPEN, GateAnswer
from driftline.metrics import Metric
from driftline.reports.tables import as_markdown, as_table, markdown, visible

COLUMNS = ("rule", "tier", "state", "why")
MARKS = {BROKEN: "✗", OPEN: "?", MISSING: "–", EXCUSED: "~", HOLDS: "✓"}


def sentence(answer: GateAnswer, subject: str) -> str:
    """The answer and what decided it."""
    deciding = [finding.rule.name for finding in answer.findings if finding.decides == answer.answer]
    why = f": {', '.join(deciding)}" if deciding else ""
    if all(finding.state == HOLDS for finding in answer.findings):
        why = f": all {len(answer.findings)} rules hold"
    return f"{answer.answer} for {subject}{why}."


def _cells(answer: GateAnswer, show_all: bool) -> list[list[str]]:
    order = list(MARKS)
    findings = sorted(answer.findings, key=lambda one: (not one.decides, order.index(one.state)))
    return [
        [one.rule.name, one.rule.tier, f"{MARKS[one.state]} {one.state}", one.why]
        for one in findings
        if show_all or one.state != HOLDS
    ]


def as_text(answer: GateAnswer, subject: str, show_all: bool) -> str:
    """For a terminal."""
    cells = _cells(answer, show_all)
    held = sum(finding.state == HOLDS for finding in answer.findings)
    lines = [visible(sentence(answer, subject))]
    lines += ["", as_table(COLUMNS, cells)] if cells else []
    lines += ["", f"{held} of {len(answer.findings)} rules hold"] if cells and not show_all else []
    lines += [visible(f"Policy: {answer.policy.file}"), *(visible(f"  {note}") for note in answer.policy.notes)]
    return "\n".join(lines)


def as_comment(answer: GateAnswer, subject: str) -> str:
    """Markdown for a pull request."""
    parts = [f"## {markdown(sentence(answer, subject))}"]
    cells = _cells(answer, show_all=False)
    parts += [as_markdown(COLUMNS, cells)] if cells else []
    notes = [f"- {markdown(note)}" for note in answer.policy.notes]
    parts.append("\n".join([f"Policy: {markdown(answer.policy.file)}", *notes]))
    return "\n\n".join(parts)


def as_object(answer: GateAnswer, subject: str) -> dict[str, Any]:
    """As comparison.schema.json has it."""
    return {
        "subject": subject,
        "answer": answer.answer,
        "policy": answer.policy.file,
        "notes": answer.policy.notes,
        "findings": [
            {
                "metric": one.rule.metric, "stage": one.rule.stage, "tier": one.rule.tier, "state": one.state,
                "why": one.why, "decides": one.decides or None,
            }
            for one in answer.findings
        ],
    }  # fmt: skip


def explain(policy: Policy, registry: dict[str, Metric]) -> str:
    """Every rule as a sentence, as it was understood."""
    lines = [f"{policy.file}: {len(policy.rules)} rules"]
    lines += [f"- {_explained(rule, registry)}" for rule in policy.rules]
    for one in policy.allowances:
        name = f"{one.stage} {one.metric}" if one.stage else one.metric
        paid = f"where {one.paid_by} has certainly gained {one.improved_by:g}"
        lines.append(f"- {name} may get worse by {one.up_to_pct:g} % {paid}")
    return "\n".join(visible(line) for line in [*lines, *policy.notes, *MEANING])


MEANING = (
    "critical: broken is NO-GO, open or missing is UNDECIDED. supporting: broken is NO-GO. advisory: only said.",
    "A rule is broken where it is certain, or where it is strict; else it is open.",
)


def _explained(rule: Rule, registry: dict[str, Metric]) -> str:
    metric = registry.get(rule.metric)
    unit = " %" if rule.is_pct else f" {metric.shown_unit}" if metric and metric.shown_unit else ""
    worse = {"increase": "rise", "decrease": "fall"}.get(rule.direction or "")
    if worse is None:
        worse = "get worse" if metric is None else {"lower": "rise", "higher": "fall"}.get(metric.better, "get worse")
    parts = [f"{rule.name} ({rule.tier}) may {worse} by at most {rule.limit:g}{unit}"]
    parts += ["it must be there"] if rule.is_required else []
    parts += [f"at least {rule.min_pairs} pairs"] if rule.min_pairs else []
    parts += ["strict: what was measured counts, whatever the noise"] if rule.is_strict else []
    parts += ["no such metric is known"] if metric is None else []
    return "; ".join(parts)
