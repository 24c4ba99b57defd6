"""The pages as one HTML file that opens from disk: the same HTML and figures, and BokehJS inside the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import bokeh

from driftline import queries
from driftline.errors import UserError
from driftline.files import write_atomically
from driftline.judging import judge
from driftline.reports import breakdown, cost_figures, home, html, performance, problems, quality_figures, tracking
from driftline.reports.choice import (
    Choice,
    Comparison,
    ProfileComparison,
    choose_profiles,
    choose_runs,
    labels_of,
    shorten,
)
from driftline.reports.figures import SCRIPT
from driftline.reports.html import STYLE, esc
from driftline.reports.mixed import banner
from driftline.reports.tracking_choice import choose
from driftline.scoring import score
from driftline.store import Store
from driftline.tracking import find_changes
from driftline.variables import threshold_of

TOKENS = (resources.files("driftline") / "reports" / "tokens.css").read_text()
PAGES = {"home": "Home", "performance": "Performance", "tracking": "Tracking", "problems": "Problems"}
PAGE_STYLE = """
.snapshot { max-width: 1400px; margin: 0 auto; padding: 0 28px 60px; }
.snapshot nav { display: flex; gap: 18px; padding: 14px 0; border-bottom: 1px solid var(--hair); }
.snapshot .facts > span { margin-right: 18px; }
.snapshot nav a { color: var(--ink2); border-bottom: 1px solid var(--rule); }
.snapshot > section { padding-top: 26px; } .snapshot a[data-go] { pointer-events: none; border: 0; }
@media (max-width: 720px) { .snapshot { padding: 0 16px 40px; } }
"""


@dataclass(frozen=True)
class Content:
    """What the file holds: the pages of PAGES, all if none is named; the pair of runs; and for Tracking the window in
    days (all, if no number is given, or nothing lies in the usual one) and the platforms, all if none is named."""

    pages: Sequence[str] = ()
    baseline: str | None = None
    candidate: str | None = None
    days: int | None = None
    platforms: Sequence[str] = ()


def write_snapshot(
    store: Store,
    target: Path,
    baseline: str | None = None,
    candidate: str | None = None,
    pages: Sequence[str] = (),
    days: int | None = None,
    platforms: Sequence[str] = (),
) -> None:
    """Writes the file in one step. Raises UserError where it cannot be written, or where a page, a run or a platform is
    unknown."""
    text = render_snapshot(store, Content(pages, baseline, candidate, days, platforms))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text)
    except OSError as error:
        raise UserError(
            f"cannot write {target}: {error.strerror}", "name a file in a folder that you may write"
        ) from None


def render_snapshot(store: Store, content: Content | None = None) -> str:
    """One HTML document without any address in it. Raises UserError for a page, a run or a platform that is unknown."""
    content = content or Content()
    pages = _pages(content.pages)
    if "home" in pages:
        _score_chosen(store, content.baseline, content.candidate)
    if "performance" in pages:
        _judge_profiles(store)
    if "tracking" in pages:
        find_changes(store)
    make: dict[str, Callable[[Any], str]] = {
        "home": lambda connection: _home(connection, content.baseline, content.candidate),
        "performance": _performance,
        "tracking": lambda connection: _tracking(connection, content),
        "problems": problems.render,
    }
    with store.cursor() as connection:
        made = {page: make[page](connection) for page in pages}
    links = html.join(f'<a href="#{page}">{PAGES[page]}</a>' for page in made if len(made) > 1)
    sections = html.join(f'<section id="{page}">{inner}</section>' for page, inner in made.items())
    library = (Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js").read_text()
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>driftline</title>'
        f'<link rel="icon" href="data:,"><style>{TOKENS}{STYLE}{PAGE_STYLE}</style>'
        f'<script>{library.replace("</script", "<" + chr(92) + "/script")}</script></head><body><div class="snapshot">'
        f"<nav><b>driftline</b>{links}</nav>{sections}</div><script>{SCRIPT}</script></body></html>"
    )


def _pages(named: Sequence[str]) -> list[str]:
    """The pages in their order. Raises UserError for one that no snapshot has."""
    unknown = [page for page in named if page not in PAGES]
    if unknown:
        raise UserError(f"no page {unknown[0]} for a snapshot", f"name some of {', '.join(PAGES)}")
    return [page for page in PAGES if page in named or not named]


def _tracking(connection: Any, content: Content) -> str:
    """The page of histories; where nothing was recorded, what to do. Raises UserError for an unknown platform."""
    if content.days is not None and content.days < 1:
        raise UserError(f"a window of {content.days} days has no record", "give a number of days, such as 90")
    limit_pct = 100 * threshold_of()
    chosen = choose(connection, "" if content.days is None else str(content.days), content.platforms)
    if chosen.unknown and chosen.recorded:
        known = ", ".join(row["platform"] for row in chosen.every) or "none"
        raise UserError(f"no platform {chosen.unknown[0]} in this root", f"this root has {known}")
    page = tracking.ask_page(connection, chosen, limit_pct)
    told = html.join(
        f"<span>{esc(name)} <b>{esc(value)}</b> {esc(remark)}</span> " for name, value, remark in tracking.facts(page)
    )
    context = f'<p class="cap facts">{told}</p>' if chosen.series else ""
    return context + tracking.answer(connection, page) + tracking.sections(connection, page, "light")


def _chosen(connection: Any, baseline: str | None, candidate: str | None) -> Choice | None:
    return choose_runs(connection, baseline or "", (candidate,) if candidate else (), candidate or "")


def _score_chosen(store: Store, baseline: str | None, candidate: str | None) -> None:
    """Scores the episodes that the charts show, if that was not done before."""
    with store.cursor() as connection:
        choice = _chosen(connection, baseline, candidate)
    if choice:
        score(store, (choice.baseline, choice.focus))
        judge(store, "run", choice.baseline, choice.candidates)


def _home(connection: Any, baseline: str | None, candidate: str | None) -> str:
    runs = queries.selectable_runs(connection)
    known = {row["run"] for row in runs}
    for key in filter(None, (baseline, candidate)):
        if key not in known:
            raise UserError(f"no run {key} in this root", '`driftline sql "select run from runs"` lists them')
    choice = _chosen(connection, baseline, candidate)
    if choice is None:
        nothing = html.empty("No two runs of the same task, kind and dataset.")
        return "<h1>Nothing to compare yet.</h1>" + nothing
    labels = labels_of(runs, (choice.baseline, *choice.candidates))
    comparison = Comparison(choice.baseline, choice.focus, choice.others, labels)
    context = _context(labels[choice.baseline], choice.reason, labels[choice.focus])
    drawn = quality_figures.figures(connection, comparison, "light")
    return (
        context
        + banner(connection, comparison)
        + home.render(connection, comparison)
        + drawn
        + home.end(connection, comparison)
    )


def _judge_profiles(store: Store) -> None:
    with store.cursor() as connection:
        choice = choose_profiles(connection)
    if choice:
        judge(store, "profile", choice.baseline, choice.candidates)


def _performance(connection: Any) -> str:
    profiles = {row["profile"]: row for row in queries.profile_list(connection)}
    choice = choose_profiles(connection)
    labels, _ = shorten(list(profiles))
    if choice is None:
        nothing = "<h1>No costs to compare yet.</h1>" + html.empty(*breakdown.NOTHING)
        alone = (
            breakdown.render(connection, row, labels[key]) + breakdown.trace(connection, row, labels[key], "light")
            for key, row in profiles.items()
        )
        return html.join(alone) or nothing
    comparison = ProfileComparison(choice.baseline, choice.focus, choice.others, labels, profiles=profiles)
    body = (
        _context(labels[choice.baseline], choice.reason, labels[choice.focus])
        + performance.before_trends(connection, comparison)
        + cost_figures.figures(connection, comparison, "light")
    )
    return body


def _context(baseline: str, reason: str, focus: str) -> str:
    return (
        f'<p class="cap"><span class="dot-b"></span>Baseline <b>{esc(baseline)}</b> ({esc(reason)}) '
        f'<span class="dot-f"></span>In focus <b>{esc(focus)}</b></p>'
    )
