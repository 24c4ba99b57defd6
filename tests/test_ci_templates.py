"""The workflows that `driftline ci init` writes: what they may do, and what may be filled into them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from driftline.cli.ci import app
from driftline.errors import UserError
from driftline.lifecycle.workflows import FOLDER, NAMES, Choices, workflows, write_workflows

TEXTS = workflows(Choices())
PARSED: dict[str, dict[Any, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
PULL, NIGHTLY = (PARSED[name] for name in NAMES)
# YAML 1.1 reads the word as a truth value.
ON = True
ARTIFACTS = "actions/upload-artifact"


def steps(workflow: dict[Any, Any], uses: str = "") -> list[dict[str, Any]]:
    found = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [step for step in found if step.get("uses", "").startswith(uses)] if uses else found


def commands() -> Iterator[str]:
    yield from (step["run"] for workflow in PARSED.values() for step in steps(workflow) if "run" in step)


def test_pull_requests_are_measured_without_the_token_of_the_base() -> None:
    assert PULL[ON] == {"pull_request": {"branches": ["main"]}}
    assert not [key for workflow in PARSED.values() for key in workflow[ON] if key == "pull_request_target"]


def test_the_night_begins_at_two_and_by_hand() -> None:
    assert NIGHTLY[ON] == {"schedule": [{"cron": "0 2 * * *"}], "workflow_dispatch": None}


def test_each_job_has_the_least_permissions() -> None:
    granted = {
        (name, job): told["permissions"] for name, parsed in PARSED.items() for job, told in parsed["jobs"].items()
    }

    assert [workflow["permissions"] for workflow in PARSED.values()] == [{}, {}]
    assert granted == {
        ("performance.yml", "performance"): {"contents": "read"},
        ("performance.yml", "comment"): {"pull-requests": "write"},
        ("nightly-benchmark.yml", "measure"): {"contents": "read"},
        ("nightly-benchmark.yml", "issue"): {"issues": "write"},
        ("nightly-benchmark.yml", "baselines"): {"contents": "write", "pull-requests": "write"},
    }


def test_where_the_code_of_the_project_runs_there_is_no_token() -> None:
    for job in (PULL["jobs"]["performance"], NIGHTLY["jobs"]["measure"]):
        assert "token" not in str(job)
        checkouts = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
        assert {told["persist-credentials"] for told in checkouts} == {False}


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    lines = [line for text in TEXTS.values() for line in text.splitlines() if "uses:" in line]

    assert len(lines) > 15
    assert [
        line for line in lines if not re.search(r"uses: actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ] == []
    # One version of each, and one commit of a version.
    used = {line.partition("uses: ")[2] for line in lines}
    assert len(used) == len({line.partition("@")[0] for line in used})


def test_no_command_holds_an_expression() -> None:
    told = list(commands())

    assert len(told) > 15
    assert [run for run in told if "${{" in run] == []


def test_outputs_that_are_read_are_written() -> None:
    for workflow in PARSED.values():
        written = {step["id"]: step.get("run", "") for step in steps(workflow) if "id" in step}
        read = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", str(workflow))
        assert read
        assert [name for step, name in read if f"{name}=" not in written[step]] == []
        for job, name in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", str(workflow)):
            assert name in workflow["jobs"][job]["outputs"]


def test_reports_and_artifacts_come_after_a_failure_too() -> None:
    for workflow, days in ((PULL, 90), (NIGHTLY, 365)):
        (first, *_) = workflow["jobs"].values()
        names = [step.get("id") for step in first["steps"]]
        after = first["steps"][names.index("tests") + 1 :]
        assert {step["if"].partition("&&")[0].strip("${ }") for step in after} == {"!cancelled()"}
        assert [step["with"]["retention-days"] for step in steps(workflow, ARTIFACTS)] == [days, days]


def test_only_nights_save_the_history_and_all_restore_the_same_one() -> None:
    restored = [step["with"] for workflow in PARSED.values() for step in steps(workflow, "actions/cache/restore@")]
    (saved,) = [step["with"] for step in steps(NIGHTLY, "actions/cache/save@")]

    assert steps(PULL, "actions/cache/save@") == []
    assert restored[0] == restored[1]
    assert (saved["path"], saved["key"]) == (restored[0]["path"], restored[0]["key"])
    assert saved["key"].startswith(restored[0]["restore-keys"].strip())
    assert "github.run_id" in saved["key"].removeprefix(restored[0]["restore-keys"].strip())


def test_jobs_end_and_do_not_run_beside_themselves() -> None:
    assert [job["timeout-minutes"] < 360 for workflow in PARSED.values() for job in workflow["jobs"].values()] == [
        True
    ] * 5
    for workflow in PARSED.values():
        (job,) = [job for job in workflow["jobs"].values() if any(step.get("id") == "tests" for step in job["steps"])]
        (tests,) = [step for step in job["steps"] if step.get("id") == "tests"]
        assert tests["timeout-minutes"] <= job["timeout-minutes"] - 10
    assert PULL["concurrency"]["cancel-in-progress"] is True
    assert NIGHTLY["concurrency"]["cancel-in-progress"] is False


def test_only_new_branches_are_pushed() -> None:
    pushes = [line.strip() for run in commands() for line in run.splitlines() if "git push" in line]

    assert pushes == ['git push origin "HEAD:refs/heads/$branch"']


CHOSEN = Choices(
    tests="""pytest -m 'not "slow"' # : - {a}  @install@ """ + "a longer  one " * 20 + "\\",
    install="pip install '.[dev]' && echo ün", python="3.13", threshold=0.1, branch="release/2.x", root="some/data/",
    runner="macos-14",
)  # fmt: skip


