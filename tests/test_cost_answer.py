"""The sentence that opens Performance: costs more, less, both or the same, and how far that may be believed."""

from __future__ import annotations

import pytest

from driftline import queries
from driftline.metrics import MINUS, THIN, Metric
from driftline.reports import answer
from driftline.reports.cost_answer import profile_answer
from roots import Root, profile
from test_answer import weighed

BOTH, LOAD = "v2 against v1: wall time ", ", most of it in load; the noise is unknown."


def costs(root: Root, baseline: dict[str, float], candidate: dict[str, float]) -> answer.Answer:
    for key, totals in (("v1", baseline), ("v2", candidate)):
        stages = {"load": {"wall_time_s": totals.get("wall_time_s")}}
        root.profile(key, profile(key, f"2026-01-0{key[1]}T00:00:00Z", stages=stages, totals=totals))
    with root.open() as store:
        rows = queries.stage_deltas(store.connection, "v1", "v2").rows
        return profile_answer(rows, queries.registry(store.connection), "v1", "v2")


@pytest.mark.parametrize(
    ("baseline", "candidate", "word", "sentence"),
    [
        ((10.0, 100.0), (20.0, 100.0), "Seems to cost more.", f"{BOTH}▲ +100{THIN}% (10.0 → 20.0 s){LOAD}"),
        ((20.0, 100.0), (10.0, 100.0), "Seems to cost less.", f"{BOTH}▼ {MINUS}50{THIN}% (20.0 → 10.0 s){LOAD}"),
        ((10.0, 200.0), (20.0, 100.0), "Seems mixed.", None),
        ((10.0, 100.0), (10.1, 100.0), "No change seen.", f"v2 needs the time and memory of v1, inside ±10{THIN}%."),
    ],
)  # fmt: skip
def test_costs_are_more_less_mixed_or_the_same(
    root: Root, baseline: tuple[float, float], candidate: tuple[float, float], word: str, sentence: str | None
) -> None:
    names = ("wall_time_s", "peak_rss_mb")
    said = costs(root, dict(zip(names, baseline, strict=True)), dict(zip(names, candidate, strict=True)))

    assert said.word == word
    assert sentence is None or said.sentence.replace(" %", f"{THIN}%") == sentence


def test_totals_without_a_change_say_so_where_a_stage_needs_more(root: Root) -> None:
    for day, (load, store) in enumerate(((10.0, 20.0), (20.0, 10.0)), start=1):
        stages = {"load": {"wall_time_s": load}, "store": {"wall_time_s": store}}
        root.profile(f"v{day}", profile(f"v{day}", stages=stages, totals={"wall_time_s": 30.0}))
    with root.open() as opened:
        rows = queries.stage_deltas(opened.connection, "v1", "v2").rows
        said = profile_answer(rows, queries.registry(opened.connection), "v1", "v2")

    assert (said.word, said.sentence) == ("No change seen in total.", "v2 needs the time of v1, inside ±10 %.")


def test_profiles_without_a_common_total_cannot_be_compared(root: Root) -> None:
    assert costs(root, {"wall_time_s": 1.0}, {"peak_rss_mb": 1.0}).word == "Nothing to compare."


COSTS = {
    name: Metric(name, label, unit, "lower", "log", "cost", True, 10, 25, None, None, None, 1, "")
    for name, label, unit in (("wall_time_s", "Wall time", "s"), ("peak_rss_mb", "Peak RSS", "MB"))
}


def test_less_of_one_is_no_good_news_while_more_of_the_other_is_suspect() -> None:
    less = weighed("peak_rss_mb", "improved", stage="(totals)", effect_pct=-40.0, delta=-4.0, candidate=6.0)
    more = weighed("wall_time_s", "suspect", stage="(totals)")
    said = profile_answer([less, more], COSTS, "v1", "v2")
    assert (said.word, said.tone) == ("Costs less.", "")
    assert said.sentence.endswith(f"wall time ▲ +40{THIN}% (10.0 → 15.0 s) is suspect: measure again to confirm.")
    assert profile_answer([less], COSTS, "v1", "v2").tone == "b"


def test_most_of_a_cost_lies_in_a_stage_that_costs_more_too() -> None:
    whole = weighed("wall_time_s", "regressed", stage="(totals)")
    stages = [
        weighed("wall_time_s", "regressed", stage=name, delta=delta) for name, delta in (("a", -60.0), ("b", 50.0))
    ]
    assert ", most of it in b." in profile_answer([whole, *stages], COSTS, "v1", "v2").sentence


def test_profiles_of_two_machines_have_no_answer_but_its_reason() -> None:
    apart = weighed("wall_time_s", "not comparable", stage="(totals)", q=None, reason="Another machine.")
    said = profile_answer([apart], COSTS, "v1", "v2")
    assert (said.word, said.sentence) == ("Nothing to compare.", "v2 against v1: Another machine.")
