"""Reads `profiles/regression_rules.yaml`: by how much which cost of which stage may grow. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from driftline.artifacts.values import excerpt, number, storable
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems

NAME = "regression_rules.yaml"
LEVELS = {"error": "fail", "fail": "fail", "warning": "warn", "warn": "warn", "info": "info"}
FORM = "write lines like `thresholds: {wall_time_s: {max_delta_pct: 10, severity: error}}`"


@dataclass(frozen=True)
class Limit:
    """From above how many per cent in the bad direction a metric is a regression of a level (`fail`, `warn`, `info`):
    of one stage, or of every stage and the totals where `stage` is None."""

    stage: str | None
    metric: str
    max_delta_pct: float
    level: str


def read_limits(data: bytes, problems: Problems) -> list[Limit]:
    """Every limit of the file. An error among the problems means that a limit could not be read."""
    document = load_mapping(data, problems)
    if document is None:
        if not problems:
            problems.error("a mapping of rules was expected", FORM)
        return []
    found: dict[tuple[str | None, str], Limit] = {}
    for name, value in document.content.items():
        line = document.lines.get(str(name))
        if name == "thresholds":
            found |= _limits(None, value, "thresholds", problems)
        elif name == "stages" and (value is None or isinstance(value, dict)):
            for stage, rules in (value or {}).items():
                where = f"stages.{excerpt(stage)}"
                found |= _limits(storable(str(stage)).strip(), rules, where, problems)
        elif name == "stages":
            problems.error(f"stages is not a mapping: {excerpt(value)}", FORM, line)
        else:
            problems.warning(f"{excerpt(name)} is unknown and left out", FORM, line)
    if not found and not _has_error(problems):
        problems.error("the file sets no limit", FORM)
    return list(found.values())


def _limits(stage: str | None, rules: Any, where: str, problems: Problems) -> dict[tuple[str | None, str], Limit]:
    if rules is not None and not isinstance(rules, dict):
        problems.error(f"{where} is not a mapping: {excerpt(rules)}", FORM)
        return {}
    limits = (_limit(stage, name, rule, where, problems) for name, rule in (rules or {}).items())
    return {(stage, limit.metric): limit for limit in limits if limit}


def _limit(stage: str | None, name: Any, rule: Any, where: str, problems: Problems) -> Limit | None:
    """None with an error where what was asked for cannot be known: a limit that is left out would let all pass."""
    where = f"{where}.{excerpt(name)}"
    if not isinstance(rule, dict):
        problems.error(f"{where} is not a mapping: {excerpt(rule)}", FORM)
        return None
    for key in rule.keys() - {"max_delta_pct", "severity"}:
        problems.warning(f"{where}.{excerpt(key)} is unknown and left out", "use max_delta_pct and severity")
    told = Problems()
    most = number(rule.get("max_delta_pct"), f"{where}.max_delta_pct", told, low=0)
    if most is None:
        reason = next((problem.problem for problem in told), f"{where} has no max_delta_pct")
        problems.error(reason, "write it in per cent, as in `max_delta_pct: 10`")
    else:
        for problem in told:
            problems.warning(problem.problem, problem.remedy)
    severity = rule.get("severity", "error")
    level = LEVELS.get(severity) if isinstance(severity, str) else None
    if level is None:
        problems.error(f"{where}.severity is {excerpt(severity)}", f"use one of {', '.join(LEVELS)}")
    return Limit(stage, storable(str(name)).strip(), most, level) if most is not None and level else None


def errors_of(problems: Problems) -> Iterator[str]:
    """What could not be read, each as one line."""
    for problem in problems:
        if problem.severity == "error":
            yield problem.problem if problem.line is None else f"line {problem.line}: {problem.problem}"


def _has_error(problems: Problems) -> bool:
    return any(True for _ in errors_of(problems))
