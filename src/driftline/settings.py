"""Everything the verdicts are decided by that somebody may want otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Defaults of every verdict; `[verdicts]` in driftline.toml overrides them by these names.

    Rates are shares (0.01 is 1 %), `_pct` is per cent. `primary_metrics` empty means those of the registry.
    """

    # The share of false alarms: of pages on which nothing changed, and of what is only called suspect.
    page_q: float = 0.01
    suspect_q: float = 0.05
    ci_level: float = 0.95
    equivalence_level: float = 0.90
    mde_power: float = 0.90
    min_effect_pct: float = 5.0
    # What counts as no change where the registry declares no level.
    default_warn_pct: float = 10.0
    # Fewer pairs or captures than these can be suspect, never regressed.
    min_pairs: float = 3
    min_captures: float = 3
    trim: float = 0.10
    trim_from: float = 5
    # How many degrees of freedom what is known from before counts.
    prior_df: float = 8.0
    min_sessions: float = 6
    sigma_floor: float = 0.005
    # What one run differs from its repetition where nobody has measured it, as standard deviations of logs.
    assumed_tau_time: float = 0.05
    assumed_tau_resource: float = 0.02
    assumed_tau_other: float = 0.0
    # Change points of a history.
    hampel_half_window: float = 3
    hampel_sigmas: float = 3.0
    penalty: float = 4.0
    min_segment: float = 3
    change_p: float = 1e-4
    suspect_change_p: float = 1e-3
    primary_metrics: tuple[str, ...] = ()
    canary_stage: str = ""

    def with_values(self, values: Mapping[str, Any]) -> Settings:
        """These with some replaced: a list of names becomes a tuple. Raises KeyError for a name that is none."""
        unknown = values.keys() - NAMES
        if unknown:
            raise KeyError(*sorted(unknown))
        cleaned: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in values.items()}
        return replace(self, **cleaned)


NAMES = {field.name for field in fields(Settings)}
TEXTS, LISTS = {"canary_stage"}, {"primary_metrics"}
DEFAULTS = Settings()
