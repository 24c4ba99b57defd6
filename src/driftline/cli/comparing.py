"""`driftline compare`: what got better or worse, and whether it may be believed."""

from __future__ import annotations

import json
import math
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.cli.options import RootOption
from driftline.cli.progress import reading_progress
from driftline.cli.tables import put
from driftline.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.reports.comparison import Judged


class CompareLayout(StrEnum):
    """How a comparison is printed."""

    table = "table"
    json = "json"
    markdown = "markdown"
    junit = "junit"


class Undecided(StrEnum):
    """What becomes of an undecided gate."""

    fail = "fail"
    passes = "pass"


class Policy(StrEnum):
    """By what a change is judged."""

    noise = "noise"
    threshold = "threshold"


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
    gate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hold it against this policy; else the root's gate.yaml.")
    ] = None,
    undecided: Annotated[Undecided, typer.Option(help="What an UNDECIDED gate exits with: 3, or 0 for pass.")] = (
        Undecided.fail
    ),
    warn: Percent = None,
    fail: Percent = None,
    fail_on_regression: Annotated[  # noqa: ARG001
        bool, typer.Option("--fail-on-regression", help="Exit 1 on a regression at fail level; as without it.")
    ] = True,
    root: RootOption = None,
) -> None:
    """Compare runs, profiles or releases with a baseline; without names the pair that a page opens with.

    Exits 0 where nothing regressed at fail level, 1 where something did, 3 where there is nothing to compare. With a
    gate policy (--gate, or gate.yaml in the root) 0 means GO, 1 NO-GO and 3 UNDECIDED.
    """
    from driftline import queries
    from driftline.artifacts.gate_policy import NAME, read_policy
    from driftline.comparands import find_comparands
    from driftline.gating import hold
    from driftline.reports import comparison, junit
    from driftline.reports import gate as gate_report
    from driftline.scoring import score
    from driftline.store import open_store
    from driftline.verdicts.words import VERDICTS

    kinds = [kind for kind, is_asked in (("runs", runs), ("profiles", profiles), ("releases", releases)) if is_asked]
    if len(kinds) > 1:
        raise UserError("the names are of one kind", f"give one of --{' and --'.join(kinds)}")
    if policy is Policy.noise and (warn is not None or fail is not None):
        raise UserError("--warn and --fail are thresholds", "add --policy threshold")
    if any(limit is not None and not math.isfinite(limit) for limit in (warn, fail)):
        raise UserError("--warn and --fail are per cent", "give finite numbers")
    if warn is not None and fail is not None and warn > fail:
        raise UserError("--warn is above --fail", "give the smaller one to --warn")
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

                judge(store, one.side, one.baseline, one.candidates)
            with store.cursor() as connection:
                for candidate in one.candidates:
                    if policy is Policy.noise:
                        rows = queries.verdicts(connection, one.side, one.baseline, candidate).rows
                    else:
                        rows = queries.thresholds(connection, one.side, one.baseline, candidate, warn, fail).rows
                    judged.append(comparison.Judged(one, candidate, rows, policy.value, only))
        registry = queries.registry(store.connection)
        file = gate or (store.root / NAME if os.path.lexists(store.root / NAME) else None)
    answers = []
    if file is not None:
        rows_of: dict[str, list[queries.Row]] = {}
        for each in judged:
            rows_of.setdefault(each.comparand.subject(each.candidate), []).extend(each.rows)
        read = read_policy(file)
        is_strict = policy is Policy.threshold
        answers = [(subject, hold(read, rows, registry, is_strict)) for subject, rows in rows_of.items()]
    if layout is CompareLayout.json:
        gates = [gate_report.as_object(answer, subject) for subject, answer in answers]
        put(json.dumps({"comparisons": comparison.as_object(judged), "gates": gates}, indent=2))
    elif layout is CompareLayout.junit:
        put(junit.as_junit(judged, answers))
    elif layout is CompareLayout.markdown:
        parts = [gate_report.as_comment(answer, subject) for subject, answer in answers]
        put("\n\n".join([*parts, comparison.as_comment(judged, registry)]))
    else:
        blocks = [gate_report.as_text(answer, subject, show_all) for subject, answer in answers]
        put("\n\n".join([*blocks, comparison.as_text(judged, registry, show_all)]))
    raise typer.Exit(_code(judged, [answer.answer for _, answer in answers], undecided is Undecided.passes))


def _code(judged: Sequence[Judged], answers: Sequence[str], undecided_passes: bool) -> int:
    if answers and any(one.is_compared for one in judged):
        if "NO-GO" in answers:
            return 1
        return 3 if "UNDECIDED" in answers and not undecided_passes else 0
    if not any(one.is_compared for one in judged):
        return 3
    return int(any(one.has_failed for one in judged))


gates = typer.Typer(help="Say what a gate policy asks for.", no_args_is_help=True)


@gates.callback()
def _gates() -> None:
    """Keeps `explain` a word of its own."""


@gates.command("explain")
def explain_gate(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The policy; else the root's gate.yaml.")
    ] = None,
    root: RootOption = None,
) -> None:
    """Say how a gate policy is understood, rule by rule."""
    from driftline import queries
    from driftline.artifacts.gate_policy import NAME, read_policy
    from driftline.reports import gate as gate_report
    from driftline.store import open_store

    with reading_progress() as progress, open_store(root, progress) as store:
        registry = queries.registry(store.connection)
        policy = read_policy(file or store.root / NAME)
    put(gate_report.explain(policy, registry))
