"""Marks are read whoever wrote them: what is no mark is counted and changes nothing."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.capture.stage_log import MOST_STAGES, StageLog, Window, merged, outermost


def log_of(folder: Path, *marks: Any, end: float = 100.0) -> StageLog:
    """A log with the marks, JSON or bytes as they are, closed at `end`; what has no time came at 50."""
    path = folder / "stages.jsonl"
    path.write_bytes(b"".join(mark if isinstance(mark, bytes) else json.dumps(mark).encode() + b"\n" for mark in marks))
    log = StageLog(path)
    log.poll(50.0)
    log.close(end)
    return log


def start(stage: Any, at: float | None = None, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "event": "start", **({} if at is None else {"at": at}), **more}


def end(stage: Any, at: float | None = None, **more: Any) -> dict[str, Any]:
    return {**start(stage, at, **more), "event": "end"}


def spans(log: StageLog) -> list[tuple[str, float, float | None]]:
    return [(window.stage, window.start, window.end) for window in log.windows]


def test_windows_of_one_process_pair_from_the_inside(tmp_path: Path) -> None:
    log = log_of(tmp_path, start("a", 1), start("a", 2), end("a", 3), end("a", 4))

    assert spans(log) == [("a", 1, 4), ("a", 2, 3)]
    assert list(merged(log.windows)) == [(1, 4)]


def test_processes_do_not_end_each_others_stages(tmp_path: Path) -> None:
    log = log_of(tmp_path, start("a", 1, pid=1), start("a", 2, pid=2), end("a", 3, pid=1), end("a", 9, pid=2))

    assert spans(log) == [("a", 1, 3), ("a", 2, 9)]


def test_a_mark_without_a_time_is_of_the_moment_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "stages.jsonl"
    log = StageLog(path)
    path.write_text(json.dumps(start("a")) + "\n" + json.dumps(end("a"))[:10])
    assert log.poll(10.0)
    with path.open("a") as file:
        file.write(json.dumps(end("a"))[10:] + "\n")
    assert log.poll(12.5)
    assert not log.poll(13.0)

    assert spans(log) == [("a", 10.0, 12.5)]


def test_what_never_ended_is_counted_to_the_end_and_named(tmp_path: Path) -> None:
    path = tmp_path / "stages.jsonl"
    path.write_text("\n".join(json.dumps(start(stage, 1)) for stage in ("a", "b", "a")))
    log = StageLog(path)

    assert log.close(7.0) == ["a", "b"]
    assert spans(log) == [("a", 1, 7.0), ("b", 1, 7.0), ("a", 1, 7.0)]


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"nothing\n", b"[]\n", b"null\n", b"\xff\xfe\x00\n", b"{}\n", b'{"stage": ""}\n', b'{"stage": "a"}\n',
        b'{"stage": ["a"], "event": "start"}\n', b'{"stage": true, "event": "start"}\n',
        b'{"stage": "a", "event": "pause"}\n', b'{"stage": "a", "event": "end"}\n', b'{"count": 3}\n',
        b'{"count": {"x": "many"}}\n', b'{"count": {"x": NaN}}\n', b'{"environment": "new"}\n',
        b'{"stage": "late", "event": "start", "at": 1763780000000}\n',
        b'{"stage": "huge", "event": "start", "at": 1' + b"0" * 400 + b'}\n',
        b'{"stage": "\\u0000\\u202e", "event": "start"}\n', b"[" * 100_000 + b"\n",
    ],
)  # fmt: skip
def test_what_is_no_mark_is_counted_and_changes_nothing(tmp_path: Path, line: bytes) -> None:
    log = log_of(tmp_path, start("a", 1), end("a", 2), line, start("b", 3), end("b", 4))

    assert spans(log) == [("a", 1, 2), ("b", 3, 4)]
    assert log.refused == bool(line.strip())
    assert not any(log.counts.values())


def test_names_are_text_of_bounded_length(tmp_path: Path) -> None:
    log = log_of(tmp_path, start(" a\tb\x1b[31m\n ", 1), start("x" * 9999, 2), start(7, 3))

    assert [window.stage for window in log.windows] == ["ab[31m", "x" * 200, "7"]


def test_more_stages_than_anyone_has_are_refused(tmp_path: Path) -> None:
    log = log_of(tmp_path, *(start(f"s{number}", 1) for number in range(MOST_STAGES + 5)), start("s1", 2))

    assert (len(log.stages), log.refused, len(log.windows)) == (MOST_STAGES, 5, MOST_STAGES + 1)


def test_times_that_run_backwards_make_no_negative_window(tmp_path: Path) -> None:
    assert spans(log_of(tmp_path, start("a", 5), end("a", 3))) == [("a", 5, 5)]


def test_marks_from_before_the_run_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "stages.jsonl"
    path.write_text("".join(json.dumps(mark) + "\n" for mark in (start("a", 3), start("b", 9), end("b", 10))))
    log = StageLog(path, earliest=8.0)
    log.close(12.0)

    assert (spans(log), log.refused) == ([("b", 9, 10)], 1)


@pytest.mark.parametrize(
    ("windows", "outer"),
    [
        ([("a", 0, 10, False), ("b", 8, 12, False)], "ab"),
        ([("a", 0, 10, False), ("b", 2, 5, False)], "ab"),
        ([("a", 0, 10, False), ("b", 2, 5, True), ("c", 5, 10, True)], "a"),
    ],
)
def test_what_says_that_it_is_inside_of_a_stage_is_not_beside_it(windows: list[Any], outer: str) -> None:
    found = outermost([Window(name, low, high, None, 1, nested) for name, low, high, nested in windows])

    assert "".join(window.stage for window in found) == outer


def test_counts_add_up_by_stage_and_episode(tmp_path: Path) -> None:
    log = log_of(
        tmp_path, start("a", 1), {"count": {"n": 1}}, {"count": {"n": 2}, "episode": "e"}, end("a", 2),
        {"count": {"n": 4, "m": 1}}, {"count": {"n": 8}, "stage": "z", "episode": "e"},
    )  # fmt: skip

    assert log.counts == {("a", ""): {"n": 1}, ("a", "e"): {"n": 2}, ("", ""): {"n": 4, "m": 1}, ("z", "e"): {"n": 8}}


def test_episodes_that_ended_are_counted_and_progress_is_told(tmp_path: Path) -> None:
    marks = [{"episode": name, "event": event, "number": 2, "of": 3} for name in "ab" for event in ("start", "end")]
    log = log_of(tmp_path, *marks, {"episode": "c", "event": "start"})

    assert (log.episodes, log.progress) == (2, (2, 3))
    assert log_of(tmp_path).episodes is None


def test_libraries_of_several_processes_add_up(tmp_path: Path) -> None:
    log = log_of(
        tmp_path,
        {"environment": {"python": "3.12.1", "library_versions": {"torch": "2.9"}}},
        {"environment": {"device": "cuda", "library_versions": {"numpy": "2.1"}, "hostname": "x"}},
    )

    assert log.environment == {
        "python": "3.12.1", "device": "cuda", "library_versions": {"numpy": "2.1", "torch": "2.9"},
    }  # fmt: skip


stretches = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted), max_size=12)


@given(stretches)
def test_merged_stretches_cover_the_windows_and_do_not_touch(found: list[list[float]]) -> None:
    whole = list(merged(Window("a", low, high) for low, high in found))

    assert all(a[1] < b[0] for a, b in pairwise(whole))
    assert all(any(a <= low and high <= b for a, b in whole) for low, high in found if high > low)
    assert all(any(a == low for low, _ in found) and any(b == high for _, high in found) for a, b in whole)
