"""Writes the marks of a measured program: a JSON object a line, appended in one write to the file DRIFTLINE_STAGES.

A mark of a stage also tells the high-water mark of the process's memory, which is reset where a stage begins, so that
a peak between two samples is seen (Linux, proc(5): VmHWM, clear_refs). It is loaded only while somebody measures.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from threading import RLock
from time import monotonic, time
from typing import Any

from driftline.stages import Decorated, Stage

# To reset the mark more often than this would cost a program that enters many short stages more than it tells.
RESET_EVERY_S = 0.02
# Libraries whose version changes what a pipeline costs, by the name that is imported, and where the package is
# called otherwise.
LIBRARIES = {
    "torch", "transformers", "tokenizers", "accelerate", "numpy", "scipy", "pandas", "sklearn", "tensorflow", "jax",
    "onnxruntime", "vllm", "llama_cpp", "ctranslate2", "faster_whisper", "whisper", "sentence_transformers", "spacy",
    "nltk", "openai", "anthropic", "litellm", "faiss", "chromadb", "duckdb", "polars",
}  # fmt: skip
MPS_NOTE = "memory that the GPU holds (MPS) is no part of the resident memory"
LIBRARY_PACKAGES = {
    "sklearn": "scikit-learn", "llama_cpp": "llama-cpp-python", "whisper": "openai-whisper", "faiss": "faiss-cpu",
}  # fmt: skip

# What is open where the program stands, outermost first: in each thread and async task of its own.
_inside: ContextVar[tuple[_Entered, ...]] = ContextVar("driftline_inside", default=())


class MarkLog:
    """The file that the marks go to, and the stages of this process that are open."""

    def __init__(self, path: str) -> None:
        self._lock = RLock()
        self._memory = HighWater()
        self._open: list[_Entered] = []
        try:
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._file = None
            print(f"driftline: stages are not marked: {error}", file=sys.stderr)
        os.register_at_fork(after_in_child=self._forked)
        atexit.register(self._describe)

    def stage(self, name: str) -> Stage:
        return _MarkedStage(self, str(name))

    def episode(self, name: str | int, number: int | None, of: int | None) -> Stage:
        return _MarkedEpisode(self, str(name), number, of)

    def count(self, amounts: Mapping[str, float]) -> None:
        named = {entered.kind: entered.name for entered in _inside.get()}
        self.write({"count": dict(amounts), "stage": named.get("stage"), "episode": named.get("episode")})

    def begin(self, entered: _Entered) -> None:
        """The beginning of a stage."""
        with self._lock:
            peak = self._reach()
            entered.is_peak_known = self._memory.reset()
            self._open.append(entered)
            nested = any(outer.kind == entered.kind for outer in _inside.get())
            self.write({"stage": entered.name, "event": "start", "nested": nested} | _told(high_water_mb=peak))

    def end(self, entered: _Entered) -> None:
        now = time()
        with self._lock:
            peak = self._reach()
            if entered in self._open:
                self._open.remove(entered)
            known = entered.peak_mb if entered.is_peak_known else None
            told = _told(high_water_mb=peak, peak_rss_mb=known)
            self.write({"stage": entered.name, "event": "end", "at": now} | told)

    def _reach(self) -> float | None:
        """The high-water mark, which every open stage has reached."""
        peak = self._memory.read()
        for entered in self._open:
            entered.peak_mb = max(entered.peak_mb or 0.0, peak or 0.0) or None
        return peak

    def write(self, mark: dict[str, Any]) -> None:
        """The mark as one line, with the time now and the process where it does not say."""
        if self._file is None:
            return
        whole = {key: value for key, value in ({"at": time(), "pid": os.getpid()} | mark).items() if value is not None}
        # A program must not fail because it is measured.
        try:
            # Numbers of other libraries are numbers too.
            line = json.dumps(whole, default=float)
        except (TypeError, ValueError, OverflowError) as error:
            print(f"driftline: a mark is left out: {error}", file=sys.stderr)
            return
        try:
            os.write(self._file, line.encode() + b"\n")
        except OSError as error:
            self._file = None
            print(f"driftline: no more stages are marked: {error}", file=sys.stderr)

    def _describe(self) -> None:
        """At the end the program knows which libraries it used."""
        from importlib.metadata import PackageNotFoundError, version

        libraries = {}
        for name in sorted(LIBRARIES & sys.modules.keys()):
            try:
                libraries[name] = version(LIBRARY_PACKAGES.get(name, name))
            except PackageNotFoundError:
                continue
        python = ".".join(map(str, sys.version_info[:3]))
        self.write({"environment": {"python": python, "library_versions": libraries} | _device()})

    def _forked(self) -> None:
        """A child has none of its parent's stages: the parent ends them."""
        self._lock = RLock()
        self._open = []
        self._memory = HighWater()


