"""`driftline compare`: what got better or worse, and whether it may be believed."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.progress import reading_progress
from driftline.cli.tables import put
from driftline.errors import UserError


class CompareLayout(StrEnum):
    """How a comparison is printed."""

    table = "table"
    json = "json"
    markdown = "markdown"
    junit = "junit"


class Policy(StrEnum):
    """By what a change is judged."""

    noise = "noise"
    threshold = "threshold"


RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="The directory that holds eval/ or profiles/; else DRIFTLINE_ROOT, ./data, or here.",
    ),
]
Percent = Annotated[float | None, typer.Option(metavar="P", min=0, help="With --policy threshold: per cent.")]


def compare(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[BASELINE CANDIDATE…]", help="Runs, profiles or releases.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="The names are of runs.")] = False,
    profiles: Annotated[bool, typer.Option("--profiles", help="The names are of profiles.")] = False,
    releases: Annotated[bool, typer.Option("--releases", help="The names are of releases: runs and profiles.")] = False,
    only: Annotated[
        str | None, typer.Option(metavar="VERDICT", help="Show rows of this verdict only: regressed, suspect …")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every row.")] = False,
    layout: Annotated[
        CompareLayout, typer.Option("--format", help="table, json, markdown or junit.")
    ] = CompareLayout.table,
    policy: Annotated[
        Policy, typer.Option(help="noise: what is certain counts. threshold: what is past a level counts.")
    ] = Policy.noise,
    warn: Percent = None,
    fail: Percent = None,
    fail_on_regression: Annotated[  # noqa: ARG001
        bool, typer.Option("--fail-on-regression", help="Exit 1 on a regression at fail level; as without it.")
    ] = True,
    root: RootOption = None,
) -> None:
    """Compare runs, profiles or releases with a baseline; without names the pair that a page opens with.

    Exits 0 where nothing regressed at fail level, 1 where something did, 3 where there is nothing to compare.
    """
    from driftline import queries
    from driftline.comparands import find_comparands
    from driftline.reports import comparison, junit
    from driftline.scoring import score
    from driftline.store import open_store
    from driftline.verdicts.words import VERDICTS

    kinds = [kind for kind, is_asked in (("runs", runs), ("profiles", profiles), ("releases", releases)) if is_asked]
    if len(kinds) > 1:
        raise UserError("the names are of one kind", f"give one of --{' and --'.join(kinds)}")
    if policy is Policy.noise and (warn is not None or fail is not None):
        raise UserError("--warn and --fail are thresholds", "add --policy threshold")
    if only is not None and only not in VERDICTS:
        raise UserError(f"no verdict is called {only}", f"use one of {', '.join(VERDICTS)}")
    judged = []
    with reading_progress() as progress, open_store(root, progress) as store:
        with store.cursor() as connection:
            found = find_comparands(connection, kinds[0] if kinds else "", names or [])
        for one in found:
            if one.side == "run":
                score(store, [one.baseline, *one.candidates])
            if policy is Policy.noise:
                from driftline.judging import judge

                judge(store, one.baseline, one.candidates)
            with store.cursor() as connection:
                for candidate in one.candidates:
                    if policy is Policy.noise:
                        rows = queries.verdicts(connection, one.side, one.baseline, candidate).rows
                    else:
                        rows = queries.thresholds(connection, one.side, one.baseline, candidate, warn, fail).rows
                    judged.append(comparison.Judged(one, candidate, rows, policy.value))
        registry = queries.registry(store.connection)
    shown = judged
    if only is not None:
        shown = [
            comparison.Judged(one.comparand, one.candidate, [r for r in one.rows if r["verdict"] == only], one.policy)
            for one in judged
        ]
    if layout is CompareLayout.json:
        put(json.dumps(comparison.as_object(shown), indent=2))
    elif layout is CompareLayout.junit:
        put(junit.as_junit(shown))
    elif layout is CompareLayout.markdown:
        put(comparison.as_comment(shown, registry))
    else:
        put(comparison.as_text(shown, registry, show_all or only is not None))
    if not any(one.is_compared for one in judged):
        raise typer.Exit(3)
    if any(one.has_failed for one in judged):
        raise typer.Exit(1)
