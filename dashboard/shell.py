"""The frame around every page: header, side panel, context line. HTML only, from rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.state import PAGES, Selection
from driftline.reports.choice import Choice
from driftline.reports.html import esc, join, link

Row = dict[str, Any]
ChoiceLink = Callable[[str, tuple[str, ...], str], str]
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
    return (
        f'<div class="ctx"><span title="{esc(choice.baseline)}"><span class="dot-b"></span>Baseline '
        f'<b>{esc(labels[choice.baseline])}</b> <span class="opt m">({esc(choice.reason)})</span></span>'
        f'<span title="{esc(choice.focus)}"><span class="dot-f"></span>In focus '
        f"<b>{esc(labels[choice.focus])}</b>{around}</span>"
        f'{rest}{lost}<button class="btn mob" data-act="side">Change {esc(kind)} ▾</button></div>'
    )


def run_panel(selection: Selection, choice: Choice | None, runs: list[Row], groups: list[Row]) -> str:
    """Chooses group, baseline and candidates; explains nothing."""
    here = next((row["group_id"] for row in runs if choice and row["run"] == choice.baseline), None)
    chosen = {choice.baseline, *choice.candidates} if choice else set()
    members = [row for row in runs if row["group_id"] == here or row["run"] in chosen]
    members.sort(key=lambda row: row["run"] not in chosen)
    body = join(_run_row(row, selection, choice) for row in members) if choice else ""
    head = _head(("Base", "Cand", "Run"), ("Date", "Ep.", "Diag"))
    return _panel(
        "Runs",
        choice,
        f'<p class="lab">Comparison group</p><details class="groups"><summary><span>{esc(here or "none")}</span>'
        f'<span class="m">{len(members)} runs ▾</span></summary>'
        f"{join(_group(row, selection) for row in groups)}</details>"
        '<input type="search" data-search placeholder="Search runs" aria-label="Search runs">'
        f'<table class="runs"><thead>{head}</thead><tbody>{body}</tbody></table>',
    )


def _group(row: Row, selection: Selection) -> str:
    if not row["default_candidate"] or not row["default_baseline"]:
        return f'<a class="m"><span>{esc(row["group_id"])}</span><span>{esc(row["reason"])}</span></a>'
    query = selection.query(baseline=row["default_baseline"], candidates=(), focus="")
    return link(query, f'<span>{esc(row["group_id"])}</span><span class="m">{row["runs"]} runs</span>')


def _run_row(row: Row, selection: Selection, choice: Choice) -> str:
    date = row["created_at"].strftime("%b %-d") if row["created_at"] else "–"
    episodes = "–" if row["episodes"] is None else row["episodes"]
    return _choice_row(
        row["run"],
        row["label"],
        f"{row['run']} {row['label']}",
        [date, episodes, "✓" if row["has_diagnostics"] else "–"],
        choice,
        lambda baseline, candidates, focus: selection.query(baseline=baseline, candidates=candidates, focus=focus),
    )


def profile_panel(
    selection: Selection, choice: Choice | None, profiles: list[Row], labels: dict[str, str], prefix: str
) -> str:
    """Chooses the releases whose profiles are compared."""
    rows = join(_profile_row(row, selection, choice, labels) for row in profiles) if choice else ""
    note = f'<p class="lab">All names begin with {esc(prefix)}</p>' if prefix else ""
    head = _head(("Base", "Cand", "Release"), ("Captured", "Capt."))
    return _panel(
        "Releases",
        choice,
        f'<input type="search" data-search placeholder="Search releases" aria-label="Search releases">{note}'
        f'<table class="runs"><thead>{head}</thead><tbody>{rows}</tbody></table>'
        '<p class="lab">In order of capture, UTC.</p>',
    )


def _profile_row(row: Row, selection: Selection, choice: Choice, labels: dict[str, str]) -> str:
    when = row["captured_at"].strftime("%b %-d %H:%M") if row["captured_at"] else "no date"
    return _choice_row(
        row["profile"],
        labels[row["profile"]],
        f"{row['profile']} {row['hostname'] or ''}",
        [when, row["captures"] or "–"],
        choice,
        lambda baseline, candidates, focus: selection.query(
            profile_baseline=baseline, profile_candidates=candidates, profile_focus=focus
        ),
    )


def _choice_row(key: str, label: str, searched: str, facts: list[Any], choice: Choice, to: ChoiceLink) -> str:
    """A radio for the baseline, a box for candidates, and the name focuses. `to` makes the query of a choice."""
    is_base, is_candidate = key == choice.baseline, key in choice.candidates
    without = tuple(candidate for candidate in choice.candidates if candidate != key)
    toggled = without if is_candidate else (*choice.candidates, key)
    as_base = to(key, without, choice.focus if choice.focus != key else "")
    as_candidate = to(choice.baseline, toggled, choice.focus if choice.focus in toggled else "")
    focused = to(choice.baseline, choice.candidates if is_candidate else toggled, key)
    css = "focus" if key == choice.focus else "" if is_base or is_candidate else "off"
    mark = _checked("checkbox", is_candidate, f"{label} as candidate")
    box = "" if is_base else link(as_candidate, '<span class="bx"></span>', mark)
    name = esc(label) if is_base else link(focused, esc(label))
    return (
        f'<tr class="{css}" title="{esc(key)}" data-text="{esc(searched.lower())}">'
        f'<td>{_radio(as_base, is_base, label)}</td><td>{box}</td><td class="name">{name}</td>'
        + join(f'<td class="n">{esc(fact)}</td>' for fact in facts)
        + "</tr>"
    )


def _head(words: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    return (
        "<tr>"
        + join(f'<th scope="col">{word}</th>' for word in words)
        + join(f'<th scope="col" class="n">{word}</th>' for word in numbers)
        + "</tr>"
    )


def _radio(query: str, is_on: bool, label: str) -> str:
    return link(query, '<span class="rd"></span>', _checked("radio", is_on, label + " as baseline"))


def _checked(role: str, is_on: bool, label: str) -> str:
    return f'role="{role}" aria-checked="{"true" if is_on else "false"}" aria-label="{esc(label)}"'


def _panel(title: str, choice: Choice | None, inner: str) -> str:
    rail = f"1 baseline, {len(choice.candidates)} candidates" if choice else "nothing to compare"
    return (
        '<div class="rail"><button class="btn" data-act="side" aria-label="Open the panel">⟩⟩</button><br>'
        f'<span>{esc(title)} · {esc(rail)}</span></div><div class="side"><h2>{esc(title)}'
        '<button class="btn" data-act="side" aria-label="Collapse the panel" title="Collapse (b)">⟨⟨</button></h2>'
        f"{inner}</div>"
    )
