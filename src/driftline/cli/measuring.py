"""`driftline profile freeze` and `monitor`: a command is run and measured, or a running one is watched."""

from __future__ import annotations

from dataclasses import replace as replace_in
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.cli.options import WrittenRootOption
from driftline.cli.profile_app import app
from driftline.cli.tables import say
from driftline.errors import UserError

# As often as this at most, where it is not said.
MOST_ROUNDS = 20

if TYPE_CHECKING:
    from driftline.lifecycle.freeze import Frozen
    from driftline.lifecycle.plan import Plan
    from driftline.lifecycle.trace import Trace


@app.command("freeze")
def freeze_profile(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="What to run, after two dashes.")],
    version: Annotated[str, typer.Option(metavar="V", help="The release: the profile becomes profiles/V.yaml.")],
    dataset_id: Annotated[str | None, typer.Option(help="The data set that the command works on.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="How many captures to measure.")] = 1,
    warmup: Annotated[int, typer.Option(min=0, help="How often to run it before, which is thrown away.")] = 1,
    sample_interval: Annotated[
        float, typer.Option(min=0.01, max=60, metavar="S", help="Seconds between looks at the process tree.")
    ] = 0.5,
    episodes: Annotated[int | None, typer.Option(min=0, help="How many episodes the command works on.")] = None,
    episodes_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file that tells how many: JSON, or the rows of a JSONL.")
    ] = None,
    stages_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A JSON file of the command with the seconds of its stages.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the profile here instead.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0.1, metavar="S", help="End a run that takes longer.")] = None,
    hostname: Annotated[str | None, typer.Option(help="Show this name instead of the machine's own.")] = None,
    monitor: Annotated[bool, typer.Option("--monitor", help="Show the run while it goes on; keep its trace.")] = False,
    no_stage_truth: Annotated[bool, typer.Option("--no-stage-truth", help="Write no V.stage_truth.json.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a profile that is not promoted.")] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="V0", help="Measure V0 too, in turns, with the command behind --vs: -- NEW --vs OLD."),
    ] = None,
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="With --against: stop as soon as time and memory are settled.")
    ] = False,
    root: WrittenRootOption = None,
) -> None:
    """Run a command, measure its process tree and its stages, and write them as a profile.

    What the command prints is passed on; it reads nothing. Exits as the command does, with 124 after --timeout.
    """
    from driftline.cli.live import trace
    from driftline.lifecycle.freeze import freeze
    from driftline.lifecycle.plan import Plan, check_version
    from driftline.places import writable_root

    if episodes is not None and episodes_from is not None:
        raise UserError("--episodes and --episodes-from both say how many", "give one of them")
    target = _target(check_version(version), output, root)
    folder = writable_root(root)
    notes = notes_folder(folder, may_make=output is None)
    plan = Plan(
        version, target, command, dataset_id, runs, warmup, sample_interval, timeout, episodes, episodes_from,
        stages_from, not no_stage_truth, replace, hostname, notes=notes,
    )  # fmt: skip
    if against is None:
        if until_decided:
            raise UserError("--until-decided needs something to decide", "name a baseline with --against")
        frozen = freeze(plan, say, trace() if monitor else None)
    else:
        frozen = _freeze_both(
            plan, check_version(against), until_decided, {version: trace()} if monitor else {}, folder
        )
    for warning in frozen.warnings:
        say(f"warning: {warning}" if not frozen.exit_code else warning)
    if frozen.written:
        say(f"wrote {frozen.written}")
    if frozen.exit_code:
        raise typer.Exit(frozen.exit_code)


def _freeze_both(plan: Plan, against: str, until_decided: bool, traces: dict[str, Trace], root: Path) -> Frozen:
    """The new command and the old one, in turns."""
    from functools import partial

    from driftline.lifecycle.turns import freeze_in_turns, split_commands

    if against == plan.version:
        raise UserError("a profile is not measured against itself", "give --against another name than --version")
    new, old = split_commands(plan.command)
    if until_decided and plan.runs == 1:
        plan = replace_in(plan, runs=MOST_ROUNDS)
    other = replace_in(plan, version=against, command=old, target=plan.target.with_name(f"{against}.yaml"))
    settled = None
    if until_decided:
        from driftline import queries
        from driftline.deciding import is_settled
        from driftline.judging import settings_of
        from driftline.store import open_store

        with open_store(root) as store:
            registry, settings = queries.registry(store.connection), settings_of(store.connection)
        settled = partial(is_settled, registry, settings=settings)
    return freeze_in_turns([replace_in(plan, command=new), other], say, traces, settled)


@app.command("monitor")
def monitor_process(
    pid: Annotated[
        int | None, typer.Argument(min=1, help="The process to watch; else the one of the status file.")
    ] = None,
    status: Annotated[Path | None, typer.Option(metavar="FILE", help="The file that tells process and stage.")] = None,
    interval: Annotated[float, typer.Option(min=0.05, max=60, metavar="S", help="Seconds between looks.")] = 0.5,
) -> None:
    """Watch a process and all that descends from it until it ends: live in a terminal, else a line a look."""
    from driftline.cli.watching import watch_process

    watch_process(pid, status, interval)


def calibrate(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="What to repeat, after two dashes.")
    ] = None,
    runs: Annotated[int, typer.Option(min=2, help="How often to measure it.")] = 10,
    warmup: Annotated[int, typer.Option(min=0, help="How often to run it before, which is thrown away.")] = 1,
    sample_interval: Annotated[
        float, typer.Option(min=0.01, max=60, metavar="S", help="Seconds between looks at the process tree.")
    ] = 0.5,
    hostname: Annotated[str | None, typer.Option(help="Record this name instead of the machine's own.")] = None,
    root: WrittenRootOption = None,
) -> None:
    """Learn how much repetitions differ: measure a command again and again, and record by how much.

    Without a command what the runs of the root tell is recorded: those of the same configuration, clean commit, data
    and machine. Lines are added to noise/MACHINE.jsonl; none is ever removed.
    """
    from driftline import calibration
    from driftline.lifecycle.noise_record import append
    from driftline.places import find_root, writable_root

    if not command:
        lines = calibration.of_runs(root)
        folder = find_root(root)
    else:
        folder = writable_root(root)
        notes = notes_folder(folder, may_make=True)
        repeated = calibration.Repeated(command, runs, warmup, sample_interval, hostname, notes)
        lines, warnings, code = calibration.of_command(repeated, say)
        for warning in warnings:
            say(f"warning: {warning}")
        if code:
            raise typer.Exit(code)
    for path in append(folder, lines):
        say(f"added to {path}")
    pairs = {(line["platform"], line["side"], line["baseline"], line["candidate"]) for line in lines}
    say(f"{len(pairs)} pairs of repetitions recorded" if lines else "nothing new to record")
    for said in calibration.known(folder, {line["platform"] for line in lines}):
        say(said)


def _target(version: str, output: Path | None, root: Path | None) -> Path:
    """Where the profile goes: a freeze may make the root that it writes to."""
    from driftline.places import writable_root

    if output:
        if output.suffix != ".yaml":
            raise UserError(f"{output} is no .yaml file", "name the file with .yaml at its end")
        return output.absolute()
    return writable_root(root) / "profiles" / f"{version}.yaml"


def notes_folder(root: Path, may_make: bool) -> Path | None:
    """Where processes are noted that outlive their command; None where there is no root, or nothing can be written."""
    from driftline.cache import make_place

    folder = root / ".driftline" / "left"
    if not (may_make or root.is_dir()):
        return None
    try:
        make_place(root / ".driftline")
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return folder
