"""Home: the answer, the tiles, what differs, the episodes."""

from __future__ import annotations

import duckdb

from dashboard import shell
from dashboard.page import Page
from dashboard.state import Selection
from driftline import queries
from driftline.reports import home, html
from driftline.reports.choice import Comparison, choose_runs


def build(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Page:
    runs = queries.selectable_runs(connection)
    groups = queries.groups(connection)
    choice = choose_runs(connection, selection.baseline, selection.candidates, selection.focus)
    panel = shell.run_panel(selection, choice, runs, groups)
    if choice is None:
        found = (
            "No runs below eval/."
            if not runs
            else "1 run is here: nothing to compare it with."
            if len(runs) == 1
            else f"{len(runs)} runs are here, but no two of the same task, kind and dataset."
        )
        body = "<h1>Nothing to compare yet.</h1>" + html.empty(found, "driftline check")
        return Page(panel, "", [body], selection)
    labels = {row["run"]: row["label"] for row in runs}
    rows = {row["run"]: row for row in runs}

    def to(run: str) -> str:
        return selection.query(baseline=choice.baseline, candidates=choice.candidates, focus=run)

    comparison = Comparison(choice.baseline, choice.focus, choice.others, labels, to)
    body = home.render(connection, comparison)
    facts = [f"{rows[choice.focus]['episodes'] or 0} episodes", "noise not weighed"]
    full = Selection(
        selection.page, choice.baseline, choice.candidates, choice.focus,
        selection.profile_baseline, selection.profile_candidates, selection.profile_focus, selection.theme,
    )  # fmt: skip
    return Page(panel, shell.context("runs", choice, labels, facts, to), [body], full)
