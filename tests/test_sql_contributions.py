"""Given two profiles, expected steps: where the change of the total wall time comes from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots import Root, Rows, profile


def two(root: Root, baseline: dict[str, Any], candidate: dict[str, Any], totals: tuple[Any, Any] = (20, 35)) -> Root:
    """Profiles `b` and `c` with these wall times of their stages; None is a stage without a number."""
    for name, stages, total in (("b", baseline, totals[0]), ("c", candidate, totals[1])):
        timed = {stage: {"wall_time_s": seconds} for stage, seconds in stages.items()}
        root.profile(name, profile(name, stages=timed, totals={} if total is None else {"wall_time_s": total}))
    return root


def steps(root: Root, columns: str = "step, kind, seconds, starts_at, ends_at, note") -> Rows:
    return root.rows(f"select {columns} from stage_contributions('b', 'c') order by position")


def test_every_stage_is_a_step_from_total_to_total(root: Root) -> None:
    two(root, {"summarization": 10, "transcription": 5, "own": 1}, {"summarization": 30, "kg_extraction": 2, "own": 1})
    assert steps(root) == [
        ("(baseline)", "total", 20, 0, 20, None),
        ("summarization", "stage", 20, 20, 40, None),
        ("transcription", "stage", -5, 40, 35, "gone"),
        ("kg_extraction", "stage", 2, 35, 37, "new"),
        ("own", "stage", 0, 37, 37, None),
        ("overlap / unattributed", "rest", -2, 37, 35, None),
        ("(candidate)", "total", 35, 0, 35, None),
    ]


def test_a_stage_without_a_number_is_told_and_its_time_is_in_the_rest(root: Root) -> None:
    two(root, {"a": 10, "b": 4}, {"a": 12, "b": "many"})
    assert steps(root, "step, seconds, starts_at, ends_at, note")[1:4] == [
        ("a", 2, 20, 22, None),
        ("b", None, None, None, "no number"),
        ("overlap / unattributed", 13, 22, 35, None),
    ]


@pytest.mark.parametrize("totals", [(None, 35), (20, None), (None, None)])
def test_without_both_totals_there_is_nothing_to_explain(root: Root, totals: tuple[Any, Any]) -> None:
    assert steps(two(root, {"a": 1}, {"a": 2}, totals)) == []


def test_without_stages_all_of_the_change_is_the_rest(root: Root) -> None:
    assert steps(two(root, {}, {}), "step, seconds") == [
        ("(baseline)", 20),
        ("overlap / unattributed", 15),
        ("(candidate)", 35),
    ]


def test_a_profile_that_is_not_there_is_an_error(root: Root) -> None:
    with pytest.raises(Exception, match="no profile nope"):
        two(root, {"a": 1}, {"a": 2}).rows("from stage_contributions('b', 'nope')")


STAGES = st.dictionaries(st.sampled_from(["a", "b", "c", "overlap / unattributed"]), st.integers(0, 99), max_size=4)


@given(STAGES, STAGES, st.integers(0, 99), st.integers(0, 99))
def test_the_steps_lead_from_one_total_to_the_other(
    baseline: dict[str, int], candidate: dict[str, int], before: int, after: int
) -> None:
    with TemporaryDirectory() as folder:
        root = two(Root(Path(folder) / "root"), baseline, candidate, (before, after))
        found = steps(root, "kind, starts_at, ends_at")
    between = [(start, end) for kind, start, end in found if kind != "total"]
    assert len(between) == len({*baseline, *candidate}) + 1
    assert [start for start, _ in between] == [before, *(end for _, end in between[:-1])]
    assert between[-1][1] == after
