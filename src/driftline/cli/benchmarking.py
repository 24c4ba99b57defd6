"""`driftline benchmark run`, `capture` and `clean`: a workload is run again and again, and what it took is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.cli.asking import agreed
from driftline.cli.benchmark_options import (
    Asked,
    CommandArgument,
    ConfigOption,
    IterationsOption,
    Layout,
    LayoutOption,
    ModeOption,
    OnlyOption,
    RecordOption,
    TimeoutOption,
    WorkloadOption,
    chosen_workloads,
    shown_metrics,
)
from driftline.cli.options import WrittenRootOption
from driftline.cli.tables import put, say
from driftline.errors import UserError
from driftline.places import writable_root

if TYPE_CHECKING:
    from driftline.artifacts.benchmark_config import BenchmarkConfig, Workload
    from driftline.capture.workload import Measured

app = typer.Typer(help="Measure workloads, and keep what they took as baselines.", no_args_is_help=True)


@app.command("run")
def run_benchmarks(
    command: CommandArgument = None,
    workload: WorkloadOption = None,
    provider: Annotated[
        list[str] | None, typer.Option("--provider", metavar="P", help="Run it with this provider; repeatable.")
    ] = None,
    iterations: IterationsOption = None,
    only: OnlyOption = None,
    mode: ModeOption = None,
    config: ConfigOption = None,
    timeout: TimeoutOption = None,
    layout: LayoutOption = Layout.table,
    record: RecordOption = False,
    root: WrittenRootOption = None,
) -> None:
    """Run workloads, one iteration after another, and print what they took; with --record that is a record each.

    What is run stands in ./driftline.toml, in the file of --config, or after --; it is printed before it runs.
    """
    from driftline.artifacts.benchmark_config import read_config
    from driftline.variables import is_recording

    settings = read_config(config)
    asked = Asked(workload or (), provider or (), iterations, only or (), mode, timeout, command or ())
    metrics = shown_metrics(settings, asked)
    workloads, is_recorded = chosen_workloads(settings, asked), record or is_recording()
    results = measure(settings, asked, workloads)
    print_results(results, metrics, layout)
    if is_recorded:
        record_measured(results, root)


@app.command("capture")
def capture_benchmarks(
    command: CommandArgument = None,
    workload: WorkloadOption = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="P", help="Run it with this provider.")] = None,
    iterations: IterationsOption = None,
    only: OnlyOption = None,
    mode: ModeOption = None,
    config: ConfigOption = None,
    timeout: TimeoutOption = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call the capture; else the version.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(metavar="V", help="The version that is measured; else that of ./pyproject.toml, or of git."),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the capture here instead.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a capture of this name.")] = False,
    layout: LayoutOption = Layout.table,
    root: WrittenRootOption = None,
) -> None:
    """Run workloads as `benchmark run` does, and keep all that was measured as benchmarks/NAME.yaml.

    The file never changes: another capture needs another name. --only chooses what is shown, not what is kept.
    """
    from driftline.artifacts.benchmark_config import read_config
    from driftline.lifecycle.benchmarks import check_name, check_target, describe, find_version, write_capture

    settings = read_config(config)
    asked = Asked(workload or (), [provider] if provider else (), iterations, only or (), mode, timeout, command or ())
    metrics, workloads = shown_metrics(settings, asked), chosen_workloads(settings, asked)
    known = find_version(version)
    called = check_name(known if name is None else name)
    target = output.absolute() if output else captures_folder(settings, root) / f"{called}.yaml"
    check_target(target, replace)
    results = measure(settings, asked, workloads)
    write_capture(describe(results, called, known), target, replace)
    print_results(results, metrics, layout)
    say(f"wrote {target}")


@app.command("clean")
def clean_captures(
    keep: Annotated[int | None, typer.Option(min=1, metavar="N", help="Remove all but the N newest.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Remove this one.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    baselines_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the captures; else benchmarks/ of the root.")
    ] = None,
    config: ConfigOption = None,
    root: WrittenRootOption = None,
) -> None:
    """List the captures that may go, ask, and remove them; never the newest, and none that a file names.

    Names are looked for, as whole words, in driftline.toml, gate.yaml, releases.yaml and performance_baselines.json of
    the root and of the current directory, in Makefile, tox.ini, .gitlab-ci.yml and .github/workflows/ of that, and in
    the file of --config. A file that is no capture never goes.
    """
    from driftline.artifacts.benchmark_config import read_config
    from driftline.lifecycle.stored_benchmarks import captures, names_in, naming_files, removable, remove_captures

    if (keep is None) == (name is None):
        raise UserError("clean needs to know what may go", "give --keep N or --name NAME, one of them")
    settings = read_config(config)
    folder = baselines_dir or captures_folder(settings, root)
    files = naming_files(writable_root(root), Path.cwd()) + ([settings.file] if settings.file else [])
    named = names_in(files, [path.stem for path in captures(folder)])
    paths = removable(folder, keep, name, named)
    if not paths:
        say(f"nothing to remove in {folder}")
        return
    put_paths(paths)
    if not (yes or agreed(f"Remove {'these' if len(paths) > 1 else 'this'}? [y/N]")):
        say("nothing was removed")
        return
    remove_captures(paths)
    say(f"removed {len(paths)} capture{'s' if len(paths) > 1 else ''}")


def record_measured(results: list[Measured], root: Path | None) -> None:
    """Adds a record for each result."""
    from driftline.artifacts.history import FOLDER, history_folder
    from driftline.lifecycle.benchmark_records import record_results

    for path in record_results(history_folder() or writable_root(root) / FOLDER, results):
        say(f"recorded in {path}")


def captures_folder(config: BenchmarkConfig, root: Path | None) -> Path:
    """Where captures are kept: in the root that is named, else where the configuration says, else in the root found."""
    if root is None and config.baselines_dir:
        return config.baselines_dir
    return writable_root(root) / "benchmarks"


def measure(config: BenchmarkConfig, asked: Asked, workloads: list[Workload]) -> list[Measured]:
    """Says what will run, then runs it. Raises UserError as soon as an iteration fails."""
    from driftline.capture.environment import power_warnings
    from driftline.capture.iterations import WARMUPS
    from driftline.capture.workload import run_workload
    from driftline.cli.progress import counting_progress

    source = "as given after --" if asked.command else f"from {config.file}"
    for workload in workloads:
        say(f"{_title(workload)}: {WARMUPS} warm-ups and {workload.iterations} iterations, {source}, of")
        say(f"  {workload.program.shown}")
        if workload.program.env:
            say(f"  with {', '.join(workload.program.env)} set")
    say(*(f"warning: {doubt}" for doubt in power_warnings()))
    results = []
    for workload in workloads:
        with counting_progress(_title(workload)) as progress:
            result = run_workload(workload, progress)
        warm = ", ".join(f"{value:.0f}" for value in result.warmups_ms)
        say(f"{_title(workload)}: done; the warm-ups, left out, took {warm} ms")
        results.append(result)
    return results


def _title(workload: Workload) -> str:
    return f"{workload.name} with {workload.provider}" if workload.provider else workload.name


def print_results(results: list[Measured], metrics: list[str], layout: Layout) -> None:
    """The metrics to stdout: a row each, or an object for each workload as a capture holds it."""
    from driftline.reports import benchmark_results

    put((benchmark_results.as_objects if layout is Layout.json else benchmark_results.as_text)(results, metrics))
    if layout is Layout.table:
        say(*(f"{_title(result.workload)}: {note}" for result in results for note in result.notes))


def put_paths(paths: list[Path]) -> None:
    """A path a line, to stdout."""
    from driftline.cli.tables import visible

    put("\n".join(visible(path) for path in paths))
