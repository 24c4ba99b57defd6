"""`driftline benchmark providers`: the same work done by several, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from driftline.cli.benchmark_options import (
    Asked,
    CommandArgument,
    ConfigOption,
    IterationsOption,
    Layout,
    LayoutOption,
    ModeOption,
    RecordOption,
    TimeoutOption,
    WorkloadOption,
    chosen_workloads,
)
from driftline.cli.benchmark_store import opened
from driftline.cli.benchmarking import app
from driftline.cli.options import RootOption
from driftline.cli.tables import put, say

PROVIDERS = "add [benchmarks.providers.NAME] to ./driftline.toml, or record with --provider NAME"


@app.command()
def providers(
    command: CommandArgument = None,
    workload: WorkloadOption = None,
    provider: Annotated[
        list[str] | None, typer.Option("--provider", metavar="P", help="Only these; else all that are configured.")
    ] = None,
    recorded: Annotated[bool, typer.Option("--recorded", help="Measure nothing: compare what was recorded.")] = False,
    iterations: IterationsOption = None,
    mode: ModeOption = None,
    config: ConfigOption = None,
    timeout: TimeoutOption = None,
    record: RecordOption = False,
    layout: LayoutOption = Layout.table,
    root: RootOption = None,
) -> None:
    """Measure workloads with every provider, side by side; the best of each metric is marked.

    Providers stand in [benchmarks.providers.NAME]. With --recorded, or where none is configured, what was recorded of
    providers is compared: the median of the newest 5 records of each. Exits 3 where there is nothing to compare.
    """
    from driftline import queries
    from driftline.artifacts.benchmark_config import read_config
    from driftline.cli.benchmarking import measure, record_measured
    from driftline.reports import benchmark_report
    from driftline.variables import is_recording

    settings = read_config(config)
    named = provider or list(settings.providers)
    with opened(root, None, settings, []) as store, store.cursor() as connection:
        registry = queries.registry(connection)
        if recorded or not named:
            rows = queries.provider_values(connection, workload or []).rows
            rows = [row for row in rows if not provider or row["provider"] in provider]
        else:
            asked = Asked(workload or (), named, iterations, (), mode, timeout, command or ())
            workloads, is_recorded = chosen_workloads(settings, asked), record or is_recording()
            results = measure(settings, asked, workloads)
            values = [
                (result.workload.name, result.workload.provider or "", metric, value)
                for result in results
                for metric, value in result.metrics.items()
            ]
            rows = queries.side_by_side(connection, values).rows
            if is_recorded:
                record_measured(results, root)
    if not rows:
        say("no provider is configured, and none was recorded", f"  {PROVIDERS}")
        raise typer.Exit(3)
    if layout is Layout.json:
        put(benchmark_report.as_lines(rows))
    else:
        put(benchmark_report.providers_as_text(rows, registry))
