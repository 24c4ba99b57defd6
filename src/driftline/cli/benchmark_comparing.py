"""`driftline benchmark compare`, `trends`, `providers` and `list`: what becomes of captures once they are measured."""

from __future__ import annotations

import math
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftline.cli import benchmark_ci
from driftline.cli.benchmark_options import ConfigOption
from driftline.cli.benchmark_store import DirOption, opened
from driftline.cli.benchmarking import app
from driftline.cli.comparing import Policy
from driftline.cli.options import RootOption
from driftline.cli.profile_files import DiffLayout
from driftline.cli.tables import as_json, as_table, put, put_or_write, say
from driftline.errors import UserError

if TYPE_CHECKING:
    from driftline.reports.benchmark_report import Pair

MEASURE = "driftline benchmark capture measures a version, ENABLE_PERFORMANCE_RECORDING=1 pytest records a session"
Limit = Annotated[float | None, typer.Option(metavar="N", help="Per cent; the limit itself counts as past it.")]


# A century: what is older cannot have been captured, and dates have an end.
LONGEST_DAYS = 36_500


class TrendLayout(StrEnum):
    """How trends are given."""

    terminal = "terminal"
    json = "json"


@app.command(cls=benchmark_ci.CiCommand)
def compare(
    baseline: Annotated[
        list[str] | None, typer.Option(metavar="NAME|FILE", help="What to compare with; else the capture before.")
    ] = None,
    current: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="What is judged; else the newest, newer than every baseline."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="N", help="Fail from N per cent on, and warn from 10, or N if that is less.")
    ] = None,
    warn_threshold: Limit = None,
    fail_threshold: Limit = None,
    ci: Annotated[bool, typer.Option("--ci", help="Exit 0 pass, 1 warning, 2 failure, 3 error.")] = False,
    policy: Annotated[
        Policy, typer.Option(help="threshold: past a level counts. noise: what is certain counts.")
    ] = Policy.threshold,
    cross_platform: Annotated[
        bool, typer.Option("--cross-platform", help="Compare captures of different platforms, with a warning.")
    ] = False,
    cross_provider: Annotated[
        bool, typer.Option("--cross-provider", help="Compare what different providers did, with a warning.")
    ] = False,
    layout: Annotated[DiffLayout, typer.Option("--format", help="table, json or markdown.")] = DiffLayout.table,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here; else to stdout.")] = None,
    fail_on_regression: Annotated[  # noqa: ARG001
        bool, typer.Option("--fail-on-regression", help="Exit 1 on a failure; as without it.")
    ] = True,
    baselines_dir: DirOption = None,
    config: ConfigOption = None,
    root: RootOption = None,
) -> None:
    """Compare the newest capture with others: a warning from 10 % worse on, a failure from 25 % on.

    Limits: those of the command line, else of the metric in [benchmarks.limits], else of the baseline's file, else of
    [benchmarks.thresholds]. A metric of the baseline that is missing, or not comparable, never passes: it is listed,
    and the comparison is not said to be within its limits. What another provider did of a workload is not comparable.
    Exits 0, also with warnings or where a part could not be compared, 1 on a failure, 3 where nothing can be compared.
    With --ci: 0 where all of the baseline was compared and is fine, 1 on a warning or where a part could not be
    compared, 2 on a failure, 3 on any error.
    """
    from driftline.reports import benchmark_report

    said = _said(threshold, warn_threshold, fail_threshold)
    across = (cross_platform, cross_provider)
    pairs, registry = _pairs(baseline or [], current, said, policy, across, baselines_dir, config, root)
    if layout is DiffLayout.json:
        text = benchmark_report.as_lines(benchmark_report.as_object(pairs))
    else:
        text = (benchmark_report.as_text if layout is DiffLayout.table else benchmark_report.as_comment)(
            pairs, registry
        )
    if text or output:
        put_or_write(text, output)
    raise typer.Exit(_code(pairs, ci))


def _code(pairs: list[Pair], ci: bool) -> int:
    if not any(pair.compared for pair in pairs):
        return 3
    failed, warned = (any(pair.having(level) for pair in pairs) for level in ("fail", "warn"))
    if ci:
        warned = warned or any(pair.uncompared for pair in pairs)
        return benchmark_ci.FAILURE if failed else benchmark_ci.WARNING if warned else 0
    return int(failed)


def _said(threshold: float | None, warn: float | None, fail: float | None) -> tuple[float | None, float | None]:
    """Warn and fail of the command line."""
    if threshold is not None and (warn is not None or fail is not None):
        raise UserError("--threshold sets both limits", "leave it out, or --warn-threshold and --fail-threshold")
    if any(limit is not None and not (math.isfinite(limit) and limit > 0) for limit in (threshold, warn, fail)):
        raise UserError("a threshold is per cent, above 0", "write 25 for 25 %")
    if threshold is not None:
        return min(10.0, threshold), threshold
    if warn is not None and fail is not None and warn > fail:
        raise UserError("--warn-threshold is above --fail-threshold", "give the smaller one to --warn-threshold")
    return warn, fail


