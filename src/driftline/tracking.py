"""What is tracked against its baselines: by which limit, and what the model says of numbers that are in no file yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from driftline import queries
from driftline.artifacts.history import platform_named
from driftline.errors import UserError
from driftline.judging import OF_NO_FILE, settings_of
from driftline.scoring import PASSES
from driftline.store import Store
from driftline.variables import DEFAULT_THRESHOLD
from driftline.verdicts.history import change_points


def held_against_baselines(
    metrics: Mapping[str, Any], baselines: Mapping[str, float | None], threshold: float
) -> list[queries.Row]:
    """Numbers of a program against baselines of the same names: see queries.held_against_baselines."""
    from driftline.model import macros

    with macros() as connection:
        return queries.held_against_baselines(connection, metrics, baselines, 100 * threshold).rows


def find_changes(store: Store) -> bool:
    """Works out where each series changed its level for good, if that is not known of the records as they are. Returns
    whether anything was new."""
    is_new = False
    for _ in range(PASSES):
        with store.cursor() as connection:
            if not queries.needs_change_points(connection):
                break
            same: queries.Row = {"file_id": OF_NO_FILE, "state": queries.history_state(connection)}
            found = [{**same, **row} for row in _changes(connection)]
        # That there is none is known too. Files that changed meanwhile make another state.
        store.add("change_points", [*found, same], replaces=True)
        store.refresh()
        is_new = True
    return is_new


def _changes(connection: queries.Connection) -> list[queries.Row]:
    """Every change point: series, metric, record_id, effect_pct, level, p, verdict."""
    settings, found = settings_of(connection), []
    values = queries.series_values(connection).rows
    for (series, metric), rows_ in groupby(values, key=itemgetter("series", "metric")):
        rows = list(rows_)
        numbers = np.array([row["value"] for row in rows])
        changes = change_points(numbers, settings)
        bounds = [*(change.at for change in changes), len(rows)]
        for change, (at, end) in zip(changes, pairwise(bounds), strict=True):
            level = numbers[at:end]
            found.append(
                {
                    "series": series,
                    "metric": metric,
                    "record_id": rows[at]["record_id"],
                    "effect_pct": 100 * math.expm1(change.effect),
                    "level": float(np.exp(np.mean(np.log(level[level > 0])))),
                    "p": change.p,
                    "verdict": change.verdict,
                }
            )
    return found


@dataclass(frozen=True)
class Rule:
    """How the newest records are judged. `limit` is a fraction; `is_said` where a person has just said it, so that it
    counts before the limits of single metrics. With `borrowed` the baselines of that platform are used, of which the
    policy noise knows nothing."""

    limit: float
    is_said: bool = False
    policy: str = "threshold"
    borrowed: str | None = None


def least_effect_pct(store: Store) -> float:
    """By how much a level must change to count, in per cent, with the changes of the records as they are worked out."""
    find_changes(store)
    with store.cursor() as connection:
        return settings_of(connection).min_effect_pct


def improved_for_good(store: Store, platform: str) -> set[str]:
    """The metrics of a platform whose level changed for the better, by the policy noise; none of a workload."""
    rows = report_rows(store, platform, Rule(DEFAULT_THRESHOLD, policy="noise"))
    return {row["metric"] for row in rows if row["status"] == "improved" and row["series"] == platform}


def report_rows(store: Store, platform: str, rule: Rule) -> list[queries.Row]:
    """The newest record of every series of a platform against its baselines: rows of `tracked`, or of
    `tracked_by_noise` by the policy noise. Raises UserError where a file that counts cannot be read, or the platform
    whose baselines are borrowed has none."""
    least = least_effect_pct(store) if rule.policy == "noise" else None
    limit_pct = 100 * rule.limit
    said_pct = limit_pct if rule.is_said else None
    with store.cursor() as connection:
        check_readable(connection)
        if least is not None:
            return queries.tracked_by_noise(connection, limit_pct, least, [platform], said_pct).rows
        rows = queries.tracked(connection, limit_pct, [platform], said_pct).rows
        if rule.borrowed is None or not rows:
            return rows
        return _borrowing(connection, rows, platform, rule.borrowed, limit_pct)


def _borrowing(
    connection: queries.Connection, rows: list[queries.Row], platform: str, borrowed: str, limit_pct: float
) -> list[queries.Row]:
    known = [row["platform"] for row in queries.platforms(connection).rows]
    if borrowed not in known:
        raise UserError(f"nothing is known of platform {borrowed}", f"name one of {', '.join(known)}")
    own = {row["metric"]: row for row in rows if row["series"] == platform}
    if not own:
        raise UserError(
            f"{platform} has records of workloads and providers only",
            "baselines of platforms are not held against them",
        )
    values = {metric: row["value"] for metric, row in own.items()}
    held = queries.held_against_platform(connection, borrowed, values, limit_pct).rows
    gone = {"drift_pct": None, "drift_from": None, "drift_since": None}
    return [own[row["metric"]] | row | gone for row in held]


def check_readable(connection: queries.Connection) -> None:
    """Raises UserError where a file of the history or of the baselines cannot be read: what regressed might not be
    seen."""
    columns, rows = queries.problem_rows(connection, with_info=False)
    for row in (dict(zip(columns, row, strict=True)) for row in rows):
        if row["severity"] == "error" and row["artifact"] in ("history", "platform_baselines"):
            where = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
            raise UserError(f"{where}: {row['problem']}", row["remedy"])


def platform_to_report(store: Store, asked: str | None, detected: str) -> str:
    """The platform that is asked for, else this one if it has records, else the one that was recorded last."""
    if asked:
        return platform_named(asked)
    with store.cursor() as connection:
        found = {row["platform"]: row for row in queries.platforms(connection).rows if row["records"]}
    if detected in found or not found:
        return detected
    last = max(found.values(), key=lambda row: (row["last_at"] is not None, row["last_at"]))
    return str(last["platform"])
