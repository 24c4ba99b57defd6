"""One kind of damage of a root: how it is made, what stands in `problems` for it, and what the model still says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from roots import Root, Rows, lines, metrics, prediction

BAD = "eval/runs/bad"
STAGES = {"transcription": {"wall_time_s": 2.0, "peak_rss_mb": 100, "avg_cpu_pct": 50.0}}
DEEP_LIST = "[" * 5000 + "]" * 5000


@dataclass(frozen=True)
class Damage:
    """What is written over a good root, the problems it must give, and one answer of the model."""

    name: str
    write: Callable[[Root], Any]
    problems: Rows = field(default_factory=list)
    ask: str = "select 1"
    answer: Rows = field(default_factory=lambda: [(1,)])


def text(rel: str, content: str | bytes) -> Callable[[Root], Any]:
    return lambda root: root.file(rel, content)


def bad_file(name: str, content: str | bytes) -> Callable[[Root], Any]:
    """A whole run in which one artifact is replaced."""
    return lambda root: root.whole_run("runs/bad").file(f"{BAD}/{name}", content)


def bad_metrics(**changes: Any) -> Callable[[Root], Any]:
    return lambda root: root.whole_run("runs/bad", metrics=metrics(2, **changes))


def bad_profile(content: Any) -> Callable[[Root], Any]:
    return lambda root: root.profile("bad", content)


def kpi(*names: str) -> str:
    return f"select {', '.join(names)} from run_kpis where run = 'runs/bad'"


def episode(*names: str) -> str:
    return f"select {', '.join(names)} from episodes where run = 'runs/bad' order by position"


def status(run: str = "runs/bad") -> str:
    return f"select status from runs where run = '{run}'"


def two_lines(second: str | bytes) -> bytes:
    first = lines([prediction("e1")]).encode()
    return first + (second.encode() if isinstance(second, str) else second) + b"\n" + lines([prediction("e2")]).encode()


def error(name: str, line: int | None = None) -> Rows:
    return [("error", f"{BAD}/{name}", line)]


def warning(name: str, *numbers: int | None) -> Rows:
    return [("warning", f"{BAD}/{name}", number) for number in numbers or (None,)]
