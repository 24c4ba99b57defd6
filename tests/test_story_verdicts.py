"""The verdicts on the shipped root: each release what its story deserves, repetitions none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.judging import judge
from driftline.scoring import score
from driftline.store import Store, open_store


@pytest.fixture(scope="module")
def story(shipped_links: Path) -> Iterator[Store]:
    with open_store(shipped_links) as store:
        yield store


def of_story(store: Store, release: str, verdicts: tuple[str, ...]) -> set[str]:
    """The primary metrics of a release that have one of these verdicts."""
    run_key = f"runs/demo_paragraph_{release}"
    score(store, ["baselines/demo_paragraph_v0.1", run_key])
    judge(store, "run", "baselines/demo_paragraph_v0.1", [run_key])
    rows = store.connection.execute(
        "select v.metric from verdicts('baselines/demo_paragraph_v0.1', ?) as v inner join metrics as m using (metric)"
        " where m.is_primary and list_contains(?, v.verdict)",
        [run_key, list(verdicts)],
    ).fetchall()
    return {metric for (metric,) in rows}


@pytest.mark.parametrize(
    ("release", "regressed", "improved"),
    [
        ("v0.2", {"avg_latency_s"}, set()),
        ("v0.3", set(), set()),
        ("v0.4", {"rougeL_f1", "avg_output_tokens"}, set()),
        ("v0.6", set(), {"rougeL_f1", "avg_output_tokens"}),
    ],
)
def test_each_release_gets_the_verdict_that_its_story_deserves(
    story: Store, release: str, regressed: set[str], improved: set[str]
) -> None:
    assert of_story(story, release, ("regressed",)) == regressed
    assert of_story(story, release, ("improved",)) == improved


def test_the_release_that_breaks_an_episode_is_suspect(story: Store) -> None:
    assert {"failed_episodes", "success_rate"} <= of_story(story, "v0.5", ("suspect",))


def test_repetitions_of_one_release_get_no_alarm(story: Store) -> None:
    again = [key for (key,) in story.connection.execute("select run from runs where run like 'runs/aa/%'").fetchall()]
    assert len(again) >= 5
    for key in again:
        score(story, ["baselines/demo_paragraph_v0.1", key])
        judge(story, "run", "baselines/demo_paragraph_v0.1", [key])
        found = story.connection.execute(
            "select distinct verdict from verdicts('baselines/demo_paragraph_v0.1', ?)", [key]
        ).fetchall()
        assert {verdict for (verdict,) in found} <= {"no change", "threshold only"}


@pytest.mark.parametrize(
    ("release", "verdict", "stages"),
    [
        ("v0.2", "regressed", {"summarization"}),
        ("v0.3", "improved", set()),
        ("v0.4", "no change", set()),
        ("v0.6", "no change", set()),
    ],
)
def test_the_time_of_each_release_is_what_its_story_says(
    story: Store, release: str, verdict: str, stages: set[str]
) -> None:
    judge(story, "profile", "v0.1", [release])
    rows = story.connection.execute(
        "select stage, verdict from verdicts('v0.1', ?) where metric = 'wall_time_s'", [release]
    ).fetchall()
    found = dict(rows)
    assert found.pop("(totals)") == verdict
    assert {stage for stage, said in found.items() if said == "regressed"} == stages
