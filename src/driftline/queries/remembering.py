"""Answers of one state of the model: each statement is executed once, also where two threads ask for it at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import duckdb

T = TypeVar("T")
_BESIDE = ThreadPoolExecutor(1, "beside")


class Answers:
    """What was answered, by kind and question, and what is being answered. Of more than `most` the oldest go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str], Future[Any]] = {}
        self._lock = threading.Lock()

    def once(self, kind: str, question: str, read: Callable[[], T]) -> T:
        """The answer that is there or under way, else that of `read`; one that failed is asked for again."""
        with self._lock:
            future = self._known.get((kind, question))
            if is_new := future is None:
                future = self._known[kind, question] = Future()
                for oldest in list(self._known)[: -self._most]:
                    del self._known[oldest]
        if is_new:
            try:
                future.set_result(read())
            except BaseException as fault:
                with self._lock:
                    self._known.pop((kind, question), None)
                future.set_exception(fault)
        found: T = future.result()
        return found


class Remembering:
    """A look at one state of the model that answers from memory what the state was asked before.

    `place` says where the answers to a statement are kept, which is shared by all who look at that state. `other` looks
    at the same state, for what is asked beside.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        place: Callable[[str], Answers],
        other: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        self._connection, self._place = connection, place
        self._other = None if other is None else Remembering(other, place)
        self._asked: list[Future[list[Any]]] = []

    def once(self, kind: str, statement: str, read: Callable[[duckdb.DuckDBPyConnection, str], T]) -> T:
        """What `read` gives for the statement, now or earlier."""
        return self._place(statement).once(kind, statement, lambda: read(self._connection, statement))

    def keep(self, kind: str, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, now or earlier in this state: for what is made of several answers."""
        return self._place(key).once(kind, key, make)

    def ahead(self, questions: Sequence[Callable[[Remembering], Any]]) -> None:
        """Asks, beside what is asked meanwhile, what will be asked for anyway: one statement keeps one core busy."""
        if self._other is not None:
            self._asked.append(_BESIDE.submit(_ask_all, self._other, questions))

    def close(self) -> None:
        """Ends both looks, once the questions asked ahead are answered."""
        wait(self._asked)
        self._connection.close()
        if self._other is not None:
            self._other.close()


def _ask_all(model: Remembering, questions: Sequence[Callable[[Remembering], Any]]) -> list[Any]:
    return [question(model) for question in questions]
