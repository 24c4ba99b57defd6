"""`driftline baselines`: what each platform is held against, and how that is replaced by something better."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from driftline.cli.asking import agreed
from driftline.cli.comparing import Policy
from driftline.cli.options import BaselinesOption, RootOption
from driftline.cli.progress import reading_progress
from driftline.cli.tables import put, say
from driftline.errors import Problems, UserError

app = typer.Typer(help="Show, replace and follow the baselines that platforms are held against.", no_args_is_help=True)


class Layout(StrEnum):
    """How baselines are printed."""

    table = "table"
    json = "json"
    markdown = "markdown"


class HistoryLayout(StrEnum):
    """How their history is printed."""

    table = "table"
    json = "json"


PlatformsOption = Annotated[str | None, typer.Option("--platform", metavar="NAME", help="This platform only.")]
PolicyOption = Annotated[
    Policy, typer.Option(help="threshold: past the limit counts. noise: a lasting change of level counts.")
]
HOW_TO_START = (
    "record runs (`ENABLE_PERFORMANCE_RECORDING=1 pytest`), then `driftline baselines update` proposes baselines"
)


@app.command()
def show(
    platform: PlatformsOption = None,
    layout: Annotated[Layout, typer.Option("--format", help="table, json or markdown.")] = Layout.table,
    policy: PolicyOption = Policy.threshold,
    baselines: BaselinesOption = None,
    root: RootOption = None,
) -> None:
    """Show each baseline, its limit, and how the newest record and the level of the last 50 stand against it.

    Exits 3 where there is none.
    """
    from driftline import queries
    from driftline.artifacts.history import platform_named
    from driftline.baselining import open_with
    from driftline.reports import baselines as report
    from driftline.tracking import least_effect_pct
    from driftline.variables import threshold_of

    limit_pct = 100 * threshold_of()
    file = baselines.baselines if baselines else None
    if file and not file.is_file():
        raise UserError(f"no file {file}", "`driftline baselines update` makes it, from records")
    platforms = [platform_named(platform)] if platform else []
    with reading_progress() as progress, open_with(root, file, progress) as store:
        least_pct = least_effect_pct(store) if policy is Policy.noise else None
        rows = queries.baseline_standings(store.connection, limit_pct, platforms, least_pct).rows
        registry = queries.registry(store.connection)
        columns, problems = queries.problem_rows(store.connection, with_info=False)
    _say_problems([dict(zip(columns, row, strict=True)) for row in problems], is_empty=not rows)
    if not rows:
        say(f"no baselines{f' of {platform}' if platform else ''}", f"  {HOW_TO_START}")
        raise typer.Exit(3)
    by = report.Judged(policy.value, limit_pct, least_pct)
    put(report.standings(rows, registry, layout.value, by))
    if layout is not Layout.markdown:
        say(by)


def _say_problems(problems: list[dict[str, object]], is_empty: bool) -> None:
    """What is wrong with files of baselines. Raises UserError where one cannot be read and nothing else is there."""
    for row in problems:
        if row["artifact"] == "platform_baselines":
            if is_empty and row["severity"] == "error":
                raise UserError(f"{row['file']} cannot be used: {row['problem']}", str(row["remedy"]))
            say(f"{row['severity']}: {row['file']}: {row['problem']}; {row['remedy']}")


@app.command()
def update(
    platform: Annotated[
        str | None, typer.Option(metavar="NAME", help="The platform; else the one that this machine is.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    auto_approve: Annotated[
        bool,
        typer.Option(
            "--auto-approve-improvements",
            help="Apply without asking what every counted record is better by; the rest needs a yes.",
        ),
    ] = False,
    min_runs: Annotated[int, typer.Option(metavar="N", help="How many records the median is of; 3 at least.")] = 5,
    improvement_threshold: Annotated[
        float, typer.Option(metavar="FRACTION", help="What is better by more than this is proposed.")
    ] = 0.05,
    policy: PolicyOption = Policy.threshold,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why, kept beside the baselines.")] = None,
    baselines: BaselinesOption = None,
    root: RootOption = None,
) -> None:
    """Propose baselines from the median of the last records, where that is better, and write them after a yes.

    A worse one is never proposed. Exits 0 where nothing is to be written or no is said, 3 where there are too few
    records.
    """
    from driftline.baselining import Asked, apply, plan
    from driftline.reports import baselines as report

    file = baselines.baselines if baselines else None
    asked = Asked(root, file, platform, min_runs, improvement_threshold, reason, policy.value)
    with reading_progress() as progress:
        planned = plan(asked, progress)
    for note in planned.notes:
        say(note)
    if not planned.rows:
        for line in planned.why:
            say(line)
        raise typer.Exit(3 if planned.has_too_few else 0)
    put(report.proposals(planned.platform, planned.rows, planned.registry, asked.by, auto_approve))
    sustained = [row for row in planned.rows if auto_approve and report.is_sustained(row)]
    rest = [row for row in planned.rows if row not in sustained]
    for rows, needs_yes in ((sustained, False), (rest, True)):
        if not rows:
            continue
        if needs_yes and auto_approve and not dry_run and not _is_terminal():
            say(
                f"left out, since it needs a yes: {', '.join(row['metric'] for row in rows)}",
                f"  say it with `{asked.command(planned.platform)}`",
            )
            continue
        after = planned.text_with(rows)
        put(report.diff(str(planned.document.path), planned.document.text or "", after))
        if dry_run:
            planned = planned.with_text(after)
        elif needs_yes and not agreed("Apply these updates? (yes/no):"):
            say("nothing written" if not sustained else "nothing more written")
        else:
            planned = apply(planned, after)
            say(
                f"wrote {planned.document.path}: {len(rows)} of the baselines of {planned.platform}",
                f"  look at it with git diff, and commit it: perf: update baselines for {planned.platform}",
            )
    if dry_run:
        say("dry run: nothing written")


def _is_terminal() -> bool:
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False


@app.command()
def history(
    platform: PlatformsOption = None,
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="This metric only.")] = None,
    layout: Annotated[HistoryLayout, typer.Option("--format", help="table or json.")] = HistoryLayout.table,
    baselines: BaselinesOption = None,
    root: RootOption = None,
) -> None:
    """Show how the baselines changed, and below it where many small steps led: the slow-drift watch.

    Exits 3 where nothing was recorded.
    """
    from driftline import queries
    from driftline.artifacts.history import platform_named
    from driftline.baselining import open_with
    from driftline.lifecycle.platform_baselines import baselines_file, read_document, read_updates
    from driftline.places import find_root
    from driftline.reports import baselines as report
    from driftline.variables import threshold_of

    limit_pct, problems = 100 * threshold_of(), Problems()
    file = baselines.baselines if baselines else None
    document = read_document(baselines_file(find_root(root), file))
    updates = read_updates(document.text, problems) if document.text is not None else []
    for problem in problems:
        say(f"{problem.severity}: {document.path}: {problem.problem}; {problem.remedy}")
    platforms = [platform_named(platform)] if platform else []
    with reading_progress() as progress, open_with(root, file, progress) as store:
        if metric:
            metric = str(queries.known_names(store.connection, [metric])[metric]["metric"])
        changed = queries.baseline_updates(store.connection, updates, platforms, metric).rows
        watched = queries.drift_watch(store.connection, updates, limit_pct, platforms, metric).rows
        registry = queries.registry(store.connection)
    if not changed and not watched:
        of = " and ".join(name for name in (platform, metric) if name)
        say(f"nothing is recorded{f' of {of}' if of else ''}", f"  {HOW_TO_START}")
        raise typer.Exit(3)
    by = report.Judged("threshold", limit_pct)
    if layout is HistoryLayout.json:
        put(report.history_object(changed, watched, by))
    else:
        put(report.updates(changed, registry) if changed else "no update of a baseline is kept")
        put("\nSlow-drift watch: the last 50 records, and all updates of the baselines\n")
        put(report.watch(watched, registry))
    say(by)