def test_choices_are_written_as_they_are() -> None:
    for name, text in workflows(CHOSEN).items():
        workflow = yaml.safe_load(text)
        (first, *rest) = workflow["jobs"].values()
        by_name = {step.get("id") or step.get("name"): step for step in first["steps"]}
        assert (by_name["tests"]["run"], by_name["Install"]["run"]) == (CHOSEN.tests, CHOSEN.install)
        assert [step["with"]["python-version"] for step in steps(workflow, "actions/setup-python")] == ["3.13"]
        assert first["env"] == {"REGRESSION_THRESHOLD": "0.1"}
        assert {job["runs-on"] for job in (first, *rest)} == {"macos-14"}
        assert not re.search(r"@[a-z]+@", text.replace("@install@", "", 1)), name
        assert "some/data/$name" in text
        assert "run: 'pip install ''.[dev]'' && echo ün'\n" in text
        # However long it is, a choice stays in its line.
        assert len(text.splitlines()) == len(TEXTS[name].splitlines())
    assert yaml.safe_load(workflows(CHOSEN)["performance.yml"])[ON]["pull_request"]["branches"] == ["release/2.x"]
    assert workflows(CHOSEN)["nightly-benchmark.yml"].count("github.ref == 'refs/heads/release/2.x'") == 2


REFUSED = [
    ("tests", "pytest\nenv: x"), ("tests", "pytest\rx"), ("tests", "echo ${{ github.event.pull_request.title }}"),
    ("tests", " "), ("tests", "pytest \u202e"), ("install", "pip\x00"), ("install", "pip\u2028install"),
    ("install", "echo ${{secrets.X}}"), ("python", "3.10"), ("python", "3"), ("python", "3.12'"), ("python", "3.١٢"),
    ("threshold", 20.0), ("threshold", 1.0), ("threshold", 0.0), ("threshold", -0.2), ("threshold", float("nan")),
    ("threshold", float("inf")), ("branch", "main'"), ("branch", "a b"), ("branch", "-x"), ("branch", "a..b"),
    ("branch", "*"), ("branch", "a/.b"), ("branch", ""), ("branch", "main\n"), ("root", "/data"), ("root", "../data"),
    ("root", "a/../b"), ("root", "a b"), ("root", "$(x)"), ("root", "a\n"), ("root", ".git"), ("runner", "[self]"),
    ("runner", ""), ("runner", "a\n"),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "value"), REFUSED, ids=repr)
def test_what_cannot_stand_in_a_workflow_is_refused(choice: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        write_workflows(tmp_path, replace(Choices(), **{choice: value}), replace=False)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls `driftline ci init` in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    return lambda *options: CliRunner().invoke(app, ["init", *options])


def test_init_writes_both_and_says_what_is_left_to_do(init: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ended = init("--threshold", "0.15", "--tests", "make bench")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "required check" in ended.stderr
    texts = {path.name: path.read_text() for path in (tmp_path / FOLDER).iterdir()}
    assert texts == workflows(Choices(tests="make bench", threshold=0.15))


def test_a_workflow_that_is_there_is_not_overwritten(init: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / FOLDER).mkdir(parents=True)
    mine = tmp_path / FOLDER / NAMES[1]
    mine.write_text("mine")
    refused = init()

    assert isinstance(refused.exception, UserError)
    assert "is there already" in refused.exception.message
    assert "--replace" in refused.exception.remedy
    assert [path.read_text() for path in (tmp_path / FOLDER).iterdir()] == ["mine"]
    assert init("--replace").exit_code == 0
    assert mine.read_text() == TEXTS[NAMES[1]]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / NAMES[0]).symlink_to(elsewhere)

    with pytest.raises(UserError, match="is a link"):
        write_workflows(tmp_path, Choices(), replace=True)
    assert elsewhere.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file")

    with pytest.raises(UserError, match=r"cannot write .*performance\.yml"):
        write_workflows(tmp_path / FOLDER, Choices(), replace=False)


def test_init_writes_at_the_top_of_a_repository_only(init: Callable[..., Result], tmp_path: Path) -> None:
    ended = init()

    assert isinstance(ended.exception, UserError)
    assert "not the top of a git repository" in ended.exception.message
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_prints_and_writes_nothing(init: Callable[..., Result], tmp_path: Path) -> None:
    ended = init("--dry-run")

    assert ended.exit_code == 0
    assert [ended.stdout.count(f"# {FOLDER / name}\n{TEXTS[name]}") for name in NAMES] == [1, 1]
    assert list(tmp_path.iterdir()) == []


def test_percent_is_not_taken_for_a_fraction(init: Callable[..., Result], tmp_path: Path) -> None:
    ended = init("--dry-run", "--threshold", "20")

    assert isinstance(ended.exception, UserError)
    assert "2000%" in ended.exception.message
    assert "0.2 for 20 %" in ended.exception.remedy
    assert ended.stdout == ""
