"""`driftline calibrate`: what repetitions tell of the noise, and how it is kept."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from console import Run
from driftline.lifecycle.noise_record import append, file_name
from roots import Root
from verdict_roots import repeated

pytest_plugins = ("console",)
PROGRAM = "import time, driftline\nwith driftline.stage('load it'): time.sleep(0.05)"


def recorded(root: Root) -> list[dict[str, Any]]:
    return [json.loads(line) for path in (root.folder / "noise").iterdir() for line in path.read_text().splitlines()]


def test_a_command_is_measured_again_and_again(root: Root, driftline: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent / "src"))
    command = (sys.executable, "-c", PROGRAM)
    options = ("--runs", 4, "--warmup", 0, "--sample-interval", 0.02, "--hostname", "box", "--root", root.folder)
    ended = driftline("calibrate", *options, "--", *command)

    assert (ended.code, ended.out) == (0, "")
    assert f"added to {root.folder}/noise/box.jsonl" in ended.err
    assert "3 pairs of repetitions recorded" in ended.err
    assert re.search(
        r"Wall time on box: repeated captures differ by .* \(3 pairs\): not relied on below 5 pairs", ended.err
    )
    wall = [line for line in recorded(root) if (line["stage"], line["metric"]) == ("(totals)", "wall_time_s")]
    assert [line["candidate"].partition("/")[2] for line in wall] == ["2", "3", "4"]
    assert {line["stage"] for line in recorded(root)} == {"(totals)", "load it"}
    told = root.rows(
        "select platform, side, scale, n_pairs, sigma > 0, tau from noise"
        " where metric = 'wall_time_s' and stage = '(totals)'"
    )
    assert told == [("box", "profile", "log", 3, True, None)]
    assert root.rows("select count(*) from problems where artifact = 'noise'") == [(0,)]


def test_a_command_that_fails_records_nothing(root: Root, driftline: Run) -> None:
    ended = driftline(
        "calibrate", "--runs", 2, "--root", root.folder, "--", sys.executable, "-c", "raise SystemExit(3)"
    )

    assert (ended.code, "exited with 3: nothing was recorded" in ended.err) == (3, True)
    assert not (root.folder / "noise").exists()


def test_what_the_runs_tell_is_recorded_once_and_outlives_them(root: Root, driftline: Run) -> None:
    repeated(root, times=6)
    noise = "select * exclude (updated_at) from noise order by all"
    first = driftline("calibrate", "--root", root.folder)
    known = root.rows(noise)
    second = driftline("calibrate", "--root", root.folder)

    assert (first.code, second.code) == (0, 0)
    assert "5 pairs of repetitions recorded" in first.err
    assert re.search(r"Latency on box: repeated runs differ by .*% \(5 pairs\)\n", first.err)
    assert "nothing new to record" in second.err
    assert len({line["candidate"] for line in recorded(root)}) == 5
    assert root.rows(noise) == known
    for day in range(1, 7):
        (root.folder / f"eval/runs/again{day}/predictions.jsonl").unlink()
    assert root.rows(noise) == known


def line(number: int) -> dict[str, Any]:
    return {
        "platform": "box", "side": "run", "metric": "m", "scale": "log", "difference": 0.1, "variance": 0.1, "pairs": 5,
        "baseline": str(number), "candidate": "c" * 3000,
    }  # fmt: skip


def write(folder: Path, writer: int) -> None:
    for number in range(20):
        append(folder, [line(100 * writer + number)])


def test_many_writers_tear_no_line(root: Root) -> None:
    writers = [multiprocessing.get_context("fork").Process(target=write, args=(root.folder, k)) for k in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(int(told["baseline"]) for told in recorded(root)) == sorted(
        100 * writer + number for writer in range(8) for number in range(20)
    )


def test_a_torn_last_line_stays_by_itself(root: Root) -> None:
    root.file("noise/box.jsonl", json.dumps(line(1)) + '\n{"platform": "bo')
    append(root.folder, [line(2)])

    assert root.rows("select n_pairs from noise") == [(2,)]
    assert root.rows("select line from problems where artifact = 'noise'") == [(2,)]


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("M1_Mac_16GB", "M1_Mac_16GB"),
        ("Linux x86/64", "Linux_x86_64"),
        ("..", "_"),
        ("", "_"),
        ("ü" * 200, "_" * 100),
        (".hidden", "_hidden"),
        ("...a.b", "_a.b"),
    ],
)
def test_a_platform_is_the_name_of_a_file_and_nothing_else(platform: str, name: str) -> None:
    assert file_name(platform) == name
    assert os.sep not in name


def test_what_is_recorded_of_a_platform_whose_name_begins_with_a_dot_is_read(root: Root) -> None:
    append(root.folder, [line(1) | {"platform": ".box"}])
    assert root.rows("select platform from noise") == [(".box",)]
