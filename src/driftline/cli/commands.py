"""The commands of `driftline`. Data goes to stdout, talk to stderr."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from driftline import __version__
from driftline.cli import (  # noqa: F401
    baselines,
    benchmark_comparing,
    benchmark_providers,
    benchmarking,
    ci,
    comparing,
    history,
    measuring,
    profile_app,
    profile_files,
    reporting,
    serving,
    shell,
)
from driftline.cli.options import RootOption
from driftline.cli.progress import reading_progress
from driftline.cli.tables import as_json, as_markdown, as_table, put, visible
from driftline.errors import UserError
from driftline.places import find_root
from driftline.store import Store, open_store

app = typer.Typer(
    name="driftline",
    help="Did this release get better or worse, why, and where: answered from the files you already have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Layout(StrEnum):
    """How rows are printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def open_with_progress(root: Path | None) -> Store:
    with reading_progress() as progress:
        return open_store(root, progress)


@app.callback(invoke_without_command=True)
def driftline(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"driftline {__version__}")
        raise typer.Exit


@app.command()
def refresh(root: RootOption = None) -> None:
    """Read what changed below the root into its cache."""
    with open_with_progress(root) as store:
        print(loaded(store), file=sys.stderr)


@app.command()
def check(
    root: RootOption = None,
    layout: Annotated[Layout, typer.Option("--format", help="table or json.")] = Layout.table,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 2 when a problem is an error.")] = False,
    show_info: Annotated[
        bool, typer.Option("--all", help="Show notes too: optional files that are missing and the like.")
    ] = False,
) -> None:
    """Say what was loaded and list every problem, with what to do about it."""
    if layout not in (Layout.table, Layout.json):
        raise UserError(f"check does not print {layout.value}", "use --format table or --format json")
    with open_with_progress(root) as store:
        from driftline import queries

        columns, rows = queries.problem_rows(store.connection, with_info=show_info or layout is Layout.json)
        errors = sum(row[0] == "error" for row in rows)
        if layout is Layout.json:
            put(as_json(columns, rows))
        elif rows:
            put(as_table(columns, rows))
        print(loaded(store), file=sys.stderr)
    if strict and errors:
        raise typer.Exit(2)


def loaded(store: Store) -> str:
    """One line that says what the root holds."""
    from driftline import queries

    counts = queries.loaded_counts(store.connection)
    archived = f" ({counts['all_runs']} runs and {counts['all_episodes']} predictions with the archived)"
    tracked = f", {counts['records']} records of {counts['platforms']} platforms" if counts["records"] else ""
    return (
        f"{visible(store.root)}: {counts['runs']} runs with {counts['episodes']} predictions"
        f"{archived if counts['all_runs'] > counts['runs'] else ''}, {counts['profiles']} profiles,"
        f" {counts['joined']} releases on both sides{tracked}; problems: {counts['errors']} errors,"
        f" {counts['warnings']} warnings, {counts['infos']} notes"
    )


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help='One SQL statement, for example "from runs".')],
    root: RootOption = None,
    layout: Annotated[Layout, typer.Option("--format", help="table, csv, json or markdown.")] = Layout.table,
) -> None:
    """Answer one SQL statement over the model."""
    if layout in (Layout.csv, Layout.json):
        return shell.answer(open_with_progress(root), statement, layout.value)
    with open_with_progress(root) as store:
        from driftline import queries

        columns, rows = queries.answer(store.connection, statement)
        put(as_table(columns, rows) if layout is Layout.table else as_markdown(columns, rows))


@app.command("shell", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_shell(context: typer.Context, root: RootOption = None) -> None:
    """Open the duckdb shell over the model; every other option goes to duckdb (-csv, -json, -c "…")."""
    raise typer.Exit(shell.run(open_with_progress(root), context.args))


@app.command()
def serve(
    root: RootOption = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 5006,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    show: Annotated[bool, typer.Option("--show", help="Open a browser.")] = False,
) -> None:
    """Serve the dashboard on this machine."""
    with open_with_progress(root) as store:
        print(loaded(store), file=sys.stderr)
    serving.serve(find_root(root), port, address, show)


app.command()(comparing.compare)
app.command()(measuring.calibrate)
app.command()(reporting.report)
app.add_typer(comparing.gates, name="gate")
app.add_typer(history.app, name="history")
app.add_typer(baselines.app, name="baselines")
app.add_typer(ci.app, name="ci")
app.add_typer(benchmarking.app, name="benchmark")
app.add_typer(profile_app.app, name="profile")

releases = typer.Typer(help="Say which release a run belongs to.", no_args_is_help=True)
app.add_typer(releases, name="releases")


@releases.callback()
def _releases() -> None:
    """Keeps `map` a word of its own."""


@releases.command("map")
def map_run(
    run: Annotated[str, typer.Argument(help="The run: its path below eval/, or its run id.")],
    release: Annotated[str, typer.Argument(help="The release, as a profile names it.")],
    root: RootOption = None,
) -> None:
    """Write into releases.yaml that a run belongs to a release; comments and order stay."""
    with open_with_progress(root) as store:
        from driftline.release_map import map_release

        print(visible(map_release(store, run, release)), file=sys.stderr)


@app.command()
def snapshot(
    target: Annotated[Path, typer.Argument(help="The HTML file to write.")],
    root: RootOption = None,
    baseline: Annotated[str | None, typer.Option(help="Run to compare against.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Run to judge.")] = None,
    page: Annotated[
        list[str] | None, typer.Option("--page", metavar="PAGE", help="home, performance, tracking or problems only.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="On the page tracking: the last N days.")] = None,
    platform: Annotated[
        list[str] | None, typer.Option("--platform", metavar="P", help="On the page tracking: these only.")
    ] = None,
) -> None:
    """Write the pages as one HTML file that opens from disk without a network."""
    with open_with_progress(root) as store:
        from driftline.reports.snapshot import write_snapshot

        write_snapshot(store, target, baseline, candidate, page or (), days, platform or ())
    print(target, file=sys.stderr)
