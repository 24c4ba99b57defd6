"""The gate: what a policy may say, every state of a rule, and the answer with its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import driftline as package
from console import Outcome, Run
from driftline.artifacts.gate_policy import read_policy
from roots import SOURCE, Root, metrics
from verdict_roots import B, C, captured, pair, predictions, run

pytest_plugins = ("console",)
SCHEMA = Path(package.__file__).parent / "reports" / "comparison.schema.json"
SLOW = {"metric": "avg_latency_s", "max_drop_pct": 20}
# Of a baseline of 0 there is no per cent; of a single value on each side nothing is certain.
ZERO, LATE = {"metric": "truncation_rate", "max_drop_pct": 5}, {"metric": "p95_latency_s", "max_drop_pct": 5}


def policy(root: Root, *rules: dict[str, Any], name: str = "gate.yaml", **more: Any) -> Root:
    return root.file(name, yaml.safe_dump({"rules": list(rules), **more}))


def ask(driftline: Run, root: Root, *options: Any) -> tuple[Outcome, dict[str, Any]]:
    """The exit code, and the only gate of the answer."""
    ended = driftline("compare", B, C, "--format", "json", "--root", root.folder, *options)
    told = json.loads(ended.out)
    assert list(Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(told)) == []
    return ended, told["gates"][0]


def states(gate: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(finding["state"], finding["decides"]) for finding in gate["findings"]]


@pytest.mark.parametrize(
    ("factor", "rule", "answer", "state", "code"),
    [
        (1.0, SLOW, "GO", ("holds", None), 0),
        (1.6, SLOW, "NO-GO", ("broken", "NO-GO"), 1),
        (1.6, SLOW | {"tier": "critical"}, "NO-GO", ("broken", "NO-GO"), 1),
        (1.6, SLOW | {"tier": "advisory"}, "GO", ("broken", None), 0),
        (1.6, SLOW | {"max_drop_pct": 70}, "GO", ("open", None), 0),
        (1.6, SLOW | {"max_drop_pct": 200}, "GO", ("holds", None), 0),
        (1.6, {"metric": "avg_latency_s", "max_drop": 0.1}, "NO-GO", ("broken", "NO-GO"), 1),
        (1.6, {"metric": "avg_latency_s", "max_drop": 100}, "GO", ("holds", None), 0),
        (1.6, {"metric": "avg_latency_s", "max_drop_pct": 20, "direction": "decrease"}, "GO", ("holds", None), 0),
        (1.6, SLOW | {"min_pairs": 30, "tier": "critical"}, "UNDECIDED", ("open", "UNDECIDED"), 3),
        (1.6, SLOW | {"min_pairs": 30}, "GO", ("open", None), 0),
        (1.6, {"metric": "bleu", "max_drop": 0.1}, "UNDECIDED", ("missing", None), 3),
        (1.6, {"metric": "bleu", "max_drop": 0.1, "tier": "critical"}, "UNDECIDED", ("missing", "UNDECIDED"), 3),
        (1.6, {"metric": "bleu", "max_drop": 0.1, "required": True}, "NO-GO", ("missing", "NO-GO"), 1),
        (
            1.0,
            {"metric": "truncation_rate", "max_drop_pct": 5, "tier": "critical"},
            "UNDECIDED",
            ("open", "UNDECIDED"),
            3,
        ),
        (
            1.3,
            {"metric": "p95_latency_s", "max_drop_pct": 5, "tier": "critical"},
            "UNDECIDED",
            ("open", "UNDECIDED"),
            3,
        ),
        (1.3, {"metric": "p95_latency_s", "max_drop_pct": 5, "strict": True}, "NO-GO", ("broken", "NO-GO"), 1),
    ],
)
def test_every_state_of_a_rule_and_its_answer(
    root: Root, driftline: Run, factor: float, rule: dict[str, Any], answer: str, state: tuple[str, Any], code: int
) -> None:
    policy(pair(root, factor), rule)
    ended, gate = ask(driftline, root)

    assert (gate["answer"], states(gate), ended.code) == (answer, [state], code)


@pytest.mark.parametrize(
    ("factor", "limit", "state"), [(1.2, 15, "open"), (1.1, 15, "open"), (1.1, 200, "holds"), (3.0, 15, "broken")]
)
def test_what_noise_may_hide_is_open(root: Root, driftline: Run, factor: float, limit: float, state: str) -> None:
    policy(pair(root, factor, noise=0.25), {"metric": "avg_latency_s", "max_drop_pct": limit, "tier": "critical"})
    ended, gate = ask(driftline, root)

    assert states(gate)[0][0] == state
    assert ended.code == {"open": 3, "holds": 0, "broken": 1}[state]


def test_undecided_may_pass_when_asked(root: Root, driftline: Run) -> None:
    policy(pair(root, 1.0), {"metric": "bleu", "max_drop": 0.1, "tier": "critical"})
    assert ask(driftline, root, "--undecided", "pass")[0].code == 0


def test_by_thresholds_every_rule_is_strict(root: Root, driftline: Run) -> None:
    policy(pair(root, 1.3, noise=0.5), {"metric": "avg_latency_s", "max_drop_pct": 5, "tier": "critical"})
    assert ask(driftline, root)[1]["answer"] == "UNDECIDED"
    assert ask(driftline, root, "--policy", "threshold")[1]["answer"] == "NO-GO"


def test_one_failed_episode_breaks_a_rule_although_it_proves_nothing(root: Root, driftline: Run) -> None:
    run(root, B)
    rows = predictions()
    root.run(C, predictions=rows, metrics=metrics(len(rows), failed=["e03"]))
    policy(root, {"metric": "failed_episodes", "max_drop": 0})
    ended, gate = ask(driftline, root)
    assert (ended.code, states(gate)) == (1, [("broken", "NO-GO")])


@pytest.mark.parametrize(("up_to", "improved_by", "answer"), [(80, 1, "GO"), (30, 1, "NO-GO"), (80, 1000, "NO-GO")])
def test_a_loss_may_be_paid_for(root: Root, driftline: Run, up_to: float, improved_by: float, answer: str) -> None:
    run(root, B)
    rows = predictions(1.6, 2)
    for row in rows:
        row["metadata"]["output_tokens"] *= 1.5
    root.run(C, predictions=rows, metrics=metrics(len(rows)))
    paid = {"metric": "avg_latency_s", "up_to_pct": up_to, "if": "avg_output_tokens", "improved_by": improved_by}
    policy(root, SLOW, allow=[paid | {"metric": "avg_output_tokens"}, paid])
    gate = ask(driftline, root)[1]

    assert (gate["answer"], gate["findings"][0]["state"]) == (answer, "excused" if answer == "GO" else "broken")


def test_quality_and_cost_of_a_release_are_one_answer(root: Root, driftline: Run) -> None:
    pair(root, 1.0)
    root.file("releases.yaml", f"{B}: r1\n{C}: r2\n")
    captured(captured(root, "r1", [1.0, 1.01, 1.0], rounds="a"), "r2", [2.0, 2.01, 2.0], rounds="a")
    policy(
        root,
        SLOW,
        {"metric": "wall_time_s", "max_drop_pct": 15},
        {"metric": "wall_time_s", "stage": "load", "max_drop_pct": 15},
    )
    ended = driftline("compare", "r1", "r2", "--releases", "--root", root.folder)

    assert (ended.code, ended.out.splitlines()[0]) == (1, "NO-GO for r2: wall_time_s, load wall_time_s.")
    assert "1 of 3 rules hold" in ended.out


OLD = """
rules:
  - {metric: intrinsic.performance.avg_latency_ms, threshold: 1000, direction: increase, severity: error}
  - {metric: avg_latency_ms, threshold: 200, direction: increase, severity: warning}
  - {metric: intrinsic.length.avg_tokens, threshold: 5}