def _check_warn(said: tuple[float | None, float | None], rows: list[dict[str, Any]]) -> None:
    """Raises UserError where --warn-threshold alone is given, and lies above the failure that holds without it."""
    warn, fail = said
    judged = [row for row in rows if row["level"] is not None]
    below = [row for row in judged if fail is None and warn is not None and row["fail_pct"] < warn]
    if below:
        of = f" of {below[0]['metric']}" if any(row["fail_pct"] != below[0]["fail_pct"] for row in judged) else ""
        limit = f"{below[0]['fail_pct']:g} %"
        raise UserError(f"--warn-threshold is above the failure limit{of} ({limit})", "give --fail-threshold too")


def _pairs(
    names: list[str], current: str | None, said: tuple[float | None, float | None], policy: Policy,
    across: tuple[bool, bool], folder: Path | None, file: Path | None, root: Path | None,
) -> tuple[list[Pair], Any]:  # fmt: skip
    from driftline import benchmark_pairs, benchmark_verdicts, queries
    from driftline.artifacts.benchmark_config import read_config
    from driftline.judging import settings_of
    from driftline.reports.benchmark_report import Pair

    config = read_config(file)
    general = (config.thresholds.warn_pct, config.thresholds.fail_pct)
    limits = {metric: (one.warn_pct, one.fail_pct) for metric, one in config.limits.items()}
    pairs = []
    with (
        opened(root, folder, config, [*names, *([current] if current else [])]) as store,
        store.cursor() as connection,
    ):
        files = queries.benchmark_files(connection)
        baselines, now = benchmark_pairs.pick(files, names, current, store.root)
        if now is None or not baselines:
            say(f"nothing to compare: {benchmark_pairs.why_nothing(baselines, now)}", f"  {benchmark_pairs.CAPTURE}")
            return [], {}
        registry = queries.registry(connection)
        for base in baselines:
            apart = benchmark_pairs.why_apart(base, now)
            if apart and not across[0]:
                raise UserError(apart, "machines differ: add --cross-platform to compare them all the same")
            if apart:
                say(f"warning: {apart}: machines differ, so this says little")
            rows = queries.benchmark_deltas(
                connection, base["source"], now["source"], said, limits, general, across[1]
            ).rows
            if config.metrics:
                chosen = set(config.metrics)
                rows = [row for row in rows if row["metric"] in chosen]
            _check_warn(said, rows)
            providers = benchmark_pairs.other_providers(rows)
            if providers:
                remedy = "" if across[1] else ": not compared, add --cross-provider to compare them all the same"
                say(f"warning: {providers}{remedy}")
            terms = ""
            if policy is Policy.noise:
                samples = queries.benchmark_samples(connection, [base["source"], now["source"]])
                settings = settings_of(connection)
                rows = benchmark_verdicts.with_verdicts(rows, samples, base["source"], now["source"], settings)
                terms = benchmark_verdicts.terms(settings)
            pairs.append(Pair(base, now, rows, policy.value, apart, providers if across[1] else None, terms))
        return pairs, registry


@app.command()
def trends(
    metric: Annotated[list[str] | None, typer.Option("--metric", metavar="M", help="Only these.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=LONGEST_DAYS, help="Only of the last N days.")] = None,
    layout: Annotated[TrendLayout, typer.Option("--format", help="terminal or json.")] = TrendLayout.terminal,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here; else to stdout.")] = None,
    baselines_dir: DirOption = None,
    config: ConfigOption = None,
    root: RootOption = None,
) -> None:
    """Draw every metric over the versions that were captured, and over the records of the history."""
    from driftline import queries
    from driftline.artifacts.benchmark_config import read_config
    from driftline.reports import benchmark_report, terminal_trends

    with opened(root, baselines_dir, read_config(config), []) as store, store.cursor() as connection:
        rows = queries.benchmark_trends(connection, metric or [], days).rows
        registry = queries.registry(connection)
    if not rows:
        what = f"nothing of {', '.join(metric)}" if metric else "nothing"
        say(f"{what} was captured or recorded{f' in {days} days' if days else ''}", f"  {MEASURE}")
        raise typer.Exit(3)
    if layout is TrendLayout.json:
        text = benchmark_report.as_lines(terminal_trends.as_objects(rows))
    else:
        text = terminal_trends.drawn(rows, registry, max(40, min(100, shutil.get_terminal_size().columns)))
    put_or_write(text, output)


@app.command("list")
def list_captures(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show workloads, platform and file too.")] = False,
    as_rows: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    baselines_dir: DirOption = None,
    config: ConfigOption = None,
    root: RootOption = None,
) -> None:
    """List the captures, newest last. Exits 3 where there is none."""
    from driftline import queries
    from driftline.artifacts.benchmark_config import read_config
    from driftline.benchmark_pairs import CAPTURE

    with opened(root, baselines_dir, read_config(config), []) as store, store.cursor() as connection:
        rows = queries.benchmark_files(connection)
    if not rows:
        say("nothing was captured", f"  {CAPTURE}")
        raise typer.Exit(3)
    names = ["name", "captured_at", "version", "bytes"]
    names += ["workloads", "metrics", "platform", "os_arch", "source"] if verbose else []
    cells = [[", ".join(row[name]) if name == "workloads" else row[name] for name in names] for row in rows]
    put(as_json(names, cells) if as_rows else as_table(names, cells))
    say(f"{len(rows)} captures, {sum(row['bytes'] or 0 for row in rows):,} bytes")
