"""Verdicts that stay what they are worth although somebody looks again and again."""

from __future__ import annotations

import math
from dataclasses import replace

from driftline.settings import Settings


def share_of_look(look: int) -> float:
    """Which part of what may go wrong in all looks the look of this number, from 1 on, may use: 6 / (pi look)^2.

    The parts of all looks there can be add up to 1 (Euler, the sum of 1 / k^2), so that by Boole's inequality the
    chance of a false alarm in any of them is no more than that of a single one, however they depend on each other.
    """
    return 6 / (math.pi * look) ** 2


def at_look(settings: Settings, look: int) -> Settings:
    """The settings for the look of this number; those of a measurement that was looked at once at its end for 0."""
    if look == 0:
        return settings
    share = share_of_look(look)
    return replace(
        settings,
        page_q=settings.page_q * share,
        suspect_q=settings.suspect_q * share,
        equivalence_level=1 - (1 - settings.equivalence_level) * share,
        ci_level=1 - (1 - settings.ci_level) * share,
    )
