"""The registry as Python sees it, and how its values are written: units, signs, percents, arrows.

Nothing here computes a delta; it formats what the `metrics` relation and the delta macros say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MINUS = "\u2212"
THIN = "\u202f"
RATIO_FROM_PCT = 400
MOST_DECIMALS = 12
# Units in which a number needs the fewer decimals the larger it is.
SCALED_UNITS = ("s", "ms", "us", "ns", "MB", "GB", "KB", "bytes", "tokens", "characters", "%", "calls", "×")


@dataclass(frozen=True)
class Metric:
    """One row of the `metrics` relation."""

    metric: str
    label: str
    unit: str
    better: Literal["higher", "lower", "neutral"]
    scale: Literal["log", "difference"]
    family: str
    is_primary: bool
    warn_pct: float | None
    fail_pct: float | None
    warn_abs: float | None
    fail_abs: float | None
    min_abs: float | None
    decimals: int
    description: str

    @property
    def shown_factor(self) -> float:
        """What a value is multiplied by to stand on an axis of the unit that is shown."""
        return 100.0 if self.unit == "fraction" else 1.0

    def shown(self, value: float | None) -> str:
        """The value without its unit; a fraction as a percent number; a gap as an en dash."""
        if value is None:
            return "–"
        if self.unit == "fraction":
            percent_number = value * self.shown_factor
            return plain(percent_number, 1 if 0 < percent_number < 10 else 0)
        return plain(value, self._decimals_for(value))

    def shown_with_unit(self, value: float | None) -> str:
        if value is None:
            return "–"
        unit = self.shown_unit
        return f"{self.shown(value)}{THIN if unit == '%' else ' '}{unit}" if unit else self.shown(value)

    def shown_delta(self, delta: float | None) -> str:
        """The delta with its sign, in the unit of `shown`; of one too small to be seen there how small it is."""
        if delta is None:
            return "–"
        if delta == 0:
            return "0"
        size = self.shown(abs(delta))
        return ("+" if delta > 0 else MINUS) + size if size.strip("0.") else f"<{size[:-1]}1"

    def shown_change(self, delta: float | None, pct: float | None) -> str:
        """How much a value has changed: a fraction by points, all else by percent where there is one."""
        if self.unit == "fraction":
            return f"{self.shown_delta(delta)} points"
        return self.shown_delta(delta) if pct is None else percent(pct)

    @property
    def told_unit(self) -> str:
        """The unit beside the label: nothing where the label ends with it."""
        return "" if self.label.lower().split()[-1:] == [self.unit] else self.shown_unit

    @property
    def shown_unit(self) -> str:
        """The unit as it is written beside a number; scores and ratios have none."""
        return {"fraction": "%", "score": "", "ratio": ""}.get(self.unit, self.unit)

    def _decimals_for(self, value: float) -> int:
        if self.unit in SCALED_UNITS or self.unit.endswith(("/s", "/min")):
            magnitude = abs(value)
            if 0 < magnitude < 0.1 and self.decimals >= 2:
                # Two digits that tell something, as few as there may be.
                return 3 if magnitude >= 0.01 else min(MOST_DECIMALS, 1 - math.floor(math.log10(magnitude)))
            return 0 if magnitude >= 100 else min(self.decimals, 1) if magnitude >= 10 else self.decimals
        return self.decimals


def plain(value: float, decimals: int) -> str:
    """A number with thousands separators and a real minus sign."""
    text = f"{abs(value):,.{decimals}f}"
    return (MINUS if value < 0 and text.strip("0.,") else "") + text


def percent(pct: float | None) -> str:
    """A change in percent, or as a ratio from +400 % on."""
    if pct is None:
        return ""
    if pct >= RATIO_FROM_PCT:
        ratio = 1 + pct / 100
        return f"×{plain(ratio, 1 if ratio < 100 else 0)}"
    digits = f"{abs(pct):.0f}" if abs(pct) >= 10 else f"{abs(pct):.1f}"
    if not digits.strip("0."):
        return f"{'<0.1' if pct else '0'}{THIN}%"
    return f"{'+' if pct > 0 else MINUS}{digits}{THIN}%"


def arrow(delta: float | None) -> str:
    """Where the number went, whatever that means: ▲, ▼ or =."""
    return "" if delta is None else "▲" if delta > 0 else "▼" if delta < 0 else "="
