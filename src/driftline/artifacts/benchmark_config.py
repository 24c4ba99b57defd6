"""Reads how benchmarks are run and judged: `[benchmarks]` of a driftline.toml, or `benchmarks:` of a YAML file.

A workload names a command that will be run. So the file is the one of the current directory, or one that is named by
the person who measures; a data root is never looked into.
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftline.artifacts.config_table import Table
from driftline.artifacts.decode import decode
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems, UserError

FILE, SECTION = "driftline.toml", "benchmarks"
STANDARD = "standard"
# Iterations and description of what is there without a configuration (F-136; `full`: F-139).
BUILT_IN = {
    STANDARD: (100, "The ordinary measurement"),
    "quick": (10, "A short measurement, for a first look"),
    "batch": (20, "A few iterations that do more each"),
    "full": (500, "A long measurement, for the tails"),
}
MODES = {"quick": ("quick",), STANDARD: (STANDARD,), "comprehensive": ("quick", STANDARD, "batch")}
# What other tools call the same metric.
ALIASES = {
    "latency_p50_ms": "generation_latency_p50",
    "latency_p95_ms": "generation_latency_p95",
    "latency_p99_ms": "generation_latency_p99",
    "generation_latency_p50_ms": "generation_latency_p50",
    "generation_latency_p95_ms": "generation_latency_p95",
    "generation_latency_p99_ms": "generation_latency_p99",
    "throughput_personas_per_minute": "throughput_per_minute",
    "throughput_personas_per_min": "throughput_per_minute",
    "memory_avg_mb": "memory_average_mb",
    "api_calls_per_persona": "api_calls_per_item",
    "token_usage_per_persona": "tokens_per_item",
    "tokens_per_persona": "tokens_per_item",
}
WARN_PCT, FAIL_PCT = 10.0, 25.0
# Allowed for one iteration: a timer of the system takes no number of seconds, and a week is never meant to pass.
LONGEST_S = 7 * 86400.0
KEYS = {
    "enabled", "baselines_dir", "reports_dir", "default_workload", "iterations", "thresholds", "limits", "metrics",
    "workloads", "providers", "command", "callable",
}  # fmt: skip
PROGRAM_KEYS = {"command", "callable", "env"}
WORKLOAD_KEYS = PROGRAM_KEYS | {"description", "iterations", "timeout", "items"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,99}")
MEND = "mend the file, or name another one with --config"


@dataclass(frozen=True)
class Limits:
    """From which change for the worse on it is a warning, and a failure, per cent."""

    warn_pct: float = WARN_PCT
    fail_pct: float = FAIL_PCT


@dataclass(frozen=True)
class Program:
    """What an iteration runs: a command, or a function as `package.module:function`; and what is added to its
    environment. Neither is there where nothing was configured."""

    command: tuple[str, ...] = ()
    function: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def with_other(self, other: Program) -> Program:
        """The other one where it names a command or a function; the environment of both, the other's on top."""
        chosen = other if other.command or other.function else self
        return Program(chosen.command, chosen.function, {**self.env, **other.env})

    @property
    def shown(self) -> str:
        """As a person would type it; '' where there is nothing to run."""
        return shlex.join(self.command) or self.function or ""


@dataclass(frozen=True)
class Workload:
    """What is measured and how often. `items` is what one iteration makes where it reports no number itself;
    `timeout_s` is allowed for one iteration."""

    name: str
    iterations: int
    description: str = ""
    program: Program = field(default_factory=Program)
    items: int = 1
    timeout_s: float | None = None
    provider: str | None = None


@dataclass(frozen=True)
class BenchmarkConfig:
    """What the file says, over what holds without one. `file` is None where there is none; folders are absolute.
    `metrics` are those to show, all where it is empty; `limits` are by metric."""

    file: Path | None = None
    is_enabled: bool = True
    baselines_dir: Path | None = None
    default_workload: str | None = None
    thresholds: Limits = field(default_factory=Limits)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    workloads: Mapping[str, Workload] = field(default_factory=lambda: _built_in())
    providers: Mapping[str, Program] = field(default_factory=dict)

    def workload(self, name: str, provider: str | None = None) -> Workload:
        """The workload, as the provider runs it. Raises UserError for a name that is none."""
        found = self.workloads.get(name)
        if found is None:
            raise UserError(f"there is no workload {name!r}", f"name one of {', '.join(self.workloads)}")
        if provider is None:
            return found
        other = self.providers.get(provider)
        if other is None:
            known = ", ".join(self.providers)
            remedy = f"name one of {known}" if known else f"add [benchmarks.providers.<name>] to {self.file or FILE}"
            raise UserError(f"there is no provider {provider!r}", remedy)
        return replace(found, program=found.program.with_other(other), provider=provider)


def canonical(metric: str) -> str:
    """The metric by the name that is used here."""
    return ALIASES.get(metric, metric)


def read_config(path: Path | None) -> BenchmarkConfig:
    """What the given file says, else `./driftline.toml`, else what holds without one.

    Raises UserError, naming file and key, for anything that cannot be known: what is overlooked would be measured or
    judged otherwise than was meant.
    """
    if path is None and not os.path.lexists(FILE):
        return BenchmarkConfig()
    file = path or Path(FILE)
    content = _content(file)
    if SECTION not in content:
        if path is None:
            return BenchmarkConfig()
        raise UserError(f"{file} says nothing of benchmarks", "add a table [benchmarks], or `benchmarks:` in YAML")
    return _config(file, Table(file, SECTION, content[SECTION]))


