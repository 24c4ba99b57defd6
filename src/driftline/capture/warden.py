"""Runs one command for a driftline that may be killed: the command does not outlive it.

A process of its own, started by path with `-I -S`, so that it is small: what the kernel calls the largest process of
a command is at least as large as the one that started it. It listens on a pipe that only driftline holds the other end
of. A byte is the number of a signal for the command's group; when the pipe breaks the group is ended, what was written
to the scratch folder is removed, and what left the group is noted for `driftline profile list`.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

# What is loaded here the command waits for: neither typing nor, before it has started, json.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How long a group has between being asked to end and being ended.
GRACE_S = 2.0
NOT_FOUND, NOT_EXECUTABLE = 127, 126
ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# prctl(2): orphans of the command become children of this process.
_SUBREAPER = 36


def main(arguments: list[str]) -> None:
    """Arguments: the pipe's end, the end to report to, the scratch folder, the folder of notes ('' for none), and
    the command."""
    lifeline, report, scratch, notes, *command = arguments
    Warden(int(lifeline), int(report), scratch, notes).run(command)


class Warden:
    """The command, from its start to the end of its group."""

    def __init__(self, lifeline: int, report: int, scratch: str, notes: str) -> None:
        self._lifeline, self._report = lifeline, report
        self._scratch, self._notes = scratch, notes
        self._is_alone = False
        for pipe in (lifeline, report):
            os.set_inheritable(pipe, False)
        self._wake, written = os.pipe()
        os.set_blocking(written, False)
        signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # The terminal asks driftline, which asks the group.
        for number in ASKING:
            signal.signal(number, signal.SIG_IGN)

    def run(self, command: list[str]) -> None:
        started, began = time.time(), time.monotonic()
        _adopt_orphans()
        floor_kb = _own_peak_kb()
        try:
            pid = _spawn(command)
        except OSError as error:
            code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
            self._tell({"failed": error.strerror or str(error), "exit_code": code})
            return
        before_s = time.process_time()
        self._tell({"pid": pid, "started": started, "floor_mb": floor_kb / 1024})
        ended = self._wait(pid)
        wall_s = time.monotonic() - began
        at = time.time()
        _end_group(pid)
        status = os.waitpid(pid, 0)[1] if ended is None else ended
        _reap_all()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        left = _descendants()
        self._note(left, command)
        self._tell(
            {
                "exit_code": os.waitstatus_to_exitcode(status), "ended": at, "wall_s": wall_s,
                "max_rss_mb": _kb(usage.ru_maxrss) / 1024, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
                "own_s": time.process_time() - before_s, "left": left,
            }
        )  # fmt: skip
        if self._is_alone:
            import shutil

            shutil.rmtree(self._scratch, ignore_errors=True)

    def _wait(self, pid: int) -> int | None:
        """Until the command ended, or driftline did and the group was ended for it. None if it was not reaped yet, so
        that its number stays its own until its group is ended."""
        while True:
            if hasattr(os, "waitid"):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    return None
            else:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    return status
            _reap_others(pid)
            watched = [self._wake] if self._is_alone else [self._wake, self._lifeline]
            ready = select.select(watched, [], [], 1.0)[0]
            if self._wake in ready:
                os.read(self._wake, 4096)
            if self._lifeline in ready:
                self._obey(pid)

    def _obey(self, pid: int) -> None:
        asked = os.read(self._lifeline, 64)
        for number in asked:
            with suppress(OSError):
                os.killpg(pid, number)
        if not asked:
            self._is_alone = True
            _end_group(pid)

    def _tell(self, what: dict[str, Any]) -> None:
        """Nobody listens any more where driftline was killed."""
        import json

        with suppress(OSError):
            os.write(self._report, json.dumps(what).encode() + b"\n")

    def _note(self, left: list[dict[str, Any]], command: list[str]) -> None:
        if not left or not self._notes:
            return
        import json

        note = {"at": time.time(), "command": command, "processes": left}
        try:
            path = os.path.join(self._notes, f"{os.getpid()}-{time.time_ns()}.json")
            with open(f"{path}.tmp", "x", encoding="utf-8") as file:
                json.dump(note, file)
            os.replace(f"{path}.tmp", path)
        except OSError as error:
            print(f"driftline: {len(left)} processes go on, and cannot be noted: {error}", file=sys.stderr)


def _spawn(command: list[str]) -> int:
    """The number of the command and of its group. It has no terminal to stop at: what asks for one there fails."""
    default = [*ASKING, signal.SIGPIPE, signal.SIGCHLD, signal.SIGXFSZ]
    try:
        return os.posix_spawnp(command[0], command, os.environ, setsid=True, setsigdef=default)
    except NotImplementedError:
        return os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=default)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _reap_others(command: int) -> None:
    """Ended orphans; the command itself is left to be waited for."""
    if not hasattr(os, "waitid"):
        return
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if not found or found.si_pid == command:
            return
        os.waitpid(found.si_pid, 0)


def _reap_all() -> None:
    """Whatever ended and was handed to this process, which ends soon: it may be that nobody waits for it then."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _end_group(group: int) -> None:
    """Asks what is left of the group to end, and ends what does not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, number)
        except OSError:
            return
        until = time.monotonic() + GRACE_S
        while time.monotonic() < until and _lives(group):
            time.sleep(0.01)


def _lives(group: int) -> bool:
    """Whether anything of the group still runs. What ended but was not waited for does not."""
    if sys.platform != "linux":
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
    return any(stat["group"] == group and stat["state"] not in "ZX" for stat in _processes())


def _processes() -> list[dict[str, Any]]:
    """pid, name, state, parent, group, started (clock ticks since the system started) of every process (proc(5))."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                text = file.read().decode(errors="replace")
        except OSError:
            continue
        head, _, tail = text.rpartition(")")
        fields = tail.split()
        found.append(
            {
                "pid": int(name), "name": head.partition("(")[2], "state": fields[0], "parent": int(fields[1]),
                "group": int(fields[2]), "started": int(fields[19]),
            }
        )  # fmt: skip
    return found


def _descendants() -> list[dict[str, Any]]:
    """Those that still run and descend from this process: they left the group of the command."""
    if sys.platform != "linux":
        return []
    there, mine, left = _processes(), {os.getpid()}, []
    is_new = True
    while is_new:
        is_new = False
        for process in there:
            if process["parent"] in mine and process["pid"] not in mine:
                mine.add(process["pid"])
                is_new = True
                if process["state"] not in "ZX":
                    left.append({name: process[name] for name in ("pid", "name", "started")})
    return left


def _kb(maxrss: int) -> float:
    """ru_maxrss is in KiB, on macOS in bytes (getrusage(2))."""
    return maxrss / 1024 if sys.platform == "darwin" else float(maxrss)


def _own_peak_kb() -> float:
    """What the command starts with: the peak of the process that it is forked from (proc(5): VmHWM).

    On Linux ru_maxrss of this process is no less than the memory of the driftline that started it: execve(2) takes it
    along.
    """
    if sys.platform != "linux":
        return _kb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    with open("/proc/self/status", "rb") as file:
        return float(file.read().partition(b"VmHWM:")[2].split(None, 1)[0])


if __name__ == "__main__":
    main(sys.argv[1:])
