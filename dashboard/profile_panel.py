"""The side panel of Performance: hosts and datasets to keep, and the releases that are offered."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dashboard import panel
from dashboard.state import Selection
from driftline.reports.choice import Choice
from driftline.reports.html import esc, join, link, some

Row = dict[str, Any]
# How many releases without a profile are named.
NAMED = 12


def profile_panel(
    selection: Selection, choice: Choice | None, profiles: list[Row], labels: dict[str, str], prefix: str,
    releases: list[Row],
) -> str:  # fmt: skip
    """Chooses the releases whose profiles are compared. `profiles` is queries.profile_list, `releases` those of
    queries.coverage."""
    kept = [row for row in profiles if row["is_kept"]]
    chosen = {choice.baseline, *choice.candidates} if choice else set()
    words = selection.profile_find.lower().split()
    offered = [row for row in kept if row["profile"] not in chosen and _is_found(row, words)]
    newest = {row["profile"] for row in offered[-panel.LISTED :]}
    listed = [row for row in kept if row["profile"] in chosen | newest]
    rest = panel.rest(len(offered), len(newest), selection.profile_find, "earlier")
    note = f'<p class="lab">All names begin with {esc(prefix)}</p>' if prefix else ""
    left_out = len(profiles) - len(kept)
    hidden = f'<p class="lab">{left_out} hidden by the filters</p>' if left_out else ""
    return panel.frame(
        "Releases",
        choice,
        _filter(selection, "hosts", "Host", [row["hostname"] for row in profiles])
        + _filter(selection, "profile_datasets", "Dataset", [row["dataset_id"] for row in profiles])
        + panel.search("pfind", selection.profile_find, "Search releases")
        + note
        + _table(listed, choice, labels)
        + f'{rest}<p class="lab">In order of capture, UTC.</p>{hidden}{_without_profile(releases)}',
    )


def _is_found(row: Row, words: list[str]) -> bool:
    """Whether the name of the release or of its machine has every word."""
    text = f"{row['profile']} {row['hostname'] or ''}".lower()
    return all(word in text for word in words)


def _filter(selection: Selection, name: str, label: str, values: list[str | None]) -> str:
    """A box for every value and one to keep nothing else; the last one stays, so that none is never taken for all."""
    counts = Counter(value or "" for value in values)
    asked: tuple[str, ...] = getattr(selection, name)
    known = [*sorted(counts), *(value for value in asked if value not in counts)]
    on = asked or tuple(counts)
    rows = ""
    for value in known:
        others = tuple(other for other in known if other in on and other != value)
        after = others or (value,) if value in on else tuple(other for other in known if other in on or other == value)
        everything = set(counts) <= set(after)
        shown = esc(value) or "not stated"
        box = link(
            selection.query(**{name: () if everything else after}),
            f'<span class="bx"></span><span>{shown}</span>',
            f'role="checkbox" aria-checked="{"true" if value in on else "false"}"',
        )
        only = link(selection.query(**{name: (value,)}), "only", f'aria-label="Only {shown}"')
        note = f"{counts[value]}" if value in counts else "not in this root"
        rows += f'<li>{box}<span class="m">{note}</span>{only if len(known) > 1 else ""}</li>'
    said = (
        f"all of {len(counts)}"
        if not asked
        else esc(asked[0] or "not stated")
        if len(asked) == 1
        else f"{len(on)} of {len(counts)}"
    )
    every = link(selection.query(**{name: ()}), "All", 'class="clear"') if asked else ""
    return (
        f'<details class="filters"{" open" if asked else ""}><summary><span>{label}</span>'
        f'<span class="m">{said} ▾</span></summary><ul class="keep">{rows}</ul>{every}</details>'
    )


def _without_profile(releases: list[Row]) -> str:
    """Below those with a profile: the releases that have none, and how many runs belong to no release."""
    named = [row["release"] for row in releases if row["release"] is not None and not row["profiles"]]
    unnamed = sum(row["runs"] for row in releases if row["release"] is None)
    said = f"Without a profile: {some(named, NAMED)}." if named else ""
    said += f" {unnamed} run{'s belong' if unnamed > 1 else ' belongs'} to no release." if unnamed else ""
    return f'<p class="lab">{esc(said.strip())}</p>' if said else ""


def _table(rows: list[Row], choice: Choice | None, labels: dict[str, str]) -> str:
    """The releases to choose from; where there is no choice they are named."""
    if choice is None:
        return join(f"<p>{esc(labels[row['profile']])}, {_when(row)}</p>" for row in rows)
    chosen = join(
        panel.choice_row(row["profile"], labels[row["profile"]], choice, [_when(row), row["captures"] or "–"])
        for row in rows
    )
    return panel.table(("Release",), ("Captured", "Capt."), chosen, "pbase pcand pfocus")


def _when(row: Row) -> str:
    return f"{row['captured_at']:%b %-d %H:%M}" if row["captured_at"] else "no date"
