"""What a test measures: the object that its fixture `performance` gives. Loads nothing but the standard library, since
all that is loaded weighs on what is measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Literal, NamedTuple, TypeVar

from driftline.errors import UserError

Result = TypeVar("Result")
# How often `measure` runs a function, after once that does not count.
ROUNDS = 5
# Is a field of the record, not a metric.
QUERIES = "num_test_queries"


class Measurement(NamedTuple):
    """A number and what it is: as it was given, `seconds` that were taken, or a `rate` per second. What seconds and
    rates are called in the record is decided once the session is over."""

    name: str
    value: float
    kind: Literal["value", "seconds", "rate"] = "value"


class Performance:
    """Takes the measurements of one test. They count only if the test passes; of several that the session has of one
    metric the median counts.

    The name of a metric carries its unit (`search_ms`, `peak_memory_mb`), unless the registry declares it
    (`query_latency_no_vllm`).
    """

    def __init__(self, taken: list[Measurement]) -> None:
        self._taken = taken

    def record(self, name: str, value: float) -> None:
        """Takes a number, in the unit that the name says. One that is not finite is a gap. `num_test_queries` is no
        metric but how many queries the test made. Raises UserError for what is no number."""
        __tracebackhide__ = True
        number = _number(_named(name), value)
        if name == QUERIES and not (number >= 0 and number.is_integer()):
            raise UserError(f"{QUERIES} is no count: {value!r}", "give how many queries the test made")
        self._taken.append(Measurement(name, number))

    def __setitem__(self, name: str, value: float) -> None:
        """As `record`."""
        __tracebackhide__ = True
        self.record(name, value)

    @contextmanager
    def timer(self, name: str) -> Iterator[None]:
        """Takes the seconds that the body needs; nothing, if it raises. A name without a unit gets `_s` at its end, and
        one that says ms, µs (`_us`) or ns is given those."""
        _named(name)
        start = time.perf_counter()
        yield
        self._taken.append(Measurement(name, time.perf_counter() - start, "seconds"))

    @contextmanager
    def throughput(self, name: str, items: float) -> Iterator[None]:
        """Takes how many items the body gets through in a second; nothing, if it raises. A name that says neither
        throughput nor rate gets `_per_second` at its end, and one that says `_per_minute` is given that."""
        _named(name)
        count = _number(f"the items of {name}", items)
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self._taken.append(Measurement(name, count / seconds if seconds > 0 else math.inf, "rate"))

    def measure(
        self, function: Callable[..., Result], *args: Any, rounds: int = ROUNDS, name: str | None = None, **kwargs: Any
    ) -> Result:
        """Calls the function once that does not count and `rounds` times that do, takes the median of their seconds, as
        `timer` does, and gives what the last call gave. The metric is called as the function, if no name is given.
        Raises UserError for no rounds, and for a function without a name."""
        __tracebackhide__ = True
        called = name or str(getattr(function, "__name__", "<nameless>"))
        if called.startswith("<"):
            raise UserError(
                "a function without a name was measured", "name the metric: performance.measure(…, name='search')"
            )
        if rounds < 1:
            raise UserError(f"{called} cannot be measured in {rounds} rounds", "give 1 round or more")
        _named(called)
        function(*args, **kwargs)
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            result = function(*args, **kwargs)
            seconds.append(time.perf_counter() - start)
        self._taken.append(Measurement(called, median(seconds), "seconds"))
        return result


def _named(name: object) -> str:
    __tracebackhide__ = True
    if not isinstance(name, str) or not name.strip():
        raise UserError(f"this is no name of a metric: {name!r}", "name it, with its unit: search_ms")
    return name


def _number(name: str, value: Any) -> float:
    """Raises UserError for texts and truth values too, which Python would take for numbers."""
    __tracebackhide__ = True
    try:
        if isinstance(value, (str, bytes, bool)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise UserError(
            f"{name} is no number: {value!r}", "record a number, in the unit that the name says; leave out a gap"
        ) from None
