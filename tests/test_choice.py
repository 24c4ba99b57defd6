"""Which runs a page compares and what they are called: presets, labels across groups, mixed selections."""

from __future__ import annotations

import pytest

from driftline import queries
from driftline.reports.choice import Comparison, choose_runs, labels_of
from driftline.reports.mixed import banner
from hostile import IMAGE
from roots import Root, metrics, prediction

OLD, NEW, BULLETS = "baselines/one_paragraph", "runs/two_paragraph", "runs/one_bullets"


@pytest.fixture
def mixed_root(root: Root) -> Root:
    for run, reference in ((OLD, "gold"), (NEW, "gold"), (BULLETS, "silver")):
        root.run(run, metrics=metrics(1, references={reference: {"rougeL_f1": 0.5}}), predictions=[prediction("e1")])
    return root


@pytest.mark.parametrize("preset", [NEW, "two_paragraph", f"[run] {NEW}"])
def test_a_preset_names_the_baseline_in_three_ways(mixed_root: Root, preset: str) -> None:
    with mixed_root.open() as store:
        choice = choose_runs(store.connection, preset=preset)
    assert choice is not None
    assert (choice.baseline, choice.candidates, choice.reason) == (NEW, (OLD,), "preset as BASELINE")


def test_the_url_wins_over_a_preset_and_an_unknown_preset_is_told(mixed_root: Root) -> None:
    with mixed_root.open() as store:
        asked = choose_runs(store.connection, baseline=OLD, preset=NEW)
        unknown = choose_runs(store.connection, preset="nobody")
    assert asked is not None
    assert unknown is not None
    # What the URL names is also what the rule would have chosen here.
    assert (asked.baseline, asked.reason) == (OLD, "newest baseline before the newest run; newest group")
    assert (unknown.baseline, unknown.unknown) == (OLD, ("nobody",))


def test_runs_of_other_groups_are_told_apart_by_what_differs(mixed_root: Root) -> None:
    with mixed_root.open() as store:
        runs = queries.selectable_runs(store.connection)
    alone, together = labels_of(runs, (OLD, NEW)), labels_of(runs, (OLD, BULLETS))
    assert alone[OLD] == next(row["label"] for row in runs if row["run"] == OLD)
    assert together[OLD] == f"{alone[OLD]} · paragraph"
    assert together[BULLETS].endswith(" · bullets")


def said(root: Root, *candidates: str) -> str:
    with root.open() as store:
        return banner(store.connection, Comparison(OLD, candidates[0], candidates[1:], {}))


def test_only_a_mixed_selection_is_told_in_one_line(mixed_root: Root) -> None:
    assert said(mixed_root, NEW) == ""
    line = said(mixed_root, NEW, BULLETS)
    assert "Different kinds (bullets, paragraph)." in line
    assert "Different references" in line
    assert "gold, silver" in line
    assert line.count("<p") == 1


def test_hostile_names_in_a_mixed_selection_stay_text(mixed_root: Root) -> None:
    scores = {IMAGE: {"rougeL_f1": 0.5}}
    mixed_root.run(BULLETS, metrics=metrics(1, references=scores, dataset_id=IMAGE), predictions=[prediction("e1")])
    line = said(mixed_root, BULLETS)
    assert "&lt;" in line
    assert IMAGE not in line
