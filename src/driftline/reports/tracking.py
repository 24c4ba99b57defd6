"""Tracking: what was recorded on each platform over time, against its baseline and limit, and what regressed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from driftline import queries
from driftline.charts import style
from driftline.charts.tracking import HEAD, cell_height, draw_tracks
from driftline.charts.tracking_layout import Tracks, common_scale, lay_out_tracks
from driftline.metrics import MINUS, THIN, Metric, arrow, percent
from driftline.queries import Row
from driftline.reports import html, tracking_notes, tracking_table
from driftline.reports.figures import embedded
from driftline.reports.html import esc
from driftline.reports.tracking_answer import (
    IMPROVED,
    NOT_COMPARABLE,
    NOT_JUDGED,
    REGRESSED,
    Answer,
    Registry,
    has_drifted,
    moved_pct,
    title,
)
from driftline.reports.tracking_choice import Chosen
from driftline.reports.tracking_notes import GUIDE, is_committed

RECORD, IMPORT = "ENABLE_PERFORMANCE_RECORDING=1 pytest", "driftline history import FILE"
# A metric is late if this share of the records came before its first value.
LATE = 0.2
BETTER = {"lower": "lower is better", "higher": "higher is better", "neutral": "no direction"}
NAMED = 6
# The least room of a head, in pixels, and how many lines a name may take.
HEAD_WIDTH, LINES = 212, 5


@dataclass(frozen=True)
class Page:
    """What a page of tracking is made of: what is chosen, the limit in per cent, and the rows that are judged."""

    chosen: Chosen
    limit_pct: float
    rows: list[Row]
    registry: Registry


def ask_page(connection: queries.Connection, chosen: Chosen, limit_pct: float) -> Page:
    """Asks what was recorded and how the newest records stand; rows are in the order in which they are drawn."""
    shown = {row["series"] for row in chosen.series}
    rows = [row for row in queries.tracked(connection, limit_pct, chosen.platforms).rows if row["series"] in shown]
    return Page(chosen, limit_pct, sorted(rows, key=_order), queries.registry(connection))


def _order(row: Row) -> tuple[int, str]:
    name = row["metric"]
    return (GUIDE.index(name) if name in GUIDE else len(GUIDE), name)


def nothing(what: str) -> str:
    """What there is to do where nothing was recorded."""
    return (
        f'<div class="empty">{esc(what)} <code>{RECORD}</code> records a test session, '
        f"<code>{IMPORT}</code> reads an existing history.</div>"
    )


def answer(connection: queries.Connection, page: Page) -> str:
    """Sentence and lead, as HTML."""
    chosen = page.chosen
    if not chosen.recorded:
        only = f" {html.some(chosen.never, NAMED)}: only a baseline." if chosen.never else ""
        return "<h1>Nothing was recorded yet.</h1>" + nothing(f"No record of any platform is in this root.{only}")
    if not chosen.series:
        if not chosen.stale:
            named = html.some(chosen.platforms or chosen.unknown, NAMED)
            return f"<h1>Nothing was recorded on {esc(named)}.</h1>"
        newest = max((row["last_at"] for row in chosen.stale if row["last_at"]), default=None)
        told = f" The newest record is of {newest:%-d %B %Y}." if newest else " No record says when it was made."
        return f"<h1>No record in the last {chosen.window}.{told}</h1>"
    changes = queries.level_changes(connection, chosen.platforms).rows
    said = Answer(page.rows, changes, chosen, page.registry)
    lead = said.lead()
    return said.headline() + (html.lead(lead) if lead else "")


def facts(page: Page) -> list[tuple[str, str, str]]:
    """What the context line tells, as (name, value, remark) in plain text: baseline, platforms, window, limit."""
    based = [row for row in page.rows if row["baseline_source"]]
    files = sorted({row["baseline_source"] for row in based if row["baseline_at"] or is_committed(row)})
    days = [row["baseline_at"] for row in based if row["baseline_at"]]
    is_rolling = any(not is_committed(row) for row in based)
    median = "median of the 5 records before"
    remark = f"of {max(days):%b %-d %Y}" if days else ""
    if files and is_rolling:
        remark = f"{remark}, else {median}".removeprefix(", ")
    baseline = ", ".join(files) if files else median if is_rolling else "none yet"
    own = {row["limit_pct"] for row in page.rows} - {page.limit_pct}
    chosen = page.chosen
    return [
        ("Baseline", baseline, remark),
        ("Platforms", f"{len({row['platform'] for row in chosen.series})} of {len(chosen.every)}", ""),
        ("Window", chosen.window, ""),
        ("Limit", f"{page.limit_pct:g}{THIN}%", "worse than the baseline" + (", some have their own" if own else "")),
    ]


def sections(connection: queries.Connection, page: Page, theme: str) -> str:
    """A section for each series, those with most regressions first, then what has no record: as HTML."""
    chosen, first_at = page.chosen, 0
    drawn: list[tuple[Row, list[Row], pd.DataFrame, Tracks]] = []
    ordered = sorted(chosen.series, key=lambda row: (-_regressions(page, row), -row["records"], row["series"]))
    for series in ordered:
        points = queries.series_points(connection, series["series"], chosen.since, chosen.run_types)
        for name in ("git_commit", "git_branch", "run_type", "note"):
            points[name] = [html.visible(text) if isinstance(text, str) else None for text in points[name]]
        has_value = set(points.loc[points["present"], "metric"])
        rows = [row for row in page.rows if row["series"] == series["series"] and row["metric"] in has_value]
        tracks = lay_out_tracks(series["series"], points, rows, page.registry, first_at)
        first_at += len(tracks.records)
        drawn.append((series, rows, points, tracks))
    scale = common_scale(tracks for *_, tracks in drawn)
    any_changes = any(panel.changes for *_, tracks in drawn for panel in tracks.panels)
    palette = style.DARK if theme == "dark" else style.LIGHT
    parts = []
    for number, (series, rows, points, tracks) in enumerate(drawn):
        figures = _figures(page, rows, draw_tracks(tracks, scale, palette, _head_height(rows)))
        sql = queries.series_points_sql(series["series"], chosen.since, chosen.run_types)
        every = [row for row in page.rows if row["series"] == series["series"]]
        said = title(series["series"], rows, len(tracks.records), _late(tracks, rows))
        heading = html.heading(said, "", sql, _caption(page, tracks, scale, number == 0, any_changes))
        table = tracking_table.render(points, tracks, rows, page.registry, series, sql)
        notes = tracking_notes.render(series["series"], rows, every, tracks, scale, page.registry)
        parts.append(f'<section class="sec2">{heading}{figures}{notes}{table}</section>')
    parts += [_stale(series, chosen) for series in chosen.stale]
    parts += [_never(platform) for platform in chosen.never]
    if chosen.unknown and chosen.recorded:
        parts.append(f'<p class="cap">Not in this root: {esc(html.some(chosen.unknown, NAMED))}.</p>')
    return html.join(parts)


def _regressions(page: Page, series: Row) -> int:
    return sum(row["series"] == series["series"] and row["status"] == REGRESSED for row in page.rows)


def _stale(series: Row, chosen: Chosen) -> str:
    at = series["last_at"]
    newest = (
        f"the newest of its {series['records']:,} is of {at:%-d %B %Y}" if at else "no record says when it was made"
    )
    said = f"No record in the last {chosen.window}: {newest}. The window “all days” shows it."
    return f'<section class="sec2"><h3>{esc(series["series"])}</h3>{html.empty(said)}</section>'


def _never(platform: str) -> str:
    what = "Nothing recorded on this platform, it has only a baseline."
    return f'<section class="sec2"><h3>{esc(platform)}</h3>{nothing(what)}</section>'


def _caption(page: Page, tracks: Tracks, scale: tuple[float, float], is_first: bool, any_changes: bool) -> str:
    """What the marks mean, told once, as HTML."""
    count = len(tracks.records)
    records = f"{count:,} {'records' if count != 1 else 'record'}"
    if not is_first:
        return f"{records}. Same window, scale and marks."
    low, high = (f"{MINUS if end < 0 else '+'}{abs(end):.0f}" for end in scale)
    changes = "Upright line: change point, with its day and commit; thick line: the new level. " if any_changes else ""
    return (
        f"{records}. One scale for all panels, {low} to {high}{THIN}% of each baseline. Dashes: baseline. "
        f'<span class="w">Dots: regression limit, {page.limit_pct:g}{THIN}%</span>, above where lower is better, below '
        f"where higher is. At the right: newest value (blue), baseline, limit. {changes}"
        "Point at a record to see it in every panel."
    )


def _figures(page: Page, rows: Sequence[Row], figure: Any) -> str:
    """The panels: their heads lie over the cells of the figure."""
    heads = html.join(_head(row, page.registry[row["metric"]]) for row in rows)
    height = cell_height(_head_height(rows))
    return embedded([(f'<div class="tk-heads" style="--cell: {height}px">{heads}</div>', figure)], "tracks")


def _head_height(rows: Sequence[Row]) -> int:
    """How high the heads are, in pixels, so that the longest name and its state find room in a narrow cell."""
    letters = [(len(row["label"]), len(_state_text(row))) for row in rows]
    beside = [(name + state + 2) * style.LETTER_WIDTH <= HEAD_WIDTH for name, state in letters]
    lines = [
        1 if fits else math.ceil(name * style.LETTER_WIDTH * 1.2 / HEAD_WIDTH) + 1
        for (name, state), fits in zip(letters, beside, strict=True)
    ]
    return HEAD + 16 * (min(max(lines, default=1), LINES) - 1)


def _head(row: Row, metric: Metric) -> str:
    """Name and state of a panel, and what its numbers are: the state of a record that is pointed at goes beside it."""
    inferred = " (inferred)" if row["is_inferred"] else ""
    unit = " · ".join(filter(None, [metric.shown_unit, BETTER[row["better"]] + inferred]))
    return (
        f'<div><div class="tk-h"><b>{html.breakable(row["label"])}</b>{_state(row)}</div>'
        f'<div class="tk-u"><span>{esc(unit)}</span><span class="tk-now"></span></div></div>'
    )


def _state_text(row: Row) -> str:
    """The state in a word, with arrow and size where it has changed."""
    if row["status"] in (REGRESSED, IMPROVED):
        return f"{arrow(moved_pct(row))} {percent(moved_pct(row))} {'drifted' if has_drifted(row) else row['status']}"
    return str(row["status"])


def _state(row: Row) -> str:
    why = f' title="{esc(row["note"])}"' if row["note"] else ""
    css = {REGRESSED: " w", IMPROVED: " b", NOT_COMPARABLE: " nc", NOT_JUDGED: " nc"}.get(row["status"], "")
    return f'<span class="tk-s{css}"{why}>{esc(_state_text(row))}</span>'


def _late(tracks: Tracks, rows: Sequence[Row]) -> list[str]:
    """Which metrics were recorded for the first time when a good part of the records was there already."""
    x, found = tracks.records["x"], []
    for row, panel in zip(rows, tracks.panels, strict=True):
        (there,) = np.nonzero(tracks.records[panel.y].notna().to_numpy())
        if len(there) and there[0] > LATE * len(x):
            first, begin = (pd.Timestamp(x.iloc[at], unit="ms") for at in (there[0], 0))
            same_month = (first.year, first.month) == (begin.year, begin.month)
            day = f"{first:%-d %B}" if same_month else f"{first:%B}" if first.year == begin.year else f"{first:%B %Y}"
            found.append(f"{row['label']} recorded since {day} only")
    return found
