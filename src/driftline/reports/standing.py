"""What may be said of the primary metrics of a comparison: by their verdicts, or by levels where no noise is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from driftline.verdicts.words import UNDECIDED

Row = dict[str, Any]
PAST = ("warn", "fail")
ORDER = ("rougeL_f1", "failed_episodes", "gate_failures", "avg_output_tokens", "avg_latency_s")
NO_NOISE = "Levels are thresholds only: what looks like a change may be none, as no noise is known."
WEIGHED = "Verdicts weigh the noise: bar and dot are the 95 % interval of the paired effect, a hollow dot has none."
# Metrics that say again what another one says, which is told instead.
REPEATS = {
    "success_rate": "failed_episodes",
    "truncation_rate": "gate_failures",
    "speaker_label_leak_rate": "gate_failures",
    "boilerplate_leak_rate": "gate_failures",
}


class Standing(NamedTuple):
    """The primary rows of a comparison by what may be said of them, the most telling first, nothing twice. Where noise
    was weighed for any, verdicts say it; else levels do, and nothing is `is_weighed`, `suspect` or `open`.

    `compared` are all that have two sides and may be compared, `undecided` how many of them more measurements may
    settle, `same` those that are shown not to have changed, `apart` those that may not be compared.
    """

    is_weighed: bool
    compared: list[Row]
    worse: list[Row]
    better: list[Row]
    suspect: list[Row]
    open: list[Row]
    same: list[Row]
    apart: list[Row]

    @property
    def undecided(self) -> int:
        return sum(row["verdict"] in UNDECIDED for row in self.compared)


def standing(rows: Sequence[Row]) -> Standing:
    """What is to be said of the primary metrics."""
    measured = [row for row in rows if row["is_primary"] and row["delta"] is not None]
    apart = [row for row in measured if row.get("verdict") == "not comparable"]
    compared = [row for row in measured if row.get("verdict") != "not comparable"]
    if not any(row.get("q") is not None for row in compared):
        worse, better = ([row for row in compared if row[side] in PAST] for side in ("level", "gain"))
        return Standing(False, compared, _telling(worse), _telling(better), [], [], [], apart)
    by: dict[str, list[Row]] = {}
    for row in compared:
        by.setdefault(row["verdict"], []).append(row)
    # What is past a level and could not be weighed has to be confirmed like what is suspect.
    past = [row for row in by.get("threshold only", []) if row["level"] in PAST or row["gain"] in PAST]
    return Standing(
        True, compared, _telling(by.get("regressed", [])), _telling(by.get("improved", [])),
        _telling([*by.get("suspect", []), *past]), _telling(by.get("inconclusive", [])), by.get("no change", []), apart,
    )  # fmt: skip


def caption(rows: Sequence[Row]) -> str:
    """What a table of these rows rests on."""
    return WEIGHED if standing(rows).is_weighed else NO_NOISE


def _telling(rows: Sequence[Row]) -> list[Row]:
    told = {row["metric"] for row in rows}
    kept = [row for row in rows if REPEATS.get(row["metric"]) not in told]
    return sorted(kept, key=lambda row: ORDER.index(row["metric"]) if row["metric"] in ORDER else len(ORDER))
