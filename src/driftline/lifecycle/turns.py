"""Captures several commands in turns, A B A B, so that what the machine does meanwhile it does to all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from driftline.capture.environment import describe_environment, power_warnings
from driftline.errors import UserError
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.freeze import Frozen, keep_partial, measure, write_profile
from driftline.lifecycle.plan import Plan, prepare
from driftline.lifecycle.profile_document import Broken
from driftline.lifecycle.trace import Trace

Say = Callable[[str], None]
# Asked after each round with the captures of all, in the order of the plans, and the number of the look.
IsSettled = Callable[[Sequence[Sequence[Capture]], int], bool]
# Before this there is nothing to look at.
FIRST_LOOK = 3


@dataclass
class Turns:
    """What was captured of each plan, by version, and what makes it doubtful; `failed` is the capture that failed;
    `looks` says how often it was asked whether that is enough."""

    captures: dict[str, list[Capture]]
    doubts: dict[str, list[str]]
    failed: tuple[Plan, Capture] | None = None
    looks: int = 0
    traces: Mapping[str, Trace] = field(default_factory=dict)


def take_turns(
    plans: Sequence[Plan],
    say: Say,
    traces: Mapping[str, Trace] | None = None,
    is_settled: IsSettled | None = None,
    turns: Turns | None = None,
) -> Turns:
    """Warms each up, then captures each in every round: `runs` rounds of the first plan, fewer where it is settled.

    The last round is traced. Ends with the first capture that fails. `turns` is filled as far as it goes.
    """
    turns = turns or Turns({plan.version: [] for plan in plans}, {plan.version: power_warnings() for plan in plans})
    turns.traces = traces or {}
    warmups, runs = plans[0].warmups, plans[0].runs
    for number in range(1 - warmups, runs + 1):
        for plan in plans:
            say(f"capture {number}/{runs}: {plan.version}" if number > 0 else f"warm-up: {plan.version}")
            is_traced = number == runs or is_settled is not None
            capture, found = measure(plan, number, turns.traces.get(plan.version) if is_traced else None)
            if capture.execution.exit_code:
                turns.failed = plan, capture
                return turns
            if number > 0:
                turns.captures[plan.version].append(capture)
                turns.doubts[plan.version] += found
        if is_settled and number >= FIRST_LOOK:
            turns.looks += 1
            if is_settled([turns.captures[plan.version] for plan in plans], turns.looks):
                break
    return turns


def freeze_in_turns(
    plans: Sequence[Plan], say: Say, traces: Mapping[str, Trace] | None = None, is_settled: IsSettled | None = None
) -> Frozen:
    """Writes the profile of each plan; that of none where a capture fails: then what was measured is kept apart."""
    if len({plan.target for plan in plans}) < len(plans):
        raise UserError("both profiles would be the same file", "choose another --output")
    for plan in plans:
        prepare(plan)
    rounds = uuid4().hex[:12]
    plans = [replace(plan, rounds=rounds) for plan in plans]
    environments = {plan.version: describe_environment(plan.command, plan.folder, plan.hostname) for plan in plans}
    turns = Turns({plan.version: [] for plan in plans}, {plan.version: power_warnings() for plan in plans})
    written: list[Plan] = []
    try:
        take_turns(plans, say, traces, is_settled, turns)
        if turns.failed:
            failed, capture = turns.failed
            reason, code = capture.execution.reason, capture.execution.exit_code
            for plan in plans:
                broken = Broken(reason, code, capture if plan is failed else None)
                keep_partial(plan, environments[plan.version], turns.captures[plan.version], [], broken)
            return Frozen(code, None, [f"{failed.version}: {reason}"], [])
        warnings: dict[str, None] = {}
        for plan in plans:
            found = list(dict.fromkeys(turns.doubts[plan.version]))
            warnings |= dict.fromkeys(found)
            looked = replace(plan, looks=turns.looks)
            captures, trace = turns.captures[plan.version], turns.traces.get(plan.version)
            write_profile(looked, captures, environments[plan.version], found, trace)
            written.append(plan)
    except BaseException as error:
        # Whatever it was: what was measured whole took long.
        broken = Broken(str(error) or type(error).__name__)
        for plan in plans:
            if plan not in written:
                keep_partial(plan, environments[plan.version], turns.captures[plan.version], [], broken)
        if isinstance(error, OSError):
            raise UserError(f"it was broken off: {error}", "what was measured is in the .partial.yaml files") from error
        raise
    for plan in plans[1:]:
        say(f"wrote {plan.target}")
    return Frozen(0, plans[0].target, list(warnings), turns.captures[plans[0].version])


def split_commands(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """The new command and the old one, which stands behind `--vs`. Raises UserError where one is missing."""
    words = list(command)
    if "--vs" not in words:
        raise UserError("--against needs the other command too", "write it behind: -- NEW-COMMAND --vs OLD-COMMAND")
    at = words.index("--vs")
    new, old = words[:at], words[at + 1 :]
    if not new or not old:
        raise UserError("a command is missing beside --vs", "write -- NEW-COMMAND --vs OLD-COMMAND")
    return new, old
