"""What is tracked against its baselines: by which limit, and what the model says of numbers that are in no file yet."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

from driftline import queries
from driftline.errors import UserError
from driftline.store import Store

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


def held_against_baselines(
    metrics: Mapping[str, Any], baselines: Mapping[str, float | None], threshold: float
) -> list[queries.Row]:
    """Numbers of a program against baselines of the same names: see queries.held_against_baselines."""
    from driftline.model import macros

    with macros() as connection:
        return queries.held_against_baselines(connection, metrics, baselines, 100 * threshold).rows


def held_against_root(store: Store, platform: str, metrics: Mapping[str, Any], threshold: float) -> list[queries.Row]:
    """Numbers of a program against what its platform has: the committed baselines, else the median of the last 5
    records. Rows as of `tracked`."""
    with store.cursor() as connection:
        return queries.held_against_platform(connection, platform, metrics, 100 * threshold).rows
