"""Where the panels of a history put every value: per cent of the panel's own baseline, on an axis of time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from driftline.metrics import MINUS, Metric, arrow, percent, plain

# What every scale shows, in per cent of the baseline, and where it ends for values that lie far away.
SHOWN, AT_MOST = (-32.0, 42.0), (-60.0, 100.0)
ROOM = 4.0
DAY_MS = 86_400_000.0
WORSE, BETTER, NEUTRAL = "worse", "better", "base"


@dataclass(frozen=True)
class Change:
    """A change point: when (ms), what stands beside it, the new level, until when it holds, and whether it is good."""

    x: float
    text: str
    level: float
    end: float
    tone: str
    is_suspect: bool


@dataclass(frozen=True)
class Panel:
    """One metric of a series. `y` and `shown` name columns of Tracks.records; y is the change in per cent of
    `reference`: the baseline, and where there is none the median of what is drawn. `baseline`, `limit` and `newest` are
    in the metric's unit, None where there is none; levels of `changes` are in per cent."""

    metric: Metric
    y: str
    shown: str
    reference: float | None
    baseline: float | None
    limit: float | None
    newest: float | None
    changes: tuple[Change, ...]

    def place(self, value: float) -> float:
        """Where a value stands, in per cent."""
        return float(_placed(np.array([value]), self.reference)[0])


@dataclass(frozen=True)
class Tracks:
    """What is drawn of a series. `records` has, in the order of time, x (ms since 1970, UTC), at (a number that no
    other series has), key (record_id), told (when, which commit, why) and for each panel y (NaN at a gap, not clipped)
    and shown (the value as text). `undated` records do not say when they were made."""

    series: str
    records: pd.DataFrame
    panels: tuple[Panel, ...]
    undated: int


def reference_of(baseline: float | None, values: np.ndarray[Any, Any]) -> float | None:
    """What a panel is scaled by: its baseline, else the median of its usable values; None where that is zero."""
    if baseline is not None and math.isfinite(baseline) and baseline > 0:
        return float(baseline)
    usable = values[np.isfinite(values)]
    median = float(np.median(usable)) if len(usable) else 0.0
    return median or None


def _placed(values: np.ndarray[Any, Any], reference: float | None) -> np.ndarray[Any, Any]:
    """Values as a change in per cent of what they are scaled by; without that any but zero lies beyond the scale."""
    if reference is None:
        return np.where(values == 0, 0.0, np.where(np.isnan(values), np.nan, np.sign(values) * np.inf))
    with np.errstate(over="ignore"):
        return np.asarray(100 * (values - reference) / abs(reference))


def lay_out_tracks(
    series: str,
    points: pd.DataFrame,
    rows: Sequence[Mapping[str, Any]],
    registry: Mapping[str, Metric],
    first_at: int = 0,
) -> Tracks:
    """Places every metric of a series. `points` is queries.series_points, `rows` those of queries.tracked in the order
    of the panels; records are numbered from `first_at`."""
    dated = points[points["recorded_at"].notna()]
    records = dated.drop_duplicates("record_id").sort_values("place").reset_index(drop=True)
    wide = dated.assign(value=dated["value"].where(dated["is_usable"])).pivot(
        index="record_id", columns="metric", values="value"
    )
    x = records["recorded_at"].to_numpy("datetime64[ns]").astype("int64") / 1e6
    columns: dict[str, Any] = {
        "x": x,
        "at": np.arange(first_at, first_at + len(records), dtype=float),
        "key": list(records["record_id"]),
        "told": [_told(record) for record in records.to_dict("records")],
    }
    changed = dated[dated["change"].notna()]
    noted = {(row["record_id"], row["metric"]): row for row in dated[~dated["is_usable"]].to_dict("records")}
    panels = []
    for number, row in enumerate(rows):
        metric = registry[row["metric"]]
        name = row["metric"]
        values = (
            wide[name].reindex(records["record_id"]).to_numpy(float) if name in wide else np.full(len(records), np.nan)
        )
        baseline = row["baseline"] if (row["baseline"] or 0) > 0 and math.isfinite(row["baseline"]) else None
        reference = reference_of(baseline, values)
        y, shown = f"y{number}", f"shown{number}"
        columns[y] = _placed(values, reference)
        columns[shown] = [
            _shown(value, metric, pct if baseline else None)
            if value == value
            else _gap(noted.get((record, name)), metric)
            for value, pct, record in zip(values, columns[y], records["record_id"], strict=True)
        ]
        changes = _changes(changed[changed["metric"] == name], metric, reference, x)
        limit = row["limit_value"] if baseline else None
        panels.append(Panel(metric, y, shown, reference, baseline, limit, row["value"], changes))
    return Tracks(series, pd.DataFrame(columns), tuple(panels), int(points["record_id"].nunique() - len(records)))


