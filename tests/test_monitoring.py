"""A running command is watched: live in a terminal, as lines elsewhere, and through its status file."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from browser import COMMAND
from console import Run
from driftline.capture.execution import Execution
from driftline.capture.monitoring import StatusFile, read_status
from driftline.cli.live import sparkline
from measured import Measure
from roots import SOURCE

pytest_plugins = ("console", "measured")

STAGED = """
    import time, driftline
    with driftline.episode("e1", 1, 2), driftline.stage("write it down"):
        print("chatty \\x1b[31mred\\x1b[0m \\x1b[2J", flush=True)
        time.sleep(0.6)
    time.sleep(0.6)
"""
TICK = (
    r"\S+Z pid=\d+ stage=\S+( episodes=\d+/\d+)? rss_mb=\d+ peak_rss_mb=\d+ cpu_pct=\d+\.\d elapsed_s=\d+\.\d"
    r" stage_elapsed_s=\d+\.\d"
)


def test_the_status_file_says_which_stage_it_is_and_goes_at_the_end(measure: Measure, tmp_path: Path) -> None:
    path = tmp_path / ".pipeline_status.json"
    status, seen = StatusFile(path), []

    def watch(execution: Execution) -> None:
        status.tell(execution)
        seen.append((read_status(path), path.read_text()))

    execution = measure(STAGED, watch=watch)
    status.close()
    told = [found for found, _ in seen if found]
    inside = next(found for found in told if found["stage"] == "write it down")

    assert {found["pid"] for found in told} == {execution.pid}
    assert {found["started_at"] for found in told} == {execution.started}
    assert (inside["episode_idx"], inside["episode_total"]) == (1, 2)
    assert inside["stage_started_at"] == execution.log.windows[0].start
    assert told[-1]["stage"] == "between"
    assert seen[-1][1] == json.dumps(told[-1], indent=2, sort_keys=True) + "\n"
    assert not path.exists()


@pytest.mark.parametrize("text", [None, "", "[1]", "nothing", "\x00"])
def test_a_status_file_that_says_nothing_is_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "status.json"
    if text is not None:
        path.write_text(text)

    assert read_status(path) is None


def test_a_process_is_watched_until_it_ends(driftline: Run, tmp_path: Path) -> None:
    # A child of who watches, too, and none of what is watched.
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    # Long enough for a busy machine to look more than twice.
    process = subprocess.Popen([sys.executable, "-c", "import time; x = bytearray(90 * 1024**2); time.sleep(4)"])
    status = tmp_path / "status.json"
    status.write_text(json.dumps({"pid": process.pid, "stage": "load\x1b it", "episode_idx": 1, "episode_total": 3}))
    try:
        told = driftline("profile", "monitor", "--status", status, "--interval", "0.1")
    finally:
        process.wait()
        other.kill()
        other.wait()
    lines = told.out.splitlines()

    assert told.code == 0
    assert len(lines) > 2
    assert all(re.fullmatch(TICK, line) for line in lines), lines
    assert all(f"pid={process.pid} stage=load" in line and "episodes=1/3" in line for line in lines)
    assert max(int(found) for found in re.findall(r"peak_rss_mb=(\d+)", told.out)) >= 90
    assert told.err == f"process {process.pid} ended\n"


def test_who_is_not_there_cannot_be_watched(driftline: Run, tmp_path: Path) -> None:
    assert driftline("profile", "monitor", 2**22 + 7).code == 2
    assert driftline("profile", "monitor").code == 2
    told = driftline("profile", "monitor", "--status", tmp_path / "none.json")
    assert (told.code, "names no process" in told.err) == (2, True)


def test_in_a_terminal_it_is_live_and_what_the_command_prints_stands_above(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(dedent(STAGED))
    command = [
        *(*COMMAND, "profile", "freeze", "--version", "v1", "--warmup", "0", "--monitor"),
        *("--sample-interval", "0.1", "--root", str(tmp_path / "root"), "--", sys.executable, str(program)),
    ]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(command, cwd=tmp_path, stderr=theirs, stdout=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:
                break
            if not read:
                break
            shown += read
    os.close(ours)
    text = shown.decode()

    assert process.returncode == 0, text
    assert re.search(r"write_it_down.*episode 1/2", text)
    assert "\x1b[31mred" in text
    assert "\x1b[2J" not in text, "what would clear the screen is not sent"
    assert (tmp_path / "root/profiles/v1.monitor.log").exists()
    assert not (tmp_path / ".monitor.log").exists()


def test_a_spark_is_as_high_as_its_share_of_the_highest() -> None:
    assert sparkline([0, 50, 100]) == "▁▅█"
    assert sparkline([]) == ""
    assert len(sparkline(list(range(1000)))) < 100
