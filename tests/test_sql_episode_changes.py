"""Given the episodes of two runs, what became of each: by which metric and by how much."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from driftline.scoring import score
from roots import Root, Rows, metrics, prediction
from two_runs import B, C, of_episodes, rounded

NAMES = "episode_id, change, judged_by, loss"
FAILED = {"episode_id": "e", "output": {"summary_final": ""}, "error": "boom"}
EMPTY = {"episode_id": "e", "output": {}}
STRUCTURED = {"episode_id": "e", "output": {"entities": []}}


def tokens(number: float) -> dict[str, Any]:
    return prediction("e", output_tokens=number)


def changes(root: Root, names: str = NAMES, baseline: str = B, candidate: str = C) -> Rows:
    return rounded(root.rows(f"select {names} from episode_changes('{baseline}', '{candidate}') order by episode_id"))


def scored(root: Root, *references: str, names: str = NAMES) -> Rows:
    """The changes after the episodes were scored against the references that both runs name."""
    for run in (B, C):
        root.run(run, metrics=metrics(references={reference: {"rougeL_f1": 0.5} for reference in references}))
    with root.open() as store:
        score(store, (B, C))
        cursor = store.cursor()
        return rounded(
            cursor.execute(f"select {names} from episode_changes('{B}', '{C}') order by episode_id").fetchall()
        )


BY_TOKENS = [
    # warn at 10 %, fewer is worse: -10 / 100 is the level itself, loss 10 / 10
    (tokens(100), tokens(90), ("regressed", "output_tokens", 1.0)),
    (tokens(100), tokens(91), ("changed", "output_tokens", 0.9)),
    (tokens(100), tokens(100), ("unchanged", "output_tokens", 0.0)),
    (tokens(100), tokens(109), ("changed", "output_tokens", -0.9)),
    (tokens(100), tokens(130), ("improved", "output_tokens", -3.0)),
    # from 0 there is no percent: any growth counts, and has no size
    (tokens(0), tokens(2), ("improved", "output_tokens", None)),
    (tokens(0), tokens(0), ("unchanged", "output_tokens", None)),
    (tokens(100), FAILED, ("failed", "status", None)),
    (FAILED, FAILED, ("failed", "status", None)),
    (EMPTY, FAILED, ("failed", "status", None)),
    (FAILED, tokens(100), ("improved", "status", None)),
    (tokens(100), EMPTY, ("regressed", "status", None)),
    (EMPTY, tokens(100), ("improved", "status", None)),
    (FAILED, EMPTY, ("changed", "status", None)),
    (EMPTY, EMPTY, ("not comparable", None, None)),
    (EMPTY, STRUCTURED, ("improved", "status", None)),
]


@pytest.mark.parametrize(("baseline", "candidate", "expected"), BY_TOKENS)
def test_what_becomes_of_an_episode_without_scores(
    root: Root, baseline: dict[str, Any], candidate: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert changes(of_episodes(root, [baseline], [candidate])) == [("e", *expected)]


def test_an_episode_of_one_run_only_is_listed_with_what_that_run_has(root: Root) -> None:
    of_episodes(
        root, [prediction("a", output_tokens=5)], [prediction("b", output_tokens=7), {**FAILED, "episode_id": "c"}]
    )
    names = "episode_id, status, baseline_status, change, baseline_tokens, candidate_tokens, tokens_delta, error"
    assert changes(root, names) == [
        ("a", None, "ok", "only in baseline", 5.0, None, None, None),
        ("b", "ok", None, "only in candidate", None, 7.0, None, None),
        ("c", "failed", None, "failed", None, None, None, "boom"),
    ]


def test_sizes_and_latencies_are_subtracted_from_the_baseline(root: Root) -> None:
    of_episodes(
        root,
        [prediction("e", output_tokens=200, processing_time_seconds=4)],
        [prediction("e", output_tokens=50, processing_time_seconds=1.5)],
    )
    # 50 - 200 = -150, of 200 -75 %; 1.5 - 4 = -2.5
    assert changes(
        root, "tokens_delta, tokens_delta_pct, latency_s_delta, baseline_latency_s, candidate_latency_s"
    ) == [(-150.0, -75.0, -2.5, 4.0, 1.5)]


def test_the_gates_are_those_of_the_candidate(root: Root) -> None:
    def gated(**gates: list[str]) -> dict[str, Any]:
        content = metrics(1)
        content["intrinsic"]["gates"]["episode_gate_failures"] = gates
        return content

    root.run(B, predictions=[tokens(1)], metrics=gated(e=["truncation"]))
    root.run(C, predictions=[tokens(1)], metrics=gated(e=["speaker_label_leak", "boilerplate_leak"]))
    assert changes(root, "gates") == [(["boilerplate_leak", "speaker_label_leak"],)]
    assert changes(root, "gates", C, B) == [(["truncation"],)]


def test_rouge_judges_where_both_sides_are_scored_and_tokens_where_one_is_not(root: Root) -> None:
    root.run(
        "references/silver/r",
        predictions=[prediction(name, "one two three four") for name in ("lost", "won", "same", "slightly")],
    )
    long = "one two three four five six seven eight nine ten eleven twelve"
    of_episodes(
        root,
        [
            prediction("lost", "one two three four", output_tokens=1),
            prediction("won", "one two five six", output_tokens=9),
            prediction("same", "one two three four", output_tokens=9),
            prediction("unscored", "one two three four", output_tokens=10),
            prediction("slightly", f"{long} {long} {long}"),
        ],
        [
            prediction("lost", "one two five six", output_tokens=9),
            prediction("won", "one two three six", output_tokens=1),
            prediction("same", "One two three, four.", output_tokens=1),
            prediction("unscored", "one two three four", output_tokens=8),
            prediction("slightly", f"{long} {long} {long} x"),
        ],
    )
    # F1 = 2 * common / (words + 4): 1 -> 0.5 loses 0.5, which is 25 warn levels of 0.02; 0.5 -> 0.75 wins half of that;
    # 8 / 40 -> 8 / 41 loses 0.004878, below the level; 10 -> 8 tokens loses 20 %, 2 warn levels of 10 %
    assert scored(root, "r", names=f"{NAMES}, reference, rougeL_f1_delta") == [
        ("lost", "regressed", "rougeL_f1", 25.0, "r", -0.5),
        ("same", "unchanged", "rougeL_f1", 0.0, "r", 0.0),
        ("slightly", "changed", "rougeL_f1", 0.243902, "r", -0.004878),
        ("unscored", "regressed", "output_tokens", 2.0, None, None),
        ("won", "improved", "rougeL_f1", -12.5, "r", 0.25),
    ]


def test_of_several_references_the_one_with_most_pairs_judges_all(root: Root) -> None:
    root.run("references/silver/few", predictions=[prediction("a", "one two")])
    root.run("references/silver/most", predictions=[prediction("a", "three four"), prediction("b", "three four")])
    texts = [prediction("a", "one two"), prediction("b", "one two")]
    of_episodes(root, texts, [prediction("a", "three four"), prediction("b", "three four")])
    assert scored(
        root, "few", "most", names="episode_id, reference, baseline_rougeL_f1, candidate_rougeL_f1, change"
    ) == [
        ("a", "most", 0.0, 1.0, "improved"),
        ("b", "most", 0.0, 1.0, "improved"),
    ]


def test_a_failed_candidate_keeps_the_score_of_the_baseline(root: Root) -> None:
    root.run("references/silver/r", predictions=[prediction(name, "one two") for name in "ab"])
    of_episodes(
        root,
        [prediction("a", "one two"), prediction("b", "one two")],
        [prediction("a", "one two"), {**FAILED, "episode_id": "b"}],
    )
    # As text, since 0.0 equals -0.0, which no person loses.
    assert scored(root, "r", names="episode_id, change, baseline_rougeL_f1, candidate_rougeL_f1, loss::varchar") == [
        ("a", "unchanged", 1.0, 1.0, "0.0"),
        ("b", "failed", 1.0, None, None),
    ]


def test_a_root_overrides_the_levels(root: Root) -> None:
    root.file("driftline.toml", "[metrics.output_tokens]\nwarn_pct = 40\nfail_pct = 80\n")
    of_episodes(root, [tokens(100)], [tokens(70)])
    assert changes(root) == [("e", "changed", "output_tokens", 0.75)]
    root.file("driftline.toml", "[metrics.output_tokens]\nmin_abs = 50\n")
    assert changes(root, "change, level") == [("changed", "ok")]


def judged(worse_by: float, before: float) -> str:
    """The level of output tokens, 10 and 25 %; any worsening from 0 fails."""
    warn, fail = (0.1 * before, 0.25 * before)
    return "ok" if worse_by <= 0 or worse_by < warn else "fail" if worse_by >= fail else "warn"


def test_an_episode_is_judged_as_the_registry_judges_any_delta(root: Root) -> None:
    sizes = [0, 1, 7, 90, 100, 110, 125, 400]
    pairs = [(before, after) for before in sizes for after in sizes]
    of_episodes(
        root,
        [prediction(f"e{number:02}", output_tokens=before) for number, (before, _) in enumerate(pairs)],
        [prediction(f"e{number:02}", output_tokens=after) for number, (_, after) in enumerate(pairs)],
    )
    rows = root.rows(f"select change, level, baseline_tokens, tokens_delta from episode_changes('{B}', '{C}')")
    found = [
        (change, level, judged(-delta, before), judged(delta, before), delta) for change, level, before, delta in rows
    ]
    words = [
        "regressed" if level in ("warn", "fail") else "improved" if gain in ("warn", "fail")
        else "unchanged" if delta == 0 else "changed"
        for _, _, level, gain, delta in found
    ]  # fmt: skip
    assert len(found) == 64
    assert [row[0] for row in found] == words
    assert [row[1] for row in found] == [row[2] for row in found]
    assert set(words) == {"regressed", "improved", "unchanged", "changed"}


def test_swapping_the_runs_swaps_the_words(root: Root) -> None:
    opposite = {
        "regressed": "improved", "improved": "regressed", "changed": "changed", "unchanged": "unchanged",
        "only in baseline": "only in candidate", "only in candidate": "only in baseline",
    }  # fmt: skip
    pairs = {"a": (100, 50), "b": (100, 300), "c": (100, 101), "d": (5, 5)}
    of_episodes(
        root,
        [*(prediction(name, output_tokens=pair[0]) for name, pair in pairs.items()), prediction("x")],
        [*(prediction(name, output_tokens=pair[1]) for name, pair in pairs.items()), prediction("y")],
    )
    there, back = changes(root, "episode_id, change"), changes(root, "episode_id, change", C, B)
    assert [(name, opposite[change]) for name, change in there] == back
    assert {change for _, change in there} == set(opposite)


def test_a_run_against_itself_and_against_all_others_in_one_statement(root: Root) -> None:
    of_episodes(root, [tokens(10)], [tokens(5)])
    root.run("runs/other", predictions=[prediction("z", output_tokens=1)])
    rows = root.rows(
        f"select r.run, c.episode_id, c.change from runs as r, lateral (from episode_changes('{B}', r.run)) as c"
        " order by all"
    )
    assert rows == [
        (B, "e", "unchanged"),
        (C, "e", "regressed"),
        ("runs/other", "e", "only in baseline"),
        ("runs/other", "z", "only in candidate"),
    ]


@pytest.mark.parametrize(("sides", "named"), [(("ghost", C), "ghost"), ((B, "it''s gone"), "it's gone")])
def test_an_unknown_run_is_an_error_that_names_it(root: Root, sides: tuple[str, str], named: str) -> None:
    of_episodes(root, [tokens(1)], [tokens(1)])
    with root.open() as store, pytest.raises(duckdb.Error, match=f"no run {named} in this root"):
        store.connection.execute(f"from episode_changes('{sides[0]}', '{sides[1]}')").fetchall()
