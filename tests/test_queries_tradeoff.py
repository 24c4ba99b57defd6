"""What quality cost: which run and profile stand for a release, which reference counts, and what no other beats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from driftline import queries
from driftline.queries import EVERY, Kept
from release_roots import BAD, FAIR, GOOD, released, scored, three_releases
from roots import Root, metrics, prediction, profile


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


def dots(root: Root, kept: Kept = EVERY, chosen: tuple[str, ...] = (), **asked: str) -> dict[str, dict[str, Any]]:
    with root.open() as store:
        options = {"quality": "rougeL_f1", "cost": "wall_time_s", "stage": "", "reference": ""} | asked
        rows = queries.tradeoff(store.connection, kept, **options, chosen=chosen).rows
    return {row["release"]: row for row in rows}


def test_a_release_is_a_dot_with_both_sides_and_the_front_is_what_none_beats(root: Root) -> None:
    found = dots(three_releases(root))

    assert [(row["quality"], row["cost"], row["on_front"]) for row in found.values()] == [
        (GOOD, 20.0, True), (FAIR, 10.0, True), (BAD, 30.0, False),
    ]  # fmt: skip
    assert [row["reference"] for row in found.values()] == ["gold"] * 3


def test_equal_dots_are_both_on_the_front(root: Root) -> None:
    for day in (1, 2):
        released(root, f"v{day}", day, rouge=FAIR, wall_s=10.0)
    assert [row["on_front"] for row in dots(root).values()] == [True, True]


def test_what_is_better_low_is_better_low(root: Root) -> None:
    for day, (latency, wall_s) in enumerate(((9000, 20.0), (1000, 10.0)), start=1):
        found = scored(None, latency_ms=latency)
        released(root, f"v{day}", day, wall_s=wall_s, run=True, metrics=found)

    assert {release: row["on_front"] for release, row in dots(root, quality="avg_latency_s").items()} == {
        "v1": False, "v2": True,
    }  # fmt: skip


def test_releases_scored_against_different_references_do_not_beat_each_other(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, rouge=0.1, wall_s=99.0, reference="silver")
    found = dots(root)

    assert found["v4"]["reference"] == "silver"
    assert found["v4"]["on_front"] is True


def test_a_run_counts_at_the_reference_that_most_share_or_at_the_one_that_is_asked_for(root: Root) -> None:
    three_releases(root)
    both = metrics(2, references={"silver": {"rougeL_f1": 0.9}, "gold": {"rougeL_f1": 0.2}}, dataset_id="d")
    released(root, "v4", 4, wall_s=40.0, run=True, metrics=both)

    assert (dots(root)["v4"]["reference"], dots(root)["v4"]["quality"]) == ("gold", 0.2)
    asked = dots(root, reference="silver")
    assert [row["quality"] for row in asked.values()] == [None, None, None, 0.9]
    assert asked["v4"]["references"] == ["gold", "silver"]


def test_the_newest_run_and_the_newest_profile_stand_for_a_release(root: Root) -> None:
    three_releases(root)
    newer = {"run_context": {"run_id": "2026-02-01T00:00:00Z", "release": "v1"}}
    root.run("runs/again", metrics=scored(0.45), predictions=[], fingerprint=newer)
    undated = {"run_context": {"release": "v1"}}
    root.run("runs/z_undated", metrics=scored(0.01), predictions=[], fingerprint=undated)
    root.profile("again/v1", {"release": "v1", "date": "2026-02-01T00:00:00Z", "totals": {"wall_time_s": 5.0}})

    assert (dots(root)["v1"]["run"], dots(root)["v1"]["profile"]) == ("runs/again", "again/v1")


def test_a_run_that_has_the_metric_stands_for_its_release_before_newer_and_broken_ones(root: Root) -> None:
    three_releases(root)
    newer = {"run_context": {"run_id": "2026-02-01T00:00:00Z", "release": "v1"}}
    root.run("runs/again", predictions=[prediction("e1")], fingerprint=newer)
    root.file("eval/runs/broken/metrics.json", "{").file("eval/runs/broken/fingerprint.json", json.dumps(newer))

    assert (dots(root)["v1"]["run"], dots(root)["v1"]["quality"]) == ("runs/v1", GOOD)
    assert dots(root, quality="avg_output_tokens")["v1"]["run"] == "runs/again"


def test_a_compared_profile_stands_for_its_release_before_a_newer_one(root: Root) -> None:
    three_releases(root)
    root.profile("again/v1", {"release": "v1", "date": "2026-02-01T00:00:00Z", "totals": {"wall_time_s": 5.0}})

    assert dots(root, chosen=("v2", "v1"))["v1"]["cost"] == 20.0
    assert dots(root, chosen=("again/v1", "v1"))["v1"]["cost"] == 20.0, "the last one counts most"
    assert dots(root, chosen=("v1", "again/v1"))["v1"]["cost"] == 5.0


def test_a_reference_that_is_asked_for_leaves_metrics_that_need_none(root: Root) -> None:
    found = dots(three_releases(root), quality="success_rate", reference="gold")
    assert [row["quality"] for row in found.values()] == [1.0, 1.0, 1.0]


def test_repetition_is_offered_and_worked_out_when_it_is_asked_for(root: Root) -> None:
    three_releases(root)
    root.run("runs/v1", predictions=[prediction("e1", "a b c d a b c d a b c d")])
    with root.open() as store:
        offered = [row["metric"] for row in queries.quality_offers(store.connection, EVERY)]
    assert "repetition" in offered
    found = dots(root, quality="repetition")
    assert (found["v1"]["run"], found["v1"]["quality"]) == ("runs/v1", pytest.approx(1 - 4 / 9))


def test_a_side_that_is_missing_is_null_and_keeps_its_row(root: Root) -> None:
    released(root, "only_profile", 1, wall_s=1.0)
    released(root, "only_run", 2, rouge=FAIR)
    root.run("runs/unnamed", metrics=scored(FAIR), predictions=[])
    root.run("references/silver/gold", metrics=scored(None), predictions=[])
    found = dots(root)

    assert {release: (row["run"], row["profile"]) for release, row in found.items()} == {
        "only_profile": (None, "only_profile"), "only_run": ("runs/only_run", None),
    }  # fmt: skip
    assert [row["on_front"] for row in found.values()] == [None, None]


def test_any_stage_can_be_the_cost(root: Root) -> None:
    released(three_releases(root), "v4", 4, rouge=0.2, wall_s=1.0, stages={"store": {"peak_rss_mb": 7}})
    found = dots(root, stage="store", cost="peak_rss_mb")

    assert [row["cost"] for row in found.values()] == [None, None, None, 7.0]
    with root.open() as store:
        assert queries.cost_stages(store.connection, EVERY) == ["load", "store"]


def test_filters_keep_profiles_by_host_and_dataset_and_those_that_state_none(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, rouge=FAIR, wall_s=1.0, host="b", dataset="other")
    root.profile("v5", {"release": "v5", "date": "2026-01-05", "totals": {"wall_time_s": 1.0}})

    def kept(*hosts: str, datasets: tuple[str, ...] = ()) -> set[str]:
        return {release for release, row in dots(root, Kept(hosts, datasets)).items() if row["profile"]}

    assert kept() == {"v1", "v2", "v3", "v4", "v5"}
    assert kept("a") == {"v1", "v2", "v3"}
    assert kept("a", "") == {"v1", "v2", "v3", "v5"}
    assert kept("b", datasets=("other",)) == {"v4"}
    assert kept("a", datasets=("other",)) == set()
    assert dots(root, Kept(("a",))).keys() == {"v1", "v2", "v3"}, "what is hidden is not missing"


def test_the_spread_of_captures_is_that_of_the_profiles_that_are_kept(root: Root) -> None:
    for release, host in (("v1", "a"), ("v2", "b")):
        captures = [{"stages": {"load": {"wall_time_s": value}}} for value in (1.0, 3.0)]
        root.profile(release, {**profile(release, environment={"hostname": host}), "captures": captures})

    with root.open() as store:
        every, kept = (queries.spread(store.connection, "wall_time_s", each) for each in (EVERY, Kept(("b",))))
    assert list(every["profile"]) == ["v1", "v2"]
    assert kept.to_dict("records") == [{"profile": "v2", "stage": "load", "low": 1.0, "high": 3.0, "captures": 2}]


def test_the_default_pair_is_chosen_among_those_that_are_kept(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, wall_s=1.0, host="b")

    with root.open() as store:
        every, kept = (queries.default_profiles(store.connection, each) for each in (EVERY, Kept(("a",))))
        nothing = queries.default_profiles(store.connection, Kept(("nowhere",)))
    assert every is not None
    assert kept is not None
    assert (every["baseline"], every["candidate"]) == ("v3", "v4")
    assert (kept["baseline"], kept["candidate"], kept["reason"]) == (
        "v2", "v3", "the one before the newest on the same host and dataset",
    )  # fmt: skip
    assert nothing is None


def test_a_trend_of_kept_profiles_has_no_row_for_stages_of_others(root: Root) -> None:
    three_releases(root)
    released(root, "v4", 4, wall_s=1.0, host="b", stages={"elsewhere": {"wall_time_s": 1.0}})

    with root.open() as store:
        every, kept = (queries.trend(store.connection, "wall_time_s", each) for each in (EVERY, Kept(("a",))))
    assert set(every["stage"]) == {"(totals)", "load", "elsewhere"}
    assert set(kept["stage"]) == {"(totals)", "load"}
    assert list(dict.fromkeys(kept["profile"])) == ["v1", "v2", "v3"]


def test_what_is_offered_was_measured_of_a_release_with_a_profile(root: Root) -> None:
    three_releases(root)
    elsewhere = metrics(2, references={"gold": {"rougeL_f1": 0.2, "bleu": 0.1}}, latency_ms=5, dataset_id="d")
    released(root, "v4", 4, run=True, metrics=elsewhere)

    with root.open() as store:
        offered = [row["metric"] for row in queries.quality_offers(store.connection, EVERY)]
        released(root, "v4", 4, wall_s=1.0)
        store.refresh()
        more = [row["metric"] for row in queries.quality_offers(store.connection, EVERY)]
    assert offered[:2] == ["rougeL_f1", "success_rate"]
    assert more[:3] == ["rougeL_f1", "success_rate", "avg_latency_s"]
    assert set(more) - set(offered) == {"bleu", "avg_latency_s"}
