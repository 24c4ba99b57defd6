"""What can go wrong: `UserError` for what the caller must mend, `Problem` for what is wrong in an artifact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]


class UserError(Exception):
    """The caller asked for something that cannot be done; `remedy` is the next thing to try."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}"


@dataclass(frozen=True)
class Problem:
    """Something wrong or missing in an artifact: what it is and what to do about it.

    `line` counts from 1 and is None where the whole file is meant.
    """

    severity: Severity
    problem: str
    remedy: str
    line: int | None = None


@dataclass
class Problems:
    """Collects the problems of one artifact. At most `limit` of a severity are kept; the rest is counted in one row."""

    limit: int = 200
    _kept: list[Problem] = field(default_factory=list)
    _count: dict[Severity, int] = field(default_factory=dict)

    def add(self, severity: Severity, problem: str, remedy: str, line: int | None = None) -> None:
        count = self._count.get(severity, 0) + 1
        self._count[severity] = count
        if count <= self.limit:
            self._kept.append(Problem(severity, problem, remedy, line))

    def error(self, problem: str, remedy: str, line: int | None = None) -> None:
        self.add("error", problem, remedy, line)

    def warning(self, problem: str, remedy: str, line: int | None = None) -> None:
        self.add("warning", problem, remedy, line)

    def __bool__(self) -> bool:
        return bool(self._count)

    def __iter__(self) -> Iterator[Problem]:
        yield from self._kept
        for severity, count in self._count.items():
            if count > self.limit:
                yield Problem(
                    severity,
                    f"{count - self.limit} more problems of this kind in the file",
                    "mend the first ones and refresh",
                )
