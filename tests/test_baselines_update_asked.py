"""`driftline baselines update`: records that are no longer the newest, the command for a yes, and the policy noise."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from baseline_roots import PLATFORM, based, baselines, latencies, recorded
from console import Run
from roots import Root
from tracked import history
from updating import Update, latency, told, updater

pytest_plugins = ("console",)
OTHER = {"avg_mrr": 0.5}


@pytest.fixture
def update(driftline: Run, root: Root, monkeypatch: pytest.MonkeyPatch) -> Update:
    return updater(driftline, root, monkeypatch)


def runs(*values: Any) -> list[dict[str, Any]]:
    """Metrics of records; None has another metric only."""
    return [OTHER if value is None else {"query_latency_no_vllm": value, **OTHER} for value in values]


@pytest.mark.parametrize("gaps", [1, 6])
def test_what_the_newest_records_lack_needs_a_yes(root: Root, update: Update, gaps: int) -> None:
    path = based(recorded(root, *runs(*[4.0] * 5, *[None] * gaps)))
    ended = update("--auto-approve-improvements", says="yes\n")

    assert (ended.code, latency(path)) == (0, 8.0)
    newer = "1 newer record" if gaps == 1 else "6 newer records"
    (line,) = [line for line in ended.out.splitlines() if line.startswith("query_latency_no_vllm")]
    assert f"5 of 5 runs better   stale records: none since 2026-10-05 10:00, in {newer}" in line
    assert line.endswith("needs a yes")
    assert update(says="yes\n").code == 0
    assert latency(path) == 4.0


def test_records_of_a_workload_make_none_of_the_platform_old(root: Root, update: Update) -> None:
    recorded(root, *[OTHER] * 9, platform=f"{PLATFORM}_w", workload="w")
    file = root.folder / f"history/{PLATFORM}_w.jsonl"
    file.write_text(file.read_text().replace(f'"platform": "{PLATFORM}_w"', f'"platform": "{PLATFORM}"'))
    path = based(latencies(root, *[7.0] * 5))

    assert update("--auto-approve-improvements").code == 0
    assert latency(path) == 7.0


def test_records_from_before_the_last_fifty_are_stale(root: Root, update: Update) -> None:
    history(root, {"query_latency_no_vllm": [*[4.0] * 4, *[None] * 46, 4.0], "avg_mrr": [0.5] * 51})
    path = based(root)
    ended = update("--auto-approve-improvements")

    assert latency(path) == 8.0
    assert "stale records: they reach back to 2026-01-01 12:00, before the last 50" in ended.out


def test_the_command_for_a_yes_asks_for_the_same(root: Root, update: Update, tmp_path: Any) -> None:
    file = tmp_path / "my file.json"
    latencies(root, *[7.0] * 8, platform="My Box")
    options = ["--min-runs", 8, "--improvement-threshold", 0.01, "--policy", "noise", "--reason", "it's faster"]
    ended = update("--auto-approve-improvements", *options, "--baselines", file, platform="My Box")

    (said,) = [line for line in ended.err.splitlines() if "say it with" in line]
    command = shlex.split(said.partition("`")[2].rpartition("`")[0])
    asked = ["--platform", "My Box", *map(str, options), "--baselines", str(file), "--root", str(root.folder)]
    assert command[:3] == ["driftline", "baselines", "update"]
    pairs = [list(zip(told[::2], told[1::2], strict=True)) for told in (command[3:], asked)]
    assert sorted(pairs[0]) == sorted(pairs[1])


@pytest.mark.parametrize(
    ("values", "after"),
    [([8.0, 8.1] * 5 + [6.0, 6.1] * 5, 6.1), ([8.0, 8.1] * 10, 8.0), ([6.0, 6.1] * 10, 8.0)],
)
def test_by_noise_the_level_must_have_changed_for_the_better(
    root: Root, update: Update, values: list[float], after: float
) -> None:
    path = based(latencies(root, *values))
    ended = update("--auto-approve-improvements", "--policy", "noise")

    assert (ended.code, latency(path)) == (0, after)
    assert ("policy: noise, only where the level has changed for good" in ended.out) == (after == 6.1)
    unsure = "1 of 1 metrics is better, and the level has not changed for good"
    assert (unsure in ended.err) == (values[0] == 6.0)


def test_by_noise_a_new_metric_still_needs_a_yes(root: Root, update: Update) -> None:
    path = baselines(latencies(root, *[7.0] * 8), {PLATFORM: {"peak_memory_gb": 8}})

    assert "query_latency_no_vllm" not in (update("--policy", "noise", says="no\n") and told(path)[PLATFORM])
    assert update("--policy", "noise", says="yes\n").code == 0
    assert latency(path) == 7.0
