"""What `driftline benchmark run` and `capture` are asked for: options, and the workloads that these choose."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.errors import UserError

if TYPE_CHECKING:
    from driftline.artifacts.benchmark_config import BenchmarkConfig, Workload

MODE_VARIABLE = "BENCHMARK_MODE"
SHORTEST_S = 0.001


class Layout(StrEnum):
    """How results are printed."""

    table = "table"
    json = "json"


def _allowed(value: float | None) -> float | None:
    """Seconds as given. A range of typer lets nan pass."""
    from driftline.artifacts.benchmark_config import LONGEST_S

    if value is not None and not SHORTEST_S <= value <= LONGEST_S:
        raise typer.BadParameter(f"{value:g} is not in the range {SHORTEST_S:g} to {LONGEST_S:.0f} (a week).")
    return value


CommandArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[-- COMMAND...]", help="What to measure, after two dashes; else what is configured."),
]
WorkloadOption = Annotated[
    list[str] | None,
    typer.Option("--workload", metavar="W", help="standard, quick, batch, full or one of your own; repeatable."),
]
IterationsOption = Annotated[
    int | None, typer.Option("--iterations", min=1, metavar="N", help="How many iterations count; else as configured.")
]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", metavar="METRIC", help="Show this metric only; repeatable.")
]
ModeOption = Annotated[
    str | None,
    typer.Option("--mode", metavar="MODE", help="quick, standard or comprehensive; else BENCHMARK_MODE, if it is set."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Read [benchmarks] of this file, not of ./driftline.toml."),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", metavar="S", help="Seconds allowed for one iteration.", callback=_allowed),
]
RecordOption = Annotated[
    bool, typer.Option("--record", help="Record the results; as with ENABLE_PERFORMANCE_RECORDING=1.")
]
LayoutOption = Annotated[Layout, typer.Option("--format", help="table or json.")]


@dataclass(frozen=True)
class Asked:
    """What the options say, each None or empty where it was not given."""

    workloads: Sequence[str] = ()
    providers: Sequence[str] = ()
    iterations: int | None = None
    only: Sequence[str] = ()
    mode: str | None = None
    timeout_s: float | None = None
    command: Sequence[str] = ()


def chosen_workloads(config: BenchmarkConfig, asked: Asked) -> list[Workload]:
    """The workloads to measure, in order, each with what it runs; with several providers each of them in turn.

    Raises UserError for what is not there, is asked for twice over, or has nothing to run.
    """
    from driftline.artifacts.benchmark_config import Program

    if not config.is_enabled:
        raise UserError(f"{config.file} turns benchmarks off", "set enabled = true, or name another file with --config")
    providers: list[str | None] = [*dict.fromkeys(asked.providers)] or [None]
    found = []
    for name in _names(config, asked):
        for provider in providers:
            workload = config.workload(name, provider)
            if asked.command:
                workload = replace(workload, program=workload.program.with_other(Program(tuple(asked.command))))
            if not workload.program.shown:
                raise UserError(
                    f"nothing says what the workload {name} runs",
                    "give the command after --, or set `command` or `callable` of [benchmarks] in ./driftline.toml"
                    " (or in the file of --config); a driftline.toml of a data root is never asked",
                )
            iterations, timeout_s = asked.iterations or workload.iterations, asked.timeout_s or workload.timeout_s
            found.append(replace(workload, iterations=iterations, timeout_s=timeout_s))
    return found


def _names(config: BenchmarkConfig, asked: Asked) -> list[str]:
    from driftline.artifacts.benchmark_config import MODES, STANDARD

    if asked.workloads:
        if asked.mode:
            raise UserError("--workload and --mode both say what to measure", "give one of them")
        return list(dict.fromkeys(asked.workloads))
    stated = os.environ.get(MODE_VARIABLE)
    mode, source = (asked.mode, "--mode") if asked.mode else (stated, MODE_VARIABLE)
    if not mode:
        return [config.default_workload or STANDARD]
    if mode not in MODES:
        raise UserError(f"{source} cannot be {mode!r}", f"use one of {', '.join(MODES)}")
    return list(MODES[mode])


def shown_metrics(config: BenchmarkConfig, asked: Asked) -> list[str]:
    """The metrics to show, in their order. Raises UserError for one that is none."""
    from driftline.artifacts.benchmark_config import canonical
    from driftline.capture.workload import UNITS

    only = {canonical(metric) for metric in asked.only}
    unknown = sorted(only - UNITS.keys())
    if unknown:
        raise UserError(f"there is no metric {unknown[0]!r}", f"name one of {', '.join(UNITS)}")
    # What a configuration lists may be measured by other tools.
    wanted = only or set(config.metrics) & UNITS.keys() or set(UNITS)
    return [metric for metric in UNITS if metric in wanted]
