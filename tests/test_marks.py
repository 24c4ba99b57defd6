"""What a program writes down of its stages while it is measured, and that it does nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from roots import python

Marks = list[dict[str, Any]]


def marks_of(code: str, folder: Path) -> Marks:
    """The marks of a program that ends well."""
    path = folder / "stages.jsonl"
    ended = python(dedent(code), DRIFTLINE_STAGES=str(path))
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in path.read_text().splitlines()]


def borders(marks: Marks) -> list[str]:
    return [f"{mark['event']} {mark['stage']}" for mark in marks if "stage" in mark and "event" in mark]


def test_stages_nest_and_are_entered_again(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import driftline
        outer = driftline.stage("outer")
        with outer:
            with driftline.stage("inner"):
                with outer:
                    pass
        """,
        tmp_path,
    )

    assert borders(marks) == [
        "start outer", "start inner", "start outer", "end outer", "end inner", "end outer",
    ]  # fmt: skip
    times = [mark["at"] for mark in marks]
    assert times == sorted(times)


def test_functions_of_every_kind_are_stages(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import asyncio, driftline

        @driftline.stage("plain")
        def plain(a, *, b): return a + b

        @driftline.stage("task")
        async def task(n):
            await asyncio.sleep(0)
            return n

        @driftline.stage("rows")
        def rows():
            got = yield 1
            return got

        async def main():
            async with driftline.stage("both"):
                return await asyncio.gather(task(1), task(2))

        assert plain(1, b=2) == 3 and plain.__name__ == "plain"
        assert asyncio.run(main()) == [1, 2]
        generator = rows()
        assert next(generator) == 1
        try:
            generator.send(5)
        except StopIteration as end:
            assert end.value == 5
        """,
        tmp_path,
    )

    assert borders(marks) == [
        "start plain", "end plain",
        "start both", "start task", "start task", "end task", "end task", "end both",
        "start rows", "end rows",
    ]  # fmt: skip


def test_values_that_an_async_generator_makes_are_of_its_stage(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import asyncio, driftline
        @driftline.stage("stream")
        async def stream():
            for number in range(3):
                await asyncio.sleep(0.05)
                yield number
        async def main():
            return [number async for number in stream()]
        assert asyncio.run(main()) == [0, 1, 2]
        """,
        tmp_path,
    )
    first, last = (mark["at"] for mark in marks if mark.get("stage") == "stream")

    assert last - first > 0.14


def test_numbers_of_other_libraries_are_numbers_and_no_count_ends_the_program(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import decimal, driftline, numpy
        driftline.count(a=decimal.Decimal(3), b=numpy.int64(4), c=numpy.float32(0.5))
        driftline.count(a="many", b=object())
        """,
        tmp_path,
    )

    assert [mark["count"] for mark in marks if "count" in mark] == [{"a": 3.0, "b": 4.0, "c": 0.5}]


DEVICES = """
    import sys, types
    sys.modules["torch"] = types.SimpleNamespace(
        cuda=types.SimpleNamespace(is_initialized=lambda: {cuda}),
        mps=types.SimpleNamespace(current_allocated_memory=lambda: {mps}),
    )
    import driftline
"""


@pytest.mark.parametrize(("cuda", "mps", "device"), [(True, 0, "cuda"), (False, 5, "mps"), (False, 0, None)])
def test_the_device_is_the_one_that_was_used(tmp_path: Path, cuda: bool, mps: int, device: str | None) -> None:
    marks = marks_of(DEVICES.format(cuda=cuda, mps=mps), tmp_path)
    [told] = [mark["environment"] for mark in marks if "environment" in mark]

    assert told.get("device") == device
    assert ("rss_measurement_note" in told) == (device == "mps")


def test_a_stage_ends_where_its_block_raises(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import driftline
        try:
            with driftline.stage("a"):
                raise ValueError
        except ValueError:
            pass
        """,
        tmp_path,
    )

    assert borders(marks) == ["start a", "end a"]


