"""`driftline baselines show` and `history`: where the baselines stand, how they changed, and slow drift."""

from __future__ import annotations

import json
from typing import Any

import pytest

from baseline_roots import FILE, PLATFORM, baselines, latencies, recorded
from console import Run
from roots import Root

pytest_plugins = ("console",)


def updates(*steps: tuple[float | None, float], metric: str = "query_latency_no_vllm") -> list[dict[str, Any]]:
    return [
        {
            "at": f"2026-1{month}-01T00:00:00Z", "metric": metric, "from": before, "to": after, "runs": 5,
            "git_commit": "abc", "reason": "faster",
        }
        for month, (before, after) in enumerate(steps)
    ]  # fmt: skip


def test_each_baseline_stands_beside_its_limit_and_the_newest_record(root: Root, driftline: Run) -> None:
    recorded(root, {"query_latency_no_vllm": 8.4, "cache_hit_rate": 0.21})
    at = {"last_updated": "2025-01-07T10:00:00Z"}
    baselines(
        root,
        {
            PLATFORM: {
                "query_latency_no_vllm": 8.0, "cache_hit_rate": 0.42, "thresholds": {"cache_hit_rate": 0.3},
                "metadata": at,
            },
            "RTX_4090_24GB": {"load_ms": 5, "mystery": 1},
        },
    )  # fmt: skip
    shown = driftline("baselines", "show", "--root", root.folder)

    assert shown.code == 0
    assert [" ".join(line.split()) for line in shown.out.splitlines()][2:] == [
        f"{PLATFORM} cache_hit_rate 42 % 2025-01-07 10:00 29 % (30 %) 21 % −50 % regressed – {FILE}",
        f"{PLATFORM} query_latency_no_vllm 8.00 s 2025-01-07 10:00 9.60 s (20 %) 8.40 s +5.0 % stable – {FILE}",
        f"RTX_4090_24GB load_ms 5.00 ms – 6.00 ms (20 %) – – no record, direction inferred – {FILE}",
        f"RTX_4090_24GB mystery 1.000 – – – – no record – {FILE}",
    ]
    assert shown.err == "policy: threshold; worse by more than 20 % is a regression\n"


