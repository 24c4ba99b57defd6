"""The one limit that what is tracked is judged by, as a fraction. Loads nothing: it is asked before tests run."""

from __future__ import annotations

import math
import os

from driftline.errors import UserError

DEFAULT_THRESHOLD = 0.20
VARIABLE = "REGRESSION_THRESHOLD"


def threshold_of(given: float | None = None) -> float:
    """The limit as a fraction: the given one, else REGRESSION_THRESHOLD, else 0.20. Raises UserError for what is no
    fraction between 0 and 1: 20 for 20 % would let everything pass."""
    told: float | str = given if given is not None else os.environ.get(VARIABLE, "").strip() or DEFAULT_THRESHOLD
    where = "the threshold" if given is not None else VARIABLE
    try:
        value = float(told)
    except ValueError:
        raise UserError(f"{where} is no number: {told!r}", "give a fraction: 0.20 is 20 %") from None
    if math.isfinite(value) and value >= 1:
        raise UserError(
            f"{where} is {value:g}, and a fraction below 1 is expected", f"for {value:g} % write {value / 100:g}"
        )
    if not 0 < value < 1:
        raise UserError(f"{where} is {value:g}, and a fraction above 0 is expected", "give a fraction: 0.20 is 20 %")
    return value