def _content(file: Path) -> dict[Any, Any]:
    try:
        data = file_bytes(file)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}", "name a file with --config FILE") from None
    problems = Problems()
    if file.suffix in (".yaml", ".yml"):
        document = load_mapping(data, problems)
        for problem in problems:
            where = f", line {problem.line}" if problem.line else ""
            raise UserError(f"{file}{where}: {problem.problem}", MEND)
        if document is None:
            raise UserError(f"{file} holds no mapping", MEND)
        return document.content
    try:
        text = decode(data, problems)
        for problem in problems:
            raise UserError(f"{file}: {problem.problem}", problem.remedy)
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise UserError(f"{file} is not TOML: {str(error)[:200]}", MEND) from None


def _config(file: Path, table: Table) -> BenchmarkConfig:
    table.check_keys(KEYS)
    thresholds = _limits(table.table("thresholds"), Limits())
    workloads = _workloads(table, _program(table))
    default = table.text("default_workload")
    if default is not None and default not in workloads:
        raise table.wrong("default_workload", default, f"name one of {', '.join(workloads)}")
    folder = table.text("baselines_dir")
    # F-139 writes reports there by itself. Here --output says where one goes, seen from where it is typed: a second
    # meaning of a typed path would surprise. So the key is accepted, held to be a text, and has no effect.
    table.text("reports_dir")
    providers = table.tables("providers")
    for provider in providers.values():
        provider.check_keys(PROGRAM_KEYS)
    limits = table.tables("limits")
    return BenchmarkConfig(
        file,
        table.flag("enabled") is not False,
        # As seen from the file, so that it means the same wherever it is used from.
        file.absolute().parent / folder if folder else None,
        default,
        thresholds,
        {canonical(metric): _limits(limit, thresholds) for metric, limit in limits.items()},
        tuple(dict.fromkeys(map(canonical, table.texts("metrics") or ()))),
        workloads,
        {_named(name, table): _program(provider) for name, provider in providers.items()},
    )


def _limits(table: Table | None, general: Limits) -> Limits:
    if table is None:
        return general
    table.check_keys({"warn", "fail"})
    warn, fail = table.positive("warn"), table.positive("fail")
    fail = general.fail_pct if fail is None else fail
    # Where only the failure is moved below the usual warning, the warning moves along.
    warn = min(general.warn_pct, fail) if warn is None else warn
    if warn > fail:
        raise table.refused(f"warns at {warn:g} %, above its failure at {fail:g} %", "let warn be at most fail")
    return Limits(warn, fail)


def _built_in() -> dict[str, Workload]:
    return {name: Workload(name, count, description) for name, (count, description) in BUILT_IN.items()}


def _workloads(table: Table, general: Program) -> dict[str, Workload]:
    """Those that are always there, then those of the file."""
    iterations, tables = table.table("iterations"), table.tables("workloads")
    counts = {name: iterations.whole(name) for name in iterations.names()} if iterations else {}
    found = _built_in()
    for name in dict.fromkeys((*BUILT_IN, *counts, *tables)):
        known = found.get(name) or Workload(_named(name, table), BUILT_IN[STANDARD][0])
        known = replace(known, program=general, iterations=counts.get(name) or known.iterations)
        found[name] = _workload(known, tables[name], name in counts) if name in tables else known
    return found


def _workload(known: Workload, table: Table, is_counted: bool) -> Workload:
    """What is known of it, with what its own table says."""
    table.check_keys(WORKLOAD_KEYS)
    own = table.whole("iterations")
    if is_counted and own not in (None, known.iterations):
        other = f"benchmarks.iterations.{known.name} says {known.iterations}: keep one of them"
        raise table.wrong("iterations", own, other)
    return replace(
        known,
        iterations=own or known.iterations,
        description=table.text("description") or known.description,
        program=known.program.with_other(_program(table)),
        items=table.whole("items") or 1,
        timeout_s=_timeout(table),
    )


def _timeout(table: Table) -> float | None:
    found = table.positive("timeout")
    if found is not None and found > LONGEST_S:
        raise table.wrong("timeout", found, f"write seconds, at most {LONGEST_S:.0f}")
    return found


def _named(name: str, table: Table) -> str:
    if not _NAME.fullmatch(name):
        raise table.refused(f"has the name {name!r}", "use letters, digits and _ . : / @ + -, at most 100")
    return name


def _program(table: Table) -> Program:
    """The command or the function of a table, and its environment."""
    command, function = table.words("command"), table.text("callable")
    if command and function:
        raise table.refused("names a command and a callable", "keep one of them")
    if function and not is_function(function):
        raise table.wrong("callable", function, 'write "package.module:function"')
    env = table.table("env")
    values = {name: env.text(name) or "" for name in env.names()} if env else {}
    if any("=" in name for name in values):
        raise table.refused("has an env with '=' in a name", "write name = value")
    return Program(command or (), function, values)


def is_function(name: str) -> bool:
    """Whether it is a text like `package.module:function`."""
    module, _, function = name.partition(":")
    return all(part.isidentifier() for part in (*module.split("."), *function.split(".")))
