"""The side panel of the pages about runs: comparison group, filters, and the runs that are offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard import panel
from dashboard.state import Selection
from driftline.reports.choice import Choice
from driftline.reports.html import esc, join, link, select

Row = dict[str, Any]
FILTERS: dict[str, tuple[str, Callable[[Row], str | None]]] = {
    "category": ("Category", lambda row: row["category"]),
    "kind": ("Kind", lambda row: row["kind"]),
    "task": ("Task", lambda row: row["task"]),
    "dataset": ("Dataset", lambda row: row["dataset_id"]),
    "model": ("Model", lambda row: row["short_model"]),
}
ARTIFACTS = ("metrics", "predictions", "fingerprint", "run_summary", "diagnostics")


def run_panel(selection: Selection, choice: Choice | None, runs: list[Row], groups: list[Row]) -> str:
    """Chooses group, baseline and candidates."""
    by_key = {row["run"]: row for row in runs}
    here = by_key[choice.baseline]["group_id"] if choice else None
    chosen = [by_key[key] for key in (choice.baseline, *choice.candidates)] if choice else []
    offered = [row for row in runs if _is_offered(row, selection, here) and row not in chosen]
    listed = [*chosen, *offered[: panel.LISTED]]
    lacks = {row["run"]: _missing(row) for row in chosen}
    is_shared = len(set(lacks.values())) == 1
    below = {row["run"]: [*_apart(row, listed), *([] if is_shared else [lacks.get(row["run"], "")])] for row in listed}
    rows = join(_run_row(row, choice, below[row["run"]]) for row in listed) if choice else ""
    rest = panel.rest(len(offered), panel.LISTED, selection.find)
    rest += f'<p class="lab">All selected: {esc(lacks[choice.baseline])}</p>' if choice and is_shared else ""
    return panel.frame(
        "Runs",
        choice,
        f'<p class="lab">Comparison group</p><details class="groups"><summary><span>{esc(here or "none")}</span>'
        f'<span class="m">{sum(row["group_id"] == here for row in runs)} runs ▾</span></summary>'
        f"{join(_group(row, selection) for row in groups)}</details>"
        + panel.search("find", selection.find, "Search runs")
        + _filters(selection, runs)
        + panel.table(("Model",), ("Date", "Ep.", "Diag"), rows, "base cand focus")
        + rest,
    )


def _is_offered(row: Row, selection: Selection, here: str | None) -> bool:
    """Runs of the group; with a search or a filter, all runs that it lets through."""
    filters = {name: getattr(selection, name) for name in FILTERS if getattr(selection, name)}
    words = selection.find.lower().split()
    if not filters and not words and not selection.has:
        return bool(row["group_id"] == here)
    text = " ".join(str(row[name] or "") for name in ("run", "label", "short_model", "dataset_id", "task")).lower()
    return (
        all(FILTERS[name][1](row) == value for name, value in filters.items())
        and all(word in text for word in words)
        and (selection.has not in ARTIFACTS or row[f"has_{selection.has}"])
    )


def _filters(selection: Selection, runs: list[Row]) -> str:
    """A field for each property in which the runs differ; what is set opens the fold."""
    fields = ""
    for name, (label, value_of) in FILTERS.items():
        values = sorted({value for row in runs if (value := value_of(row))})
        if len(values) > 1 or getattr(selection, name):
            fields += _field(name, label, values, getattr(selection, name))
    fields += _field("has", "Has", list(ARTIFACTS), selection.has)
    set_now = [getattr(selection, name) for name in (*FILTERS, "has") if getattr(selection, name)]
    said = ", ".join(set_now) if set_now else "none"
    reset = dict.fromkeys((*FILTERS, "has"), "")
    clear = link(selection.query(**reset), "Clear", 'class="clear"') if set_now else ""
    return (
        f'<details class="filters"{" open" if set_now else ""}><summary><span>Filters</span>'
        f'<span class="m">{esc(said)} ▾</span></summary><div>{fields}</div>{clear}</details>'
    )


def _field(name: str, label: str, values: list[str], now: str) -> str:
    offered = values if now in values or not now else [now, *values]
    return select(name, label, [("", "any"), *((value, value) for value in offered)], now)


def _group(row: Row, selection: Selection) -> str:
    if not row["default_candidate"] or not row["default_baseline"]:
        return f'<a class="m"><span>{esc(row["group_id"])}</span><span>{esc(row["reason"])}</span></a>'
    query = selection.query(baseline=row["default_baseline"], candidates=(), focus="", episode="", at="")
    return link(query, f'<span>{esc(row["group_id"])}</span><span class="m">{row["runs"]} runs</span>')


def _apart(row: Row, listed: list[Row]) -> list[str]:
    """Kind, task and dataset of a run, as far as the listed runs differ in them."""
    names = ("kind", "task", "dataset_id")
    return [row[name] or f"no {name}" for name in names if len({other[name] for other in listed}) > 1]


def _missing(row: Row) -> str:
    """Which artifacts a run has not."""
    missing = [name for name in ARTIFACTS if not row[f"has_{name}"]]
    return f"missing {', '.join(missing)}" if missing else "✓ every artifact"


def _run_row(row: Row, choice: Choice, below: list[str]) -> str:
    date = row["created_at"].strftime("%b %-d") if row["created_at"] else "–"
    episodes = "–" if row["episodes"] is None else row["episodes"]
    facts = [date, episodes, "✓" if row["has_diagnostics"] else "–"]
    return panel.choice_row(row["run"], row["label"], choice, facts, below=" · ".join(filter(None, below)))
