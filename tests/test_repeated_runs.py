"""Runs that repeat each other are weighed together: medians of episodes, and less of what differs between runs."""

from __future__ import annotations

import pytest

from driftline.judging import judge
from driftline.store import Store
from roots import Root, metrics
from verdict_roots import B, C, fingerprint, run


def several(root: Root, baselines: int, candidates: int, factor: float, **more: float) -> Root:
    """So many runs of two configurations, the second of which takes `factor` as long; the first of each is B and C."""
    for name, count, took, key, cleaner in (("b", baselines, 1.0, B, "old"), ("c", candidates, factor, C, "new")):
        for number in range(count):
            day = 1 + number + (20 if name == "c" else 0)
            where = key if number == 0 else f"runs/{name}{number}"
            run(root, where, took, day, fingerprint=fingerprint(day, cleaner=cleaner), **more)
    return root


def latency(store: Store, baseline: str = B, candidate: str = C) -> tuple[str, float, float, str]:
    """Verdict, ends of the interval and reason of the latency of two runs."""
    judge(store, "run", baseline, [candidate])
    found: tuple[str, float, float, str] | None = store.connection.execute(
        f"select verdict, ci_low, ci_high, reason from verdicts('{baseline}', '{candidate}')"
        " where metric = 'avg_latency_s'"
    ).fetchone()
    assert found
    return found


def test_repetitions_settle_what_a_run_alone_does_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    told = []
    for runs in (1, 4):
        with several(Root(tmp_path_factory.mktemp("root")), runs, runs, 1.15).open() as store:
            told.append(latency(store))
    alone, together = told
    assert (alone[0], together[0]) == ("inconclusive", "regressed")
    assert together[2] - together[1] < (alone[2] - alone[1]) / 1.5
    assert "medians of" not in alone[3]
    assert "12 paired episodes, medians of 4 and 4 runs, repetitions " in together[3]


def test_two_that_repeat_each_other_are_not_made_one(root: Root) -> None:
    with several(root, 4, 1, 1.15).open() as store:
        assert "medians of" not in latency(store, B, "runs/b1")[3]
        assert "medians of 4 and 1 runs" in latency(store)[3]


def test_a_run_of_another_machine_is_no_repetition(root: Root) -> None:
    several(root, 2, 1, 1.15)
    elsewhere = fingerprint(2, cleaner="old")
    elsewhere["environment"]["hostname"] = "other"
    run(root, "runs/b1", fingerprint=elsewhere)
    with root.open() as store:
        assert "medians of" not in latency(store)[3]


def test_a_run_unlike_its_repetitions_is_suspect(root: Root) -> None:
    several(root, 4, 4, 1.0)
    run(root, C, 2.0, 21, fingerprint=fingerprint(21, cleaner="new"))
    with root.open() as store:
        verdict, *_, reason = latency(store)
    assert verdict == "suspect"
    assert "as a whole state +9" in reason
    assert reason.endswith("which their repetitions do not.")


def test_an_episode_that_a_run_lost_is_not_found_again_in_its_repetitions(root: Root) -> None:
    several(root, 4, 4, 1.0)
    run(root, C, 1.0, 21, fingerprint=fingerprint(21, cleaner="new"), episodes=11)
    with root.open() as store:
        assert latency(store)[3].count("11 paired episodes") == 1


def test_a_copy_of_a_run_is_no_repetition_of_it(root: Root) -> None:
    several(root, 1, 1, 1.15)
    with root.open() as store:
        alone = latency(store)
    for name, cleaner in (("b", "old"), ("c", "new")):
        for number in range(1, 4):
            day, factor = (1, 1.0) if name == "b" else (21, 1.15)
            run(root, f"runs/{name}{number}", factor, day, fingerprint=fingerprint(day, cleaner=cleaner))
    with root.open() as store:
        assert latency(store) == alone


def test_a_run_that_states_worse_than_its_episodes_stays_regressed(root: Root) -> None:
    several(root, 1, 1, 3.0)
    root.run(B, metrics=metrics(12, latency_ms=1000.0)).run(C, metrics=metrics(12, latency_ms=9000.0))
    with root.open() as store:
        assert latency(store)[0] == "regressed"
