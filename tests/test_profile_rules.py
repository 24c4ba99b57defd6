"""`profiles/regression_rules.yaml`: what it judges, what it leaves out, and that no slip of the pen lets all pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from profile_roots import frozen
from roots import Root

if TYPE_CHECKING:
    from console import Run
    from profile_pairs import Diff

pytest_plugins = ("console", "profile_pairs")
RULES = "profiles/regression_rules.yaml"


def rules(root: Root, content: Any) -> Root:
    return root.file(RULES, content if isinstance(content, str) else yaml.safe_dump(content))


def test_rules_judge_what_they_name_and_a_stage_has_its_own(pair: Root, diff: Diff) -> None:
    stages = {"clean": {"wall_time_s": {"max_delta_pct": 60, "severity": "error"}}}
    rules(pair, {"thresholds": {"wall_time_s": {"max_delta_pct": 10, "severity": "warning"}}, "stages": stages})
    answer = diff(pair)

    marked = {key: row["regression"] for key, row in answer["by"].items() if row["regression"]}
    assert marked == {("load", "wall_time_s"): "warn"}
    assert answer["by"]["clean", "wall_time_s"]["max_delta_pct"] == 60
    assert answer["by"]["load", "avg_cpu_pct"]["max_delta_pct"] is None
    assert answer["policy"]["file"].endswith(RULES)
    assert answer["code"] == 0


@pytest.mark.parametrize(
    ("limit", "severity", "level", "code"),
    [
        (49.9, "error", "fail", 1),
        (49.9, "fail", "fail", 1),
        (49.9, "warning", "warn", 0),
        (49.9, "info", "info", 0),
        (50, "error", None, 0),  # 4 -> 6 is +50 %, which is not above 50
    ],
)
def test_only_what_is_above_the_limit_at_error_level_fails(
    pair: Root, diff: Diff, limit: float, severity: str, level: str | None, code: int
) -> None:
    rules(pair, {"stages": {"clean": {"wall_time_s": {"max_delta_pct": limit, "severity": severity}}}})
    answer = diff(pair)
    assert (answer["by"]["clean", "wall_time_s"]["regression"], answer["code"]) == (level, code)


def test_an_improvement_is_never_marked_and_growth_from_0_has_no_percent(pair: Root, diff: Diff) -> None:
    limit = {"max_delta_pct": 1}
    rules(pair, {"thresholds": {"peak_rss_mb": limit, "avg_cpu_pct": limit}})
    rows = diff(pair)["by"]

    assert (rows["load", "peak_rss_mb"]["delta_pct"], rows["load", "peak_rss_mb"]["regression"]) == (-50.0, None)
    assert (rows["load", "avg_cpu_pct"]["delta_pct"], rows["load", "avg_cpu_pct"]["regression"]) == (None, "fail")
    assert rows["short", "avg_cpu_pct"]["regression"] is None


def test_what_is_too_small_to_matter_breaks_no_rule(root: Root, diff: Diff) -> None:
    for day, (key, cpu, wall) in enumerate((("v1", 0.07, 0.010), ("v2", 0.09, 0.025)), start=1):
        frozen(root, key, day=day, stages={"sleep": {"wall_time_s": wall, "avg_cpu_pct": cpu}}, totals={})
    limit = {"max_delta_pct": 1}
    for judged_by in ("registry", "rules"):
        answer = diff(root)
        assert (answer["policy"]["source"], answer["code"]) == (judged_by, 0)
        assert [row["metric"] for row in answer["rows"] if row["regression"]] == []
        rules(root, {"thresholds": {"wall_time_s": limit, "avg_cpu_pct": limit}})


def test_rules_that_judge_nothing_are_told(pair: Root, diff: Diff) -> None:
    limit = {"max_delta_pct": 1}
    rules(pair, {"thresholds": {"wall_tme_s": limit, "odd_score": limit}, "stages": {"lode": {"wall_time_s": limit}}})
    answer = diff(pair)
    told = " ".join(answer["header"]["warnings"])

    # A slip of the pen must not let all pass.
    assert answer["code"] == 3
    assert answer["header"]["verdict"].startswith("Nothing was judged")
    assert "wall_tme_s, a metric that neither profile has" in told
    assert "odd_score, whose better direction is not declared" in told
    assert "lode, a stage that neither profile has" in told


def test_a_given_file_of_rules_counts_more_than_that_of_the_root(pair: Root, diff: Diff, tmp_path: Path) -> None:
    rules(pair, {"thresholds": {"wall_time_s": {"max_delta_pct": 1}}})
    other = tmp_path / "other.yaml"
    other.write_text("thresholds: {wall_time_s: {max_delta_pct: 70, hint: x}}")
    answer = diff(pair, "--rules", other)

    assert (answer["code"], answer["policy"]["file"]) == (0, str(other))
    assert "wall_time_s'.'hint' is unknown and left out" in answer["err"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("thresholds:\n [", "not usable YAML: did not find"),
        ("[]", "a mapping of rules was expected"),
        ("# none\n", "a mapping of rules was expected"),
        ("thresholds: {}", "sets no limit"),
        ("rules: [{metric: a, threshold: 1}]", "sets no limit"),
        ("stages: [a]", "stages is not a mapping"),
        ("stages: {load: 5}", "stages.'load' is not a mapping"),
        ("thresholds: {wall_time_s: 5}", "thresholds.'wall_time_s' is not a mapping"),
        ("thresholds: {wall_time_s: {max_delta: 5}}", "has no max_delta_pct"),
        ("thresholds: {wall_time_s: {max_delta_pct: true}}", "max_delta_pct is not a number"),
        ("thresholds: {wall_time_s: {max_delta_pct: -5}}", "is outside its range"),
        ("thresholds: {wall_time_s: {max_delta_pct: .nan}}", "is not finite"),
        ("thresholds: {wall_time_s: {max_delta_pct: 5, severity: eror}}", "severity is 'eror'"),
    ],
)
def test_rules_that_cannot_be_used_let_nothing_pass(pair: Root, driftline: Run, content: str, why: str) -> None:
    done = driftline("profile", "diff", "v1", "v1", "--root", rules(pair, content).folder)

    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert RULES in done.err
