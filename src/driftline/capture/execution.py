"""One measured execution of a command: looks at its process tree at an interval and at the borders of its stages."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from time import monotonic, process_time, time
from typing import Any

from driftline.capture import warden
from driftline.capture.file_watch import FileWatch
from driftline.capture.gpu import gpu_memory
from driftline.capture.launch import Child, Request, started
from driftline.capture.stage_log import TOLERANCE_S, StageLog
from driftline.capture.tree import Look, ProcessTree
from driftline.errors import UserError

# How often the stage file is read at most, and where the system does not tell when it changes.
MARKS_S = 0.01
# Borders of stages are worth looks of their own, as long as these take no more than this share of the time.
BORDER_SHARE, BORDERS_S = 0.001, 0.01
TIMED_OUT = 124
# How late the end of a run that takes too long may be seen.
TIMEOUT_S = 0.1
# Of what a command printed and that goes on after its end; of a line without an end, in bytes.
LAST_READS, LONGEST_LINE = 16, 65536
# Counters of the kernel are not exact: what is not larger than the warden by this, MiB, may be the warden.
FLOOR_MARGIN_MB = 1.0


@dataclass
class Execution:
    """What one execution was. Times are epoch seconds; `exit_code` is 128 + n for a signal, 124 for a time-out.

    `high_water_mb` is the highest memory of the largest process, None where it cannot be told from the memory of the
    small process that starts the command; `overhead_s` is the CPU time that measuring took.
    """

    started: float
    log: StageLog
    looks: list[Look] = field(default_factory=list)
    ended: float = 0.0
    wall_s: float = 0.0
    exit_code: int = 0
    reason: str = ""
    high_water_mb: float | None = None
    user_s: float | None = None
    system_s: float | None = None
    overhead_s: float = 0.0
    unended: list[str] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    clock_moved_s: float = 0.0
    pid: int = 0


Watcher = Callable[[Execution], None]


def execute(request: Request, watch: Watcher | None = None) -> Execution:
    """Runs the command to its end; `watch` is called after every look.

    Raises UserError where the command cannot be started. What the command prints goes where driftline's goes.
    """
    with tempfile.TemporaryDirectory(prefix="driftline-", ignore_cleanup_errors=True) as scratch:
        marks = Path(scratch, "stages.jsonl")
        marks.touch(mode=0o600)
        before_s = process_time()
        with started(request, scratch, marks) as child:
            execution = _Observer(request, child, marks, watch).observe()
        execution.overhead_s += process_time() - before_s
    return execution


class _Observer:
    def __init__(self, request: Request, child: Child, marks: Path, watch: Watcher | None) -> None:
        self._request, self._child, self._watch = request, child, watch
        self._execution = Execution(time(), StageLog(marks))
        self._tree: ProcessTree | None = None
        self._unread = self._unprinted = b""
        self._floor_mb = 0.0
        self._asked: list[int] = []
        self._is_late = False
        self._watch_file = FileWatch(marks)
        self._read_at, self._spent_s = -math.inf, 0.0
        self._began = monotonic()

    def observe(self) -> Execution:
        interval_s, looked = self._request.interval_s, -math.inf
        with closing(self._watch_file), self._forwarded_signals():
            while not self._has_ended(looked):
                is_border = self._read_marks()
                now = monotonic()
                is_due = now - looked >= interval_s
                if self._tree and (is_due or (is_border and self._can_afford(now))):
                    self._look(self._tree)
                    # Late looks are not made up for: the machine is busy enough.
                    looked = now if is_due else looked
                    self._spent_s += 0.0 if is_due else monotonic() - now
                self._keep_time()
        return self._execution

    def _read_marks(self) -> bool:
        """Whether the stage file had any."""
        self._watch_file.seen()
        self._read_at = monotonic()
        return self._execution.log.poll(time())

    def _can_afford(self, now: float) -> bool:
        return self._spent_s < BORDERS_S + BORDER_SHARE * (now - self._began)

    def _look(self, tree: ProcessTree) -> None:
        look = tree.look()
        # A command that has ended already holds nothing.
        if look.processes:
            self._execution.looks.append(look)
        if self._watch:
            self._watch(self._execution)

    def _has_ended(self, looked: float) -> bool:
        """Waits until a look is due, a mark was made or the command ended. Whether it ended."""
        wait_s = 1.0 if self._tree is None else max(0.0, looked + self._request.interval_s - monotonic())
        wait_s = wait_s if self._request.timeout_s is None else min(wait_s, TIMEOUT_S)
        marks = self._watch_file.descriptor
        rest_s = max(0.0, self._read_at + MARKS_S - monotonic())
        # Who marks a thousand stages a second must not wake the observer as often.
        told = self._hears([], min(wait_s, MARKS_S if marks is None else rest_s))
        if not told and marks is not None and wait_s > rest_s:
            told = self._hears([marks], wait_s - rest_s)
        return told and self._is_over()

    def _hears(self, others: list[int], timeout_s: float) -> bool:
        """Whether there is a report. What the command printed is passed on."""
        printed = [] if self._child.printed is None else [self._child.printed]
        ready = select.select([self._child.report, *others, *printed], [], [], timeout_s)[0]
        if self._child.printed in ready:
            self._print()
        return self._child.report in ready

    def _print(self, is_last: bool = False) -> None:
        if self._child.printed is None or self._request.print_line is None:
            return
        # What prints without end must not keep driftline from looking.
        for _ in range(LAST_READS if is_last else 1):
            if not select.select([self._child.printed], [], [], 0)[0]:
                break
            with suppress(OSError):
                self._unprinted += os.read(self._child.printed, 65536)
            *lines, rest = self._unprinted.replace(b"\r\n", b"\n").split(b"\n")
            # Of a line that is written over and over the last is shown; its end may still have to come.
            self._unprinted = rest if rest.endswith(b"\r") or len(rest) < LONGEST_LINE else rest[-LONGEST_LINE:]
            for line in lines:
                self._put(line)
        if is_last and self._unprinted:
            self._put(self._unprinted)

    def _put(self, line: bytes) -> None:
        if self._request.print_line:
            self._request.print_line(line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace"))

    def _is_over(self) -> bool:
        data = os.read(self._child.report, 65536)
        if not data:
            with suppress(ProcessLookupError):
                os.killpg(self._execution.pid or self._child.process.pid, signal.SIGKILL)
            raise UserError("the process that watched over the command was killed", "measure again")
        *lines, self._unread = (self._unread + data).split(b"\n")
        return any(self._hear(json.loads(line)) for line in lines)

    def _hear(self, told: dict[str, Any]) -> bool:
        """Whether it was the last that is told."""
        execution = self._execution
        if "failed" in told:
            name = self._request.command[0]
            raise UserError(f"{name} cannot be started: {told['failed']}", "give a command that runs in this folder")
        if "pid" in told:
            execution.started, execution.pid = told["started"], told["pid"]
            execution.log.earliest = told["started"] - TOLERANCE_S
            self._floor_mb = told["floor_mb"]
            self._tree = ProcessTree(self._child.process.pid, told["pid"], gpu_memory())
            return False
        self._finish(told)
        return True

    def _finish(self, told: dict[str, Any]) -> None:
        self._print(is_last=True)
        execution = self._execution
        execution.ended, execution.wall_s = told["ended"], told["wall_s"]
        execution.user_s, execution.system_s = told["user_s"], told["system_s"]
        execution.overhead_s += told["own_s"]
        execution.left = told["left"]
        execution.clock_moved_s = told["ended"] - execution.started - told["wall_s"]
        execution.log.poll(told["ended"])
        execution.unended = execution.log.close(told["ended"])
        marks = [execution.log.high_water_mb, *(look.high_water_mb for look in execution.looks[-1:])]
        marks += [told["max_rss_mb"]] if told["max_rss_mb"] > self._floor_mb + FLOOR_MARGIN_MB else []
        execution.high_water_mb = max((mark for mark in marks if mark is not None), default=None)
        code = told["exit_code"]
        execution.exit_code = 128 - code if code < 0 else code
        if code < 0:
            execution.reason = f"the command was ended by {_signal_name(-code)}"
        elif code:
            execution.reason = f"the command exited with {code}"
        if self._is_late:
            execution.exit_code = TIMED_OUT
            execution.reason = f"the command did not end within {self._request.timeout_s:g} s"
        elif self._asked:
            execution.exit_code = 128 + self._asked[0]
            execution.reason = f"driftline was asked to stop by {_signal_name(self._asked[0])}"

    def _keep_time(self) -> None:
        """Asks a command that takes too long to end, then ends it."""
        allowed, took = self._request.timeout_s, monotonic() - self._began
        if allowed is None or took < allowed:
            return
        if not self._is_late:
            self._is_late = True
            self._send(signal.SIGTERM)
        elif took > allowed + warden.GRACE_S:
            self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with suppress(OSError):
            os.write(self._child.lifeline, bytes([number]))

    @contextmanager
    def _forwarded_signals(self) -> Iterator[None]:
        """What asks driftline to stop asks the command; the second time it ends it."""

        def forward(number: int, _frame: object) -> None:
            self._send(signal.SIGKILL if self._asked else number)
            self._asked.append(number)

        # Only the main thread may say what a signal does.
        asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if current_thread() is main_thread() else ()
        # What is ignored stays so: nohup says that a run shall outlive its terminal.
        numbers = [number for number in asking if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, forward) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
