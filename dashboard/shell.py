"""The frame around every page: header and context line. HTML only, from rows."""

from __future__ import annotations

from typing import Any

from dashboard.state import PAGES, Selection
from driftline.reports.choice import Choice
from driftline.reports.html import esc, join, link

WORDMARK = (
    '<svg width="20" height="14" viewBox="0 0 20 14" aria-hidden="true"><path d="M1 10.5L6 7.5" stroke="var(--ink)"/>'
    '<circle cx="10" cy="9.5" r="1.3" style="fill:var(--ink)"/><path d="M14 7L18.6 2.5" stroke="var(--accent)"/></svg>'
)


def header(selection: Selection, full: str, problems: int) -> str:
    """Wordmark, pages, and what can be done with the screen. `full` is the query that says all of it."""
    names = {**PAGES, "problems": f"Problems ({problems})" if problems else "Problems"}
    tabs = join(
        link(selection.query(page=page), esc(name), 'aria-current="page"' if page == selection.page else "")
        for page, name in names.items()
    )
    return (
        f'<div class="top">{link(selection.query(page="home"), WORDMARK + "driftline", "class=wm")}'
        f'<nav class="tabs" aria-label="Pages">{tabs}</nav><div class="acts">'
        f'<button class="btn" data-act="share" data-query="{esc(full)}">Share link</button>'
        '<button class="btn" data-act="theme" aria-label="Switch theme" title="Switch theme (t)">◐</button></div></div>'
    )


def context(kind: str, choice: Choice, labels: dict[str, str], facts: list[str], to: Any) -> str:
    """What is compared with what, and why: baseline, candidate in focus with its neighbours, then facts."""
    at = choice.candidates.index(choice.focus)
    around = ""
    if len(choice.candidates) > 1:
        before, after = choice.candidates[at - 1], choice.candidates[(at + 1) % len(choice.candidates)]
        around = (
            f' <span class="m">{at + 1} of {len(choice.candidates)} '
            f"{link(to(before), '‹', 'data-key=[ aria-label=&quot;Previous candidate&quot;')} "
            f"{link(to(after), '›', 'data-key=] aria-label=&quot;Next candidate&quot;')}</span>"
        ).replace("&quot;", '"')
    rest = join(f'<span class="opt">{esc(fact)}</span>' for fact in facts)
    lost = f'<span class="w">Not in this root: {esc(", ".join(choice.unknown))}</span>' if choice.unknown else ""
    lost += f'<span class="w">Hidden by a filter: {esc(", ".join(choice.hidden))}</span>' if choice.hidden else ""
    return (
        f'<div class="ctx"><span title="{esc(choice.baseline)}"><span class="dot-b"></span>Baseline '
        f'<b>{esc(labels[choice.baseline])}</b> <span class="opt m">({esc(choice.reason)})</span></span>'
        f'<span title="{esc(choice.focus)}"><span class="dot-f"></span>In focus '
        f"<b>{esc(labels[choice.focus])}</b>{around}</span>"
        f'{rest}{lost}<button class="btn mob" data-act="side">Change {esc(kind)} ▾</button></div>'
    )
