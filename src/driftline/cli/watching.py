"""Watches a process that something else started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Any

import psutil

from driftline.capture.monitoring import STARTING, STATUS_NAME, line_of, read_status, tick
from driftline.capture.tree import Look, ProcessTree
from driftline.cli.live import shown
from driftline.cli.tables import visible
from driftline.errors import UserError


def watch_process(pid: int | None, status_path: Path | None, interval_s: float) -> None:
    """Until the process ends or the terminal asks to stop. Raises UserError where there is no process."""
    path = status_path or Path(STATUS_NAME)
    pid = _pid_of(path) if pid is None else pid
    tree = ProcessTree()
    try:
        tree.include(pid)
        started = psutil.Process(pid).create_time()
    except psutil.Error as error:
        raise UserError(f"there is no process {pid} to be watched", "name one that runs, as ps lists it") from error
    looks: list[Look] = []
    with ExitStack() as opened:
        show = opened.enter_context(shown())[0] if sys.stdout.isatty() else None
        try:
            while (look := tree.look()).processes:
                looks.append(look)
                _tell(looks, pid, started, _status(path, pid), show)
                sleep(interval_s)
        except KeyboardInterrupt:
            return
    print(f"process {pid} ended", file=sys.stderr)


def _tell(
    looks: list[Look], pid: int, started: float, status: dict[str, Any], show: Callable[..., None] | None
) -> None:
    stage, since = str(status.get("stage", STARTING)), status.get("stage_started_at")
    number, of = status.get("episode_idx"), status.get("episode_total")
    progress = (number, of) if isinstance(number, int) and isinstance(of, int) else None
    now = looks[-1].at
    found = tick(looks, pid, started, stage, since if isinstance(since, (int, float)) else started, now, progress)
    if show:
        show(found)
    else:
        print(visible(line_of(found, now)), flush=True)


def _status(path: Path, pid: int) -> dict[str, Any]:
    """What the status file says of this process."""
    status = read_status(path)
    return status if status and status.get("pid") == pid else {}


def _pid_of(path: Path) -> int:
    status = read_status(path)
    pid = status.get("pid") if status else None
    if not isinstance(pid, int) or pid <= 0:
        raise UserError(f"{path} names no process", "give the number of a process, or --status FILE")
    return pid
