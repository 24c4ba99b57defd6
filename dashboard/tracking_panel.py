"""The side panel of Tracking: the window, the platforms and the run types that are shown."""

from __future__ import annotations

from dashboard import panel
from dashboard.state import Selection
from driftline.queries import Row
from driftline.reports.html import esc, join, link
from driftline.reports.tracking_choice import WINDOWS, Chosen


def tracking_panel(selection: Selection, chosen: Chosen, types: list[Row]) -> str:
    """Chooses what of the histories is shown. `types` is queries.run_types."""
    count = len(chosen.series)
    rail = f"{count} series, {chosen.window}" if chosen.recorded else "nothing recorded"
    return panel.frame(
        "History",
        None,
        (_windows(selection, chosen) if chosen.recorded else "")
        + (_platforms(selection, chosen) if chosen.every else '<p class="lab">No platform has a record.</p>')
        + (_types(selection, types) if chosen.recorded else ""),
        rail,
    )


def _windows(selection: Selection, chosen: Chosen) -> str:
    """The window begins with a day, so many before today; UTC."""
    links = join(
        link(
            selection.query(days=days),
            "all days" if days == "all" else f"{days} days",
            'aria-current="true"' if days == chosen.days else "",
        )
        for days in WINDOWS
    )
    return f'<p class="lab">Window</p><div class="seg">{links}</div>'


def _platforms(selection: Selection, chosen: Chosen) -> str:
    """A box for every platform; those that were never recorded have only a baseline."""
    usual = tuple(chosen.recorded)
    on = chosen.platforms if selection.platforms else usual
    rows = ""
    for row in chosen.every:
        name = row["platform"]
        is_on = name in on
        others = tuple(other["platform"] for other in chosen.every if other["platform"] in on)
        after = tuple(other for other in others if other != name) if is_on else (*others, name)
        # The last one stays, so that none is never taken for all.
        after = after or (name,)
        query = selection.query(platforms=() if set(after) == set(usual) else after)
        checked = f'role="checkbox" aria-checked="{"true" if is_on else "false"}" title="{esc(name)}"'
        box = link(query, f'<span class="bx"></span><span>{esc(name)}</span>', checked)
        last = f"{row['last_at']:%b %-d}" if row["last_at"] else "no date" if row["records"] else "never"
        css = "" if is_on else "off"
        rows += f'<tr class="{css}"><td>{box}</td><td class="n">{row["records"]:,}</td><td class="n">{last}</td></tr>'
    heads = '<th scope="col">Platform</th><th scope="col" class="n">Records</th><th scope="col" class="n">Last</th>'
    every = link(selection.query(platforms=()), "All", 'class="clear"') if selection.platforms else ""
    return f'<table class="plats runs"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{every}'


def _types(selection: Selection, types: list[Row]) -> str:
    """A box for every run type; the last one stays."""
    counts = {row["run_type"] or "": row["records"] for row in types}
    if len(counts) < 2 and not selection.run_types:
        return ""
    known = [*counts, *(name for name in selection.run_types if name not in counts)]
    on = selection.run_types or tuple(counts)
    rows = ""
    for name in known:
        others = tuple(other for other in known if other in on and other != name)
        after = (others or (name,)) if name in on else (*others, name)
        query = selection.query(run_types=() if set(counts) <= set(after) else after)
        checked = f'role="checkbox" aria-checked="{"true" if name in on else "false"}"'
        box = link(query, f'<span class="bx"></span><span>{esc(name) or "not stated"}</span>', checked)
        rows += f'<li>{box}<span class="m">{counts.get(name, "not in this root")}</span></li>'
    note = (
        '<p class="lab">The newest record is judged, and so drawn, whatever its type.</p>'
        if selection.run_types
        else ""
    )
    return f'<p class="lab">Run types</p><ul class="keep">{rows}</ul>{note}'
