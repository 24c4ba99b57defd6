"""Programs that are measured in tests, each in a file of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from driftline.capture.execution import Execution, Watcher, execute
from driftline.capture.launch import Request
from roots import SOURCE

Measure = Callable[..., Execution]
Program = Callable[[str], list[str]]


def runs(pid: int, patience_s: float = 0) -> bool:
    """Whether a process still runs after some patience; one that ended and was not waited for does not."""
    try:
        process = psutil.Process(pid)
        with suppress(psutil.TimeoutExpired):
            process.wait(patience_s)
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def descendant(pid: int, name: str) -> psutil.Process | None:
    """One of this name below a process, if there is any now."""
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.name() == name:
                return child
    return None


def wait_for_descendant(process: subprocess.Popen[Any], name: str) -> psutil.Process:
    """The first of this name below a process that runs."""
    while process.poll() is None:
        found = descendant(process.pid, name)
        if found:
            return found
    raise AssertionError(f"it ended before there was {name}")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Writes a Python program, and gives the command that runs it; it finds driftline."""
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))

    def written(code: str) -> list[str]:
        path = tmp_path / f"program{len(list(tmp_path.glob('program*.py')))}.py"
        path.write_text(dedent(code))
        return [sys.executable, str(path)]

    return written


@pytest.fixture
def measure(program: Program) -> Measure:
    """Measures a program, with looks every 0.1 s unless it is said otherwise."""

    def measured(code: str | list[str], watch: Watcher | None = None, **options: object) -> Execution:
        command = program(code) if isinstance(code, str) else code
        return execute(Request(command, **{"interval_s": 0.1, **options}), watch)  # type: ignore[arg-type]

    return measured
