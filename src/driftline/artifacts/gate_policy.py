"""Reads a gate policy: `gate.yaml`, or a regression_rules.yaml as it stands. Judges nothing itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftline.artifacts.reading import file_bytes
from driftline.artifacts.regression_rules import errors_of, read_limits
from driftline.artifacts.run_json import LENGTHS, MILLISECONDS
from driftline.artifacts.values import excerpt, storable
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems, UserError

NAME = "gate.yaml"
SCHEMA = Path(__file__).with_name("gate.schema.json")
CRITICAL, SUPPORTING, ADVISORY = "critical", "supporting", "advisory"
ORDER = (CRITICAL, SUPPORTING, ADVISORY)
TIERS = {"error": CRITICAL, "warning": ADVISORY, "info": ADVISORY}
MEND = "mend it; `driftline gate explain --gate FILE` says how it is read"


@dataclass(frozen=True)
class Rule:
    """How much worse a metric may get: `limit` in its unit, or per cent of the baseline. `stage` None is a run, or the
    totals of a profile. `direction` is which change is for the worse, None where the registry says it. `is_strict`:
    what was measured counts, whatever the noise; None where the kind of metric says it."""

    metric: str
    limit: float
    is_pct: bool
    tier: str
    stage: str | None = None
    direction: str | None = None
    is_required: bool = False
    min_pairs: int = 0
    is_strict: bool | None = None

    @property
    def name(self) -> str:
        return f"{self.stage} {self.metric}" if self.stage else self.metric


@dataclass(frozen=True)
class Allowance:
    """`metric` may get worse by `up_to_pct` where `paid_by` has gained `improved_by`."""

    metric: str
    stage: str | None
    up_to_pct: float
    paid_by: str
    improved_by: float


@dataclass(frozen=True)
class Policy:
    """The rules of a file, and what is to be said of how they were read."""

    file: str
    rules: list[Rule]
    allowances: list[Allowance] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_policy(path: Path) -> Policy:
    """The policy of a file. Raises UserError for anything that cannot be known: what is not judged would pass."""
    try:
        data = file_bytes(path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "name a gate policy with --gate FILE") from None
    problems = Problems()
    document = load_mapping(data, problems)
    # A key that is written twice may be the one that was meant.
    for problem in problems:
        raise UserError(f"{path} cannot be used: {problem.problem}", MEND)
    content = document.content if document else None
    if isinstance(content, dict) and content.keys() & {"thresholds", "stages"}:
        rules = list(_of_profile_rules(data, path))
        return Policy(str(path), rules)
    _check(content, path)
    assert isinstance(content, dict)
    rules, notes = _narrowed([_rule(item) for item in content["rules"]])
    allowances = [
        Allowance(
            _metric(item["metric"])[0],
            item.get("stage"),
            item["up_to_pct"],
            _metric(item["if"])[0],
            item["improved_by"],
        )
        for item in content.get("allow", [])
    ]
    return Policy(str(path), rules, allowances, notes)


def _check(content: Any, path: Path) -> None:
    # It takes a tenth of a second to import.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    fault = best_match(Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).iter_errors(content))
    numbers = [value for part in _parts(content) for value in part.values() if isinstance(value, float)]
    if fault is None and not all(map(math.isfinite, numbers)):
        raise UserError(f"{path} cannot be used: a limit is not finite", MEND)
    if fault is not None:
        where = ".".join(str(part) for part in fault.absolute_path) or "the file"
        raise UserError(f"{path} cannot be used: {excerpt(where)}: {_said(fault.message)}", MEND)


def _parts(content: Any) -> list[dict[str, Any]]:
    return [*content["rules"], *content.get("allow", [])] if isinstance(content, dict) and "rules" in content else []


def _said(message: str) -> str:
    return storable(message if len(message) < 200 else f"{message[:200]} …")


def _rule(item: dict[str, Any]) -> Rule:
    metric, scale = _metric(item["metric"])
    is_pct = "max_drop_pct" in item
    is_old = "threshold" in item
    limit = item["max_drop_pct"] if is_pct else item.get("max_drop", item.get("threshold", 0.0)) / scale
    tier = item.get("tier") or (TIERS[item.get("severity", "error")] if is_old or "severity" in item else SUPPORTING)
    direction = item.get("direction") or ("decrease" if is_old else None)
    strict = item.get("strict", True if is_old else None)
    return Rule(
        metric, float(limit), is_pct, tier, item.get("stage"), direction, item.get("required", False),
        item.get("min_pairs", 0), strict,
    )  # fmt: skip


def _metric(name: str) -> tuple[str, float]:
    """The metric that a name or a dotted path of metrics.json means, and how many of its units one of ours is."""
    last = name.rsplit(".", 1)[-1]
    if last in MILLISECONDS:
        return MILLISECONDS[last], 1000.0
    return LENGTHS.get(last, last), 1.0


def _of_profile_rules(data: bytes, path: Path) -> Iterator[Rule]:
    problems = Problems()
    limits = read_limits(data, problems)
    for reason in errors_of(problems):
        raise UserError(f"{path} cannot be used: {reason}", MEND)
    for limit in limits:
        tier = CRITICAL if limit.level == "fail" else ADVISORY
        yield Rule(limit.metric, limit.max_delta_pct, True, tier, limit.stage, is_strict=True)


def _narrowed(rules: list[Rule]) -> tuple[list[Rule], list[str]]:
    """One rule for each metric, stage, direction and kind of limit: of several the narrower counts, and the strictest
    of what else they say."""
    kept: dict[tuple[str, str | None, bool, str | None], Rule] = {}
    notes = []
    for rule in rules:
        place = (rule.metric, rule.stage, rule.is_pct, rule.direction)
        known = kept.get(place)
        if known is None:
            kept[place] = rule
            continue
        narrow, wide = sorted((known, rule), key=lambda one: one.limit)
        kept[place] = replace(
            narrow,
            tier=min(known.tier, rule.tier, key=ORDER.index),
            is_required=known.is_required or rule.is_required,
            min_pairs=max(known.min_pairs, rule.min_pairs),
            is_strict=known.is_strict or rule.is_strict,
        )
        notes.append(f"{rule.name} has two limits: {narrow.limit:g} counts, not {wide.limit:g}")
    return list(kept.values()), notes