def test_one_platform_is_shown_in_any_layout(root: Root, driftline: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    baselines(latencies(root, 9.0), {PLATFORM: {"query_latency_no_vllm": 8.0}, "Q": {"q_ms": 1}})
    monkeypatch.setenv("REGRESSION_THRESHOLD", "0.1")
    options = ("baselines", "show", "--root", root.folder, "--platform", PLATFORM, "--format")
    (row,) = json.loads(driftline(*options, "json").out)
    markdown = driftline(*options, "markdown").out

    assert (row["value"], row["newest"], row["change_pct"], row["status"]) == (8.0, 9.0, 12.5, "regressed")
    assert (row["limit_pct"], row["limit_value"], row["source"]) == (10, pytest.approx(8.8), FILE)
    assert markdown.startswith("| platform | metric | value |")
    assert (row["policy"], row["threshold_pct"]) == ("threshold", 10)
    assert markdown.splitlines()[3:] == ["", "policy: threshold; worse by more than 10 % is a regression"]


def test_without_a_baseline_the_commands_are_named(root: Root, driftline: Run) -> None:
    latencies(root, 8.0)
    none = driftline("baselines", "show", "--root", root.folder)
    missing = driftline("baselines", "show", "--root", root.folder, "--baselines", root.folder / "x.json")
    root.file(FILE, "{not json")
    broken = driftline("baselines", "show", "--root", root.folder)

    assert (none.code, none.out, missing.code, broken.code) == (3, "", 2, 2)
    assert "driftline baselines update" in none.err
    assert "no file" in missing.err
    assert f"{FILE} cannot be used: " in broken.err


def test_what_is_wrong_with_the_file_is_said_beside_what_is_right(root: Root, driftline: Run) -> None:
    content = {
        "query_latency_no_vllm": 8.0,
        "metadata": {"platform": "M1 Mac 16GB"},
        PLATFORM: {"query_latency_no_vllm": 12.0},
    }
    baselines(latencies(root, 9.0), content)
    (row,) = json.loads((shown := driftline("baselines", "show", "--root", root.folder, "--format", "json")).out)

    assert row["value"] == 12.0
    assert "query_latency_no_vllm stands flat and below M1_Mac_16GB" in shown.err


def history(driftline: Run, root: Root, *options: Any) -> Any:
    return json.loads(driftline("baselines", "history", "--root", root.folder, "--format", "json", *options).out)


def test_many_small_steps_are_added_up(root: Root, driftline: Run) -> None:
    """Twelve steps of 4 %: each is within 20 % of the 5 before it, and 7 steps lie between the middles of the ends."""
    latencies(root, *[8.0 * 1.04**step for step in range(12)])
    (row,) = history(driftline, root)["watch"]
    table = driftline("baselines", "history", "--root", root.folder)

    assert (row["records"], row["records_past"], row["watch"]) == (12, 0, "slow drift")
    assert row["drift_pct"] == pytest.approx(100 * (1.04**7 - 1))
    assert (row["drift_from"], row["drift_since"]) == (pytest.approx(8.0 * 1.04**2), "2026-10-01T10:00:00Z")
    assert "no update of a baseline is kept" in table.out
    assert "slow drift: no record passed the limit, together they do" in table.out


@pytest.mark.parametrize(
    ("values", "past", "watch"),
    [
        ([8.0] * 6 + [12.0] * 15, 3, None),
        ([8.0] * 6 + [12.0 * 1.04**step for step in range(15)], 3, "slow drift"),
        ([8.0] * 12, 0, None),
        ([8.0 * 0.96**step for step in range(12)], 0, None),
        ([8.0] * 5 + [12.0] + [8.0] * 6, 1, None),
    ],
)
def test_a_step_an_improvement_and_an_outlier_are_no_slow_drift(
    root: Root, driftline: Run, values: list[float], past: int, watch: str | None
) -> None:
    latencies(root, *values)
    (row,) = history(driftline, root)["watch"]

    assert (row["records_past"], row["watch"]) == (past, watch)


def test_updates_are_listed_and_summed_from_the_first_to_what_stands_there_now(root: Root, driftline: Run) -> None:
    kept = updates((8.0, 7.0), (7.0, 6.0)) + updates((100, 90), metric="latency_p95_ms")
    content = {"query_latency_no_vllm": 6.0, "latency_p95_ms": 80, "metadata": {"updates": kept}}
    baselines(root, {PLATFORM: content, "Q": {"metadata": {"updates": updates((None, 3.0), metric="q_ms")}}})
    told = history(driftline, root, "--platform", PLATFORM)

    assert [(row["metric"], row["from_value"], row["to_value"], row["change_pct"]) for row in told["updates"]] == [
        ("query_latency_no_vllm", 8.0, 7.0, -12.5),
        ("generation_latency_p95", 100.0, 90.0, -10.0),
        ("query_latency_no_vllm", 7.0, 6.0, pytest.approx(-100 / 7)),
    ]
    assert [(row["metric"], row["updates"], row["first_value"], row["baseline_pct"]) for row in told["watch"]] == [
        ("generation_latency_p95", 1, 100.0, -20.0),
        ("query_latency_no_vllm", 2, 8.0, -25.0),
    ]
    assert (told["policy"], told["threshold_pct"]) == ("threshold", 20)
    other = history(driftline, root, "--metric", "latency_p95_ms")
    assert {row["metric"] for row in other["updates"] + other["watch"]} == {"generation_latency_p95"}
    one = history(driftline, root, "--metric", "query_latency_no_vllm")
    assert {row["metric"] for row in one["updates"] + one["watch"]} == {"query_latency_no_vllm"}


def test_a_platform_is_found_by_the_name_that_others_give_it(root: Root, driftline: Run) -> None:
    latencies(root, *[8.0] * 5, platform="GitHub_Actions_Darwin")
    kept = {"metadata": {"updates": updates((9.0, 8.0))}, "query_latency_no_vllm": 8.0}
    baselines(root, {"GitHub_Actions_Darwin": kept})
    told = [history(driftline, root, "--platform", f"GitHub_Actions_{name}") for name in ("Darwin", "macOS")]

    assert told[0] == told[1]
    assert [row["platform"] for row in told[0]["updates"] + told[0]["watch"]] == ["GitHub_Actions_macOS"] * 2


def test_by_noise_only_a_level_that_changed_for_good_is_judged(root: Root, driftline: Run) -> None:
    baselines(latencies(root, *[8.0, 8.1] * 5, 12.0), {PLATFORM: {"query_latency_no_vllm": 8.0}})
    options = ("baselines", "show", "--root", root.folder, "--format")
    (by_limit,), (by_noise,) = (
        json.loads(driftline(*options, "json", "--policy", policy).out) for policy in ("threshold", "noise")
    )
    markdown = driftline(*options, "markdown", "--policy", "noise").out

    assert (by_limit["status"], by_noise["status"]) == ("regressed", "suspect")
    assert (by_noise["policy"], by_noise["threshold_pct"], by_noise["least_effect_pct"]) == ("noise", 20, 5)
    assert "policy: noise; a level that changed for good, by more than 5 %, counts" in markdown


def test_baselines_that_became_worse_step_by_step_are_marked(root: Root, driftline: Run) -> None:
    kept = updates((8.0, 9.0), (9.0, 10.0))
    baselines(root, {PLATFORM: {"query_latency_no_vllm": 10.0, "metadata": {"updates": kept}}})
    (row,) = history(driftline, root)["watch"]

    assert (row["baseline_pct"], row["watch"]) == (25.0, "baselines drifted")


def test_a_history_without_anything_says_so(root: Root, driftline: Run) -> None:
    empty = driftline("baselines", "history", "--root", root.folder)
    latencies(root, 8.0)
    other = driftline("baselines", "history", "--root", root.folder, "--metric", "nothing")

    assert (empty.code, other.code, empty.out + other.out) == (3, 3, "")
    assert "nothing is recorded of nothing" in other.err
