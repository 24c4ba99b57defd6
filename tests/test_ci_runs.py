"""Every step of the workflows is run, in order: with bash, a repository of its own, and programs that are stand-ins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftline.lifecycle.workflows import NAMES, Choices, workflows
from workflow_runner import Hub, Job
from workflow_tools import Tools

PULL, NIGHTLY = workflows(Choices(root="data")).values()
BASELINES = "data/performance_baselines.json"
LAST = "Fail above the limit"
OURS = "owner/project"


def baseline(value: float) -> str:
    return json.dumps({"query_latency_no_vllm": value})


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """A project that takes 8 s, with a baseline of 8 s."""
    hub = Hub(tmp_path, Tools(tmp_path))
    hub.commit("main", {"latency.txt": "8.0", BASELINES: baseline(8.0)})
    return hub


def pull(
    hub: Hub, files: dict[str, str], head: str = OURS, author: str = "ada", text: str = PULL, **environment: str
) -> dict[str, Job]:
    """A pull request with these files."""
    hub.commit("change", files)
    told = {"number": 7, "base": {"ref": "main"}, "head": {"repo": {"full_name": head}}, "user": {"login": author}}
    return hub.run(text, "change", {"pull_request": told}, **environment)


def night(hub: Hub, latency: str, branch: str = "main", **environment: str) -> dict[str, Job]:
    """A night in which the project takes so long."""
    if hub.git("show", f"{branch}:latency.txt") != latency:
        hub.commit(branch, {"latency.txt": latency})
    return hub.run(NIGHTLY, branch, {}, **environment)


def kept(hub: Hub, artifact: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(hub.artifacts[artifact].iterdir())}


def test_a_good_pull_request_passes_with_report_and_comment(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "8.1"})

    assert [job.conclusion for job in jobs.values()] == ["success", "success"]
    assert set(jobs["performance"].steps.values()) == {"success"}
    reports = kept(hub, "performance-report")
    assert list(reports) == ["report.html", "report.json", "report.md"]
    assert reports["report.md"] == "markdown report: 8.1 against 8.0\n"
    assert jobs["performance"].summary == reports["report.md"]
    (comment,) = hub.tools.calls("gh")
    assert comment["arguments"][:5] == ["pr", "comment", "7", "--edit-last", "--create-if-none"]
    assert comment["body"] == reports["report.md"]
    assert hub.retention == {"performance-report": 90, "performance-history": 90}


def test_a_regression_is_reported_kept_and_commented_before_it_fails(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "16.0"})

    outcomes = jobs["performance"].steps
    assert (jobs["performance"].conclusion, jobs["comment"].conclusion) == ("failure", "success")
    assert [name for name, outcome in outcomes.items() if outcome != "success"] == [
        "Run the tests and record them",
        LAST,
    ]
    assert list(outcomes)[-1] == LAST
    assert list(kept(hub, "performance-report")) == ["report.html", "report.json", "report.md"]
    assert kept(hub, "performance-history")["GitHub_Actions_Linux.jsonl"].count("16.0") == 1
    assert "16.0 against 8.0: REGRESSION" in hub.tools.calls("gh", "pr", "comment")[0]["body"]


def test_a_regression_that_only_the_report_sees_fails_too(hub: Hub) -> None:
    text = workflows(Choices(root="data", tests="pytest || true"))[NAMES[0]]
    jobs = pull(hub, {"latency.txt": "16.0"}, text=text)

    assert jobs["performance"].steps["Run the tests and record them"] == "success"
    assert (jobs["performance"].conclusion, jobs["performance"].steps[LAST]) == ("failure", "failure")


def test_tests_that_fail_without_a_regression_fail_the_job(hub: Hub) -> None:
    text = workflows(Choices(root="data", tests="pytest && false"))[NAMES[0]]
    jobs = pull(hub, {"latency.txt": "8.1"}, text=text)

    assert (jobs["performance"].conclusion, jobs["performance"].steps["Report"]) == ("failure", "success")
    assert "REGRESSION" not in hub.tools.calls("gh", "pr", "comment")[0]["body"]


def test_a_pull_request_cannot_raise_its_own_baselines(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "16.0", BASELINES: baseline(99.0)})

    assert jobs["performance"].conclusion == "failure"
    assert "16.0 against 8.0: REGRESSION" in jobs["performance"].summary


def test_a_base_without_baselines_and_history_passes(tmp_path: Path) -> None:
    hub = Hub(tmp_path, Tools(tmp_path))
    hub.commit("main", {"latency.txt": "8.0"})
    jobs = pull(hub, {"latency.txt": "16.0"})

    assert [job.conclusion for job in jobs.values()] == ["success", "success"]
    assert "16.0 against None" in jobs["performance"].summary


@pytest.mark.parametrize(("head", "author"), [("stranger/project", "eve"), (OURS, "dependabot[bot]")])
def test_whose_token_only_reads_gets_summary_and_artifact(hub: Hub, head: str, author: str) -> None:
    jobs = pull(hub, {"latency.txt": "16.0"}, head, author)

    assert (jobs["performance"].conclusion, jobs["comment"].conclusion) == ("failure", "skipped")
    assert "REGRESSION" in jobs["performance"].summary
    assert "REGRESSION" in kept(hub, "performance-report")["report.md"]
    assert hub.tools.calls("gh") == []


def test_a_failed_install_is_no_regression(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "8.1"}, FAILS="pip install")

    assert (jobs["performance"].conclusion, jobs["comment"].conclusion) == ("failure", "skipped")
    assert jobs["performance"].steps["Report"] == "skipped"
    assert hub.tools.calls("driftline") == []


def test_a_report_that_crashes_fails_and_keeps_the_others(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "8.1"}, FAILS="driftline html")

    assert (jobs["performance"].steps["Report"], jobs["performance"].conclusion) == ("failure", "failure")
    assert list(kept(hub, "performance-report")) == ["report.md"]


def test_a_report_that_cannot_judge_fails(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "8.1"}, REPORT_EXITS="2")

    assert (jobs["performance"].steps["Report"], jobs["performance"].conclusion) == ("failure", "failure")
    assert jobs["comment"].conclusion == "skipped"


def test_a_report_that_is_too_long_for_github_is_cut_and_says_so(hub: Hub) -> None:
    rest = "long " * 14_000
    pull(hub, {"latency.txt": "16.0"}, REST=rest)
    night(hub, "16.0", REST=rest)
    bodies = [call["body"] for call in hub.tools.calls("gh") if call["body"]]

    assert len(bodies) == 2
    for body, artifact in zip(bodies, ("performance-report", "nightly-reports"), strict=True):
        assert 50_000 < len(body) < 65_536
        assert body.endswith(f"see the artifact {artifact}.\n")


def test_the_files_of_the_base_are_not_beside_those_that_are_tested(hub: Hub) -> None:
    pull(hub, {"latency.txt": "8.1"})

    assert sorted(hub.tools.calls("pytest")[0]["seen"]) == [".git", "data", "latency.txt"]


def test_a_pull_request_goes_on_from_the_nights_and_leaves_no_trace_there(hub: Hub) -> None:
    night(hub, "8.0")
    pull(hub, {"latency.txt": "8.1"})

    lines = kept(hub, "performance-history")["GitHub_Actions_Linux.jsonl"].splitlines()
    assert [json.loads(line)["metrics"]["query_latency_no_vllm"] for line in lines] == [8.0, 8.1]
    assert len(hub.caches) == 1
    assert hub.tools.calls("pytest")[-1]["type"] == "ci"


def test_tests_that_stop_recording_do_not_pass_on_the_last_night(hub: Hub) -> None:
    first = pull(hub, {"latency.txt": "8.1"}, RECORDS_NOTHING="1")
    night(hub, "8.0")
    then = pull(hub, {"latency.txt": "8.2"}, RECORDS_NOTHING="1")

    assert (first["performance"].conclusion, first["performance"].summary) == ("success", "markdown report: no data\n")
    assert (then["performance"].steps["Report"], then["performance"].conclusion) == ("failure", "failure")
    assert then["comment"].conclusion == "skipped"


def test_a_good_night_keeps_everything_and_opens_nothing(hub: Hub) -> None:
    jobs = night(hub, "8.0")

    assert [job.conclusion for job in jobs.values()] == ["success", "skipped", "skipped"]
    assert set(jobs["measure"].steps.values()) == {"success"}
    assert list(kept(hub, "nightly-reports")) == ["dashboard.html", "report.html", "report.json", "report.md"]
    assert hub.retention == {"nightly-reports": 365, "nightly-history": 365}
    assert [(call["mode"], call["type"]) for call in hub.tools.calls("pytest")] == [("comprehensive", "nightly")]
    assert hub.tools.calls("gh") == []


def test_a_first_night_that_records_nothing_is_no_failure(hub: Hub) -> None:
    jobs = night(hub, "8.0", RECORDS_NOTHING="1")

    assert set(jobs["measure"].steps.values()) == {"success"}


def test_each_night_goes_on_from_the_one_before(hub: Hub) -> None:
    counts = []
    for _ in range(3):
        night(hub, "8.0")
        counts.append(kept(hub, "nightly-history")["GitHub_Actions_Linux.jsonl"].count("\n"))

    assert counts == [1, 2, 3]
    assert len({key for key, _, _ in hub.caches}) == 3


def test_a_night_that_regressed_is_kept_and_opens_an_issue(hub: Hub) -> None:
    night(hub, "8.0")
    jobs = night(hub, "16.0")

    assert [job.conclusion for job in jobs.values()] == ["failure", "success", "skipped"]
    outcomes = jobs["measure"].steps
    assert [name for name, told in outcomes.items() if told == "failure"] == [
        "Run all tests, the slow ones too, and record them",
        LAST,
    ]
    assert list(kept(hub, "nightly-reports")) == ["dashboard.html", "report.html", "report.json", "report.md"]
    assert (len(hub.caches), kept(hub, "nightly-history")["GitHub_Actions_Linux.jsonl"].count("\n")) == (2, 2)
    (issue,) = hub.tools.calls("gh", "issue", "create")
    assert "performance-regression" in issue["arguments"]
    assert "16.0 against 8.0: REGRESSION" in issue["body"]
    assert f"https://example.org/{OURS}/actions/runs/2" in issue["body"]


def test_an_open_issue_is_commented_and_no_second_one_opened(hub: Hub) -> None:
    night(hub, "16.0", OPEN_ISSUE="12")

    (comment,) = hub.tools.calls("gh", "issue", "comment")
    assert comment["arguments"][2] == "12"
    assert "REGRESSION" in comment["body"]
    assert hub.tools.calls("gh", "issue", "create") == []


def test_a_label_that_is_there_is_no_hindrance(hub: Hub) -> None:
    assert night(hub, "16.0", HAS_LABEL="1")["issue"].conclusion == "success"
    assert len(hub.tools.calls("gh", "issue", "create")) == 1


def test_another_branch_that_is_dispatched_opens_nothing(hub: Hub) -> None:
    hub.commit("trial", {"latency.txt": "16.0"})
    jobs = night(hub, "16.0", branch="trial")

    assert [job.conclusion for job in jobs.values()] == ["failure", "skipped", "skipped"]


def test_five_better_nights_propose_baselines_on_a_new_branch(hub: Hub) -> None:
    main = [night(hub, "7.0")["baselines"].conclusion for _ in range(4)]
    before = hub.git("rev-parse", "main")
    jobs = night(hub, "7.0")

    assert main == ["skipped"] * 4
    assert [job.conclusion for job in jobs.values()] == ["success", "skipped", "success"]
    assert json.loads(hub.git("show", f"driftline/baselines-5-1:{BASELINES}")) == json.loads(baseline(7.0))
    assert hub.git("diff", "--name-only", "main", "driftline/baselines-5-1").split() == [BASELINES]
    assert hub.git("rev-parse", "main") == before
    (opened,) = hub.tools.calls("gh", "pr", "create")
    assert opened["arguments"][2:6] == ["--base", "main", "--head", "driftline/baselines-5-1"]


def test_while_baselines_are_proposed_no_others_are(hub: Hub) -> None:
    jobs = [night(hub, "7.0", OPEN_PULL="3") for _ in range(5)]

    assert jobs[-1]["baselines"].conclusion == "success"
    assert hub.tools.calls("gh", "pr", "create") == []
    assert hub.git("branch", "--list", "driftline/*") == ""


def test_the_token_is_never_where_the_project_runs(hub: Hub) -> None:
    night(hub, "16.0")
    pull(hub, {"latency.txt": "16.5"})
    seen = {tool: {call["token"] for call in hub.tools.calls(tool)} for tool in ("pip", "pytest", "driftline", "gh")}

    assert seen == {"pip": {False}, "pytest": {False}, "driftline": {False}, "gh": {True}}
