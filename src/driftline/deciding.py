"""Whether captures that are taken in turns have settled the verdict, looked at after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from driftline.evidence import traits
from driftline.lifecycle.captures import Capture
from driftline.metrics import Metric
from driftline.settings import DEFAULTS, Settings
from driftline.verdicts.decision import decide_alone
from driftline.verdicts.episodes import assess_pairs
from driftline.verdicts.paired import Noise
from driftline.verdicts.sequential import at_look
from driftline.verdicts.words import CHANGED, IMPROVED, NO_CHANGE, REGRESSED

METRICS = ("wall_time_s", "peak_rss_mb")
SETTLED = (REGRESSED, IMPROVED, CHANGED, NO_CHANGE)


def is_settled(
    registry: dict[str, Metric], sides: Sequence[Sequence[Capture]], look: int, settings: Settings = DEFAULTS
) -> bool:
    """Whether the time and the memory of the whole both have a verdict: of sides (candidate, baseline), in turns."""
    candidate, baseline = (
        np.array([[capture.totals()[name] or np.nan for capture in side] for name in METRICS], np.float64)
        for side in sides
    )
    about = [registry[name] for name in METRICS]
    told = traits([asdict(metric) | {"is_primary": True} for metric in about])
    none = np.zeros(len(METRICS))
    noise = Noise(np.full(len(METRICS), np.nan), none, none, none)
    now = at_look(settings, look)
    found = decide_alone(assess_pairs(baseline, candidate, told, noise, settings=now), now)
    return all(str(verdict) in SETTLED for verdict in found.decided.verdict)
