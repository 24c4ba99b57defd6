"""Questions of the page of histories: which series there are, their points, their changes of level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from driftline.artifacts.bulk import literal
from driftline.queries.asking import Connection, Table, ask, frame
from driftline.queries.tracking import of_platforms

if TYPE_CHECKING:
    import pandas as pd


def tracked_series(connection: Connection) -> Table:
    """series, platform, workload, provider, records, first_at, last_at of every series that was recorded."""
    return ask(
        connection,
        "select series, platform, workload, provider, count(*) as records, min(recorded_at) as first_at,\n"
        "    max(recorded_at) as last_at\n"
        "from history_records\ngroup by all\norder by records desc, series",
    )


def run_types(connection: Connection) -> Table:
    """run_type and records: why records were made, and how many for that; what most were made for comes first."""
    return ask(
        connection,
        "select run_type, count(*) as records\nfrom history_records\n"
        "group by run_type\norder by records desc, run_type",
    )


def level_changes(connection: Connection, platforms: Sequence[str] = ()) -> Table:
    """Every change point in the order of time: series, metric, record_id, recorded_at, git_commit, effect_pct, level,
    verdict, and how many usable records there are from it on."""
    return ask(
        connection,
        "select c.series, c.metric, c.record_id, t.recorded_at, t.git_commit, c.effect_pct, c.level, c.verdict,\n"
        "    t.of - t.nth + 1 as records\n"
        "from change_points as c\n"
        "inner join history_trend as t on t.record_id = c.record_id and t.metric = c.metric\n"
        f"{of_platforms(platforms)}order by c.series, c.metric, t.place",
    )


def series_points_sql(series: str, since: datetime | None = None, run_types: Sequence[str] = ()) -> str:
    """Every metric of a series at its records since a moment, gaps included; of some run types, where '' stands for
    records that state none. The newest record is always among them: it is the one that is judged."""
    kept = "" if since is None else f"    and t.recorded_at >= timestamp {literal(f'{since:%Y-%m-%d %H:%M:%S}')}\n"
    if run_types:
        listed = ", ".join(literal(name) for name in run_types)
        newest = f"select max(place) from history_records where series = {literal(series)}"
        kept += f"    and (coalesce(t.run_type, '') in ({listed}) or t.place = ({newest}))\n"
    return (
        "select t.metric, t.record_id, t.number, t.place, t.recorded_at, t.run_type, t.git_commit, t.git_branch,\n"
        "    t.value, t.note, t.present, t.is_usable, c.effect_pct, c.level, c.verdict as change\n"
        "from history_trend as t\n"
        "left join change_points as c on c.record_id = t.record_id and c.metric = t.metric\n"
        f"where t.series = {literal(series)}\n{kept}"
        "order by t.metric, t.place"
    )


def series_points(
    connection: Connection, series: str, since: datetime | None = None, run_types: Sequence[str] = ()
) -> pd.DataFrame:
    """metric, record_id, number, place, recorded_at, run_type, git_commit, git_branch, value (NaN at a gap), note,
    present, is_usable; and at a change point effect_pct, level and change (its verdict)."""
    return frame(connection, series_points_sql(series, since, run_types))
