"""Verdicts in the model: what they are made of, when they hold, and what they say of the shipped story."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from driftline import queries
from driftline.judging import judge, learn
from driftline.scoring import score
from driftline.store import Store, open_store
from roots import Root, metrics
from verdict_roots import B, C, captured, fingerprint, pair, predictions, repeated, run

DATA = Path(__file__).parent.parent / "data"
VERDICTS = f"select metric, verdict, level from verdicts('{B}', '{C}') order by metric"


def verdict(store: Store, metric: str = "avg_latency_s", baseline: str = B, candidate: str = C) -> tuple[str, ...]:
    judge(store, "profile" if baseline.startswith("v") else "run", baseline, [candidate])
    found = store.connection.execute(
        "select verdict, noise_source from verdicts(?, ?) where metric = ? and coalesce(stage = '(totals)', true)",
        [baseline, candidate, metric],
    ).fetchall()
    assert len(found) == 1, found
    return tuple(found[0])


def test_verdicts_are_there_once_they_were_asked_for(root: Root) -> None:
    with pair(root, 1.6).open() as store:
        assert store.connection.execute(VERDICTS).fetchall() == []
        assert judge(store, "run", B, [C]) is True
        assert judge(store, "run", B, [C]) is False
        found = store.connection.execute(VERDICTS).fetchall()
    with root.open() as again:
        assert again.connection.execute(VERDICTS).fetchall() == found
    assert ("avg_latency_s", "regressed", "warn") in found
    assert [metric for metric, *_ in found] == [
        metric for (metric,) in root.rows(f"select metric from deltas('{B}', '{C}') order by metric")
    ]


def test_they_hold_until_any_file_changes(root: Root) -> None:
    with pair(root, 1.6).open() as store:
        judge(store, "run", B, [C])
        run(root, C, 1.0, 2, fingerprint=fingerprint(2, cleaner="new"))
        store.refresh()
        assert store.connection.execute(VERDICTS).fetchall() == []
        assert verdict(store) == ("inconclusive", "assumed")
        kept = store.connection.execute("select count(distinct state) from source_verdicts").fetchone()
    assert kept == (1,)


def test_without_the_cache_they_are_worked_out_alike(root: Root) -> None:
    with pair(root, 1.3).open() as store:
        judge(store, "run", B, [C])
        before = store.connection.execute(f"from verdicts('{B}', '{C}') order by all").fetchall()
    shutil.rmtree(root.folder / ".driftline")
    with root.open() as store:
        judge(store, "run", B, [C])
        assert store.connection.execute(f"from verdicts('{B}', '{C}') order by all").fetchall() == before


def test_every_candidate_is_judged_by_itself(root: Root) -> None:
    pair(root, 1.6)
    run(root, "runs/other", 1.0, 3)
    numbers = f"select metric, p, q from verdicts('{B}', '{C}') order by all"
    with root.open() as store:
        judge(store, "run", B, [C])
        alone = store.connection.execute(numbers).fetchall()
        judge(store, "run", B, [C, "runs/other"])
        assert store.connection.execute(numbers).fetchall() == alone
        assert store.connection.execute(f"select count(*) > 0 from verdicts('{B}', 'runs/other')").fetchone() == (True,)


@pytest.mark.parametrize("keys", [(B, "runs/nowhere"), ("nowhere", C)])
def test_an_unknown_key_is_an_error_that_names_it(root: Root, keys: tuple[str, str]) -> None:
    with pair(root, 1.0).open() as store:
        judge(store, "run", B, [C])
        with pytest.raises(duckdb.Error, match=r"neither a run nor a profile .*nowhere"):
            store.connection.execute("from verdicts(?, ?)", list(keys)).fetchall()


def test_the_more_succeed_the_better(root: Root) -> None:
    rows = predictions(episodes=30)
    root.run(B, predictions=rows, metrics=metrics(len(rows), failed=["e00", "e01"]))
    root.run(C, predictions=rows, metrics=metrics(len(rows), failed=[f"e{k:02}" for k in range(25)]))
    with root.open() as store:
        judge(store, "run", B, [C])
        told = dict(store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}')").fetchall())
        judge(store, "run", C, [B])
        back = dict(store.connection.execute(f"select metric, verdict from verdicts('{C}', '{B}')").fetchall())
    assert (told["success_rate"], told["failed_episodes"]) == ("regressed", "regressed")
    assert (back["success_rate"], back["failed_episodes"]) == ("improved", "improved")


@pytest.mark.parametrize("lost", ["empty", "absent"])
def test_what_was_lost_on_the_way_is_no_green_tick(root: Root, lost: str) -> None:
    run(root, B)
    rows = predictions()
    for row in rows[2:]:
        row["metadata"]["output_tokens"] = 0
    kept = rows if lost == "empty" else rows[:2]
    root.run(C, predictions=kept, metrics=metrics(len(kept)))
    with root.open() as store:
        assert verdict(store, "avg_output_tokens")[0] in ("inconclusive", "threshold only", "suspect")


def test_episodes_that_do_not_add_up_to_what_the_run_says_judge_nothing(root: Root) -> None:
    rows = predictions()
    root.run(B, predictions=rows, metrics=metrics(len(rows)))
    root.run(C, predictions=rows, metrics=metrics(len(rows), truncation=0.5))
    with root.open() as store:
        judge(store, "run", B, [C])
        told = store.connection.execute(
            f"select verdict, level from verdicts('{B}', '{C}') where metric = 'truncation_rate'"
        ).fetchall()
    assert told == [("threshold only", "warn")]


def test_what_two_processes_worked_out_counts_once(root: Root) -> None:
    pair(repeated(root), 1.6)
    with root.open() as store:
        judge(store, "run", B, [C])
        noise = store.connection.execute("select metric, n_pairs from noise order by all").fetchall()
        told = store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}') order by all").fetchall()
        for kind in ("verdicts", "reruns"):
            rows = queries.ask(store.connection, f"select * from source_{kind}").rows
            store.add(kind, [{name: str(v) if name == "recorded_at" else v for name, v in row.items()} for row in rows])
        store.refresh()
        assert store.connection.execute("select metric, n_pairs from noise order by all").fetchall() == noise
        assert (
            told
            == store.connection.execute(f"select metric, verdict from verdicts('{B}', '{C}') order by all").fetchall()
        )


def test_another_version_of_the_code_has_verdicts_of_its_own(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair(root, 1.6).open() as store:
        judge(store, "run", B, [C])
    monkeypatch.setattr("driftline.model._code_digest", lambda: "another")
    with root.open() as store:
        assert store.connection.execute(VERDICTS).fetchall() == []


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


def test_the_machine_and_the_data_have_to_be_the_same(root: Root) -> None:
    elsewhere = fingerprint(2)
    elsewhere["environment"]["hostname"] = "other"
    run(root, B, fingerprint=fingerprint(1))
    run(root, C, 1.6, 2, fingerprint=elsewhere)
    with root.open() as store:
        assert verdict(store) == ("not comparable", "none")
        assert verdict(store, "avg_output_tokens") == ("no change", "assumed")
        (reason,) = store.connection.execute(
            f"select reason from verdicts('{B}', '{C}') where metric = 'avg_latency_s'"
        ).fetchone() or ("",)
    assert reason == "Latency cannot be compared: the baseline was measured on box, the candidate on other."


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


def test_settings_of_the_root_decide(root: Root) -> None:
    pair(root, 1.3)
    root.file(
        "driftline.toml", "[verdicts]\nassumed_tau_time = 0.5\nprimary_metrics = ['latency']\nmagic = 1\npage_q = 'x'\n"
    )
    with root.open() as store:
        assert verdict(store) == ("inconclusive", "assumed")
    told = root.rows("select problem from problems where artifact = 'settings' order by all")
    assert told == [("verdicts.'magic' is unknown",), ("verdicts.'page_q' is not a number: 'x'",)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("story")
    for name in ("eval", "profiles"):
        (folder / name).symlink_to(DATA / name, target_is_directory=True)
    return open_store(folder)


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
