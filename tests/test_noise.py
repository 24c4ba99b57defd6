"""What is known of noise, from repetitions and from the record, and what it makes of a verdict."""

from __future__ import annotations

import json

import pytest

from driftline.judging import learn
from roots import Root
from verdict_roots import captured, fingerprint, pair, repeated, run, verdict


def test_a_copy_of_a_run_is_no_repetition_of_it(root: Root) -> None:
    for day in range(1, 8):
        run(root, f"runs/again{day}", 1.0, 1, fingerprint=fingerprint(day))
    with root.open() as store:
        assert learn(store) is True
        assert learn(store) is False
        assert store.connection.execute("from noise").fetchall() == []


def test_runs_that_repeat_each_other_tell_the_noise(root: Root) -> None:
    pair(repeated(root), 1.12)
    with root.open() as store:
        assert learn(store) is True
        assert learn(store) is False
        told = store.connection.execute(
            "select platform, side, scale, n_pairs from noise where metric = 'latency_s'"
        ).fetchall()
        assert verdict(store)[1] == "measured"
    # Seven repetitions, and the baseline, which is of the same configuration.
    assert told == [("box", "run", "log", 7)]


def test_too_few_repetitions_tell_nothing(root: Root) -> None:
    pair(repeated(root, times=3), 1.12)
    with root.open() as store:
        assert verdict(store)[1] == "assumed"


def test_noise_between_runs_hides_what_pairs_alone_would_call_certain(root: Root) -> None:
    pair(repeated(root, drift=0.0), 1.12)
    with root.open() as store:
        calm = verdict(store)
    repeated(root, drift=0.15)
    with root.open() as store:
        assert (calm[0], verdict(store)[0]) == ("regressed", "inconclusive")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"git": {"commit": "c0ffee", "dirty": True}}, "the code was changed after the commit"),
        ({"git": {"commit": None}}, "the code is not known"),
    ],
)
def test_runs_of_unknown_code_are_no_repetitions(root: Root, changed: dict[str, object], why: str) -> None:
    for day in range(1, 8):
        about = fingerprint(day)
        about["run_context"] |= changed
        run(root, f"runs/again{day}", 1.0, day, fingerprint=about)
    with root.open() as store:
        learn(store)
        assert store.connection.execute("from noise").fetchall() == [], why


def line(**parts: object) -> str:
    whole = {
        "recorded_at": "2026-01-01T00:00:00Z", "side": "profile", "metric": "wall_time_s", "scale": "log",
        "stage": "(totals)", "difference": 0.01, "variance": None, "pairs": 1, **parts,
    }  # fmt: skip
    return json.dumps(whole) + "\n"


def test_captures_are_judged_by_the_noise_on_record(root: Root) -> None:
    captured(captured(root, "v1", [1.0, 1.01, 0.99]), "v2", [1.5, 1.51, 1.49])
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2")[1] == "assumed"
    root.file("noise/box.jsonl", "".join(line(difference=(-1) ** k * 0.01, baseline=str(k)) for k in range(20)))
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2") == ("regressed", "measured")
        sigma = store.connection.execute("select round(sigma, 4), tau, n_pairs from noise").fetchall()
    assert sigma == [(0.0105, None, 20)]


DRIFTING = [1.0, 1.3, 0.9, 1.6, 1.2, 0.8, 1.1]


@pytest.mark.parametrize(
    ("rounds", "expected"), [(("a", "a"), "regressed"), (("a", "b"), "suspect"), ((None, None), "suspect")]
)
def test_captures_that_were_taken_in_turns_are_pairs(
    root: Root, rounds: tuple[str | None, str | None], expected: str
) -> None:
    wobble = [1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01]
    captured(root, "v1", DRIFTING, rounds=rounds[0])
    captured(root, "v2", [1.6 * a * b for a, b in zip(DRIFTING, wobble, strict=True)], rounds=rounds[1])
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2")[0] == expected
        methods = store.connection.execute(
            "select distinct method from verdicts('v1', 'v2') where n_captures is not null"
        ).fetchall()
    assert methods == [("captures in turns" if rounds == ("a", "a") else "captures",)]


def test_a_canary_stage_takes_out_what_the_machine_did(root: Root) -> None:
    loaded = [1.0, 2.0, 1.5, 1.0, 2.5]
    for key, factor in (("v1", 1.0), ("v2", 1.5)):
        captured(root, key, [factor * load for load in loaded], canary_s=loaded)
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2")[0] == "inconclusive"
    root.file("driftline.toml", "[verdicts]\ncanary_stage = 'canary'")
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2")[0] == "regressed"
        told = store.connection.execute(
            "select stage, verdict, reason from verdicts('v1', 'v2') where metric = 'wall_time_s' order by stage"
        ).fetchall()
    by_stage = {stage: (verdict, reason) for stage, verdict, reason in told}
    assert by_stage["canary"][0] == "no change"
    assert by_stage["(totals)"][1].endswith("measured by the canary stage canary.")


def test_noise_too_is_measured_by_the_canary(root: Root) -> None:
    lines = []
    for number, drift in enumerate((0.5, -0.4, 0.6, -0.7, 0.3)):
        names = {"baseline": f"s/{number}", "candidate": f"s/{number + 1}"}
        lines += [line(difference=drift + 0.01, **names), line(stage="canary", difference=drift, **names)]
    root.file("noise/box.jsonl", "".join(lines))
    spread = "select stage, round(spread, 3) from noise order by stage"
    assert root.rows(spread) == [("(totals)", 0.521), ("canary", 0.52)]
    root.file("driftline.toml", "[verdicts]\ncanary_stage = 'canary'")
    assert root.rows(spread) == [("(totals)", 0.01), ("canary", 0.52)]


def test_a_single_capture_is_never_proof(root: Root) -> None:
    captured(captured(root, "v1", [1.0]), "v2", [3.0])
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2") == ("threshold only", "assumed")
    root.file("noise/box.jsonl", "".join(line(difference=(-1) ** k * 0.01, baseline=str(k)) for k in range(20)))
    with root.open() as store:
        assert verdict(store, "wall_time_s", "v1", "v2") == ("suspect", "measured")


def test_evidence_that_cannot_be_used_is_a_problem_and_the_rest_counts(root: Root) -> None:
    root.file(
        "noise/box.jsonl",
        line(difference=0.1) + line(difference="x") + line(side="river") + line(pairs=0) + "{\n"
        + line(baseline="a", candidate="b") + line(baseline="a", candidate="b"),
    )  # fmt: skip
    assert root.rows("select platform, n_pairs from noise") == [("box", 2)]
    told = root.rows("select line from problems where artifact = 'noise' order by line")
    assert told == [(2,), (2,), (3,), (4,), (5,), (7,)]
