"""Freezes the profile of every release as `driftline profile freeze` does, in rounds through all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from driftline.capture.environment import describe_environment
from driftline.demo.corpus import DATASET_ID
from driftline.demo.execution import ONE_THREAD
from driftline.demo.releases import RELEASES, Release
from driftline.errors import UserError
from driftline.lifecycle.freeze import write_profile
from driftline.lifecycle.plan import Plan
from driftline.lifecycle.trace import Trace
from driftline.lifecycle.turns import take_turns

CAPTURES = 10
INTERVAL_S = 0.1
MONITORED = ("v0.1", "v0.2")


def freeze_releases(folder: Path, scratch: Path, hostname: str, report: Callable[[str], None]) -> None:
    """`<release>.yaml` of each release, with its companions. Raises UserError where a release does not run."""
    folder.mkdir(parents=True)
    rounds = uuid4().hex[:12]
    plans = {release.name: plan_of(release, folder, scratch, hostname, rounds) for release in RELEASES}
    traces = {name: Trace() for name in MONITORED}
    environments = {
        name: describe_environment(plan.command, plan.folder, hostname) | {"device": "cpu"}
        for name, plan in plans.items()
    }
    turns = take_turns(list(plans.values()), report, traces)
    if turns.failed:
        plan, capture = turns.failed
        raise UserError(f"{plan.version} was not measured: {capture.execution.reason}", "mend the demo")
    for name, plan in plans.items():
        doubts = list(dict.fromkeys(turns.doubts[name]))
        write_profile(plan, turns.captures[name], environments[name], doubts, traces.get(name))


def plan_of(release: Release, folder: Path, scratch: Path, hostname: str, rounds: str | None = None) -> Plan:
    """How a release is frozen: its numerical libraries on one thread."""
    counted = scratch / "episodes.json"
    threads = [f"{name}={value}" for name, value in ONE_THREAD.items()]
    program = [sys.executable, "-m", "driftline.demo.profiled", release.name, str(counted)]
    return Plan(
        release.name, folder / f"{release.name}.yaml", ["env", *threads, *program], DATASET_ID, CAPTURES, 1, INTERVAL_S,
        episodes_from=counted, hostname=hostname, folder=Path(__file__).parent, rounds=rounds,
    )  # fmt: skip
