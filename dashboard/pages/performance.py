"""Performance: what changed in time and memory, stage by stage, and the trends of all releases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bokeh.models import CustomJS, TapTool

from dashboard import shell
from dashboard.page import Page
from dashboard.panel import profile_panel
from dashboard.state import Selection
from driftline import queries
from driftline.reports import breakdown, html, performance
from driftline.reports.choice import Choice, choose_profiles, shorten
from driftline.reports.trends import trend_figures


def build(connection: queries.Connection, selection: Selection) -> Page:
    profiles = {row["profile"]: row for row in queries.profile_list(connection)}
    labels, prefix = shorten(list(profiles))
    choice = choose_profiles(
        connection, selection.profile_baseline, selection.profile_candidates, selection.profile_focus
    )
    panel = profile_panel(choice, list(profiles.values()), labels, prefix)
    if choice is None:
        return Page(panel, "", _alone(connection, profiles, labels), selection)

    full = replace(
        selection, profile_baseline=choice.baseline, profile_candidates=choice.candidates, profile_focus=choice.focus
    )
    comparison = performance.ProfileComparison(
        choice.baseline, choice.focus, choice.others, labels, full.query, profiles
    )
    facts = sorted({row["dataset_id"] for row in profiles.values() if row["dataset_id"]})
    context = shell.context(
        "releases",
        choice,
        labels,
        [f"Dataset {', '.join(facts)}" if facts else "", "noise not weighed"],
        comparison.to,
    )
    targets = _focus_queries(selection, choice, list(profiles))
    body = performance.before_trends(connection, comparison)
    return Page(panel, context, body, full, lambda later: _trends(later, comparison, selection.theme, targets))


def _alone(connection: queries.Connection, profiles: dict[str, Any], labels: dict[str, str]) -> str:
    """What there is to say without a second profile."""
    if not profiles:
        return "<h1>Nothing to compare yet.</h1>" + html.empty("No profiles below profiles/.", "driftline check")
    return html.join(breakdown.render(connection, row, labels[profile]) for profile, row in profiles.items())


def _trends(
    connection: queries.Connection, comparison: performance.ProfileComparison, theme: str, targets: list[str]
) -> str:
    figures = trend_figures(connection, comparison, theme)
    for _, figure in figures:
        _focus_on_tap(figure, targets)
    return performance.trends(connection, comparison, figures)


def _focus_queries(selection: Selection, choice: Choice, keys: list[str]) -> list[str]:
    """The URL that a tap on each release opens: it in focus; the baseline itself changes nothing."""
    return [
        selection.query(
            profile_baseline=choice.baseline,
            profile_candidates=choice.candidates if key in choice.candidates else (*choice.candidates, key),
            profile_focus=key,
        )
        if key != choice.baseline
        else ""
        for key in keys
    ]


def _focus_on_tap(figure: Any, targets: list[str]) -> None:
    for tool in figure.select({"type": TapTool}):
        tool.callback = CustomJS(
            args={"targets": targets},
            code="const s = cb_data.source; const i = s.selected.indices[0];"
            "const target = i === undefined ? '' : targets[s.data.x[i]];"
            "s.selected.indices = []; if (target) window.driftline.go(target)",
        )
