"""`driftline baselines update`: the safeguards of the tracking guide, one by one, and what needs a yes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from baseline_roots import PLATFORM, based, baselines, latencies, recorded
from console import Run
from driftline import baselining
from roots import Root
from updating import NOW, Update, latency, told, updater

pytest_plugins = ("console",)
BETTER = (7.5, 7.5, 7.5, 7.5, 7.5)


@pytest.fixture
def update(driftline: Run, root: Root, monkeypatch: pytest.MonkeyPatch) -> Update:
    return updater(driftline, root, monkeypatch)


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def test_minimum_runs_required(root: Root, update: Update) -> None:
    path = based(latencies(root, 7.5, 7.5, 7.5, 7.5))
    ended = update(says="yes\n")

    assert (ended.code, ended.out, latency(path)) == (3, "", 8.0)
    assert f"{PLATFORM} has 4 of the 5 records that a proposal needs" in ended.err
    assert "record 1 more: `ENABLE_PERFORMANCE_RECORDING=1 pytest`" in ended.err
    assert update("--min-runs", 4, says="yes\n").code == 0
    assert latency(path) == 7.5


def test_what_is_never_judged_hides_no_want_of_records(root: Root, update: Update) -> None:
    based(recorded(root, *[{"query_latency_no_vllm": 7.5, "mystery": 1}] * 3))

    assert update(says="yes\n").code == 3


@pytest.mark.parametrize(("value", "share", "after"), [(7.6, 0.05, 8.0), (7.59, 0.05, 7.59), (7.6, 0.04, 7.6)])
def test_improvement_threshold(root: Root, update: Update, value: float, share: float, after: float) -> None:
    path = based(latencies(root, *[value] * 5))

    assert update("--improvement-threshold", share, says="yes\n").code == 0
    assert latency(path) == after


def test_no_regressions(root: Root, update: Update) -> None:
    path = based(latencies(root, *[9.0] * 5))
    before = path.read_bytes()

    for options in ((), ("--auto-approve-improvements",)):
        ended = update(*options, says="yes\n")
        assert (ended.code, ended.out) == (0, "")
        assert "1 of 1 metrics became worse, and a worse baseline is never proposed" in ended.err
    assert path.read_bytes() == before


@pytest.mark.parametrize(("answer", "after"), [("yes\n", 7.5), ("Y\n", 7.5), ("yes", 7.5), ("no\n", 8.0), ("\n", 8.0),
                                               ("yess\n", 8.0), ("", 8.0), (None, 8.0)])  # fmt: skip
def test_interactive_approval(root: Root, update: Update, answer: str | None, after: float) -> None:
    path = based(latencies(root, *BETTER))
    ended = update(says=answer)

    assert (ended.code, latency(path)) == (0, after)
    assert "Apply these updates? (yes/no): " in ended.err
    assert ("nothing written" in ended.err) == (after == 8.0)


def test_git_metadata(root: Root, update: Update) -> None:
    path = based(latencies(root, *BETTER))
    update("--reason", "a faster index", says="yes\n")

    assert told(path)[PLATFORM]["metadata"] == {
        "notes": "by hand",
        "last_updated": NOW,
        "git_commit": "commit5",
        "git_branch": "main",
        "python_version": "3.12.1",
        "os_arch": "darwin-arm64",
        "reason": "a faster index",
        "updates": [
            {
                "at": NOW, "metric": "query_latency_no_vllm", "from": 8.0, "to": 7.5, "runs": 5,
                "git_commit": "commit5", "reason": "a faster index",
            }
        ],
    }  # fmt: skip


def test_git_metadata_of_records_without_any_is_that_of_the_tree(
    root: Root, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselining, "get_git_metadata", lambda: {"git_commit": "tree", "git_branch": "dev"})
    path = based(latencies(root, *BETTER, git_commit=None))
    update(says="yes\n")

    metadata = told(path)[PLATFORM]["metadata"]
    assert (metadata["git_commit"], metadata["git_branch"]) == ("tree", "dev")
    assert metadata["updates"][0]["git_commit"] is None


def test_dry_run_mode(root: Root, update: Update) -> None:
    path = based(latencies(root, *BETTER))
    before = path.read_bytes()
    ended = update("--dry-run", says="yes\n")

    assert (ended.code, path.read_bytes()) == (0, before)
    assert ended.err.endswith("dry run: nothing written\n")
    assert "(yes/no)" not in ended.err
    assert ended.out.replace(str(root.folder), "ROOT") == PROPOSED


PROPOSED = """\
======================================================================
Baseline Update Proposals for M1_Mac_16GB
(median of the last 5 records, better by more than 5 %; policy: threshold)
======================================================================
Metric                  Current   Proposed   Change   Runs                 Status
─────────────────────────────────────────────────────────────────────────────────
query_latency_no_vllm    8.00 s     7.50 s   −6.2\u202f%   5 of 5 runs better   better
--- ROOT/performance_baselines.json (before)
+++ ROOT/performance_baselines.json (after)
@@ -1,8 +1,16 @@
 {
   "M1_Mac_16GB": {
-    "query_latency_no_vllm": 8.0,
+    "query_latency_no_vllm": 7.5,
     "metadata": {
-      "notes": "by hand"
+      "notes": "by hand",
+      "last_updated": "2026-11-22T12:00:00Z",
+      "git_commit": "commit5",
+      "git_branch": "main",
+      "python_version": "3.12.1",
+      "os_arch": "darwin-arm64",
+      "updates": [
+        {"at": "2026-11-22T12:00:00Z", "metric": "query_latency_no_vllm", "from": 8.0, "to": 7.5, "runs": 5, \
"git_commit": "commit5", "reason": null}
+      ]
     }
   },
   "RTX_4090_24GB": {
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--min-runs", 2), "--min-runs 2 is below 3"),
        (("--min-runs", 0), "--min-runs 0 is below 3"),
        (("--improvement-threshold", 0), "above 0 is expected"),
        (("--improvement-threshold", -1), "above 0 is expected"),
        (("--improvement-threshold", "nan"), "above 0 is expected"),
        (("--improvement-threshold", 5), "for 5 % write 0.05"),
        (("--reason", " "), "--reason is empty"),
    ],
)
def test_what_defeats_the_safeguards_is_refused(root: Root, update: Update, options: Any, said: str) -> None:
    path = based(latencies(root, *BETTER))
    ended = update(*options, says="yes\n")

    assert (ended.code, latency(path)) == (2, 8.0)
    assert said in ended.err


