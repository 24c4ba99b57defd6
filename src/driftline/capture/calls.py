"""Calls a function again and again and writes down how long each call took.

A process of its own, so that every measurement begins alike and its memory is that of the function. It writes a line of
JSON for each call as soon as it returned, and one at the end for what the calls that count have reported.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from itertools import pairwise
from time import perf_counter, time
from typing import Any

from driftline.capture.marks import HighWater
from driftline.capture.values import finite
from driftline.stages import VARIABLE

# What of a workload is counted, by the names that `driftline.count` and a returned mapping use.
COUNTED = ("items", "api_calls", "tokens")


class _RefusedError(Exception):
    """What the function gave back cannot be used."""


def main(arguments: list[str]) -> int:
    """Arguments: the function, the file for the lines, warm-ups, calls, and seconds allowed for one ('' for any)."""
    name, path, warmups, calls, allowed = arguments
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def tell(**line: Any) -> None:
        os.write(file, json.dumps(line).encode() + b"\n")

    sys.path.insert(0, os.getcwd())
    try:
        function = _find(name)
    except BaseException as error:
        return _failed(tell, error, f"{name} cannot be imported")
    return _Caller(function, tell, float(allowed) if allowed else None).call(name, int(warmups), int(calls))


def _find(name: str) -> Callable[[], Any]:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{name} is no function")
    return found  # type: ignore[no-any-return]


class _Caller:
    def __init__(self, function: Callable[[], Any], tell: Callable[..., None], allowed_s: float | None) -> None:
        self._function, self._tell, self._allowed_s = function, tell, allowed_s
        self._marks = os.environ.get(VARIABLE, os.devnull)
        # A call that hangs is ended whatever it does: nothing of Python has to run for it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def call(self, name: str, warmups: int, calls: int) -> int:
        memory, began, is_reset = HighWater(), 0.0, False
        borders: list[int] = []
        for number in range(warmups + calls):
            if number == warmups:
                is_reset, began = memory.reset(), time()
                borders = [self._written()]
            try:
                self._once()
            except BaseException as error:
                return _failed(self._tell, error, f"{name} failed")
            borders.append(self._written())
        ended, peak = time(), memory.read() if is_reset else None
        counted, marked = self._counts(borders)
        self._tell(
            began=began, ended=ended, high_water_mb=max((p for p in (peak, marked) if p), default=None), counted=counted
        )
        return 0

    def _once(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._allowed_s or 0.0)
        began = perf_counter()
        said = self._function()
        took_s = perf_counter() - began
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        self._tell(latency_s=took_s, said=_amounts(said))

    def _written(self) -> int:
        """How far the stage file goes: what is counted between two calls belongs to the first of them."""
        return os.stat(self._marks).st_size

    def _counts(self, borders: list[int]) -> tuple[list[dict[str, float]], float | None]:
        """What was counted in each call, and the highest memory that the marks tell."""
        with open(self._marks, "rb") as file:
            data = file.read()
        found, peak = [], None
        for start, end in pairwise(borders):
            sums: dict[str, float] = {}
            for line in data[start:end].splitlines():
                try:
                    mark = json.loads(line)
                    reached = finite(mark.get("high_water_mb"))
                    amounts = mark.get("count", {}).items()
                except (ValueError, AttributeError, RecursionError):
                    continue
                peak = max(peak or 0.0, reached) if reached is not None else peak
                for name, amount in amounts:
                    if name in COUNTED and finite(amount) is not None:
                        sums[name] = sums.get(name, 0.0) + amount
            found.append(sums)
        return found, peak


def _amounts(said: Any) -> dict[str, float]:
    """What a call reports. Raises _RefusedError where it is neither nothing nor a mapping of numbers."""
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        raise _RefusedError(
            f"it returned a {type(said).__name__}: None or a mapping with {', '.join(COUNTED)} was expected"
        )
    found = {}
    for name in COUNTED:
        if said.get(name) is not None:
            # Numbers of other libraries are numbers too.
            amount = finite(getattr(said[name], "item", lambda name=name: said[name])())
            if amount is None or amount < 0:
                raise _RefusedError(f"it returned {name} = {said[name]!r}: a number of at least 0 was expected")
            found[name] = amount
    return found


def _failed(tell: Callable[..., None], error: BaseException, what: str) -> int:
    traceback.print_exception(error)
    reason = str(error) if isinstance(error, _RefusedError) else traceback.format_exception_only(error)[-1].strip()
    tell(failed=f"{what}: {reason.splitlines()[-1] if reason else type(error).__name__}")
    return 1