class HighWater:
    """The high-water mark of this process's memory, in MiB; None where the system has none that can be reset."""

    def __init__(self) -> None:
        self._is_there = sys.platform == "linux"
        self._reset_at = -RESET_EVERY_S

    def read(self) -> float | None:
        if not self._is_there:
            return None
        try:
            with open("/proc/self/status", "rb") as file:
                after = file.read().partition(b"VmHWM:")[2]
            return int(after.split(None, 1)[0]) / 1024
        except (OSError, ValueError, IndexError):
            self._is_there = False
            return None

    def reset(self) -> bool:
        """Whether the mark begins anew now."""
        now = monotonic()
        if not self._is_there or now - self._reset_at < RESET_EVERY_S:
            return False
        try:
            with open("/proc/self/clear_refs", "wb") as file:
                file.write(b"5")
        except OSError:
            self._is_there = False
            return False
        self._reset_at = now
        return True


def _device() -> dict[str, str]:
    """`cuda` or `mps` where torch has begun to use one; else nothing is known."""
    torch = sys.modules.get("torch")
    cuda, mps = getattr(torch, "cuda", None), getattr(torch, "mps", None)
    try:
        if cuda is not None and cuda.is_initialized():
            return {"device": "cuda"}
        if mps is not None and mps.current_allocated_memory() > 0:
            return {"device": "mps", "rss_measurement_note": MPS_NOTE}
    except (AttributeError, RuntimeError):
        pass
    return {}


def _told(**values: float | None) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items() if value is not None}


class _Entered:
    """One time that a stage or an episode is open, and the highest mark while it was."""

    __slots__ = ("is_peak_known", "kind", "name", "peak_mb")

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        self.is_peak_known = False
        self.peak_mb: float | None = None


class _Marked(Stage, ABC):
    """A stage or an episode that is written down. One may be entered in several threads and tasks at a time."""

    __slots__ = ("_log", "_name")
    kind = ""

    def __init__(self, log: MarkLog, name: str) -> None:
        self._log = log
        self._name = name

    @abstractmethod
    def _begin(self, entered: _Entered) -> None:
        """Writes down that it is entered."""

    @abstractmethod
    def _end(self, entered: _Entered) -> None:
        """Writes down that it is left."""

    def __enter__(self) -> Stage:
        entered = _Entered(self.kind, self._name)
        self._begin(entered)
        _inside.set((*_inside.get(), entered))
        return self

    def __exit__(self, *_raised: object) -> None:
        inside = _inside.get()
        mine = [entered for entered in inside if (entered.kind, entered.name) == (self.kind, self._name)]
        # A generator may be ended in another context than it was begun in.
        entered = mine[-1] if mine else _Entered(self.kind, self._name)
        _inside.set(tuple(other for other in inside if other is not entered))
        self._end(entered)

    def __call__(self, function: Decorated) -> Decorated:
        return _around(self, function)  # type: ignore[return-value]


class _MarkedStage(_Marked):
    __slots__ = ()
    kind = "stage"

    def _begin(self, entered: _Entered) -> None:
        self._log.begin(entered)

    def _end(self, entered: _Entered) -> None:
        self._log.end(entered)


class _MarkedEpisode(_Marked):
    __slots__ = ("_number", "_of")
    kind = "episode"

    def __init__(self, log: MarkLog, name: str, number: int | None, of: int | None) -> None:
        super().__init__(log, name)
        self._number, self._of = number, of

    def _begin(self, entered: _Entered) -> None:
        self._log.write({"episode": entered.name, "event": "start", "number": self._number, "of": self._of})

    def _end(self, entered: _Entered) -> None:
        self._log.write({"episode": entered.name, "event": "end"})


def _around(marked: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with marked:
                return await function(*args, **kwargs)

        return awaited
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def streamed(*args: Any, **kwargs: Any) -> Any:
            with marked:
                async for value in function(*args, **kwargs):
                    yield value

        return streamed
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generated(*args: Any, **kwargs: Any) -> Any:
            with marked:
                return (yield from function(*args, **kwargs))

        return generated

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with marked:
            return function(*args, **kwargs)

    return called
