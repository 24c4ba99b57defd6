"""Tells which stage a program is in while `driftline profile freeze` measures it; at any other time it does nothing.

    with driftline.stage("summarization"):
        ...

    @driftline.stage("kg_extraction")
    def extract(text): ...

Stages may nest, run side by side in threads, async tasks and child processes, and be entered any number of times.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

VARIABLE = "DRIFTLINE_STAGES"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Stage:
    """What `stage` returns: to be entered with `with` or `async with`, or put before a function."""

    __slots__ = ()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_raised: object) -> None:
        return None

    async def __aenter__(self) -> Stage:
        return self.__enter__()

    async def __aexit__(self, *raised: object) -> None:
        self.__exit__(*raised)

    def __call__(self, function: Decorated) -> Decorated:
        return function


_UNMEASURED = Stage()


def stage(name: str) -> Stage:
    """What is done inside counts as the stage `name`. As a decorator it covers every call: of a coroutine function
    until it returns, of a generator function from the first value to the last."""
    return _UNMEASURED if _log is None else _log.stage(name)


def episode(name: str | int, number: int | None = None, of: int | None = None) -> Stage:
    """What is counted inside belongs to the episode `name`; `number` of `of` tells how far the program has come."""
    return _UNMEASURED if _log is None else _log.episode(name, number, of)


def count(**amounts: float) -> None:
    """Adds to what the innermost stage that is open here has used up, as `count(api_calls=1, tokens=900)`."""
    if _log is not None:
        _log.count(amounts)


def _open() -> Any:
    """What writes the marks down, if somebody measures."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    from driftline.capture.marks import MarkLog

    return MarkLog(path)


_log = _open()
