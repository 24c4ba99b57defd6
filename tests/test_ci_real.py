"""The workflows with the programs that they are written for: pytest with the plugin, and driftline."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from driftline.lifecycle.workflows import Choices, workflows
from workflow_runner import Hub, Job
from workflow_tools import Tools

PULL, NIGHTLY = workflows(Choices(root="data")).values()
PLATFORM, METRIC = "GitHub_Actions_Linux", "query_latency_no_vllm"
TESTS = f"""
from pathlib import Path

def test_latency(performance):
    performance.record("{METRIC}", float(Path("latency.txt").read_text()))
"""
BASELINES = "data/performance_baselines.json"
LAST = "Fail above the limit"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A project that takes 8 s, with a baseline of 8 s; only pip and gh are stand-ins."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    hub = Hub(tmp_path, Tools(tmp_path, ("pip", "gh")))
    committed = json.dumps({PLATFORM: {METRIC: 8.0}}, indent=2) + "\n"
    hub.commit("main", {"latency.txt": "8.0", "test_latency.py": TESTS, BASELINES: committed})
    return hub


def records(values: list[float]) -> str:
    lines = [
        {"record_id": f"n{day}", "recorded_at": f"2026-01-{day:02d}T02:00:00Z", "platform": PLATFORM,
         "run_type": "nightly", "metrics": {METRIC: value}}
        for day, value in enumerate(values, start=1)
    ]  # fmt: skip
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def with_nights(hub: Hub, values: list[float]) -> None:
    """What nights before have left in the cache."""
    kept = hub.folder / "nights"
    kept.mkdir()
    (kept / f"{PLATFORM}.jsonl").write_text(records(values))
    hub.caches.append(("driftline-history-Linux-0-1", str(hub.temp / "driftline-root/history"), kept))


def pull(hub: Hub, files: dict[str, str]) -> dict[str, Job]:
    hub.commit("change", files)
    told = {
        "number": 7, "base": {"ref": "main"}, "head": {"repo": {"full_name": "owner/project"}},
        "user": {"login": "ada"},
    }  # fmt: skip
    return hub.run(PULL, "change", {"pull_request": told})


def test_a_pull_request_that_is_as_fast_as_its_base_passes(hub: Hub) -> None:
    jobs = pull(hub, {"latency.txt": "8.1"})

    assert set(jobs["performance"].steps.values()) == {"success"}
    assert "✅ No regressions in 1 metric" in jobs["performance"].summary
    (comment,) = hub.tools.calls("gh")
    assert comment["body"] == jobs["performance"].summary


def test_a_pull_request_that_is_slower_and_raises_its_baseline_is_blocked(hub: Hub) -> None:
    raised = json.dumps({PLATFORM: {METRIC: 99.0}})
    jobs = pull(hub, {"latency.txt": "10.4", BASELINES: raised})

    assert (jobs["performance"].conclusion, jobs["performance"].steps[LAST]) == ("failure", "failure")
    assert jobs["performance"].steps["Report"] == "success"
    assert "⚠️ REGRESSION" in hub.tools.calls("gh", "pr", "comment")[0]["body"]
    told = json.loads((hub.artifacts["performance-report"] / "report.json").read_text())
    assert told["metrics"]["regressions"][0]["change_pct"] == pytest.approx(30)


def test_a_night_that_regressed_keeps_reports_and_page_and_opens_an_issue(hub: Hub) -> None:
    hub.commit("main", {"latency.txt": "12.0"})
    with_nights(hub, [8.0] * 3)
    jobs = hub.run(NIGHTLY, "main", {})

    assert [job.conclusion for job in jobs.values()] == ["failure", "success", "skipped"]
    kept = sorted(path.name for path in hub.artifacts["nightly-reports"].iterdir())
    assert kept == ["dashboard.html", "report.html", "report.json", "report.md"]
    assert METRIC in (hub.artifacts["nightly-history"] / f"{PLATFORM}.jsonl").read_text()
    (issue,) = hub.tools.calls("gh", "issue", "create")
    assert "⚠️ REGRESSION" in issue["body"]


def test_better_nights_propose_a_baseline_and_change_nothing_else(hub: Hub) -> None:
    hub.commit("main", {"latency.txt": "7.0"})
    with_nights(hub, [7.1, 7.0, 6.9, 7.0])
    jobs = hub.run(NIGHTLY, "main", {})

    assert [job.conclusion for job in jobs.values()] == ["success", "skipped", "success"]
    proposed = json.loads(hub.git("show", f"driftline/baselines-1-1:{BASELINES}"))
    assert proposed[PLATFORM][METRIC] == 7.0
    assert json.loads(hub.git("show", f"main:{BASELINES}"))[PLATFORM][METRIC] == 8.0
    assert hub.git("diff", "--name-only", "main", "driftline/baselines-1-1").split() == [BASELINES]
