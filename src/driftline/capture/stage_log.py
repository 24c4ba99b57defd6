"""Reads the marks that a measured program appends to its stage file, in whatever language it is written.

A line is one JSON object: `{"stage": "B", "event": "start"|"end", "at": epoch seconds?, "pid": n?, "nested": true?}`,
`{"count": {"api_calls": 3, …}, "stage"?, "episode"?}`, `{"episode": "e1", "event": "start"|"end", "number"?, "of"?}` or
`{"environment": {"python"?, "device"?, "library_versions"?}}`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftline.capture.values import MOST_STAGES, finite, plain_name

MIB = 1024 * 1024
# A file that grows beyond this is no stage file; what came before still counts.
MOST_BYTES, ONCE = 256 * MIB, MIB
# How far the clocks of two processes may be apart, in seconds.
TOLERANCE_S = 1.0
TOLD = ("python", "device", "rss_measurement_note")


@dataclass
class Window:
    """A stretch of time in which a stage was open, epoch seconds; `end` is None as long as it is."""

    stage: str
    start: float
    end: float | None = None
    peak_rss_mb: float | None = None
    pid: int | None = None
    # Inside of another stage of the same thread or task, as the program says.
    is_nested: bool = False


@dataclass
class StageLog:
    """What the marks say so far. `counts` are sums by stage and episode ('' where none was open)."""

    path: Path
    # No mark is older, epoch seconds.
    earliest: float = -math.inf
    windows: list[Window] = field(default_factory=list)
    # In the order in which they were first entered.
    stages: dict[str, None] = field(default_factory=dict)
    counts: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    current: str | None = None
    progress: tuple[int, int] | None = None
    high_water_mb: float | None = None
    # python, library_versions and device, as the program tells them at its end.
    environment: dict[str, Any] = field(default_factory=dict)
    refused: int = 0
    _ended_episodes: set[str] = field(default_factory=set)
    _file: int | None = None
    _read: int = 0
    _rest: bytes = b""
    _open: dict[tuple[str, Any], list[Window]] = field(default_factory=dict)

    def poll(self, now: float) -> bool:
        """Reads what was appended; a mark without a time is of `now`, epoch seconds. Whether there was any."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        data = os.read(self._file, ONCE) if self._read < MOST_BYTES else b""
        if not data:
            return False
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line, now)
        return True

    def close(self, now: float) -> list[str]:
        """Ends what is still open; the names of the stages that never ended."""
        while self.poll(now):
            pass
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._rest.strip():
            self._take(self._rest, now)
            self._rest = b""
        unended = [window for windows in self._open.values() for window in windows]
        for window in unended:
            window.end = max(now, window.start)
        self._open.clear()
        self.current = None
        return list(dict.fromkeys(window.stage for window in unended))

    @property
    def episodes(self) -> int | None:
        """How many episodes came to their end, where the program marks them."""
        return len(self._ended_episodes) or None

    def _take(self, line: bytes, now: float) -> None:
        if not line.strip():
            return
        try:
            mark = json.loads(line)
        except (ValueError, RecursionError):
            mark = None
        if not isinstance(mark, dict) or not self._apply(mark, now):
            self.refused += 1

    def _apply(self, mark: dict[str, Any], now: float) -> bool:
        at = finite(mark.get("at"))
        if at is None and mark.get("at") is not None:
            return False
        at = now if at is None else at
        # Milliseconds, the usual slip, and whatever else lies outside of the run.
        if not self.earliest <= at <= now + TOLERANCE_S:
            return False
        reached = finite(mark.get("high_water_mb"))
        if reached is not None:
            self.high_water_mb = max(self.high_water_mb or 0.0, reached)
        if "count" in mark:
            return self._count(mark)
        if "environment" in mark:
            return self._describe(mark["environment"])
        if "episode" in mark and "stage" not in mark:
            if mark.get("event") == "end":
                self._ended_episodes.add(plain_name(mark["episode"]))
            number, of = finite(mark.get("number")), finite(mark.get("of"))
            if number is not None and of is not None:
                self.progress = int(number), int(of)
            return True
        stage = plain_name(mark.get("stage"))
        if not stage:
            return False
        return self._mark_stage(stage, mark, at)

    def _mark_stage(self, stage: str, mark: dict[str, Any], at: float) -> bool:
        pid = mark.get("pid") if isinstance(mark.get("pid"), int) else None
        if mark.get("event") == "start":
            if stage not in self.stages and len(self.stages) >= MOST_STAGES:
                return False
            window = Window(stage, at, pid=pid, is_nested=mark.get("nested") is True)
            self.stages[stage] = None
            self._open.setdefault((stage, pid), []).append(window)
            self.windows.append(window)
            self.current = stage
            return True
        opened = self._open.get((stage, pid))
        if mark.get("event") != "end" or not opened:
            return False
        window = opened.pop()
        if not opened:
            del self._open[stage, pid]
        window.end = max(at, window.start)
        window.peak_rss_mb = finite(mark.get("peak_rss_mb"))
        still = [other for windows in self._open.values() for other in windows]
        self.current = still[-1].stage if still else None
        return True

    def _count(self, mark: dict[str, Any]) -> bool:
        amounts = mark["count"]
        if not isinstance(amounts, dict):
            return False
        stage = plain_name(mark.get("stage")) or self.current or ""
        sums = self.counts.setdefault((stage, plain_name(mark.get("episode"))), {})
        known = {plain_name(name): finite(amount) for name, amount in amounts.items()}
        for name, amount in known.items():
            if name and amount is not None:
                sums[name] = sums.get(name, 0.0) + amount
        return all(name and amount is not None for name, amount in known.items())

    def _describe(self, told: Any) -> bool:
        """Processes of one program tell of their own libraries."""
        if not isinstance(told, dict):
            return False
        versions = told.get("library_versions")
        named = versions.items() if isinstance(versions, dict) else ()
        libraries = {plain_name(name): plain_name(value) for name, value in named}
        known = self.environment.get("library_versions", {}) | libraries
        stated = {name: plain_name(told.get(name)) for name in TOLD if plain_name(told.get(name))}
        self.environment |= stated | {"library_versions": dict(sorted(known.items()))}
        return True


def outermost(windows: Sequence[Window]) -> list[Window]:
    """Those of which the program does not say that they are inside of another: what remains and overlaps runs side by
    side. From the times alone two steps of a shell script that run at once cannot be told from a step in a step."""
    return [window for window in windows if not window.is_nested]


def merged(windows: Iterable[Window]) -> Iterator[tuple[float, float]]:
    """Start and end of the stretches that the windows cover, without overlap, in order."""
    start, end = -math.inf, -math.inf
    for low, high in sorted((window.start, window.start if window.end is None else window.end) for window in windows):
        if low > end:
            if end > start:
                yield start, end
            start, end = low, high
        end = max(end, high)
    if end > start:
        yield start, end
