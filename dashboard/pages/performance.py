"""Performance: what changed in time and memory, stage by stage, the trends of all releases and what quality cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dashboard import shell
from dashboard.page import Page
from dashboard.profile_panel import profile_panel
from dashboard.state import Selection
from driftline import queries
from driftline.queries import Kept
from driftline.reports import breakdown, cost_figures, html, performance, sureness
from driftline.reports.choice import Choice, ProfileComparison, choose_profiles, shorten
from driftline.reports.tradeoff import Sides

Row = queries.Row


def choice_of(connection: queries.Connection, selection: Selection) -> Choice | None:
    kept = Kept(selection.hosts, selection.profile_datasets)
    asked = (selection.profile_baseline, selection.profile_candidates, selection.profile_focus)
    return choose_profiles(connection, *asked, kept)


def build(connection: queries.Connection, selection: Selection) -> Page:
    kept = Kept(selection.hosts, selection.profile_datasets)
    every = queries.profile_list(connection, kept)
    profiles = {row["profile"]: row for row in every if row["is_kept"]}
    labels, prefix = shorten([row["profile"] for row in every])
    choice = choice_of(connection, selection)
    alone = queries.coverage(connection).rows
    panel = profile_panel(selection, choice, every, labels, prefix, alone)
    if choice is None:
        only = next(iter(profiles.values()), None)
        body = breakdown.render(connection, only, labels[only["profile"]]) if only else _none(selection, bool(every))
        return Page(panel, "", body, selection, _trace(selection, only, labels, kept) if only else None)

    full = replace(
        selection, profile_baseline=choice.baseline, profile_candidates=choice.candidates, profile_focus=choice.focus
    )
    comparison = ProfileComparison(
        choice.baseline, choice.focus, choice.others, labels, full.query, profiles, kept, selection.trend == "cpu"
    )
    facts = sorted({row["dataset_id"] for row in profiles.values() if row["dataset_id"]})
    context = shell.context(
        "releases",
        choice,
        labels,
        [
            f"Dataset {', '.join(facts)}" if facts else "",
            sureness.chip(connection, "profile", choice.baseline, comparison.candidates),
        ],
        comparison.to,
    )
    body = performance.before_trends(connection, comparison)
    sides = Sides(selection.quality, selection.cost, selection.reference)

    def figures(later: queries.Connection) -> str:
        return cost_figures.figures(later, comparison, selection.theme, sides, selection.monitor)

    return Page(panel, context, body, full, figures)


def _trace(
    selection: Selection, only: Row, labels: dict[str, str], kept: Kept
) -> Callable[[queries.Connection], str] | None:
    """What draws the trace of the only profile, where it has one."""
    if not only["has_monitor"]:
        return None
    label, theme, asked = labels[only["profile"]], selection.theme, selection.monitor
    return lambda later: breakdown.trace(later, only, label, theme, asked, kept)


def _none(selection: Selection, any_is: bool) -> str:
    """What there is to say where no profile is, or none is kept."""
    if not any_is:
        return "<h1>Nothing to compare yet.</h1>" + html.empty(*breakdown.NOTHING)
    clear = html.link(selection.query(hosts=(), profile_datasets=()), "Show every profile")
    return f"<h1>No profile is left.</h1>{html.lead('The filters of host and dataset keep none. ' + clear)}"
