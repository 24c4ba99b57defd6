"""What a benchmark measured, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from driftline.capture.workload import UNITS, Measured
from driftline.reports.tables import as_table

COLUMNS = ("workload", "provider", "metric", "value", "unit", "note")


def as_text(results: Sequence[Measured], metrics: Collection[str]) -> str:
    """A row for each metric of each workload, and one that says how many samples there are; a gap is empty. The
    provider is a column where there is one."""
    rows = []
    for result in results:
        what = (result.workload.name, result.workload.provider)
        found = [metric for metric in metrics if metric in result.metrics]
        for metric in found:
            value = result.metrics[metric]
            shown = None if value is None else f"{value:.2f}"
            rows.append((*what, metric, shown, UNITS[metric], result.remarks.get(metric)))
        outliers = f"{result.outliers} outlier{'s' if result.outliers != 1 else ''}, kept"
        rows.append((*what, "iterations", str(len(result.samples_ms)), "", outliers))
    if any(result.workload.provider for result in results):
        return as_table(COLUMNS, rows, right={"value"})
    return as_table((COLUMNS[0], *COLUMNS[2:]), [(row[0], *row[2:]) for row in rows], right={"value"})


def as_objects(results: Sequence[Measured], metrics: Collection[str]) -> str:
    """A list of objects, as `benchmark.schema.json` has a workload, each with its name; only these metrics."""
    from driftline.lifecycle.benchmarks import entry

    told = []
    for result in results:
        whole = entry(result)
        shown = {metric: value for metric, value in whole["metrics"].items() if metric in metrics}
        told.append({"workload": result.workload.name, **whole, "metrics": shown})
    return json.dumps(told, indent=2)
