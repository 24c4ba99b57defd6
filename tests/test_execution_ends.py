"""How a command ends, and what does not outlive it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from driftline.capture.execution import Execution
from driftline.errors import UserError
from measured import Measure, runs

pytest_plugins = ("measured",)


@pytest.mark.parametrize(
    ("code", "exit_code", "reason"),
    [
        ("raise SystemExit(3)", 3, "the command exited with 3"),
        ("import os; os.kill(os.getpid(), 9)", 137, "the command was ended by SIGKILL"),
        ("import os; os.kill(os.getpid(), 11)", 139, "the command was ended by SIGSEGV"),
    ],
)
def test_how_a_command_ended_is_passed_on(measure: Measure, code: str, exit_code: int, reason: str) -> None:
    execution = measure(code)

    assert (execution.exit_code, execution.reason) == (exit_code, reason)


@pytest.mark.parametrize("command", ["/nowhere/at/all", "/", __file__])
def test_what_cannot_be_started_is_said(measure: Measure, command: str) -> None:
    with pytest.raises(UserError, match="cannot be started"):
        measure([command])


def test_a_command_that_takes_too_long_is_ended_even_if_it_does_not_want_to(measure: Measure) -> None:
    execution = measure(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
        timeout_s=0.4, interval_s=50,
    )  # fmt: skip

    assert (execution.exit_code, execution.reason) == (124, "the command did not end within 0.4 s")


def test_what_asks_driftline_to_stop_asks_the_command(measure: Measure, tmp_path: Path) -> None:
    told = tmp_path / "told"
    before = signal.getsignal(signal.SIGINT)

    sent: list[int] = []

    def stop(execution: Execution) -> None:
        if "ready" in execution.log.stages and not sent:
            sent.append(signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    execution = measure(
        f"""
        import time, driftline
        try:
            with driftline.stage("ready"):
                time.sleep(60)
        except KeyboardInterrupt:
            open({str(told)!r}, "w").write("asked")
        """,
        watch=stop,
    )

    assert (execution.exit_code, told.read_text()) == (130, "asked")
    assert execution.reason == "driftline was asked to stop by SIGINT"
    assert signal.getsignal(signal.SIGINT) is before


CHILD_OF_ITS_GROUP = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
CHILD_THAT_LEFT = "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)"


def test_what_is_left_of_the_group_ends_with_the_command(measure: Measure) -> None:
    lines: list[str] = []
    execution = measure(CHILD_OF_ITS_GROUP, print_line=lines.append)

    assert execution.left == []
    assert not runs(int(lines[0]))


def test_what_left_the_group_is_noted(measure: Measure, tmp_path: Path) -> None:
    notes = tmp_path / "left"
    notes.mkdir()
    execution = measure(CHILD_THAT_LEFT, notes=notes)
    try:
        [note] = [json.loads(path.read_text()) for path in notes.iterdir()]
        assert note["processes"] == execution.left
        assert [process["name"] for process in execution.left] == ["sleep"]
        assert runs(execution.left[0]["pid"])
    finally:
        for process in execution.left:
            os.kill(process["pid"], signal.SIGKILL)


def test_a_daemon_of_a_command_that_ends_at_once_is_noted(measure: Measure) -> None:
    wait = 'until [ "$(cut -d " " -f 6 /proc/$!/stat)" = "$!" ]; do :; done'
    execution = measure(["sh", "-c", f"setsid sleep 61 & {wait}"])
    try:
        assert [process["name"] for process in execution.left] == ["sleep"]
    finally:
        for process in execution.left:
            os.kill(process["pid"], signal.SIGKILL)


def test_a_signal_that_is_ignored_stays_so(measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen: list[int] = []

        def hang_up(execution: Execution) -> None:
            if not seen:
                seen.append(execution.pid)
                os.kill(os.getpid(), signal.SIGHUP)

        assert measure("import time; time.sleep(0.4)", watch=hang_up).exit_code == 0
        assert seen
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_command_cannot_stop_at_a_terminal(measure: Measure) -> None:
    """It has none: who opens it is told so instead of being stopped."""
    assert measure("open('/dev/tty')", timeout_s=20).exit_code == 1


def test_a_command_that_prints_without_end_is_still_measured(measure: Measure) -> None:
    lines: list[str] = []
    execution = measure(["yes"], print_line=lines.append, timeout_s=0.5)

    assert (execution.exit_code, set(lines)) == (124, {"y"})
    assert execution.looks


def test_of_a_line_that_is_written_over_the_last_is_shown(measure: Measure) -> None:
    lines: list[str] = []
    measure(r"import sys; sys.stdout.write('10 %\r50 %\r100 %\ndone\n')", print_line=lines.append)

    assert lines == ["100 %", "done"]


def test_the_command_ends_with_the_warden(measure: Measure) -> None:
    seen: list[int] = []

    def kill(execution: Execution) -> None:
        seen.append(execution.pid)
        os.kill(psutil.Process(execution.pid).ppid(), signal.SIGKILL)

    with pytest.raises(UserError, match="watched over the command was killed"):
        measure("import time; time.sleep(60)", watch=kill)
    assert not runs(seen[0], patience_s=5)


def test_what_the_command_prints_is_passed_on_line_by_line(measure: Measure) -> None:
    lines: list[str] = []
    measure(
        "import sys; print('out', sys.stdout.isatty()); print('err', file=sys.stderr); sys.stdout.write('end')",
        print_line=lines.append,
    )

    assert lines == ["out True", "err", "end"]


def test_a_command_reads_nothing(measure: Measure) -> None:
    assert measure("import sys; raise SystemExit(len(sys.stdin.read()))").exit_code == 0
