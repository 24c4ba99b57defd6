"""What must hold of a measured root, and the tables that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.measure import Measured

COLD_RATIO, WARM_RATIO = 20.0, 2.0
COLD_MB, WARM_MB = 800.0, 250.0
CHANGED_S = 0.2
JUDGED = ("medium", "large")
CHANGED = "medium"


@dataclass(frozen=True)
class Bound:
    """A limit on one number of one size."""

    size: str
    what: str
    value: float
    limit: float
    unit: str

    @property
    def is_missed(self) -> bool:
        return self.value > self.limit

    def __str__(self) -> str:
        verb = "MISSED" if self.is_missed else "held"
        return (
            f"{verb}: {self.size}, {self.what}: {_number(self.value)} {self.unit}, at most {self.limit:g} {self.unit}"
        )


def bounds(size: str, measured: Measured) -> list[Bound]:
    """The bounds of a size; the small one has none, for there the start of `cat` is most of what it takes."""
    if size not in JUDGED:
        return []
    held = [
        Bound(size, "cold open", measured.cold.total / measured.read_s, COLD_RATIO, "x cat"),
        Bound(size, "warm open", measured.warm.total / measured.read_s, WARM_RATIO, "x cat"),
        Bound(size, "peak memory of a cold open", measured.cold.peak_mb, COLD_MB, "MB"),
        Bound(size, "peak memory of a warm open", measured.warm.peak_mb, WARM_MB, "MB"),
    ]
    if measured.changed:
        held.append(Bound(size, "open after one changed run", measured.changed.total, CHANGED_S, "s"))
    return held


def main_table(measured: Measured) -> str:
    """Seconds, ratio to reading the bytes, CPU time and peak memory of each measurement."""
    rows = [["cat of all files", _number(measured.read_s), "1.00", "", "", ""]]
    opens = {"cold open": measured.cold, "warm open": measured.warm, "open, one run changed": measured.changed}
    for name, opened in opens.items():
        if opened:
            ratio = _ratio(opened.total, measured)
            counted = f"{sum(opened.rows.values()):,}"
            rows.append([name, _number(opened.total), ratio, _number(opened.cpu), f"{opened.peak_mb:.0f}", counted])
    for name, seconds in measured.first.items():
        counted = f"{measured.query_rows[name]:,}"
        rows.append([name, _number(seconds), _ratio(seconds, measured), "", "", counted])
        rows.append(["  again", _number(measured.again[name]), _ratio(measured.again[name], measured), "", "", ""])
    return "\n".join(_aligned([["", "s", "x cat", "CPU s", "peak MB", "rows"], *rows]))


def relations_table(measured: Measured) -> str:
    """What each part of an open costs, the dearest of a warm open first."""
    opens = [opened for opened in (measured.cold, measured.warm, measured.changed) if opened]
    header = ["part of an open", *["cold s", "warm s", "changed s"][: len(opens)], "rows"]
    parts = sorted(measured.warm.seconds, key=lambda part: -measured.warm.seconds[part])
    rows = [
        [part, *(f"{opened.seconds[part]:.4f}" for opened in opens), f"{measured.warm.rows.get(part, 0):,}"]
        for part in parts
    ]
    return "\n".join(_aligned([header, *rows]))


def _ratio(seconds: float, measured: Measured) -> str:
    return f"{seconds / measured.read_s:.2f}"


def _number(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
