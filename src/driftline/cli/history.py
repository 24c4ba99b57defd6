"""`driftline history`: what was recorded of a program, run after run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftline.cli.options import RootOption, WrittenRootOption
from driftline.cli.profile_files import ListLayout
from driftline.cli.progress import reading_progress
from driftline.cli.tables import as_json, as_markdown, as_table, put, say
from driftline.errors import UserError

if TYPE_CHECKING:
    from driftline.queries import Row

app = typer.Typer(help="Record what a program needs, and list, import and export what was recorded.",
                  no_args_is_help=True)  # fmt: skip

PlatformOption = Annotated[
    str | None, typer.Option("--platform", metavar="P", help="The platform; else PERFORMANCE_PLATFORM, or this one.")
]
OLD_DATABASE = Path("benchmarks/history/performance.db")
RECORD = "ENABLE_PERFORMANCE_RECORDING=1 pytest records a test session; driftline history record NAME=NUMBER by hand"


@app.command("record")
def record_metrics(
    metrics: Annotated[
        list[str] | None,
        typer.Argument(metavar="[METRIC=NUMBER…]", help="What was measured, or '-' for JSON on stdin."),
    ] = None,
    platform: PlatformOption = None,
    run_type: Annotated[
        str | None, typer.Option(metavar="T", help="ci, nightly, manual …; else PERFORMANCE_RUN_TYPE, or manual.")
    ] = None,
    workload: Annotated[str | None, typer.Option(help="What was worked on: workloads are compared apart.")] = None,
    provider: Annotated[str | None, typer.Option(help="Who did the work: providers are compared apart.")] = None,
    notes: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept with the record.")] = None,
    root: WrittenRootOption = None,
) -> None:
    """Add one record to history/PLATFORM.jsonl: driftline history record query_latency_no_vllm=8.1 cache_hit_rate=0.42.

    With - the metrics are read from stdin: a JSON object of names and numbers.
    """
    from driftline.lifecycle.history import append_records, history_file, new_record
    from driftline.lifecycle.history_files import merge_advice
    from driftline.lifecycle.session_facts import session_facts

    values = _once(_from_stdin() if metrics == ["-"] else [_pair(text) for text in metrics or []])
    facts = session_facts(platform, run_type) | {"workload": workload, "provider": provider, "notes": notes}
    record = new_record(values, facts)
    folder = _written_folder(root)
    is_first = not history_file(folder, record["platform"]).exists()
    (path,) = append_records(folder, [record])
    say(f"recorded {len(values)} metrics of {record['platform']} in {path}")
    for name, value in record["metrics"].items():
        if isinstance(value, str):
            say(f"{name} is not finite but {value}: it was recorded as a gap")
    if is_first and (advice := merge_advice(folder)):
        say(advice)


@app.command("list")
def list_records(
    platform: Annotated[list[str] | None, typer.Option("--platform", metavar="P", help="Only these.")] = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", metavar="M", help="Show these values too.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many records at most.")] = 50,
    layout: Annotated[ListLayout, typer.Option("--format", help="table, json, csv or markdown.")] = ListLayout.table,
    root: RootOption = None,
) -> None:
    """List the newest records, newest first. Exits 3 where there is none."""
    from driftline import queries
    from driftline.artifacts.history import platform_named
    from driftline.store import open_store

    platforms = [platform_named(name) for name in platform or []]
    with reading_progress() as progress, open_store(root, progress) as store:
        rows = queries.records(store.connection, platforms, limit, metric or []).rows
    if not rows:
        _say_nothing()
        raise typer.Exit(3)
    shown = [name for name in rows[0] if name != "record_id" and any(row[name] is not None for row in rows)]
    _put(rows, shown, layout)


@app.command()
def stats(
    layout: Annotated[ListLayout, typer.Option("--format", help="table, json, csv or markdown.")] = ListLayout.table,
    root: RootOption = None,
) -> None:
    """Say how many records there are, of which platforms and from when. Exits 3 where there is none."""
    from driftline import queries
    from driftline.store import open_store

    with reading_progress() as progress, open_store(root, progress) as store:
        rows = [row for row in queries.platforms(store.connection).rows if row["records"]]
        folder = store.places.history or store.root / "history"
    if not rows:
        _say_nothing()
        raise typer.Exit(3)
    _put(rows, list(rows[0]), layout)
    say(f"{sum(row['records'] for row in rows)} records of {len(rows)} platforms in {folder}")


@app.command("export")
def export_records(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file to write.")],
    platform: PlatformOption = None,
    root: RootOption = None,
) -> None:
    """Write the records of a platform as one JSON list, newest first."""
    from driftline.artifacts.history import platform_named
    from driftline.capture.platform import detect_platform
    from driftline.lifecycle.history import PerformanceHistory

    history = PerformanceHistory(_folder(root))
    known, name = history.get_available_platforms(), platform_named(platform or detect_platform())
    if name not in known:
        listed = f"platforms with records: {', '.join(known)}" if known else RECORD
        raise UserError(f"no record of platform {name}", listed)
    history.export_to_json(name, output)
    say(f"wrote {output}")


@app.command("import")
def import_records(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="performance.db, or JSON of pytest-benchmark, hyperfine, or Google's."),
    ],
    platform: Annotated[
        str | None, typer.Option(metavar="P", help="The platform, where a file does not say; else this one.")
    ] = None,
    root: WrittenRootOption = None,
) -> None:
    """Take over what other programs recorded; what is there already is left out, and no file is changed."""
    from driftline.artifacts.foreign import read_foreign
    from driftline.capture.platform import detect_platform
    from driftline.errors import Problems
    from driftline.lifecycle.history_files import take_over

    folder, found = _written_folder(root), 0
    for file in files:
        problems = Problems()
        records = read_foreign(file, problems)
        for problem in problems:
            say(f"{problem.severity}: {file}: {problem.problem}", f"  {problem.remedy}")
        unnamed = [record for record in records if not record["platform"]]
        if unnamed:
            name = platform or detect_platform()
            say(f"{file} does not say on which platform it was measured: taken for {name} (--platform P says otherwise)"
                if not platform else f"{file}: platform {name}")  # fmt: skip
            for record in unnamed:
                record["platform"] = name
        added, paths = take_over(folder, records)
        where = f" to {', '.join(map(str, paths))}" if paths else ""
        found += len(records)
        say(f"{file}: {added} of {len(records)} records added{where}")
    if not found:
        raise typer.Exit(3)


@app.command()
def compact(root: RootOption = None) -> None:
    """Drop torn lines, and lines that say again what another says; the files stay beside them as they were (.bak)."""
    from driftline.lifecycle.history_files import compact

    folder = _folder(root)
    found = compact(folder)
    changed = [one for one in found if one.kept_as]
    for one in changed:
        say(f"{one.path}: {one.torn} torn and {one.doubled} doubled lines dropped; as it was: {one.kept_as}")
    if not changed:
        say(f"nothing to drop in {len(found)} files of {folder}")


def _put(rows: list[Row], columns: list[str], layout: ListLayout) -> None:
    """The rows whole for programs, the columns and what of them is readable for people."""
    from driftline.reports import csv

    if layout is ListLayout.json:
        put(as_json(list(rows[0]), [list(row.values()) for row in rows]))
    elif layout is ListLayout.csv:
        put(csv.render(rows, list(rows[0])).rstrip("\r\n"))
    else:
        cells = [[_cell(row[name]) for name in columns] for row in rows]
        put(as_table(columns, cells) if layout is ListLayout.table else as_markdown(columns, cells))


def _from_stdin() -> list[tuple[str, Any]]:
    """The members of the object in the order in which they stand: one that stands twice is there twice."""
    from driftline.artifacts.decode import parse_json

    form = 'write an object: {"query_latency_no_vllm": 8.1}'
    try:
        text = sys.stdin.read()
        values = parse_json(text)
    except (AttributeError, OSError) as error:
        raise UserError(f"stdin cannot be read: {error}", form) from None
    except ValueError as error:
        raise UserError(f"stdin holds no usable JSON: {error}", form) from None
    if not isinstance(values, dict):
        raise UserError("stdin holds no JSON object", form)
    # What was too deep was refused, and no digits are looked at.
    members: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list, parse_int=str)
    return [(name, values[name]) for name, _ in members]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    from driftline.lifecycle.history_values import twice

    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise twice(name)
        values[name] = value
    return values


def _pair(text: str) -> tuple[str, float]:
    name, sign, value = text.rpartition("=")
    try:
        if name and sign:
            return name, float(value)
    except ValueError:
        pass
    raise UserError(f"{text!r} is no metric with a number", "write it as query_latency_no_vllm=8.1")


def _cell(value: Any) -> Any:
    """A time to the second, a commit in its first letters: what a table has room for."""
    if isinstance(value, str) and len(value) == 40 and value.isalnum():
        return value[:10]
    return value.replace(microsecond=0) if hasattr(value, "microsecond") else value


def _folder(root: Path | None) -> Path:
    from driftline.artifacts.history import FOLDER, history_folder
    from driftline.places import find_root

    return history_folder() or find_root(root) / FOLDER


def _written_folder(root: Path | None) -> Path:
    from driftline.artifacts.history import FOLDER, history_folder
    from driftline.places import writable_root

    return history_folder() or writable_root(root) / FOLDER


def _say_nothing() -> None:
    say("nothing was recorded", f"  {RECORD}")
    if OLD_DATABASE.is_file():
        say(f"  driftline history import {OLD_DATABASE} takes over what lies there")
