"""Freezes a profile: runs a command some times, measures each, and writes the profile with its companions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftline.artifacts.yaml_text import load_mapping
from driftline.capture.environment import QuietWatch, describe_environment, power_warnings
from driftline.capture.execution import Execution, Request, execute
from driftline.capture.reported import episode_count, pipeline_excerpt, stage_seconds
from driftline.errors import Problems, UserError
from driftline.files import remove, sweep, write_atomically, write_new
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.profile_document import Header, profile_text, stage_truth
from driftline.lifecycle.trace import Trace, Watching

Say = Callable[[str], None]

# What a version may be called, so that it is the name of a file and nothing else.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
_RESERVED = ("regression_rules",)
# The exit code where the command ran, but what it should have written cannot be read.
UNREADABLE = 2
# File systems tell times as coarse as this, in seconds.
FILE_TIME_S = 2.0


@dataclass(frozen=True)
class Plan:
    """What is to be frozen and how. `target` is the YAML file; `notes` where outliving processes are noted."""

    version: str
    target: Path
    command: Sequence[str]
    dataset_id: str | None = None
    runs: int = 1
    warmups: int = 1
    interval_s: float = 0.5
    timeout_s: float | None = None
    episodes: int | None = None
    episodes_from: Path | None = None
    stages_from: Path | None = None
    has_truth: bool = True
    may_replace: bool = False
    hostname: str | None = None
    folder: Path = field(default_factory=Path.cwd)
    notes: Path | None = None

    @property
    def stem(self) -> Path:
        return self.target.with_suffix("")

    @property
    def truth(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.stage_truth.json")

    @property
    def monitor_log(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.monitor.log")

    @property
    def partial(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.partial.yaml")

    @property
    def request(self) -> Request:
        return Request(self.command, self.interval_s, self.timeout_s, self.notes)


@dataclass(frozen=True)
class Frozen:
    """How it went: the command's own exit code, the file that was written, and what is to be said."""

    exit_code: int
    written: Path | None
    warnings: Sequence[str]
    captures: Sequence[Capture]


def check_version(version: str) -> str:
    """The version as it was given. Raises UserError where it is no plain file name."""
    if not _PLAIN.fullmatch(version) or version.endswith((".yaml", ".partial")) or version in _RESERVED:
        raise UserError(
            f"{version!r} is no version",
            "use letters, digits, '.', '_', '+' and '-', as in v2.1: it becomes the name of the profile's file",
        )
    return version


def check_target(plan: Plan) -> None:
    """Raises UserError where the profile is there already, and may not be replaced."""
    if not os.path.lexists(plan.target):
        return
    try:
        data = plan.target.read_bytes()
    except OSError as error:
        raise UserError(f"{plan.target} is in the way: {error.strerror}", "choose another --version") from None
    document = load_mapping(data, Problems())
    if document and document.content.get("promoted"):
        raise UserError(f"{plan.target} is promoted: it never changes", "choose another --version")
    if not plan.may_replace:
        raise UserError(f"{plan.target} is there already", "choose another --version, or add --replace")


def freeze(plan: Plan, say: Say, trace: Trace | None = None) -> Frozen:
    """Runs the command `plan.warmups` times, which is thrown away, then `plan.runs` times, and writes the profile.

    Where a run fails, what was measured before goes to `<version>.partial.yaml`, and nothing else is written. Raises
    UserError for what has to be mended before.
    """
    check_target(plan)
    plan.target.parent.mkdir(parents=True, exist_ok=True)
    sweep(plan.target.parent)
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
    for number in range(1, plan.runs + 1):
        say(f"capture {number} of {plan.runs}")
        capture, doubts = measure(plan, number, trace)
        warnings += doubts
        if capture.execution.exit_code:
            return _broken_off(plan, environment, captures, capture, warnings)
        captures.append(capture)
    warnings = list(dict.fromkeys(warnings))
    write_profile(plan, captures, environment, warnings, trace)
    return Frozen(0, plan.target, warnings, captures)


def measure(plan: Plan, number: int, trace: Trace | None = None) -> tuple[Capture, list[str]]:
    """One capture, and what makes it doubtful."""
    quiet = QuietWatch()
    with trace.watching() if trace else _unwatched() as (watcher, print_line):
        execution = execute(replace(plan.request, print_line=print_line), watcher)
    left = [f"{process['name']} ({process['pid']}) goes on after capture {number}" for process in execution.left]
    reported, episodes = None, plan.episodes
    if not execution.exit_code:
        try:
            reported = _reported(plan, execution)
            episodes = episode_count(plan.episodes_from) if plan.episodes_from else episodes
        except UserError as error:
            execution.exit_code, execution.reason = UNREADABLE, f"{error.message}: {error.remedy}"
    episodes = execution.log.episodes if episodes is None else episodes
    return Capture(execution, episodes, reported), quiet.warnings(execution, number) + left


def _reported(plan: Plan, execution: Execution) -> dict[str, float] | None:
    """The stage times that this execution left. Raises UserError where it left none."""
    if not plan.stages_from or execution.log.windows:
        return None
    found = stage_seconds(plan.stages_from)
    if plan.stages_from.stat().st_mtime < execution.started - FILE_TIME_S:
        raise UserError(f"{plan.stages_from} is older than the run", "name the file that this command writes")
    return found


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
    """The companions first, so that a profile that is there is whole. Raises UserError where they cannot be written."""
    header = _header(plan, environment, warnings)
    try:
        log = trace.text if trace else None
        if log is not None:
            write_atomically(plan.monitor_log, log)
        if plan.has_truth:
            excerpt = pipeline_excerpt(plan.stages_from) if plan.stages_from else {}
            truth = stage_truth(header, captures[-1], excerpt)
            truth |= {"rfc065_monitor": trace.block(plan.monitor_log)} if trace else {}
            write_atomically(plan.truth, json.dumps(truth, indent=2, ensure_ascii=False) + "\n")
        # A companion of what is replaced would tell of other captures.
        remove([path for path, kept in ((plan.monitor_log, log), (plan.truth, plan.has_truth)) if not kept])
        (write_atomically if plan.may_replace else write_new)(plan.target, profile_text(header, captures))
        remove([plan.partial])
    except FileExistsError:
        raise UserError(f"{plan.target} was made meanwhile", "choose another --version") from None
    except OSError as error:
        raise UserError(f"cannot write beside {plan.target}: {error.strerror}", "make it writable") from None


def _broken_off(
    plan: Plan,
    environment: dict[str, Any],
    captures: Sequence[Capture],
    broken: Capture,
    warnings: Sequence[str],
) -> Frozen:
    execution = broken.execution
    header = _header(plan, environment, warnings)
    try:
        write_atomically(plan.partial, profile_text(header, captures, broken))
    except OSError as error:
        return Frozen(execution.exit_code, None, [execution.reason, f"{plan.partial}: {error.strerror}"], captures)
    return Frozen(execution.exit_code, plan.partial, [execution.reason], captures)


def _header(plan: Plan, environment: dict[str, Any], warnings: Sequence[str]) -> Header:
    path = str(plan.stages_from) if plan.stages_from else None
    return Header(plan.version, plan.dataset_id, environment, plan.interval_s, plan.warmups, warnings, path)
