"""The sentence that opens a page: worse, better, mixed, none, nothing to compare; and which pair it is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline import queries
from driftline.metrics import THIN, Metric
from driftline.reports import answer
from driftline.reports.choice import CANDIDATES, choose_profiles, choose_runs, shorten
from roots import Root, metrics, profile


def pair(root: Root, baseline: dict[str, Any], candidate: dict[str, Any]) -> answer.Answer:
    """The answer for two runs whose metrics are given."""
    for number, (key, told) in enumerate((("baselines/b", baseline), ("runs/c", candidate))):
        dated = {"run_context": {"run_id": f"2026-01-0{number + 1}T00:00:00Z"}}
        root.run(key, metrics=metrics(2, **told), fingerprint=dated)
    with root.open() as store:
        rows = queries.deltas(store.connection, "baselines/b", "runs/c").rows
        return answer.run_answer(rows, queries.registry(store.connection), "c")


def rouge(value: float) -> dict[str, Any]:
    return {"references": {"silver": {"rougeL_f1": value}}}


UNKNOWN = "; held against levels, the noise is unknown."
CASES = {
    "worse": ({**rouge(0.5)}, {**rouge(0.25)}, "Seems worse.", f"c halves ROUGE-L from 0.500 to 0.250{UNKNOWN}"),
    "better": (
        {**rouge(0.25)}, {**rouge(0.5)}, "Seems better.",
        f"c raises ROUGE-L from 0.250 to 0.500, and no primary metric got worse{UNKNOWN}",
    ),
    "mixed": (
        {**rouge(0.25), "latency_ms": 1000.0}, {**rouge(0.5), "latency_ms": 3000.0}, "Seems mixed.",
        f"c gains ROUGE-L ▲ +100{THIN}% and pays latency ▲ +200{THIN}%{UNKNOWN}",
    ),
    "both worse": (
        {"tokens": 100.0, "latency_ms": 1000.0}, {"tokens": 20.0, "latency_ms": 30000.0}, "Seems worse.",
        f"c lowers output tokens from 100 to 20.0 tokens; latency ▲ ×30.0; no score was compared{UNKNOWN}",
    ),
    "same": (
        {**rouge(0.5)}, {**rouge(0.501)}, "No change seen.",
        f"c stays inside its levels on all 6 primary metrics{UNKNOWN}",
    ),
    "unscored": (
        {**rouge(0.5)}, {}, "No change seen.",
        f"c stays inside its levels on all 5 primary metrics; no score was compared{UNKNOWN}",
    ),
    "apart": ({**rouge(0.5)}, {"tokens": 3.0}, None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_where_no_noise_is_known_the_opening_says_how_it_seems(root: Root, case: str) -> None:
    baseline, candidate, word, sentence = CASES[case]
    said = pair(root, baseline, candidate)

    if word is not None:
        assert said.word == word
    if sentence is not None:
        assert said.sentence == sentence
    assert said.tone == ""


@pytest.mark.parametrize(
    ("case", "turned"),
    [
        ("worse", "Seems better."), ("better", "Seems worse."), ("mixed", "Seems mixed."), ("same", "No change seen."),
    ],
)  # fmt: skip
def test_swapping_the_sides_turns_the_answer(root: Root, case: str, turned: str) -> None:
    baseline, candidate, *_ = CASES[case]

    assert pair(root, candidate, baseline).word == turned


REGISTRY = {
    name: Metric(name, label, unit, "lower", "log", "latency", True, 10, 25, None, None, None, digits, "")
    for name, label, unit, digits in (
        ("avg_latency_s", "Latency", "s", 1),
        ("avg_output_tokens", "Output tokens", "tokens", 1),
        ("failed_episodes", "Failed episodes", "episodes", 0),
    )
}  # fmt: skip


def weighed(metric: str, verdict: str, **more: Any) -> dict[str, Any]:
    """A row with a verdict: from 10 to 15, a paired effect of 40 %."""
    return {
        "metric": metric, "is_primary": True, "reference": None, "baseline": 10.0, "candidate": 15.0, "delta": 5.0,
        "delta_pct": 50.0, "level": "fail", "gain": "ok", "verdict": verdict, "q": 0.001, "effect_pct": 40.0,
        "ci_low": 30.0, "ci_high": 50.0, "mde_pct": 35.0, "n_pairs": 5, "pairs_needed": 60, **more,
    }  # fmt: skip


LATENCY, TOKENS = "avg_latency_s", "avg_output_tokens"
FAILS = {"baseline": 0.0, "candidate": 1.0, "delta": 1.0, "delta_pct": None, "effect_pct": None, "ci_low": None}
UNSCORED = "; no score was compared."


@pytest.mark.parametrize(
    ("rows", "word", "tone", "sentence"),
    [
        (
            [weighed(LATENCY, "regressed")], "Worse.", "w", f"c raises latency from 10.0 to 15.0 s{UNSCORED}",
        ),
        (
            [weighed(LATENCY, "improved"), weighed(TOKENS, "inconclusive")], "Better.", "b",
            f"c raises latency from 10.0 to 15.0 s, and no primary metric got worse; 1 open{UNSCORED}",
        ),
        (
            [weighed(LATENCY, "improved"), weighed(TOKENS, "regressed")], "Mixed.", "",
            f"c gains latency ▲ +40{THIN}% and pays output tokens ▲ +40{THIN}%{UNSCORED}",
        ),
        (
            [weighed(LATENCY, "no change"), weighed("failed_episodes", "suspect", **FAILS)], "No answer yet.", "",
            "c: failed episodes 0 → 1 is suspect: run it again to confirm.",
        ),
        (
            [weighed(LATENCY, "regressed"), weighed("failed_episodes", "suspect", **FAILS)], "Worse.", "w",
            "c raises latency from 10.0 to 15.0 s; failed episodes 0 → 1 is suspect: run it again to confirm"
            f"{UNSCORED}",
        ),
        (
            [weighed(LATENCY, "no change"), weighed(TOKENS, "threshold only", q=None, ci_low=None)],
            "No answer yet.", "", f"c: output tokens ▲ +50{THIN}% is suspect: run it again to confirm.",
        ),
        (
            [weighed(LATENCY, "inconclusive"), weighed(TOKENS, "no change")], "No answer yet.", "",
            f"c: 1 of 2 primary metrics is open; 5 pairs show only changes of 35{THIN}% and more in latency; "
            "about 60 episodes would settle it.",
        ),
        (
            [weighed(LATENCY, "inconclusive", mde_pct=None, pairs_needed=None, n_pairs=1)], "No answer yet.", "",
            "c: its metric is open; latency is not decided.",
        ),
        (
            [weighed(LATENCY, "no change")], "No change.", "",
            f"c is as its baseline on the only primary metric{UNSCORED}",
        ),
    ],
)  # fmt: skip
def test_where_noise_was_weighed_verdicts_open_the_page(
    rows: list[dict[str, Any]], word: str, tone: str, sentence: str
) -> None:
    said = answer.run_answer(rows, REGISTRY, "c")
    assert (said.word, said.tone, said.sentence) == (word, tone, sentence)


def test_no_change_is_claimed_of_nothing_that_was_not_compared_or_weighed() -> None:
    same, apart = weighed(TOKENS, "no change"), weighed(LATENCY, "not comparable", q=None, ci_low=None, reason="Why.")
    plain = weighed(LATENCY, "threshold only", q=None, ci_low=None, level="ok")
    told = [answer.run_answer([same, other], REGISTRY, "c") for other in (apart, plain, plain | {"gain": "warn"})]
    assert [(said.word, said.sentence) for said in told] == [
        ("No change seen.", f"c is as its baseline on 1 of 2 primary metrics; latency not comparable{UNSCORED}"),
        ("No change seen.", f"c is as its baseline on 1 of 2 primary metrics; latency not weighed{UNSCORED}"),
        ("No answer yet.", f"c: latency ▲ +50{THIN}% is suspect: run it again to confirm."),
    ]
    assert answer.run_answer([apart], REGISTRY, "c").sentence == "Why."


def test_verb_and_arrow_say_what_most_episodes_show() -> None:
    turned = weighed(LATENCY, "regressed", baseline=15.0, candidate=10.0, delta=-5.0, delta_pct=-33.0)
    assert answer.run_answer([turned], REGISTRY, "c").sentence == (
        f"c raises latency ▲ +40{THIN}% episode by episode (as a whole 15.0 → 10.0 s){UNSCORED}"
    )


@pytest.mark.parametrize(
    ("verdict", "clause"),
    [
        ("regressed", f"latency ▲ +40{THIN}% regressed"), ("improved", f"latency ▲ +40{THIN}% improved"),
        ("suspect", f"latency ▲ +40{THIN}% suspect"), ("inconclusive", "1 open, nothing decided"),
        ("no change", "no change"),
    ],
)  # fmt: skip
def test_another_candidate_is_told_by_its_most_telling_verdict(verdict: str, clause: str) -> None:
    assert answer.other_clause([weighed(LATENCY, verdict)], REGISTRY) == clause


def test_without_a_common_primary_metric_there_is_nothing_to_compare() -> None:
    row = {"metric": "rougeL_f1", "is_primary": True, "delta": None, "level": None, "gain": None}

    assert answer.run_answer([row], {}, "c").word == "Nothing to compare."
    assert answer.run_answer([], {}, "c").word == "Nothing to compare."


def with_runs(root: Root, count: int) -> Root:
    for number in range(count):
        dated = {"run_context": {"run_id": f"2026-01-{number + 1:02}T00:00:00Z"}}
        root.whole_run(f"{'baselines' if number == 0 else 'runs'}/r{number}", fingerprint=dated)
    return root


def test_the_default_pair_is_the_groups_and_the_newest_stand_beside_it(root: Root) -> None:
    with with_runs(root, 9).open() as store:
        choice = choose_runs(store.connection)

    assert choice is not None
    assert (choice.baseline, choice.focus) == ("baselines/r0", "runs/r8")
    assert choice.candidates == tuple(f"runs/r{number}" for number in (8, 7, 6, 5, 4))
    assert len(choice.candidates) == CANDIDATES
    assert choice.unknown == ()


def test_what_is_asked_for_is_taken_and_what_is_unknown_is_told(root: Root) -> None:
    with with_runs(root, 4).open() as store:
        choice = choose_runs(store.connection, "runs/r1", ("runs/r3", "nope", "runs/r1"), "runs/r2")

    assert choice is not None
    assert (choice.baseline, choice.candidates, choice.focus) == ("runs/r1", ("runs/r3",), "runs/r3")
    assert (choice.reason, choice.unknown) == ("chosen by you", ("nope",))


@pytest.mark.parametrize("count", [0, 1])
def test_below_two_there_is_no_choice(root: Root, count: int) -> None:
    for number in range(count):
        root.profile(f"v{number}", profile(f"v{number}"))
    with with_runs(root, count).open() as store:
        assert choose_runs(store.connection) is None
        assert choose_profiles(store.connection) is None


@given(st.lists(st.text("ab-_/. ", max_size=6), unique=True))
def test_short_names_are_the_names_without_what_all_share(names: list[str]) -> None:
    short, prefix = shorten(names)

    assert {name: prefix + label for name, label in short.items()} == {name: name for name in names}
    assert all(label or len(names) < 2 or name == prefix for name, label in short.items())