def test_without_being_asked_only_what_every_record_bears_out_is_applied(root: Root, update: Update) -> None:
    runs = [{"query_latency_no_vllm": 7.5, "peak_memory_gb": gb, "cache_hit_rate": 0.4} for gb in (7, 12, 7, 12, 7)]
    content = {PLATFORM: {"query_latency_no_vllm": 8.0, "peak_memory_gb": 8.0}}
    path = baselines(recorded(root, *runs), content)
    ended = update("--auto-approve-improvements", says="yes\n")

    after = told(path)[PLATFORM]
    assert ended.code == 0
    assert (after["query_latency_no_vllm"], after["peak_memory_gb"], "cache_hit_rate" in after) == (7.5, 8.0, False)
    assert "3 of 5 runs better" in ended.out
    assert "left out, since it needs a yes: cache_hit_rate, peak_memory_gb" in ended.err
    assert f"`driftline baselines update --platform {PLATFORM} --root {root.folder}`" in ended.err


@pytest.mark.parametrize(("answer", "gb"), [("yes\n", 7.0), ("no\n", 8.0)])
def test_in_a_terminal_the_rest_is_asked_for(root: Root, update: Update, answer: str, gb: float) -> None:
    runs = [{"query_latency_no_vllm": 7.5, "peak_memory_gb": gb} for gb in (7, 12, 7, 12, 7)]
    path = baselines(recorded(root, *runs), {PLATFORM: {"query_latency_no_vllm": 8.0, "peak_memory_gb": 8.0}})
    ended = update("--auto-approve-improvements", says=Terminal(answer))

    after = told(path)[PLATFORM]
    assert (ended.code, after["query_latency_no_vllm"], after["peak_memory_gb"]) == (0, 7.5, gb)
    assert [change["metric"] for change in after["metadata"]["updates"]] == [
        "query_latency_no_vllm", *(["peak_memory_gb"] if gb == 7 else [])
    ]  # fmt: skip


def test_a_new_platform_needs_a_yes_in_any_case(root: Root, update: Update) -> None:
    path = based(latencies(root, *[999.0] * 5, platform="New_Box"))
    before = path.read_bytes()

    assert update("--auto-approve-improvements", platform="New_Box", says="yes\n").code == 0
    assert path.read_bytes() == before
    assert update(platform="New_Box", says="yes\n").code == 0
    assert told(path)["New_Box"]["query_latency_no_vllm"] == 999.0
    assert list(told(path)) == [PLATFORM, "RTX_4090_24GB", "New_Box"]


@pytest.mark.parametrize("value", [-1.0, 0.0, "NaN", None])
def test_a_value_that_is_no_measure_never_becomes_a_baseline(root: Root, update: Update, value: Any) -> None:
    path = based(latencies(root, *[value] * 5))
    before = path.read_bytes()
    ended = update(says="yes\n")

    assert ended.out == ""
    assert path.read_bytes() == before


def test_gaps_take_no_place_among_the_last_records(root: Root, update: Update) -> None:
    path = based(latencies(root, 7.5, None, 7.5, 7.5, None, 7.5, 7.5))

    assert update(says="yes\n").code == 0
    assert latency(path) == 7.5


def test_why_nothing_is_proposed_is_told_from_the_records(root: Root, update: Update) -> None:
    run = {"query_latency_no_vllm": 7.8, "peak_memory_gb": 12.0, "avg_memory_gb": 9.0, "mystery": 1}
    recorded(root, run, *[run | {"avg_mrr": 0.8}] * 4)
    based(root)
    baselines(root, {PLATFORM: {"query_latency_no_vllm": 8.0, "peak_memory_gb": 12.0, "avg_memory_gb": 8.0}})
    ended = update()

    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines() == [
        f"no baseline of {PLATFORM} is to be replaced; nothing written",
        "  1 of 5 metrics did not change",
        "  1 of 5 metrics improved by less than 5 %",
        "  1 of 5 metrics became worse, and a worse baseline is never proposed",
        "  1 of 5 metrics has fewer than 5 records",
        "  1 of 5 metrics has no known direction",
    ]
