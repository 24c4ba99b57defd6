"""What the fixture `performance` takes of functions and bodies: how often they run, and what counts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest

from driftline import measurements
from driftline.errors import UserError
from driftline.measurements import TURN_SECONDS, Measurement, Performance, python_loop


class Machine:
    """A clock that moves only while something works, and the further the slower the machine is."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times_as_slow = 1.0

    def needs(self, seconds: float) -> Callable[[], str]:
        def work() -> str:
            self.now += seconds * self.times_as_slow
            return f"{self.now:.2f}"

        return work


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(measurements, "time", SimpleNamespace(perf_counter=lambda: machine.now))
    return machine


def test_a_function_is_called_once_more_than_it_is_measured() -> None:
    taken: list[Measurement] = []
    performance, calls = Performance(taken), []

    def search(word: str, *, limit: int) -> int:
        calls.append((word, limit))
        return len(calls)

    assert performance.measure(search, "a", rounds=3, limit=2) == 4
    assert calls == [("a", 2)] * 4
    assert [(one.name, one.kind) for one in taken] == [("search", "seconds")]
    with pytest.raises(UserError, match="without a name"):
        performance.measure(lambda: None)
    with pytest.raises(UserError, match="cannot be measured in 0 rounds"):
        performance.measure(search, "a", rounds=0, limit=2)


def test_a_body_that_raises_took_no_time() -> None:
    taken: list[Measurement] = []
    performance = Performance(taken)
    with pytest.raises(KeyError), performance.timer("x_s"):
        raise KeyError
    with pytest.raises(KeyError), performance.throughput("x", 5):
        raise KeyError
    assert taken == []
    with performance.timer("x_s"), performance.throughput("x", 5):
        pass
    assert [(one.name, one.kind, one.value > 0) for one in taken] == [("x", "rate", True), ("x_s", "seconds", True)]


def test_a_machine_that_gets_slower_changes_seconds_and_not_a_relative_time(machine: Machine) -> None:
    taken: list[Measurement] = []
    performance, search, loop = Performance(taken), machine.needs(0.3), machine.needs(0.1)
    turns = 0

    def counted_loop() -> None:
        nonlocal turns
        turns += 1
        # For one turn, and from the middle of the rounds on.
        machine.times_as_slow = 2 if turns > 9 or turns == 3 else 1
        loop()

    performance.measure(search, name="search")
    performance.relative(search, to=counted_loop, name="search")
    performance.measure(search, name="search")

    assert [one.kind for one in taken] == ["seconds", "ratio", "seconds"]
    assert [one.value for one in taken] == pytest.approx([0.3, 3, 0.6])


def test_a_machine_that_gets_slower_turn_by_turn_changes_no_relative_time(machine: Machine) -> None:
    taken: list[Measurement] = []

    def slower(work: Callable[[], str]) -> Callable[[], str]:
        def turn() -> str:
            machine.times_as_slow += 1
            return work()

        return turn

    Performance(taken).relative(slower(machine.needs(0.3)), to=slower(machine.needs(0.1)), name="search")
    assert [one.value for one in taken] == pytest.approx([3])


@pytest.mark.parametrize("seconds", [TURN_SECONDS / 100, 10 * TURN_SECONDS])
def test_a_turn_of_a_relative_time_is_filled_by_calls(machine: Machine, seconds: float) -> None:
    taken: list[Measurement] = []
    loop_seconds = 1.5 * TURN_SECONDS
    calls, began = 0, []
    search = machine.needs(seconds)

    def counted() -> int:
        nonlocal calls
        calls += 1
        search()
        return calls

    def loop() -> None:
        began.append(machine.now)
        machine.now += loop_seconds

    assert Performance(taken).relative(counted, to=loop, rounds=5, name="search") == calls
    assert [one.value for one in taken] == pytest.approx([seconds / loop_seconds])
    # The first call of the loop only shows how often it is to be called: once.
    turns = [later - earlier - loop_seconds for earlier, later in pairwise(began[1:])]
    assert len(turns) == 5
    assert min(turns) > TURN_SECONDS * (1 - 1e-9)


def test_without_another_a_function_is_held_against_a_fixed_loop(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was recorded once can be compared as long as the loop does the same.
    assert python_loop() == 48_993_580

    monkeypatch.setattr(measurements, "python_loop", machine.needs(0.25))
    taken: list[Measurement] = []
    Performance(taken).relative(machine.needs(1), name="search")
    assert [(one.name, one.kind) for one in taken] == [("search", "ratio")]
    assert taken[0].value == pytest.approx(4)
    with pytest.raises(UserError, match="without a name"):
        Performance(taken).relative(lambda: None)
    with pytest.raises(UserError, match="cannot be measured in 0 rounds"):
        Performance(taken).relative(machine.needs(1), rounds=0)
