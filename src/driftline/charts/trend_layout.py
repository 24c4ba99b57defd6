"""Where a trend figure puts every value: a row a stage, scaled from zero, on an axis of releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from driftline.metrics import Metric

# Inside a row of height 1 the plot takes the lower part and the name of the stage the rest.
FLOOR, ROOF, NAME = 0.16, 0.56, 0.86


@dataclass(frozen=True)
class Trends:
    """What a trend figure draws: `points` has x, y, value, stage, key (of the profile), label and shown; y is NaN at a
    gap."""

    metric: Metric
    points: pd.DataFrame
    rows: pd.DataFrame
    gaps: pd.DataFrame
    spread: pd.DataFrame
    releases: list[str]
    baseline: int | None
    focus: int | None

    @property
    def right_end(self) -> float:
        """Where the axis ends: beyond the last release there is room for the baseline's values."""
        return 0.4 + max(len(self.releases) - 1, 0) + 0.16 * max(len(self.releases), 1)


def lay_out_trends(
    trend: pd.DataFrame, spread: pd.DataFrame, metric: Metric, labels: Mapping[str, str], baseline: str, focus: str,
    changes: Mapping[str, str],
) -> Trends:  # fmt: skip
    """Places every stage in a row of its own, scaled from zero to its own largest value.

    `trend` is queries.trend, `spread` queries.spread; `changes` gives the text right of a stage's name.
    """
    stages = list(dict.fromkeys(trend["stage"]))
    profiles = list(dict.fromkeys(trend.sort_values("release_order")["profile"]))
    at = {profile: index for index, profile in enumerate(profiles)}
    row_of = {stage: len(stages) - 1 - index for index, stage in enumerate(stages)}
    frame = trend.assign(
        x=trend["profile"].map(at).astype(float),
        row=trend["stage"].map(row_of).astype(float),
        label=trend["profile"].map(labels),
        key=trend["profile"],
    ).sort_values(["row", "x"])
    top = frame.groupby("stage")["value"].transform("max")
    if len(spread):
        widest = frame["stage"].map(spread.groupby("stage")["high"].max())
        top = top.combine(widest, np.fmax)
    frame["scale"] = (ROOF - FLOOR) / top.where(top > 0)
    frame["y"] = frame["row"] + FLOOR + frame["value"] * frame["scale"].fillna(0)
    frame["shown"] = [metric.shown_with_unit(None if pd.isna(value) else value) for value in frame["value"]]
    ends = pd.DataFrame({"row": list(row_of.values()), "stage": list(row_of)})
    ends["name"] = ["Totals" if stage == "(totals)" else stage for stage in ends["stage"]]
    ends["change"] = [changes.get(stage, "") for stage in ends["stage"]]
    gaps = frame.loc[frame["value"].isna(), ["x", "row", "stage", "label"]].copy()
    gaps["y"] = gaps["row"] + FLOOR - 0.07
    return Trends(
        metric, frame, ends, gaps, _place_spread(spread, frame, at), [labels[profile] for profile in profiles],
        at.get(baseline), at.get(focus),
    )  # fmt: skip


def _place_spread(spread: pd.DataFrame, frame: pd.DataFrame, at: Mapping[str, int]) -> pd.DataFrame:
    scales = frame.drop_duplicates("stage").set_index("stage")[["row", "scale"]]
    known = spread[spread["stage"].isin(scales.index)].copy()
    if known.empty:
        return pd.DataFrame({"x": [], "low": [], "high": []}, dtype=float)
    floor = known["stage"].map(scales["row"]) + FLOOR
    scale = known["stage"].map(scales["scale"])
    return pd.DataFrame(
        {
            "x": known["profile"].map(at).astype(float),
            "low": floor + known["low"] * scale,
            "high": floor + known["high"] * scale,
        }
    )


def with_breaks(points: pd.DataFrame) -> pd.DataFrame:
    """The points with one empty row after each stage, so that one line glyph draws all stages without joining them."""
    columns = ["x", "y", "value", "shown", "stage", "label"]
    parts = []
    for _, stage in points.groupby("row", sort=True):
        parts += [stage[columns], pd.DataFrame({"x": [np.nan], "y": [np.nan], "value": [np.nan]})]
    return pd.concat(parts, ignore_index=True) if parts else points[columns]
