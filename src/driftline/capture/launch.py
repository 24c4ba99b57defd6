"""Starts a command below a warden, which ends it when driftline ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from driftline.capture import warden
from driftline.stages import VARIABLE


@dataclass(frozen=True)
class Request:
    """What to run and how to measure it. `notes` is the folder that tells of processes which outlive their command;
    `print_line` is given what the command prints, which then has a terminal of its own; `env` is added to its
    environment."""

    command: Sequence[str]
    interval_s: float = 0.5
    timeout_s: float | None = None
    notes: Path | None = None
    print_line: Callable[[str], None] | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Child:
    process: subprocess.Popen[bytes]
    lifeline: int
    report: int
    printed: int | None


@contextmanager
def started(request: Request, scratch: str, marks: Path) -> Iterator[Child]:
    """The warden with the command. Leaving breaks the pipe: whatever happened, the command ends."""
    listen, lifeline = os.pipe()
    report, tell = os.pipe()
    printed, terminal = os.openpty() if request.print_line else (None, None)
    notes = str(request.notes) if request.notes else ""
    command = [sys.executable, "-I", "-S", warden.__file__, str(listen), str(tell), scratch, notes, *request.command]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, pass_fds=(listen, tell),
            process_group=0, env={**os.environ, **request.env, VARIABLE: str(marks)},
        )  # fmt: skip
    finally:
        _close(listen, tell, terminal)
    try:
        yield Child(process, lifeline, report, printed)
    finally:
        _close(lifeline, report, printed)
        process.wait()


def _close(*descriptors: int | None) -> None:
    for descriptor in descriptors:
        if descriptor is not None:
            os.close(descriptor)
