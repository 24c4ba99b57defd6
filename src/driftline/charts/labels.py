"""Names beside dots: each where it hides least and meets no other; what finds no such place is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from driftline.charts import style

Numbers = npt.NDArray[np.float64]
Align = Literal["left", "right", "center"]
# Height of a name in pixels.
LINE = 15


@dataclass(frozen=True)
class _Box:
    """A rectangle on the plot in pixels, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: _Box) -> bool:
        is_beside = self.right <= other.left or other.right <= self.left
        return not is_beside and self.bottom < other.top and other.bottom < self.top

    def is_inside(self, width: float, height: float) -> bool:
        return self.left >= 0 and self.right <= width and self.bottom >= 0 and self.top <= height

    def hidden(self, x: Numbers, y: Numbers) -> int:
        """How many dots a text in this box lies on."""
        return int(((x > self.left - 3) & (x < self.right + 3) & (y > self.bottom - 2) & (y < self.top + 2)).sum())


@dataclass(frozen=True)
class Spot:
    """Where a name could stand: a point in pixels of a plot, y upwards, and pixels from it, y downwards.

    The point belongs to what is named, so that the name stays there on a wider plot."""

    align: Align
    x: float
    y: float
    dx: float
    dy: float

    def box(self, size: float) -> _Box:
        left = self.x + self.dx - {"left": 0.0, "right": size, "center": size / 2}[self.align]
        middle = self.y - self.dy
        return _Box(left, middle - LINE / 2, left + size, middle + LINE / 2)


@dataclass(frozen=True)
class Name:
    """A text, where it could stand in order of preference, and on how many dots it may lie; None for any number."""

    text: str
    spots: Sequence[Spot]
    hides_up_to: int | None = None

    @property
    def size(self) -> float:
        return len(self.text) * style.LETTER_WIDTH + 4.0


def place(names: Iterable[Name], x: Numbers, y: Numbers, width: float, height: float) -> Iterator[Spot | None]:
    """The spot of each name on a plot with dots at `x`, `y`, all in pixels; who comes first chooses first."""
    taken: list[_Box] = []
    for name in names:
        boxes = [(spot, spot.box(name.size)) for spot in name.spots]
        free = [
            (box.hidden(x, y), order, spot, box)
            for order, (spot, box) in enumerate(boxes)
            if box.is_inside(width, height) and not any(box.meets(other) for other in taken)
        ]
        hidden, _, spot, box = min(free, key=lambda found: found[:2], default=(0, 0, None, None))
        if spot is None or box is None or (name.hides_up_to is not None and hidden > name.hides_up_to):
            yield None
            continue
        taken.append(box)
        yield spot
