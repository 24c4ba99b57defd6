"""Tracking: what was recorded on each platform over time, held against its baselines."""

from __future__ import annotations

from dataclasses import replace

from dashboard.page import Page
from dashboard.state import Selection
from dashboard.tracking_panel import tracking_panel
from driftline import queries
from driftline.errors import UserError
from driftline.reports import html, tracking
from driftline.reports.html import esc, join
from driftline.reports.tracking_choice import choose
from driftline.variables import threshold_of


def build(connection: queries.Connection, selection: Selection) -> Page:
    chosen = choose(connection, selection.days, selection.platforms, selection.run_types)
    panel = tracking_panel(selection, chosen, queries.run_types(connection).rows)
    try:
        limit_pct = 100 * threshold_of()
    except UserError as error:
        body = "<h1>The limit cannot be read.</h1>" + html.empty(f"{error.message}.", error.remedy)
        return Page(panel, "", body, selection)
    page = tracking.ask_page(connection, chosen, limit_pct)
    body = tracking.answer(connection, page)
    if not chosen.recorded:
        return Page(panel, "", body, selection)
    full = replace(selection, days=chosen.days)
    context = _context(tracking.facts(page)) if chosen.series else ""
    return Page(panel, context, body, full, lambda later: tracking.sections(later, page, selection.theme))


def _context(facts: list[tuple[str, str, str]]) -> str:
    """What is held against what: the first two also where there is little room."""
    told = join(
        f'<span class="{"opt" if at > 1 else ""}">{"" if at else "<span class=dot-b></span>"}{esc(name)} '
        f"<b>{esc(value)}</b>{f' <span class={chr(34)}m opt{chr(34)}>{esc(remark)}</span>' if remark else ''}</span>"
        for at, (name, value, remark) in enumerate(facts)
    )
    return f'<div class="ctx">{told}<button class="btn mob" data-act="side">Change window ▾</button></div>'
