"""Everything the verdicts are decided by that somebody may want otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


def _within(default: float, low: float, high: float | None = None) -> Any:
    """A setting with the range in which it makes sense, ends included."""
    return field(default=default, metadata={"low": low, "high": high})


def _share(default: float) -> Any:
    """A share that is neither nothing nor all."""
    return _within(default, 1e-9, 1 - 1e-9)


@dataclass(frozen=True)
class Settings:
    """Defaults of every verdict; `[verdicts]` in driftline.toml overrides them by these names.

    Rates are shares (0.01 is 1 %), `_pct` is per cent. `primary_metrics` empty means those of the registry.
    """

    # The share of false alarms: of pages on which nothing changed, and of what is only called suspect.
    page_q: float = _share(0.01)
    suspect_q: float = _share(0.05)
    ci_level: float = _share(0.95)
    equivalence_level: float = _share(0.90)
    mde_power: float = _share(0.90)
    min_effect_pct: float = _within(5.0, 0)
    # What counts as no change where the registry declares no level.
    default_warn_pct: float = _within(10.0, 0.01)
    # Fewer pairs or captures than these can be suspect, never regressed.
    min_pairs: float = _within(3, 2)
    min_captures: float = _within(3, 2)
    trim: float = _within(0.10, 0, 0.4)
    trim_from: float = _within(5, 1)
    # How many degrees of freedom what is known from before counts.
    prior_df: float = _within(8.0, 1, 1000)
    min_sessions: float = _within(6, 2)
    sigma_floor: float = _within(0.005, 0)
    # What one run differs from its repetition where nobody has measured it, as standard deviations of logs.
    assumed_tau_time: float = _within(0.05, 0)
    assumed_tau_resource: float = _within(0.02, 0)
    assumed_tau_other: float = _within(0.0, 0)
    # Change points of a history.
    hampel_half_window: float = _within(3, 1)
    hampel_sigmas: float = _within(3.0, 0.1)
    penalty: float = _within(4.0, 0.01)
    min_segment: float = _within(3, 2)
    change_p: float = _share(1e-4)
    suspect_change_p: float = _share(1e-3)
    # Applied where the registry is made: the relation `metrics` says which are primary.
    primary_metrics: tuple[str, ...] = ()
    canary_stage: str = ""

    def with_values(self, values: Mapping[str, Any]) -> Settings:
        """These with some replaced: a list of names becomes a tuple. Raises KeyError for a name that is none."""
        unknown = values.keys() - NAMES
        if unknown:
            raise KeyError(*sorted(unknown))
        cleaned: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in values.items()}
        return replace(self, **cleaned)


NAMES = {each.name for each in fields(Settings)}
# The lowest and the highest value of each number that makes sense; none is no end.
RANGES = {each.name: (each.metadata["low"], each.metadata["high"]) for each in fields(Settings) if each.metadata}
TEXTS, LISTS = {"canary_stage"}, {"primary_metrics"}
DEFAULTS = Settings()