def _told(record: Mapping[Any, Any]) -> str:
    commit = record["git_commit"] if isinstance(record["git_commit"], str) else ""
    branch = record["git_branch"] if isinstance(record["git_branch"], str) else ""
    why = record["run_type"] if isinstance(record["run_type"], str) else ""
    at = f"{record['recorded_at']:%b %-d %Y, %H:%M} UTC"
    return " · ".join(filter(None, [at, f"{short_commit(commit)} {branch}".strip(), why, f"record {record['number']}"]))


def short_commit(commit: str | None) -> str:
    """A commit as people say it: the first seven of a hash, else what was recorded, not longer than that of a tag."""
    text = commit or ""
    is_hash = len(text) >= 7 and all(char in "0123456789abcdefABCDEF" for char in text)
    return text[:7] if is_hash else text[:16]


def short_value(value: float, metric: Metric) -> str:
    """A value without its unit, short enough for a label: about three digits, of very large and small ones a power."""
    if metric.unit == "fraction":
        return metric.shown(value)
    if abs(value) >= 1e6 or (value and abs(value) < 1e-3):
        return f"{value:.3g}".replace("e+0", "e").replace("e-0", f"e{MINUS}").replace("e+", "e").replace("-", MINUS)
    if abs(value) >= 10:
        return plain(value, 0 if abs(value) >= 100 else min(metric.decimals, 1))
    return metric.shown(value)


def _shown(value: float, metric: Metric, pct: float | None) -> str:
    moved = "" if pct is None or not math.isfinite(pct) else f" {arrow(pct)} {percent(pct)}" if pct else " = 0"
    return short_value(value, metric) + moved


def _gap(row: Mapping[Any, Any] | None, metric: Metric) -> str:
    """What is said where nothing is drawn: that the record lacks the metric, or has a value that no one can use."""
    if row is None or not row["present"]:
        return "not recorded"
    if isinstance(row["note"], str):
        return row["note"]
    return f"{short_value(row['value'], metric)}: not usable" if row["value"] == row["value"] else "no value"


def _changes(
    rows: pd.DataFrame, metric: Metric, reference: float | None, x: np.ndarray[Any, Any]
) -> tuple[Change, ...]:
    if reference is None or rows.empty:
        return ()
    found = rows.sort_values("place").to_dict("records")
    starts = [row["recorded_at"].value / 1e6 for row in found]
    changes = []
    for row, start, end in zip(found, starts, [*starts[1:], float(x[-1])], strict=True):
        level = float(_placed(np.array([row["level"]], float), reference)[0])
        commit = row["git_commit"] if isinstance(row["git_commit"], str) else ""
        is_suspect = row["change"] == "suspect"
        text = " ".join(filter(None, [f"{row['recorded_at']:%b %-d}", short_commit(commit), "?" if is_suspect else ""]))
        changes.append(Change(start, text, level, end, tone_of(row["effect_pct"], metric), is_suspect))
    return tuple(changes)


def tone_of(effect_pct: float, metric: Metric) -> str:
    """Whether a change of a level is for the worse, for the better, or neither."""
    if metric.better == "neutral" or effect_pct == 0:
        return NEUTRAL
    return WORSE if (effect_pct > 0) == (metric.better == "lower") else BETTER


def common_scale(tracks: Iterable[Tracks]) -> tuple[float, float]:
    """Where the one scale of all panels begins and ends, in per cent: wide enough for every value, level and limit that
    is not far off."""
    low, high = SHOWN
    for each in tracks:
        for panel in each.panels:
            placed = [each.records[panel.y].to_numpy(float), [change.level for change in panel.changes]]
            if panel.limit is not None:
                placed.append([panel.place(panel.limit)])
            for value in np.concatenate([np.asarray(part, float) for part in placed]):
                if math.isfinite(value):
                    low, high = min(low, value - ROOM), max(high, value + ROOM)
    return max(low, AT_MOST[0]), min(high, AT_MOST[1])


def time_range(x: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Where the axis of time begins and ends, in ms: half a day around a single record."""
    if not len(x):
        return 0.0, DAY_MS
    low, high = float(x[0]), float(x[-1])
    room = (high - low) * 0.015 or DAY_MS / 2
    return low - room, high + room
