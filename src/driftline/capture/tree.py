"""Looks at a process and all that descends from it: memory, CPU time, disk traffic.

Where the system lets a parent count what its ended children used, as Linux does, no CPU time and no traffic is lost
when a child ends between two looks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter, time

import psutil

MIB = 1024 * 1024
# Proportional memory takes the kernel long to add up: at most this share of the time goes into it, but where the
# resident memory has grown by this factor since.
PSS_SHARE, PSS_GROWTH = 0.002, 1.25


@dataclass(frozen=True)
class Look:
    """One look at the tree: `at` epoch seconds; MiB; CPU seconds and MiB of traffic since the tree began.

    `high_water_mb` is the highest memory that any one process has had so far. None is what the system does not tell.
    """

    at: float
    rss_mb: float
    cpu_s: float
    processes: int
    high_water_mb: float | None = None
    pss_mb: float | None = None
    read_mb: float | None = None
    write_mb: float | None = None
    gpu_mb: float | None = None


@dataclass
class _Used:
    cpu_s: float = 0.0
    read: float = 0.0
    write: float = 0.0


class ProcessTree:
    """The descendants of the process `parent`, which is not counted itself, and those in its `group` of processes."""

    def __init__(
        self,
        parent: int | None = None,
        group: int | None = None,
        gpu_mb: Callable[[set[int]], float | None] | None = None,
    ) -> None:
        self._parent = None if parent is None else psutil.Process(parent)
        self._own = _Used()
        self._group = group
        self._gpu_mb = gpu_mb
        self._members: dict[int, psutil.Process] = {}
        self._others: set[int] = set()
        self._high_water_mb: float | None = None
        self._most = _Used()
        self._tells_traffic = hasattr(psutil.Process, "io_counters")
        self._pss_from = self._pss_above = 0.0
        if self._parent:
            try:
                self._own = self._used(self._parent, own=True)
            except psutil.Error:
                self._tells_traffic = False

    def include(self, pid: int) -> None:
        """Looks at this process and its descendants too. Raises psutil.Error where it has ended."""
        self._members[pid] = psutil.Process(pid)

    def look(self) -> Look:
        """What the tree holds now. Processes that end meanwhile are left out."""
        self._find()
        rss, running, used = 0, 0, _Used()
        for pid, process in list(self._members.items()):
            try:
                with process.oneshot():
                    rss += process.memory_info().rss
                    # What ended and was not waited for still has the time that it used.
                    running += process.status() != psutil.STATUS_ZOMBIE
                    one = self._used(process)
            except psutil.Error:
                del self._members[pid]
                continue
            used = _Used(used.cpu_s + one.cpu_s, used.read + one.read, used.write + one.write)
            reached = high_water_mb(pid)
            if reached is not None:
                self._high_water_mb = max(self._high_water_mb or 0.0, reached)
        ended = self._used_by_ended()
        # A process that nobody waits for takes what it used along: what was used never becomes less.
        most = self._most = _Used(
            max(self._most.cpu_s, used.cpu_s + ended.cpu_s),
            max(self._most.read, used.read + ended.read),
            max(self._most.write, used.write + ended.write),
        )
        tells = self._tells_traffic
        return Look(
            time(), rss / MIB, most.cpu_s, running, self._high_water_mb, self._pss(rss),
            most.read / MIB if tells else None, most.write / MIB if tells else None,
            self._gpu_mb(set(self._members)) if self._gpu_mb else None,
        )  # fmt: skip

    def _find(self) -> None:
        """Adds what was started since: a process whose parent ended is handed on to one that is looked at."""
        there = set(psutil.pids())
        self._others &= there
        for pid in [pid for pid in self._members if pid not in there]:
            del self._members[pid]
        unknown = sorted(there - self._others - self._members.keys())
        is_new = True
        while unknown and is_new:
            is_new = False
            for pid in list(unknown):
                if self._belongs(pid):
                    unknown.remove(pid)
                    is_new = True
        self._others |= set(unknown)

    def _belongs(self, pid: int) -> bool:
        try:
            parent, group = parent_and_group(pid)
            is_child = parent in self._members or (self._parent is not None and parent == self._parent.pid)
            if not is_child and group != self._group:
                return False
            self._members[pid] = psutil.Process(pid)
        except (psutil.Error, OSError, ValueError):
            return False
        return True

    def _used(self, process: psutil.Process, own: bool = False) -> _Used:
        times = process.cpu_times()
        # What its ended children used; only Linux tells it.
        ended = 0.0 if own else getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        used = _Used(times.user + times.system + ended)
        if self._tells_traffic:
            try:
                traffic = process.io_counters()
                used.read, used.write = float(traffic.read_bytes), float(traffic.write_bytes)
            except (psutil.AccessDenied, OSError):
                self._tells_traffic = False
        return used

    def _used_by_ended(self) -> _Used:
        """What those have used that were waited for by the parent."""
        if self._parent is None:
            return _Used()
        try:
            with self._parent.oneshot():
                times = self._parent.cpu_times()
                used = self._used(self._parent)
        except psutil.Error:
            return _Used()
        return _Used(
            getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0),
            max(0.0, used.read - self._own.read),
            max(0.0, used.write - self._own.write),
        )

    def _pss(self, rss: float) -> float | None:
        """The proportional memory of all, as often as it costs little or there is a new peak; None between."""
        began = perf_counter()
        if sys.platform != "linux" or (began < self._pss_from and rss <= self._pss_above):
            return None
        self._pss_above = max(self._pss_above, rss * PSS_GROWTH)
        known = list(_proportional(self._members.values()))
        took = perf_counter() - began
        self._pss_from = began + took / PSS_SHARE
        return sum(known) / MIB if known and len(known) == len(self._members) else None


def _proportional(processes: Iterable[psutil.Process]) -> Iterator[int]:
    for process in processes:
        try:
            yield process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue


def parent_and_group(pid: int) -> tuple[int, int]:
    """The process that a process descends from, and its group. Raises OSError and psutil.Error where it has ended."""
    if sys.platform != "linux":
        return psutil.Process(pid).ppid(), os.getpgid(pid)
    # Hundreds of processes may have to be asked: psutil would open three files for each (proc(5): stat).
    with open(f"/proc/{pid}/stat", "rb") as file:
        _state, parent, group, *_rest = file.read().rpartition(b")")[2].split(None, 3)
    return int(parent), int(group)


def high_water_mb(pid: int) -> float | None:
    """The highest memory that a process has had since it was started, MiB (Linux, proc(5): VmHWM)."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            after = file.read().partition(b"VmHWM:")[2]
        return int(after.split(None, 1)[0]) / 1024
    except (OSError, ValueError, IndexError):
        return None
