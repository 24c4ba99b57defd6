"""What the side panels share: what is compared is chosen here. They explain nothing."""

from __future__ import annotations

from typing import Any

from driftline.reports.choice import Choice
from driftline.reports.html import attr, esc, join

Row = dict[str, Any]
# What a panel can hold without becoming a burden; the search finds every other.
LISTED = 60


def choice_row(key: str, label: str, choice: Choice, facts: list[Any], below: str = "") -> str:
    """A radio for the baseline, a box for candidates, and the name focuses. `below` is a second line, plain text."""
    is_base, is_candidate = key == choice.baseline, key in choice.candidates
    css = "focus" if key == choice.focus else "" if is_base or is_candidate else "off"
    radio = _mark("base", "radio", "rd", is_base, f"{label} as baseline")
    box = "" if is_base else _mark("cand", "checkbox", "bx", is_candidate, f"{label} as candidate")
    name = esc(label) if is_base else f'<button class="pick" data-choose="focus">{esc(label)}</button>'
    second = f'<br><span class="m">{esc(below)}</span>' if below else ""
    return (
        f'<tr class="{css}" title="{esc(key)}" data-run="{attr(key)}">'
        f'<td>{radio}</td><td>{box}</td><td class="name">{name}{second}</td>'
        + join(f'<td class="n">{esc(fact)}</td>' for fact in facts)
        + "</tr>"
    )


def _mark(what: str, role: str, css: str, is_on: bool, label: str) -> str:
    return (
        f'<button class="pick" data-choose="{what}" role="{role}" aria-checked="{"true" if is_on else "false"}"'
        f' aria-label="{esc(label)}"><span class="{css}"></span></button>'
    )


def table(words: tuple[str, ...], numbers: tuple[str, ...], rows: str, names: str) -> str:
    """The table of choices; `names` are what the URL calls baseline, candidates and focus."""
    heads = join(f'<th scope="col">{word}</th>' for word in ("Base", "Cand", *words))
    heads += join(f'<th scope="col" class="n">{word}</th>' for word in numbers)
    return f'<table class="runs" data-names="{names}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def search(param: str, now: str, label: str) -> str:
    """The field that searches what is offered, all of it; `param` is its name in the URL."""
    return f'<input type="search" data-param="{param}" value="{attr(now)}" placeholder="{label}" aria-label="{label}">'


def rest(offered: int, listed: int, find: str, word: str = "more") -> str:
    """How many are offered, but not listed; or that a search has found none but what is chosen anyway."""
    if find and not offered:
        return f'<p class="lab">No other has “{esc(find)}”.</p>'
    return f'<p class="lab">{offered - listed} {word}: search or filter to see them</p>' if offered > listed else ""


def frame(title: str, choice: Choice | None, inner: str, told: str = "nothing to compare") -> str:
    """The panel, and the rail that is left of it where it is collapsed; `told` stands there where nothing is chosen."""
    count = len(choice.candidates) if choice else 0
    rail = f"1 baseline, {count} candidate{'s' if count > 1 else ''}" if choice else told
    return (
        '<div class="rail"><button class="btn" data-act="side" aria-label="Open the panel">⟩⟩</button><br>'
        f'<span>{esc(title)} · {esc(rail)}</span></div><div class="side"><h2>{esc(title)}'
        '<button class="btn" data-act="side" aria-label="Collapse the panel" title="Collapse (b)">⟨⟨</button></h2>'
        f"{inner}</div>"
    )
