"""`driftline compare`: what it says, in every format, and with which exit code."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import driftline as package
from console import Run
from roots import Root
from verdict_roots import B, C, captured, pair, run

pytest_plugins = ("console",)
SCHEMA = Path(package.__file__).parent / "reports" / "comparison.schema.json"
COUNTS = {"name", "tests", "failures", "errors"}
ALLOWED = {
    "testsuites": {*COUNTS, "time"}, "testsuite": {*COUNTS, "time", "skipped", "timestamp", "hostname"},
    "testcase": {"name", "classname", "time"}, "failure": {"message", "type"}, "skipped": {"message", "type"},
    "system-out": set(),
}  # fmt: skip
REQUIRED = {"testsuite": COUNTS, "testcase": {"name", "classname", "time"}}


def test_a_regression_is_said_first_and_exits_with_1(root: Root, driftline: Run) -> None:
    pair(root, 2.5)
    ended = driftline("compare", B, C, "--root", root.folder)

    assert ended.code == 1
    assert ended.out.splitlines()[:2] == [f"{C} against {B} (named first)", "Worse: Latency +149\u202f%."]
    (row,) = [line for line in ended.out.splitlines() if "regressed" in line]
    assert row.split()[:4] == ["▼", "regressed", "(fail)", "Latency"]
    assert "(--all shows them)" in ended.out


def test_at_warn_level_it_is_said_and_exits_with_0(root: Root, driftline: Run) -> None:
    pair(root, 1.7)
    ended = driftline("compare", B, C, "--root", root.folder)

    assert (ended.code, "▼ regressed (warn)" in ended.out) == (0, True)


def test_better_is_better_and_exits_with_0(root: Root, driftline: Run) -> None:
    pair(root, 0.5)
    ended = driftline("compare", B, C, "--root", root.folder)

    assert (ended.code, ended.out.splitlines()[1]) == (0, "Better: Latency −50\u202f%.")


def test_what_is_open_says_how_to_settle_it(root: Root, driftline: Run) -> None:
    pair(root, 1.1, noise=0.4)
    ended = driftline("compare", B, C, "--root", root.folder)

    assert ended.code == 0
    assert ended.out.splitlines()[1] == "Inconclusive: 1 of 7 primary metrics could hide a change that matters."
    assert "12 paired episodes, repetitions assumed to differ by 7.1 % can only show changes of" in ended.out
    assert "no number of episodes would show less: runs differ by as much." in ended.out


def test_nothing_in_common_exits_with_3(root: Root, driftline: Run) -> None:
    root.run(B, predictions=[{"episode_id": "a", "output": "x y"}]).run(C, metrics={"vs_reference": None})
    ended = driftline("compare", B, C, "--root", root.folder)

    assert (ended.code, "Nothing to compare" in ended.out) == (3, True)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ((B, "runs/nowhere"), ("--runs",), "no run runs/nowhere in this root"),
        ((B, "runs/nowhere"), (), "no run runs/nowhere in this root"),
        (("nowhere", "runs/nowhere"), (), "neither a run nor a profile nor a release nowhere in this root"),
        ((B, B), (), "baselines/base is compared with itself"),
        ((), ("--releases",), "--releases needs their names"),
        ((B, C), ("--policy", "threshold", "--fail", "inf"), "--warn and --fail are per cent"),
        ((B, C), ("--policy", "threshold", "--fail", "5", "--warn", "10"), "--warn is above --fail"),
        ((B,), (), "there is nothing to compare baselines/base with"),
        ((B, C), ("--runs", "--profiles"), "the names are of one kind"),
        ((B, C), ("--warn", "5"), "--warn and --fail are thresholds"),
        ((B, C), ("--only", "worse"), "no verdict is called worse"),
        (("twice", C), (), "twice is the id of several runs: baselines/twice, runs/twice"),
    ],
)
def test_what_cannot_be_asked_exits_with_2(
    root: Root, driftline: Run, names: tuple[str, ...], options: tuple[str, ...], message: str
) -> None:
    pair(root, 1.0)
    for key in ("baselines/twice", "runs/twice"):
        run(root, key)
    ended = driftline("compare", *names, *options, "--root", root.folder)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"driftline: {message}")


@pytest.mark.parametrize("name", ["base", "[baseline] baselines/base", B])
def test_a_run_goes_by_its_key_its_id_or_its_category(root: Root, driftline: Run, name: str) -> None:
    pair(root, 1.0)
    ended = driftline("compare", name, C, "--root", root.folder)
    assert ended.out.startswith(f"{C} against {B} (named first)")


def test_without_names_the_pair_is_that_of_the_page_and_says_why(root: Root, driftline: Run) -> None:
    pair(root, 1.0)
    captured(captured(root, "v1", [1.0] * 3), "v2", [1.0] * 3)
    ended = driftline("compare", "--root", root.folder)

    heads = [line for line in ended.out.splitlines() if " against " in line]
    assert heads[0] == f"{C} against {B} (newest baseline before the newest run; newest group)"
    assert heads[1].startswith("v2 against v1 (")


def test_a_release_is_its_newest_run_and_profile(root: Root, driftline: Run) -> None:
    pair(root, 1.0)
    root.file("releases.yaml", f"{B}: r1\n{C}: r2\n")
    captured(captured(root, "r1", [1.0, 1.01, 1.0]), "r2", [2.0, 2.01, 2.0])
    ended = driftline("compare", "r1", "r2", "--releases", "--root", root.folder)

    heads = [line for line in ended.out.splitlines() if " against " in line]
    assert heads == [
        f"{C} against {B} (the newest run of release r1)",
        "r2 against r1 (the newest profile of release r1)",
    ]
    assert ended.code == 1


def test_by_thresholds_nothing_is_called_regressed(root: Root, driftline: Run) -> None:
    pair(root, 1.6, noise=0.5)
    noise = driftline("compare", B, C, "--root", root.folder)
    loose = driftline("compare", B, C, "--policy", "threshold", "--root", root.folder)
    strict = driftline("compare", B, C, "--policy", "threshold", "--warn", "5", "--fail", "20", "--root", root.folder)

    assert (noise.code, loose.code, strict.code) == (0, 0, 1)
    assert "regressed" not in loose.out + strict.out
    assert strict.out.splitlines()[1].startswith("By thresholds alone, noise not weighed: ")


def test_only_the_asked_rows_are_shown_and_all_still_count(root: Root, driftline: Run) -> None:
    pair(root, 2.5)
    shown = driftline("compare", B, C, "--only", "no change", "--root", root.folder)
    (told,) = json.loads(
        driftline("compare", B, C, "--only", "no change", "--format", "json", "--root", root.folder).out
    )["comparisons"]

    assert (shown.code, shown.out.splitlines()[1]) == (1, "Worse: Latency +149\u202f%.")
    assert (" regressed" in shown.out, "✓ no change" in shown.out or "· no change" in shown.out) == (False, True)
    assert (told["has_failed"], {row["verdict"] for row in told["rows"]}) == (True, {"no change"})


def test_what_an_artifact_says_reaches_no_terminal(root: Root, driftline: Run) -> None:
    captured(captured(root, "v1", [1.0] * 4, rounds="a"), "v2", [2.0, 2.01, 2.0, 1.99], rounds="a")
    for key in ("v1", "v2"):
        path = root.folder / f"profiles/{key}.yaml"
        path.write_text(path.read_text().replace("load:", '"lo\\ead":'))
    told = driftline("compare", "v1", "v2", "--root", root.folder).out
    assert "lo\\x1bad" in told
    assert "\x1b" not in told


def test_json_is_what_its_schema_says(root: Root, driftline: Run) -> None:
    pair(root, 2.5)
    captured(captured(root, "v1", [1.0]), "v2", [2.0])
    Draft202012Validator.check_schema(schema := json.loads(SCHEMA.read_text()))
    for names in ((B, C), ("v1", "v2")):
        for policy in ("noise", "threshold"):
            ended = driftline("compare", *names, "--format", "json", "--policy", policy, "--root", root.folder)
            told = json.loads(ended.out)
            assert [error.message for error in Draft202012Validator(schema).iter_errors(told)] == []
            (one,) = told["comparisons"]
            assert one["has_failed"] == (ended.code == 1)
            assert set(one["rows"][0]) == set(schema["$defs"]["row"]["properties"])


def test_junit_counts_what_it_holds(root: Root, driftline: Run) -> None:
    run(root, "baselines/b\x01&<", 1.0)
    run(root, C, 2.5, 2)
    ended = driftline("compare", "baselines/b\x01&<", C, "--format", "junit", "--root", root.folder)
    suites = ET.fromstring(ended.out)
    (suite,) = suites
    cases = suite.findall("testcase")

    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert suite.attrib["name"] == f"{C} against baselines/b\ufffd&<"
    assert int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) == 1
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    assert suite.attrib["errors"] == "0"
    # What viewers of CI systems allow of an element, and what they ask of it.
    for element in suites.iter():
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib) <= ALLOWED[element.tag]
    for case in cases:
        assert len(case) == 1
        assert case[0].tag in ("failure", "skipped", "system-out")


def test_markdown_has_the_verdict_first_and_the_rest_folded(root: Root, driftline: Run) -> None:
    run(root, "baselines/b|`@x", 1.0)
    run(root, C, 2.5, 2)
    told = driftline("compare", "baselines/b|`@x", C, "--format", "markdown", "--root", root.folder).out
    parts = told.split("\n\n")

    assert parts[0] == "### Worse: Latency +149\u202f%."
    assert parts[1].startswith("| verdict | metric | baseline | candidate | change |")
    assert parts[2].startswith("<details><summary>")
    assert r"b\|\`@" + "\u200bx" in told
    assert "Next: look at the rows that regressed at fail level." in told
