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
# How often a function is measured, after a time that does not count.
ROUNDS = 5
RELATIVE_ROUNDS = 15
# What `relative` holds against each other takes no less: of less the clock and the scheduler tell more than the work.
TURN_SECONDS = 0.03
# Is a field of the record, not a metric.
QUERIES = "num_test_queries"


class Measurement(NamedTuple):
    """A number and what it is: as it was given, `seconds` that were taken, a `rate` per second, or a `ratio` of two
    times. What those are called in the record is decided once the session is over."""

    name: str
    value: float
    kind: Literal["value", "seconds", "rate", "ratio"] = "value"


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
        called = _called(function, name, rounds)
        function(*args, **kwargs)
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            result = function(*args, **kwargs)
            seconds.append(time.perf_counter() - start)
        self._taken.append(Measurement(called, median(seconds), "seconds"))
        return result

    def relative(
        self,
        function: Callable[..., Result],
        *args: Any,
        to: Callable[[], object] | None = None,
        rounds: int = RELATIVE_ROUNDS,
        name: str | None = None,
        **kwargs: Any,
    ) -> Result:
        """Takes how many times as long as `to` the function needs, the median of `rounds` rounds, and gives what its
        last call gave. Both are called in turns, as often as fills 0.03 s, so that a machine that is slower for a while
        is slower for both; each round is held against the mean of the turns of `to` before and after it. Without `to`
        that is a fixed loop of Python, which suits functions that spend their time in Python; another should be given
        for what computes in C, waits, or is bound by memory. A name gets `_relative_time` at its end. Raises UserError
        as `measure` does."""
        __tracebackhide__ = True
        called = _called(function, name, rounds)
        reference = to or python_loop
        results: list[Result] = []

        def work() -> None:
            results[:] = [function(*args, **kwargs)]

        calls, reference_calls = _calls_in_a_turn(work), _calls_in_a_turn(reference)
        ratios = []
        before = _seconds(reference, reference_calls)
        for _ in range(rounds):
            taken = _seconds(work, calls)
            after = _seconds(reference, reference_calls)
            ratios.append(taken / ((before + after) / 2))
            before = after
        self._taken.append(Measurement(called, median(ratios), "ratio"))
        return results[0]


class _Document:
    def __init__(self, number: int) -> None:
        self.words = ("a", str(number))

    def score(self, asked: set[str]) -> int:
        return sum(word in asked for word in self.words)


def python_loop() -> int:
    """What `relative` holds functions against: calls, generators, arithmetic, objects, strings, a sort. A change of it
    would be a change of all that was recorded with it."""

    def step(number: int, mask: int) -> int:
        return number ^ mask

    masks = [7] * 16
    total = 0
    for number in range(7000):
        total += step(number, masks[number & 15])
    total += sum(number ^ 3 for number in range(7000))
    asked = {"a", "17"}
    ranked = sorted((_Document(number) for number in range(580)), key=lambda document: document.score(asked))
    return total + len(ranked)


def _calls_in_a_turn(function: Callable[[], object]) -> int:
    calls = 1
    while _seconds(function, calls) * calls < TURN_SECONDS:
        calls *= 2
    return calls


def _seconds(function: Callable[[], object], calls: int) -> float:
    """Of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def _called(function: Callable[..., object], name: str | None, rounds: int) -> str:
    __tracebackhide__ = True
    called = name or str(getattr(function, "__name__", "<nameless>"))
    if called.startswith("<"):
        raise UserError(
            "a function without a name was measured", "name the metric: performance.measure(…, name='search')"
        )
    if rounds < 1:
        raise UserError(f"{called} cannot be measured in {rounds} rounds", "give 1 round or more")
    return _named(called)


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