"""


def test_rules_of_old_are_a_policy_as_they_stand(root: Root, driftline: Run) -> None:
    pair(root, 1.6).file("eval/configs/regression_rules.yaml", OLD)
    file = root.folder / "eval/configs/regression_rules.yaml"
    read = read_policy(file)

    assert [(rule.metric, rule.limit, rule.tier, rule.is_strict, rule.direction) for rule in read.rules] == [
        ("avg_latency_s", 0.2, "critical", True, "increase"),
        ("avg_output_tokens", 5.0, "critical", True, "decrease"),
    ]
    assert read.notes == ["avg_latency_s has two limits: 0.2 counts, not 1"]
    ended, gate = ask(driftline, root, "--gate", file)
    assert (ended.code, gate["answer"], states(gate)) == (1, "NO-GO", [("broken", "NO-GO"), ("holds", None)])


def test_rules_of_profiles_are_one_too(root: Root) -> None:
    root.file(
        "profiles/regression_rules.yaml",
        "thresholds: {wall_time_s: {max_delta_pct: 10, severity: error}}\n"
        "stages: {load: {wall_time_s: {max_delta_pct: 20, severity: warning}}}\n",
    )
    read = read_policy(root.folder / "profiles/regression_rules.yaml")
    assert [(rule.name, rule.limit, rule.is_pct, rule.tier) for rule in read.rules] == [
        ("wall_time_s", 10.0, True, "critical"),
        ("load wall_time_s", 20.0, True, "advisory"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "None is not of type 'object'"),
        ("rules: []", "should be non-empty"),
        ("rules: [{metric: m}]", "not valid under any"),
        ("rules: [{metric: m, max_drop: 1, max_drop_pct: 2}]", "is valid under each of"),
        ("rules: [{metric: m, max_drop: -1}]", "less than the minimum"),
        ("rules: [{metric: m, max_drop: 1, tear: critical}]", "'tear' was unexpected"),
        ("rules: [{metric: m, max_drop: 1}]\nallow: [{metric: m}]", "is a required property"),
        ("thresholds: {wall_time_s: {}}", "has no max_delta_pct"),
        ("rules: [{metric: m, max_drop: .nan}]", "not finite"),
        ("rules: [{metric: m, max_drop_pct: .inf}]", "not finite"),
        ("rules: [", "not usable YAML"),
    ],
)
def test_a_policy_that_cannot_be_read_exits_with_2(root: Root, driftline: Run, text: str, reason: str) -> None:
    pair(root, 1.0).file("gate.yaml", text)
    ended = driftline("compare", B, C, "--root", root.folder)
    assert (ended.code, ended.out) == (2, "")
    assert reason in ended.err


def test_a_policy_that_is_not_there_or_names_no_metric_exits_with_2(root: Root, driftline: Run) -> None:
    pair(root, 1.0)
    assert driftline("compare", B, C, "--gate", "nowhere.yaml", "--root", root.folder).code == 2
    policy(root, {"metric": "magic", "max_drop": 1})
    ended = driftline("compare", B, C, "--root", root.folder)
    assert (ended.code, "magic is not known" in ended.err) == (2, True)
    policy(root, {"metric": "avg_chunks", "max_drop": 1})
    assert "has no better direction" in driftline("compare", B, C, "--root", root.folder).err
    pair(root, 1.6)
    policy(root, SLOW, allow=[{"metric": "avg_latency_s", "up_to_pct": 90, "if": "magic", "improved_by": 1}])
    assert "magic is not known" in driftline("compare", B, C, "--root", root.folder).err


def test_where_every_rule_holds_it_is_said(root: Root, driftline: Run) -> None:
    policy(pair(root, 1.0), SLOW, {"metric": "failed_episodes", "max_drop": 0})
    assert "GO for runs/cand: all 2 rules hold." in driftline("compare", B, C, "--root", root.folder).out


def test_explain_says_each_rule_as_a_sentence(root: Root, driftline: Run) -> None:
    policy(
        pair(root, 1.0),
        SLOW | {"required": True, "min_pairs": 10},
        {"metric": "rougeL_f1", "max_drop": 0.02, "tier": "critical", "strict": True},
        allow=[{"metric": "avg_latency_s", "up_to_pct": 30, "if": "rougeL_f1", "improved_by": 0.01}],
    )
    told = driftline("gate", "explain", "--root", root.folder).out.splitlines()
    named = driftline("gate", "explain", root.folder / "gate.yaml", "--root", root.folder)
    assert (named.code, named.out.splitlines()) == (0, told)

    assert told[1] == "- avg_latency_s (supporting) may rise by at most 20 %; it must be there; at least 10 pairs"
    assert told[2] == (
        "- rougeL_f1 (critical) may fall by at most 0.02; strict: what was measured counts, whatever the noise"
    )
    assert told[3] == "- avg_latency_s may get worse by 30 % where rougeL_f1 has certainly gained 0.01"


def test_junit_and_markdown_have_the_gate_first(root: Root, driftline: Run) -> None:
    policy(pair(root, 1.6), SLOW, {"metric": "bleu", "max_drop": 1, "tier": "critical"})
    suites = ET.fromstring(driftline("compare", B, C, "--format", "junit", "--root", root.folder).out)
    told = driftline("compare", B, C, "--format", "markdown", "--root", root.folder).out

    assert suites[0].attrib["name"] == f"gate for {C}: NO-GO"
    assert (suites[0].attrib["failures"], suites[0].attrib["skipped"]) == ("1", "1")
    assert suites[1].attrib["failures"] == "0"
    assert told.startswith(r"## NO-GO for runs/cand: avg\_latency\_s.")


def test_exit_codes_hold_from_a_shell(root: Root) -> None:
    pair(root, 1.6)
    policy(root, SLOW, name="strict.yaml")
    policy(root, SLOW | {"max_drop_pct": 100}, name="loose.yaml")
    script = """
    check() { "$@" >/dev/null 2>&1; echo "$?"; }
    check $D compare $B $C --gate "$R/strict.yaml"
    check $D compare $B $C --gate "$R/loose.yaml"
    check $D compare $B $C
    check $D compare $B nowhere
    """
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "R": str(root.folder), "B": B, "C": C,
        "DRIFTLINE_ROOT": str(root.folder), "HOME": str(root.folder),
        "D": f"{sys.executable} -c from\tdriftline.cli\timport\tmain;main()",
    }  # fmt: skip
    ended = subprocess.run(
        ["sh", "-c", f"IFS=' '; {script}"], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["1", "0", "0", "2"]
