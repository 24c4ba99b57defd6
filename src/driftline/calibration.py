"""Finds out how much repetitions differ: of a command that is measured on purpose, and of the runs of a root."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftline import queries
from driftline.artifacts.profile import TOTALS
from driftline.capture.environment import QuietWatch, power_warnings
from driftline.capture.execution import execute
from driftline.capture.launch import Request
from driftline.judging import learn, settings_of
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.noise_record import of_captures
from driftline.metrics import percent
from driftline.store import open_store


@dataclass(frozen=True)
class Repeated:
    """What is to be measured again and again. `notes` is where outliving processes are noted."""

    command: Sequence[str]
    runs: int = 10
    warmups: int = 1
    interval_s: float = 0.5
    hostname: str | None = None
    notes: Path | None = None


def of_command(asked: Repeated, say: Callable[[str], None]) -> tuple[list[dict[str, Any]], list[str], int]:
    """The evidence of a command, what makes it doubtful, and its exit code; one that fails ends it, and what was
    measured before counts for nothing."""
    times = asked.warmups + asked.runs
    say(f"the command will run {times} times: {asked.warmups} to warm up, {asked.runs} measured")
    request = Request(asked.command, asked.interval_s, None, asked.notes)
    captures: list[Capture] = []
    warnings = power_warnings()
    for number in range(1 - asked.warmups, asked.runs + 1):
        say(f"capture {number} of {asked.runs}" if number > 0 else f"warm-up {number + asked.warmups}")
        quiet = QuietWatch()
        execution = execute(request)
        if execution.exit_code:
            return [], [f"{execution.reason}: nothing was recorded"], execution.exit_code
        if number > 0:
            captures.append(Capture(execution, execution.log.episodes))
            warnings += quiet.warnings(execution, number)
    return of_captures(captures, asked.hostname or platform.node()), list(dict.fromkeys(warnings)), 0


def known(root: Path, platforms: set[str]) -> list[str]:
    """What is known now of machines: how much repetitions differ in the primary metrics of the whole, and whether there
    are enough of them to be relied on; a sentence each."""
    said: list[str] = []
    if not platforms:
        return said
    with open_store(root) as store, store.cursor() as connection:
        registry, enough = queries.registry(connection), settings_of(connection).min_sessions - 1
        measured: dict[str, str] = {
            row["episode_metric"]: row["metric"] for row in queries.aggregations(connection) if row["episode_metric"]
        }
        for side, repeated in (("run", "runs"), ("profile", "captures")):
            for row in queries.noise(connection, side):
                metric = registry.get(measured.get(row["metric"]) or row["metric"])
                if row["platform"] not in platforms or row["stage"] not in (None, TOTALS):
                    continue
                if metric and metric.is_primary:
                    few = "" if row["n_pairs"] >= enough else f": not relied on below {enough:g} pairs"
                    spread = percent(row["spread_pct"]).removeprefix("+")
                    said.append(
                        f"{metric.label} on {row['platform']}: repeated {repeated} differ by {spread}"
                        f" ({row['n_pairs']} pairs){few}"
                    )
    return said


def of_runs(root: Path | None) -> list[dict[str, Any]]:
    """The evidence of runs that repeat each other, as far as it is not on record."""
    with open_store(root) as store:
        learn(store)
        with store.cursor() as connection:
            rows = queries.unrecorded_reruns(connection)
    return [{**row, "recorded_at": row["recorded_at"] and f"{row['recorded_at'].isoformat()}Z"} for row in rows]
