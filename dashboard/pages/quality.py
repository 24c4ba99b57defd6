"""What the pages of runs share: the panel, the context line, and what to say where nothing can be compared."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from dashboard import shell
from dashboard.page import Page
from dashboard.run_panel import run_panel
from dashboard.state import Selection
from driftline import queries
from driftline.reports import html, sureness
from driftline.reports.choice import Choice, Comparison, choose_runs, labels_of
from driftline.reports.mixed import banner

# A part of a page as HTML, from the comparison and the selection in full.
Part = Callable[[queries.Connection, Comparison, Selection], str]


def choice_of(connection: queries.Connection, selection: Selection) -> Choice | None:
    preset = os.environ.get("BASELINE", "")
    return choose_runs(connection, selection.baseline, selection.candidates, selection.focus, preset)


def build(connection: queries.Connection, selection: Selection, body: Part, figures: Part | None = None) -> Page:
    """A page about runs."""
    runs = queries.selectable_runs(connection)
    groups = queries.groups(connection)
    choice = choice_of(connection, selection)
    panel = run_panel(selection, choice, runs, groups)
    if choice is None:
        nothing = "<h1>Nothing to compare yet.</h1>" + html.empty(_found(len(runs)), "driftline check")
        return Page(panel, "", nothing, selection)
    full = replace(selection, baseline=choice.baseline, candidates=choice.candidates, focus=choice.focus)
    labels = labels_of(runs, (choice.baseline, *choice.candidates))
    comparison = Comparison(choice.baseline, choice.focus, choice.others, labels, full.query)
    focused = next(row for row in runs if row["run"] == choice.focus)
    facts = [
        f"{focused['episodes'] or 0} episodes",
        sureness.chip(connection, "run", choice.baseline, comparison.candidates),
    ]
    context = shell.context("runs", choice, labels, facts, comparison.to)
    said = banner(connection, comparison) + body(connection, comparison, full)
    return Page(panel, context, said, full, figures and _later(figures, comparison, full))


def _later(part: Part, comparison: Comparison, full: Selection) -> Callable[[queries.Connection], str]:
    return lambda connection: part(connection, comparison, full)


def _found(runs: int) -> str:
    if not runs:
        return "No runs below eval/."
    if runs == 1:
        return "1 run is here: nothing to compare it with."
    return f"{runs} runs are here, but no two of the same task, kind and dataset."
