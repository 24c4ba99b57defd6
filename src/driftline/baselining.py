"""Proposes baselines of a platform from its records and writes those that are approved. Asks nobody, prints nothing."""

from __future__ import annotations

import math
import shlex
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from driftline import queries
from driftline.artifacts.history import history_folder, platform_named
from driftline.artifacts.scan import Places
from driftline.capture.platform import detect_platform, get_git_metadata
from driftline.capture.times import utc_seconds
from driftline.errors import UserError
from driftline.lifecycle.flat_baselines import Upgraded, flat_owner, names_its_platforms, upgraded
from driftline.lifecycle.platform_baselines import (
    NEW_FILE,
    UPDATES,
    Document,
    baselines_file,
    names_of,
    read_document,
    unwritable,
    updated,
    write,
)
from driftline.metrics import Metric
from driftline.places import find_root
from driftline.refresh import Progress
from driftline.reports.baselines import why_nothing
from driftline.store import Store, open_store
from driftline.tracking import improved_for_good

# Below so many records a median follows a single one.
FEWEST_RUNS = 3
Policy = Literal["threshold", "noise"]
PROPOSED = ("better", "new", "stale records")
MIN_RUNS, THRESHOLD = 5, 0.05
RECORD = "`ENABLE_PERFORMANCE_RECORDING=1 pytest`"


@dataclass(frozen=True)
class Asked:
    """What an update is asked for. `threshold` is a fraction. Raises UserError for what defeats its purpose."""

    root: Path | None
    baselines: Path | None
    platform: str | None
    min_runs: int
    threshold: float
    reason: str | None
    policy: Policy = "threshold"

    def __post_init__(self) -> None:
        if self.min_runs < FEWEST_RUNS:
            raise UserError(
                f"--min-runs {self.min_runs} is below {FEWEST_RUNS}: so few records tell nothing",
                "give 5, or no --min-runs",
            )
        if math.isfinite(self.threshold) and self.threshold >= 1:
            raise UserError(
                f"--improvement-threshold is {self.threshold:g}, and a fraction below 1 is expected",
                f"for {self.threshold:g} % write {self.threshold / 100:g}",
            )
        if not 0 < self.threshold < 1:
            raise UserError(
                f"--improvement-threshold is {self.threshold:g}, and a fraction above 0 is expected",
                "give a fraction: 0.05 is 5 %",
            )
        if self.reason is not None and not self.reason.strip():
            raise UserError("--reason is empty", "say why, or leave it out")

    @property
    def gain_pct(self) -> float:
        return 100 * self.threshold

    def command(self, platform: str) -> str:
        """What asks for the same of a platform, and for a yes."""
        named = {
            "--platform": platform,
            "--min-runs": self.min_runs if self.min_runs != MIN_RUNS else None,
            "--improvement-threshold": self.threshold if self.threshold != THRESHOLD else None,
            "--policy": self.policy if self.policy != "threshold" else None,
            "--reason": self.reason,
            "--baselines": self.baselines,
            "--root": self.root,
        }
        options = (f"{option} {shlex.quote(str(value))}" for option, value in named.items() if value is not None)
        return f"driftline baselines update {' '.join(options)}"

    @property
    def by(self) -> tuple[int, float, Policy]:
        """How many records, the gain in per cent, and the policy."""
        return self.min_runs, self.gain_pct, self.policy


@dataclass(frozen=True)
class Planned:
    """What is proposed for a platform. Where `rows` is empty, `why` says so in lines, and `has_too_few` whether that is
    for want of records. `notes` are to be said in any case."""

    asked: Asked
    platform: str
    document: Document
    known: frozenset[str]
    registry: dict[str, Metric]
    rows: Sequence[queries.Row]
    notes: Sequence[str]
    why: Sequence[str]
    has_too_few: bool
    names: dict[str, str]
    stated: dict[str, Any]

    def text_with(self, rows: Sequence[queries.Row]) -> str:
        """The text of the file with the proposals of these rows."""
        at, reason = utc_seconds(time.time()), self.asked.reason
        values = {self.names[row["metric"]]: row["proposed"] for row in rows}
        changes = [
            {
                "at": at, "metric": self.names[row["metric"]], "from": row["current"], "to": row["proposed"],
                "runs": row["records"], "git_commit": row["git_commit"], "reason": reason,
            }
            for row in rows
        ]  # fmt: skip
        metadata = {"last_updated": at, **self.stated, "reason": reason, UPDATES: changes}
        return updated(self.document.text or NEW_FILE, self.platform, values, metadata, self.known)

    def with_text(self, told: str) -> Planned:
        """The same for a file that has this text."""
        return replace(self, document=replace(self.document, text=told))


