"""All values of a series as a table: what the panels draw, for who reads rather than points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from driftline.charts.tracking_layout import Tracks, short_commit, short_value
from driftline.metrics import Metric
from driftline.queries import Row
from driftline.reports import html
from driftline.reports.html import attr, esc
from driftline.reports.tracking_answer import Registry

# More rows than these are better read with SQL.
SHOWN = 60


def render(points: pd.DataFrame, tracks: Tracks, rows: Sequence[Row], registry: Registry, series: Row, sql: str) -> str:
    """The table in a fold, the newest record first. `points` is queries.series_points."""
    if tracks.records.empty or not rows:
        return ""
    metrics = [registry[row["metric"]] for row in rows]
    head = [("n", "Record"), ("", "Recorded, UTC"), ("", "Commit"), ("", "Run type")]
    head += [("n", f'{esc(metric.label)}<span class="m">{esc(metric.shown_unit)}</span>') for metric in metrics]
    newest = tracks.records["key"].tolist()[::-1][:SHOWN]
    facts = points.drop_duplicates("record_id").set_index("record_id").to_dict("index")
    values = {(row["record_id"], row["metric"]): row for row in points.to_dict("records")}
    lines = [
        (
            f'data-run="{attr(key)}"',
            [*_facts(facts[key]), *(_value(values.get((key, metric.metric)), metric) for metric in metrics)],
        )
        for key in newest
    ]
    rest = len(tracks.records) - len(newest)
    more = f'<p class="cap">{rest:,} earlier records: the statement above gives them all.</p>' if rest > 0 else ""
    named = f"All values of {esc(series['series'])}"
    return html.fold(named, html.show_sql(sql) + html.table(head, lines, "tk-all") + more)


def _facts(record: Mapping[Any, Any]) -> list[str]:
    commit = record["git_commit"] if isinstance(record["git_commit"], str) else None
    at = record["recorded_at"]
    when = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, pd.Timestamp) else "–"
    return [str(record["number"]), when, esc(short_commit(commit)) or "–", esc(record["run_type"]) or "–"]


def _value(point: Mapping[Any, Any] | None, metric: Metric) -> str:
    """The value as it was recorded; a gap is a dash, one that no one can use is told as such."""
    value = None if point is None else point["value"]
    if point is None or not isinstance(value, float) or value != value:
        why = point["note"] if point is not None else None
        return f'<span class="m"{f" title={chr(34)}{esc(why)}{chr(34)}" if isinstance(why, str) else ""}>–</span>'
    shown = esc(short_value(value, metric))
    return shown if point["is_usable"] else f'<span class="m" title="not usable">{shown} ✕</span>'
