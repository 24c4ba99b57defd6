"""One profile on its own: what it cost, and which stages took it."""

from __future__ import annotations

from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import coverage, html, monitors
from driftline.reports.choice import ProfileComparison
from driftline.reports.html import esc
from driftline.reports.performance import TILES

Row = dict[str, Any]
NOTHING = ("No profiles below profiles/. One is made by", "driftline profile freeze --version V -- COMMAND")
COLUMNS = ("wall_time_s", "peak_rss_mb", "avg_cpu_pct")


def render(connection: queries.Connection, profile: Row, label: str) -> str:
    """The page where there is a single profile; `profile` is a row of queries.profile_list."""
    registry = queries.registry(connection)
    table = queries.stage_breakdown(connection, profile["profile"])
    tiles = html.join(_tile(registry[name], profile[name], name) for name in TILES) + _host(profile)
    return (
        f"<h1>{esc(label)} {esc(_said(profile, registry))}</h1>"
        + html.lead("One profile tells what a release costs; a second one would tell what changed.")
        + f'<div class="tiles">{tiles}</div><section class="sec2">{_stages(table, registry)}</section>'
        + f'<section class="sec2">{coverage.render(queries.coverage(connection))}</section>'
    )


def trace(
    connection: queries.Connection, profile: Row, label: str, theme: str, asked: str = "",
    kept: queries.Kept = queries.EVERY,
) -> str:  # fmt: skip
    """The monitor trace of the only profile that is kept, as a section; nothing where there is none."""
    if not profile["has_monitor"]:
        return ""
    key = profile["profile"]
    alone = ProfileComparison(key, key, (), {key: label}, profiles={key: profile}, kept=kept)
    return html.section("monitors", monitors.render(connection, alone, theme, asked), "sec2")


def _said(profile: Row, registry: dict[str, Metric]) -> str:
    took, held = (registry[name].shown_with_unit(profile[name]) for name in ("wall_time_s", "peak_rss_mb"))
    parts = [f"took {took}"] if profile["wall_time_s"] is not None else []
    parts += [f"held {held} at its peak"] if profile["peak_rss_mb"] is not None else []
    return (" and ".join(parts) or "states no totals") + "."


def _tile(metric: Metric, value: float | None, name: str) -> str:
    if value is None:
        shown = '<div class="v gap">not stated</div>'
    else:
        unit = "" if name == "episodes_processed" else metric.shown_unit
        shown = f'<div class="v">{esc(metric.shown(value))} <small>{esc(unit)}</small></div>'
    return html.tile(metric.label, shown)


def _host(profile: Row) -> str:
    name, platform = esc(profile["hostname"] or "not stated"), esc(profile["platform"] or "")
    shown = f'<div class="v host">{name}</div><div class="was">{platform}</div>'
    return html.tile("Host", shown)


def _stages(table: queries.Table, registry: dict[str, Metric]) -> str:
    if not table.rows:
        return html.heading("No stage is told apart", "", table.sql) + html.empty("The profile names no stages.")
    first = table.rows[0]
    longest = first["wall_time_s"]
    size = registry["wall_time_s"].shown_with_unit(longest)
    said = "No stage says how long it took" if longest is None else f"{first['stage']} took longest: {size}"
    head = [("", "Stage"), *(("n", _head(registry[name])) for name in COLUMNS)]
    rows = [("", [esc(row["stage"]), *(_value(row, name, registry[name]) for name in COLUMNS)]) for row in table.rows]
    return html.heading(said, "Longest first. “No sample” is not 0.", table.sql) + html.table(head, rows, "breakdown")


def _head(metric: Metric) -> str:
    return esc(", ".join(filter(None, (metric.label, metric.shown_unit))))


def _value(row: Row, name: str, metric: Metric) -> str:
    if row[name] is None:
        words = "no sample" if row["is_unsampled"] and name != "wall_time_s" else "not stated"
        return f'<span class="m">{words}</span>'
    return esc(metric.shown(row[name]))
