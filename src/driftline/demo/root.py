"""Fills a root: the reference, the repeated runs of v0.1, one run and several captures of every release.

Runs and captures go round all releases, in their order, before the next round begins, so that a slow minute of the
machine does not fall on one release alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from time import time
from typing import Any

from driftline.capture.times import utc
from driftline.demo.artifacts import write_json, write_run
from driftline.demo.corpus import REFERENCE_ID, Episode, load_corpus
from driftline.demo.execution import merge_rounds, run_in_process
from driftline.demo.profiles import freeze_releases
from driftline.demo.readme import write_readme
from driftline.demo.references import write_reference
from driftline.demo.releases import RELEASES, Release

ROUNDS = 5
PASSES = 2
REPEATS = 5

Report = Callable[[str], None]


def build_root(root: Path, hostname: str, report: Report) -> None:
    """Measure everything and write it below `root`, an empty folder. Takes some minutes."""
    episodes = load_corpus()
    scratch = root / ".scratch"
    scratch.mkdir(parents=True)
    write_reference(root / "eval/references/silver" / REFERENCE_ID, episodes, utc(time()))
    _build_runs(root, episodes, scratch, report)
    freeze_releases(root / "profiles", scratch, hostname, report)
    shutil.rmtree(scratch)
    write_readme(root, episodes)


def _build_runs(root: Path, episodes: Sequence[Episode], scratch: Path, report: Report) -> None:
    runs = root / "eval/runs"
    first = RELEASES[0]
    planned = [(first, runs / "aa" / f"{run_name(first)}_aa{number}") for number in range(1, REPEATS + 1)]
    planned += [(release, runs / run_name(release)) for release in RELEASES]
    rounds: dict[Path, list[dict[str, Any]]] = {folder: [] for _, folder in planned}
    for number in range(1, ROUNDS + 1):
        for release, folder in planned:
            report(f"round {number}/{ROUNDS}: {folder.name}")
            rounds[folder].append(run_in_process(release, scratch, PASSES, only_summaries=number > 1))
    for release, folder in planned:
        write_run(folder, release, episodes, merge_rounds(rounds[folder]))
    promote(runs / run_name(first), root / "eval/baselines" / run_name(first))


def run_name(release: Release) -> str:
    """The directory name of the run of a release; "paragraph" in it is the kind of the run."""
    return f"demo_paragraph_{release.name}"


def promote(source: Path, target: Path) -> None:
    """Make a run the baseline: it moves, and its record says where it came from and when."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    record = json.loads((target / "baseline.json").read_text(encoding="utf-8"))
    promotion = {
        "promoted_from": source.name,
        "promoted_at": utc(time()),
        "promoted_as": "baseline",
        "promoted_id": target.name,
    }
    write_json(target / "baseline.json", record | promotion)