def open_with(root: Path | None, baselines: Path | None, progress: Progress | None = None) -> Store:
    """The root, with this file for its baselines."""
    places = Places(history=history_folder(), baselines=baselines.absolute() if baselines else None)
    return open_store(root, progress, places=places)


def plan(asked: Asked, progress: Progress | None = None) -> Planned:
    """What the newest records of a platform propose. Raises UserError where the file cannot be written into as it is,
    or holds metrics of no platform and none is given."""
    root = find_root(asked.root)
    document = read_document(baselines_file(root, asked.baselines))
    platform = platform_named(asked.platform or detect_platform())
    told = document.text or NEW_FILE
    with open_with(root, asked.baselines, progress) as store:
        known = queries.known_metrics(store.connection, flat_owner(told) or platform)
        after = upgraded(told, platform_named(asked.platform) if asked.platform else None, known)
        if names_its_platforms(told, known):
            return _planned(asked, platform, document, known, after, store)
    # The model does not know whose numbers these are; what it is given says it.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, document.path.name)
        file.write_text(after.text, encoding="utf-8", newline="")
        with open_with(root, file, progress) as store:
            return _planned(asked, platform, document, known, after, store)


def _planned(
    asked: Asked, platform: str, document: Document, known: frozenset[str], after: Upgraded, store: Store
) -> Planned:
    connection, told, notes = store.connection, after.text, list(after.notes)
    rows = queries.proposals(connection, asked.min_runs, asked.gain_pct, [platform]).rows
    others, used = queries.other_names(connection), names_of(told, platform)
    names = {
        row["metric"]: next((name for name in others.get(row["metric"], []) if name in used), row["metric"])
        if row["metric"] not in used
        else row["metric"]
        for row in rows
    }
    proposed = [row for row in rows if row["status"] in PROPOSED]
    unsure: set[str] = set()
    if asked.policy == "noise":
        sure = improved_for_good(store, platform)
        unsure = {row["metric"] for row in proposed if row["change_pct"] is not None} - sure
        proposed = [row for row in proposed if row["metric"] not in unsure]
    kept_out = unwritable(told, platform, [names[row["metric"]] for row in proposed])
    notes += [f"{name} is left out: {why}" for name, why in kept_out.items()]
    counts = queries.proposal_counts(connection, asked.min_runs, asked.gain_pct, platform)
    has_too_few = counts["too_few"] > 0 and counts["too_few"] + counts["not_judged"] == counts["metrics"]
    if not rows:
        why, has_too_few = _no_records(connection, platform), True
    elif has_too_few:
        why = _too_few(platform, counts["most_records"], asked.min_runs)
    else:
        causes = why_nothing(counts | {"unsure": len(unsure)}, asked.min_runs, asked.gain_pct)
        why = [f"no baseline of {platform} is to be replaced; nothing written", *(f"  {cause}" for cause in causes)]
    return Planned(
        asked, platform, document, known, queries.registry(connection),
        [row for row in proposed if names[row["metric"]] not in kept_out], notes, why, has_too_few, names,
        _stated(connection, platform),
    )  # fmt: skip


def _stated(connection: queries.Connection, platform: str) -> dict[str, Any]:
    """Of what the baselines are, as the newest record says; of which commit else the tree in which this runs."""
    record = queries.newest_record(connection, platform) or {}
    git = record if record.get("git_commit") else get_git_metadata()
    stated = {name: git.get(name) for name in ("git_commit", "git_branch")}
    return stated | {name: record[name] for name in ("python_version", "os_arch") if record.get(name)}


def _no_records(connection: queries.Connection, platform: str) -> list[str]:
    known = [row for row in queries.platforms(connection).rows if row["records"]]
    told = ", ".join(f"{row['platform']} ({row['records']})" for row in known)
    if platform in {row["platform"] for row in known}:
        return [
            f"the records of {platform} are all of a workload or a provider: none is of the platform as such",
            f"  record runs without: {RECORD}",
        ]
    if not known:
        return [f"no record of {platform}, nor of any other platform", f"  record runs: {RECORD}"]
    return [f"no record of {platform}; records are of {told}", f"  name one: --platform {known[0]['platform']}"]


def _too_few(platform: str, records: int, min_runs: int) -> list[str]:
    return [
        f"{platform} has {records} of the {min_runs} records that a proposal needs",
        f"  record {min_runs - records} more: {RECORD}",
    ]


def apply(planned: Planned, told: str) -> Planned:
    """Writes the text; what is planned for the file as it is then. Raises UserError where it changed meanwhile or
    cannot be written."""
    write(planned.document, told)
    return planned.with_text(told)
