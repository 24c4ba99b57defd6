"""Freezes a profile: runs a command some times, measures each, and writes the profile with its companions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driftline.capture.environment import QuietWatch, describe_environment, power_warnings
from driftline.capture.execution import Execution, execute
from driftline.capture.reported import episode_count, pipeline_excerpt, stage_seconds
from driftline.errors import UserError
from driftline.files import locked, remove, write_atomically, write_new
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.plan import Plan, check_target, prepare
from driftline.lifecycle.profile_document import Broken, Header, profile_text, stage_truth
from driftline.lifecycle.trace import Trace, Watching

Say = Callable[[str], None]

# The exit code where the command ran, but what it should have written cannot be read.
UNREADABLE = 2
# A program may measure a little more than what is seen of it from outside.
LONGER_S = 0.1


@dataclass(frozen=True)
class Frozen:
    """How it went: the command's own exit code, the file that was written, and what is to be said."""

    exit_code: int
    written: Path | None
    warnings: Sequence[str]
    captures: Sequence[Capture]


def freeze(plan: Plan, say: Say, trace: Trace | None = None) -> Frozen:
    """Runs the command `plan.warmups` times, which is thrown away, then `plan.runs` times, and writes the profile.

    Where a run fails, what was measured before goes to `<version>.partial.yaml`, and nothing else is written. Raises
    UserError for what has to be mended before.
    """
    prepare(plan)
    times = plan.warmups + plan.runs
    say(
        f"the command will run {times} time{'s' if times != 1 else ''}: "
        f"{plan.warmups} to warm up, {plan.runs} measured every {plan.interval_s:g} s"
    )
    environment = describe_environment(plan.command, plan.folder, plan.hostname)
    for number in range(1, plan.warmups + 1):
        say(f"warm-up {number} of {plan.warmups}")
        execution = execute(plan.request)
        if execution.exit_code:
            return Frozen(execution.exit_code, None, [f"{execution.reason}, in a warm-up: nothing was measured"], [])
    captures: list[Capture] = []
    warnings = power_warnings()
    try:
        for number in range(1, plan.runs + 1):
            say(f"capture {number} of {plan.runs}")
            capture, doubts = measure(plan, number, trace)
            warnings += doubts
            if capture.execution.exit_code:
                reason, code = capture.execution.reason, capture.execution.exit_code
                written = keep_partial(plan, environment, captures, warnings, Broken(reason, code, capture))
                return Frozen(code, written, [reason], captures)
            captures.append(capture)
        warnings = list(dict.fromkeys(warnings))
        write_profile(plan, captures, environment, warnings, trace)
    except BaseException as error:
        # Whatever it was: what was measured whole took long.
        keep_partial(plan, environment, captures, warnings, Broken(str(error) or type(error).__name__))
        if isinstance(error, OSError):
            raise UserError(f"it was broken off: {error}", f"what was measured is in {plan.partial}") from error
        raise
    return Frozen(0, plan.target, warnings, captures)


def measure(plan: Plan, number: int, trace: Trace | None = None) -> tuple[Capture, list[str]]:
    """One capture, and what makes it doubtful."""
    quiet, before = QuietWatch(), _signature(plan.stages_from)
    with trace.watching() if trace else _unwatched() as (watcher, print_line):
        execution = execute(replace(plan.request, print_line=print_line), watcher)
    left = [f"{process['name']} ({process['pid']}) goes on after capture {number}" for process in execution.left]
    reported, excerpt, episodes = None, {}, plan.episodes
    if not execution.exit_code:
        try:
            if plan.stages_from and not execution.log.windows:
                reported, excerpt = stage_seconds(plan.stages_from), pipeline_excerpt(plan.stages_from)
                if _signature(plan.stages_from) == before:
                    raise UserError(f"{plan.stages_from} is older than the run", "name the file that it writes")
            episodes = episode_count(plan.episodes_from) if plan.episodes_from else episodes
        except UserError as error:
            execution.exit_code, execution.reason = UNREADABLE, f"{error.message}: {error.remedy}"
    episodes = execution.log.episodes if episodes is None else episodes
    doubts = [*quiet.warnings(execution, number), *left, *_misread(execution, reported or {}, number)]
    return Capture(execution, episodes, reported, excerpt), doubts


def _misread(execution: Execution, reported: Mapping[str, float], number: int) -> Iterator[str]:
    """What the program said of its stages that cannot be so."""
    if execution.log.refused:
        yield f"{execution.log.refused} lines of the stage file were no marks in capture {number}"
    if execution.unended:
        yield f"{', '.join(execution.unended)} never ended in capture {number}: counted to the end of the run"
    for stage, seconds in reported.items():
        if seconds > execution.wall_s + LONGER_S:
            yield f"{stage} is reported with {seconds:.1f} s of a run of {execution.wall_s:.1f} s: is the unit right?"


def _signature(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file is written; None where there is none."""
    try:
        status = os.stat(path) if path else None
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status else None


@contextmanager
def _unwatched() -> Iterator[Watching]:
    yield None, None


def write_profile(
    plan: Plan,
    captures: Sequence[Capture],
    environment: dict[str, Any],
    warnings: Sequence[str],
    trace: Trace | None = None,
) -> None:
    """The companions first, so that a new profile that is there is whole. Raises UserError where it was made meanwhile,
    and OSError."""
    header = _header(plan, environment, warnings)
    log = trace.text if trace else None
    truth = stage_truth(header, captures[-1]) | ({"rfc065_monitor": trace.block(plan.monitor_log)} if trace else {})
    with locked(plan.target.parent):
        # The companions of another profile are not to be touched.
        check_target(plan)
        if log is not None:
            write_atomically(plan.monitor_log, log)
        if plan.has_truth:
            write_atomically(plan.truth, json.dumps(truth, indent=2) + "\n")
        # A companion of what is replaced would tell of other captures.
        remove([path for path, kept in ((plan.monitor_log, log), (plan.truth, plan.has_truth)) if not kept])
        (write_atomically if plan.may_replace else write_new)(plan.target, profile_text(header, captures))
        remove([plan.partial])


def keep_partial(
    plan: Plan, environment: dict[str, Any], captures: Sequence[Capture], warnings: Sequence[str], broken: Broken
) -> Path | None:
    """Keeps what was measured; the file, or None where it cannot be written."""
    if not (captures or broken.capture):
        return None
    try:
        write_atomically(plan.partial, profile_text(_header(plan, environment, warnings), captures, broken))
    except OSError:
        return None
    return plan.partial


def _header(plan: Plan, environment: dict[str, Any], warnings: Sequence[str]) -> Header:
    path = str(plan.stages_from) if plan.stages_from else None
    about = (plan.version, plan.dataset_id, environment, plan.interval_s, plan.warmups, warnings, path)
    return Header(*about, rounds=plan.rounds, looks=plan.looks)
