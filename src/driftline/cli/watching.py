"""Watches a process that something else started."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Any

import psutil

from driftline.capture.monitoring import STARTING, STATUS_NAME, Tick, header, line_of, read_status, tick
from driftline.capture.tree import Look, ProcessTree
from driftline.cli.live import is_log_asked, log_path, shown
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
        is_live = sys.stdout.isatty() and sys.stderr.isatty()
        show = opened.enter_context(shown())[0] if is_live else None
        log = opened.enter_context(log_path().open("a", encoding="utf-8")) if is_log_asked() else None
        if log:
            log.write(header("profile monitor"))
        try:
            while (look := tree.look()).processes:
                looks.append(look)
                found = _tick(looks, pid, started, _status(path, pid))
                line = visible(line_of(found, looks[-1].at))
                if show:
                    show(found)
                else:
                    print(line, flush=True)
                if log:
                    log.write(line + "\n")
                    log.flush()
                sleep(interval_s)
        except KeyboardInterrupt:
            return
    print(f"process {pid} ended", file=sys.stderr)


def _tick(looks: list[Look], pid: int, started: float, status: dict[str, Any]) -> Tick:
    stage, since = str(status.get("stage", STARTING)), status.get("stage_started_at")
    number, of = status.get("episode_idx"), status.get("episode_total")
    progress = (number, of) if isinstance(number, int) and isinstance(of, int) else None
    began = since if isinstance(since, (int, float)) else started
    return tick(looks, pid, started, stage, began, looks[-1].at, progress)


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
