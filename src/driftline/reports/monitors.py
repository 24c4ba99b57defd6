"""Monitor traces: which profiles have one, and memory and CPU of one over time beside what was frozen."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from bokeh.models import HoverTool

from driftline import queries
from driftline.artifacts.bulk import literal
from driftline.charts import style
from driftline.charts.monitor import Trace, draw_trace
from driftline.metrics import Metric
from driftline.reports import csv, html
from driftline.reports.choice import ProfileComparison
from driftline.reports.figures import embedded
from driftline.reports.html import esc

Row = dict[str, Any]
MAKES = "driftline profile freeze --version V --monitor -- COMMAND"
HEAD = (
    ("", "Release"), ("n", "Section"), ("", "Started, UTC"), ("n", "Ticks"), ("n", "Seconds"),
    ("n", "Sampled peak, MB"), ("n", "Frozen peak, MB"), ("n", "CPU, %"),
)  # fmt: skip
TIP = "@stage · @at_s · @rss · CPU @cpu"


def render(connection: queries.Connection, comparison: ProfileComparison, theme: str, asked: str) -> str:
    """The section as HTML. `asked` is a profile and a section as `profile#section`; empty means the last section of the
    first of: focus, baseline, other candidates, all else."""
    table = queries.traces(connection, comparison.kept)
    if not table.rows:
        nothing = "No trace lies beside these profiles. One is made by"
        return html.heading("No monitor traces", "", table.sql) + html.empty(nothing, MAKES)
    shown = _shown(table.rows, comparison, asked)
    registry = queries.registry(connection)
    caption = "Memory and CPU of the whole process tree while a profile was captured, a section for every capture."
    listed = html.heading(title(table.rows), caption, table.sql) + _table(table.rows, shown, comparison, registry)
    if shown is None:
        return listed + html.empty("No tick can be drawn.")
    count = sum(row["ticks"] for row in table.rows if row["profile"] == shown["profile"])
    drawn = _drawn(connection, comparison, shown, theme, registry)
    return listed + drawn + _download(connection, shown["profile"], count, comparison.labels[shown["profile"]])


def title(rows: Sequence[Row]) -> str:
    profiles = {row["profile"] for row in rows}
    return f"{len(profiles)} profile{'s have' if len(profiles) > 1 else ' has'} a monitor trace"


def key_of(row: Row) -> str:
    return f"{row['profile']}#{row['section']}"


def _shown(rows: Sequence[Row], comparison: ProfileComparison, asked: str) -> Row | None:
    with_ticks = [row for row in rows if row["ticks"]]
    named = next((row for row in with_ticks if key_of(row) == asked), None)
    wanted = [comparison.focus, comparison.baseline, *comparison.others, *(row["profile"] for row in with_ticks)]
    by_profile = {row["profile"]: row for row in with_ticks}
    return named or next((by_profile[profile] for profile in wanted if profile in by_profile), None)


def _table(rows: Sequence[Row], shown: Row | None, comparison: ProfileComparison, registry: dict[str, Metric]) -> str:
    cells = [(f'class="{"on" if row is shown else ""}"', _cells(row, shown, comparison, registry)) for row in rows]
    return html.table(HEAD, cells, "traces")


def _cells(row: Row, shown: Row | None, comparison: ProfileComparison, registry: dict[str, Metric]) -> list[str]:
    name = esc(comparison.labels[row["profile"]])
    if not row["ticks"]:
        why = "no whole tick in the log" if row["has_log"] else f"no log here, {row['monitor_lines']:,} lines noted"
        return [name, "", f'<span class="m">{why}</span>', "0", "", "", _number(row, registry, "frozen"), ""]
    if comparison.is_live:
        current = 'aria-current="true"' if row is shown else ""
        name = html.link(comparison.query(monitor=key_of(row)), name, current)
    started = f"{row['started_at']:%Y-%m-%d %H:%M}" if row["started_at"] else '<span class="m">not stated</span>'
    seconds = "–" if row["seconds"] is None else registry["wall_time_s"].shown(row["seconds"])
    return [
        name, str(row["section"]), started, f"{row['ticks']:,}", seconds, _number(row, registry, "sampled"),
        _number(row, registry, "frozen"), registry["avg_cpu_pct"].shown(row["avg_cpu_pct"]),
    ]  # fmt: skip


def _number(row: Row, registry: dict[str, Metric], which: str) -> str:
    value = row["peak_rss_mb" if which == "sampled" else "frozen_peak_rss_mb"]
    return registry["peak_rss_mb"].shown(value)


def _drawn(
    connection: queries.Connection, comparison: ProfileComparison, row: Row, theme: str, registry: dict[str, Metric]
) -> str:
    label = comparison.labels[row["profile"]]
    said = f"{label}: {_said(row, registry)}"
    caption = f"Section {row['section']}. Bands: stages. Dashes: what the profile froze for the stage."
    heading = html.heading(said, caption, queries.trace_sql(row["profile"], row["section"]))
    key = f"{key_of(row)} {theme == 'dark'}"
    figure = queries.keep(connection, "trace", key, lambda: _figure(connection, row, theme, registry))
    if not figure:
        return heading + html.empty("No tick says how long after the start it was taken.")
    return heading + figure


def _figure(connection: queries.Connection, row: Row, theme: str, registry: dict[str, Metric]) -> str:
    """The drawn trace; empty where no tick has a time."""
    points, frozen = (
        found.assign(stage=[html.visible(stage) for stage in found["stage"]])
        for found in (
            queries.trace(connection, row["profile"], row["section"]),
            queries.frozen_stages(connection, row["profile"]),
        )
    )
    if points.empty:
        return ""
    figure = draw_trace(
        Trace(points, frozen, registry["peak_rss_mb"], registry["avg_cpu_pct"]),
        style.DARK if theme == "dark" else style.LIGHT,
    )
    dots = [renderer for renderer in figure.renderers if renderer.name == "dots"]
    figure.add_tools(HoverTool(renderers=dots, tooltips=[("", TIP)], mode="mouse", limit=4))
    return embedded([("", figure)])


def _said(row: Row, registry: dict[str, Metric]) -> str:
    sampled, frozen = row["peak_rss_mb"], row["frozen_peak_rss_mb"]
    metric = registry["peak_rss_mb"]
    told = "no memory was sampled" if sampled is None else f"at most {metric.shown_with_unit(sampled)} sampled"
    return told + (f", {metric.shown_with_unit(frozen)} frozen" if frozen is not None else "")


def _download(connection: queries.Connection, profile: str, count: int, label: str) -> str:
    """The ticks as a file, of very many the command that writes it; and the statement behind the dashes."""
    frozen = html.show_sql(queries.frozen_stages_sql(profile), "Frozen")
    if count > queries.TICKS_TAKEN_ALONG:
        statement = shlex.quote(f"from monitor_samples where profile = {literal(profile)}")
        command = f"<code>driftline sql --format csv {esc(statement)}</code>"
        return f'<div class="cap">{count:,} ticks: {command} {frozen}</div>'
    file = csv.behind("trace.csv", queries.ticks(connection, profile), queries.TICK_COLUMNS)
    return f'<div class="cap">Every tick of {esc(label)}: {file} {frozen}</div>'
