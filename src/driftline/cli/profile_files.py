"""`driftline profile diff`, `promote`, `archive` and `list`: what becomes of profiles once they are measured."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.options import RootOption
from driftline.cli.profile_app import app
from driftline.cli.progress import reading_progress
from driftline.cli.tables import as_json, as_markdown, as_table, put, say

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the profile.")]


class DiffLayout(StrEnum):
    """How a diff is printed."""

    table = "table"
    json = "json"
    markdown = "markdown"


class ListLayout(StrEnum):
    """How a list is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


@app.command("diff")
def diff_profiles(
    baseline: Annotated[str, typer.Argument(metavar="FROM", help="The baseline: a key below profiles/, or a file.")],
    candidate: Annotated[str, typer.Argument(metavar="TO", help="The candidate: a key below profiles/, or a file.")],
    layout: Annotated[DiffLayout, typer.Option("--format", help="table, json or markdown.")] = DiffLayout.table,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="Exit 1 on a regression at fail (error) level.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Limits to use; else profiles/regression_rules.yaml.")
    ] = None,
    root: RootOption = None,
) -> None:
    """Compare two profiles, stage by stage, and mark what got worse: (!).

    Exits 1 on a regression at fail level where --fail-on-regression asks for it, 2 where a file cannot be read, 3 where
    nothing can be compared, or the rules judge nothing of it.
    """
    from driftline.profile_pair import find_rules, open_pair, root_if_any
    from driftline.reports import profile_diff

    folder = root_if_any(root)
    known = find_rules(folder, rules)
    policy = profile_diff.Policy(str(known.path), known.limits) if known else profile_diff.Policy()
    say(*(known.warnings if known else []))
    with reading_progress() as progress, open_pair(folder, baseline, candidate, progress) as pair:
        sides = (pair.baseline, pair.candidate)
        say(*(f"warning: {side.path} was broken off: it is no whole profile" for side in sides if side.is_partial))
        names = (sides[0].name, sides[1].name)
        diff = profile_diff.compare(pair.store.connection, (sides[0].key, sides[1].key), names, policy)
    renders = {
        DiffLayout.table: profile_diff.as_text,
        DiffLayout.json: profile_diff.as_object,
        DiffLayout.markdown: profile_diff.as_comment,
    }
    put(renders[layout](diff))
    if not (diff.is_compared and diff.is_judged):
        raise typer.Exit(3)
    if fail_on_regression and diff.has_failed:
        raise typer.Exit(1)


@app.command("promote")
def promote_profile(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The profile: a key below profiles/, or a file.")],
    promoted_id: Annotated[str, typer.Option("--as", metavar="ID", help="It becomes profiles/references/ID.yaml.")],
    reason: Reason,
    dry_run: DryRun = False,
    no_stage_truth_required: Annotated[
        bool, typer.Option("--no-stage-truth-required", help="Promote without SOURCE.stage_truth.json too.")
    ] = False,
    root: RootOption = None,
) -> None:
    """Copy a profile to profiles/references/, where it never changes; the source stays."""
    from driftline.lifecycle.promotion import Promotion, promote
    from driftline.places import find_root

    asked = Promotion(source, promoted_id, reason, needs_truth=not no_stage_truth_required)
    say(*promote(find_root(root), asked, dry_run))


@app.command("archive")
def archive_profile(
    name: Annotated[str, typer.Argument(metavar="ID", help="The profile: a key, or the id of a reference.")],
    reason: Reason,
    dry_run: DryRun = False,
    root: RootOption = None,
) -> None:
    """Move a profile to profiles/_archive/, where it is hidden; `profile diff` still finds it by its key."""
    from driftline.lifecycle.archive import archive
    from driftline.places import find_root

    say(*archive(find_root(root), name, reason, dry_run))


@app.command("list")
def list_profiles(
    show_all: Annotated[bool, typer.Option("--all", help="Show the archived too.")] = False,
    layout: Annotated[ListLayout, typer.Option("--format", help="table, json, csv or markdown.")] = ListLayout.table,
    root: RootOption = None,
) -> None:
    """List the profiles in release order; and say what measurements left behind."""
    from driftline import queries
    from driftline.lifecycle.left_behind import broken_off, outlived
    from driftline.reports import profile_list
    from driftline.store import open_store

    with reading_progress() as progress, open_store(root, progress) as store:
        rows = queries.profile_list(store.connection, with_archived=show_all)
        registry = queries.registry(store.connection)
        folder = store.root
    if layout is ListLayout.csv:
        put(profile_list.as_csv(rows))
    elif layout is ListLayout.json:
        put(as_json(profile_list.COLUMNS, [tuple(row.values()) for row in profile_list.plain(rows)]))
    elif rows:
        shown = profile_list.shown(rows, registry)
        columns: tuple[str, ...] = profile_list.SHOWN
        is_table = layout is ListLayout.table
        put(as_table(columns, shown, right=profile_list.NUMBERS) if is_table else as_markdown(columns, shown))
    if not rows:
        say(f"no profiles in {folder}: `driftline profile freeze` measures one")
    say(*broken_off(folder), *outlived(folder))