def test_threads_and_child_processes_mark_their_own_stages(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import os, threading, driftline
        def work(name):
            with driftline.stage(name):
                driftline.count(items=1)
        with driftline.stage("parent"):
            thread = threading.Thread(target=work, args=("thread",))
            thread.start(); thread.join()
            child = os.fork()
            if not child:
                work("child")
                os._exit(0)
            os.waitpid(child, 0)
            driftline.count(items=5)
        """,
        tmp_path,
    )

    assert borders(marks) == [
        "start parent", "start thread", "end thread", "start child", "end child", "end parent",
    ]  # fmt: skip
    pids = {mark["stage"]: mark["pid"] for mark in marks if mark.get("event") == "start"}
    assert pids["parent"] == pids["thread"] != pids["child"]
    assert [(mark["stage"], mark["count"]) for mark in marks if "count" in mark] == [
        ("thread", {"items": 1}), ("child", {"items": 1}), ("parent", {"items": 5}),
    ]  # fmt: skip


def test_counts_belong_to_the_stage_and_the_episode_around_them(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import driftline
        with driftline.episode("e1", 1, 2), driftline.stage("s"):
            driftline.count(api_calls=1, tokens=2.5)
        driftline.count(tokens=1)
        """,
        tmp_path,
    )

    assert [{**mark, "at": 0, "pid": 0} for mark in marks if "count" in mark] == [
        {"at": 0, "pid": 0, "count": {"api_calls": 1, "tokens": 2.5}, "stage": "s", "episode": "e1"},
        {"at": 0, "pid": 0, "count": {"tokens": 1}},
    ]
    assert [(mark["event"], mark.get("number"), mark.get("of")) for mark in marks if mark.get("episode") == "e1"
            and "event" in mark] == [("start", 1, 2), ("end", None, None)]  # fmt: skip


def test_the_peak_of_a_stage_is_its_own(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import time, driftline
        def held(mb):
            block = bytearray(mb * 1024**2)
        with driftline.stage("large"):
            held(120)
        time.sleep(0.05)
        with driftline.stage("outer"):
            held(80)
            time.sleep(0.05)
            with driftline.stage("small"):
                held(20)
        """,
        tmp_path,
    )
    peaks = {mark["stage"]: mark["peak_rss_mb"] for mark in marks if mark.get("event") == "end"}
    small = peaks["small"]

    assert 20 < small < 70
    assert small + 40 < peaks["outer"] < small + 80
    assert small + 80 < peaks["large"] < small + 130


def test_the_program_tells_its_libraries_at_its_end(tmp_path: Path) -> None:
    marks = marks_of("import numpy, driftline", tmp_path)
    [told] = [mark["environment"] for mark in marks if "environment" in mark]

    assert set(told) == {"python", "library_versions"}
    assert list(told["library_versions"]) == ["numpy"]


@pytest.mark.parametrize("place", ["", "/dev/null/stages", "/dev/full"])
def test_a_program_runs_as_well_where_nothing_can_be_written(place: str) -> None:
    code = "import driftline\nwith driftline.stage('a'): driftline.count(x=1)\nprint('ran')"
    ended = python(code, DRIFTLINE_STAGES=place)

    assert (ended.returncode, ended.stdout) == (0, "ran\n")
    assert ended.stderr.count("\n") == bool(place)


def test_unmeasured_a_stage_is_one_object_and_a_function_stays_itself() -> None:
    code = """
        import asyncio, sys
        import driftline
        def f(): pass
        assert driftline.stage("a") is driftline.stage("b") is driftline.episode("e")
        assert driftline.stage("a")(f) is f
        async def main():
            async with driftline.stage("a"):
                driftline.count(x=1)
        asyncio.run(main())
        print(*sorted(name for name in sys.modules if name.startswith("driftline")))
    """
    ended = python(dedent(code), DRIFTLINE_STAGES="")

    assert ended.stdout.split() == ["driftline", "driftline.stages"], ended.stderr


def test_many_writers_never_share_a_line(tmp_path: Path) -> None:
    marks = marks_of(
        """
        import os, driftline
        children = []
        for _ in range(4):
            child = os.fork()
            if not child:
                for number in range(200):
                    with driftline.stage("x" * 150):
                        pass
                os._exit(0)
            children.append(child)
        [os.waitpid(child, 0) for child in children]
        """,
        tmp_path,
    )

    assert len(borders(marks)) == 4 * 200 * 2
    assert os.path.getsize(tmp_path / "stages.jsonl") > 4 * 200 * 2 * 150
