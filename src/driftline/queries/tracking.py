"""Questions about what is tracked: histories against baselines, proposals, versioned baselines side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from driftline.artifacts.bulk import literal
from driftline.queries.asking import Connection, Row, Table, ask

if TYPE_CHECKING:
    pass

# What a metric must gain before it is called better, in per cent.
GAIN_PCT = 5
# What `records` has of every record.
RECORD_COLUMNS = (
    *("number", "platform", "workload", "provider", "recorded_at", "run_type", "git_commit", "git_branch"),
    *("record_id", "notes", "metrics"),
)


def tracked_sql(limit_pct: float, platforms: Sequence[str] = (), said_pct: float | None = None) -> str:
    """The newest record of each series against its baseline; of some platforms, or of all. `said_pct` counts before the
    limits that single metrics have, `limit_pct` after them."""
    return (
        f"select t.*, m.label, m.unit\nfrom tracked({float(limit_pct)!r}{_said(said_pct)}) as t\n"
        "inner join metrics as m using (metric)\n"
        f"{of_platforms(platforms)}order by t.series, t.metric"
    )


def tracked(
    connection: Connection, limit_pct: float, platforms: Sequence[str] = (), said_pct: float | None = None
) -> Table:
    """See the macro `tracked`: a row a series and metric, with label and unit."""
    return ask(connection, tracked_sql(limit_pct, platforms, said_pct))


def _said(pct: float | None) -> str:
    return "" if pct is None else f", said_limit_pct := {float(pct)!r}"


def tracked_by_noise(
    connection: Connection,
    limit_pct: float,
    least_effect_pct: float,
    platforms: Sequence[str] = (),
    said_pct: float | None = None,
) -> Table:
    """See the macro `tracked_by_noise`; ask after tracking.find_changes. Rows as of `tracked`."""
    return ask(
        connection,
        f"select t.*, m.label, m.unit\nfrom tracked_by_noise("
        f"{float(limit_pct)!r}, {float(least_effect_pct)!r}{_said(said_pct)}) as t\n"
        f"inner join metrics as m using (metric)\n{of_platforms(platforms)}order by t.series, t.metric",
    )


def identifier(name: str) -> str:
    """The name as one of a column."""
    return '"' + name.replace('"', '""') + '"'


def of_platforms(platforms: Iterable[str]) -> str:
    """The condition that keeps these platforms of a relation `t`; nothing where none is named."""
    listed = ", ".join(literal(platform) for platform in platforms)
    return f"where t.platform in ({listed})\n" if listed else ""


def held_against_baselines(
    connection: Connection, metrics: Mapping[str, Any], baselines: Mapping[str, float | None], limit_pct: float
) -> Table:
    """metric, value, baseline, change_pct, status of numbers that are in no file against baselines that are in none."""
    if not metrics:
        return Table([], "")
    told = ", ".join(
        f"{{'metric': {literal(name)}, 'value': {_number(value)}, 'baseline': {_number(baselines.get(name))}}}"
        for name, value in metrics.items()
    )
    statement = f"""
        with told as (select unnest([{told}], recursive := true)),
        known as (
            select t.*, coalesce(d.better, inferred_better(t.metric), 'neutral') as better
            from told as t left join declared_metrics as d using (metric)
        )
        select
            metric, value, baseline, better, change_pct(baseline, value - baseline) as change_pct,
            tracked_status(better, baseline, value, {float(limit_pct)!r}, {GAIN_PCT}) as status,
            why_not_comparable(better, baseline, value) as note
        from known
    """
    return ask(connection, statement)


def held_against_platform(connection: Connection, platform: str, metrics: Mapping[str, Any], limit_pct: float) -> Table:
    """Numbers of no file against what their platform has: metric, value, baseline, baseline_source, baseline_at,
    limit_pct, better, label, unit, change_pct, limit_value, status, note."""
    if not metrics:
        return Table([], "")
    told = ", ".join(f"{{'metric': {literal(name)}, 'value': {_number(value)}}}" for name, value in metrics.items())
    statement = f"""
        with told as (select unnest([{told}], recursive := true)),
        known as (
            select
                t.metric, t.value, b.baseline, b.baseline_source, b.baseline_at,
                coalesce(b.own_limit_pct, {float(limit_pct)!r}) as limit_pct,
                coalesce(m.better, inferred_better(t.metric), 'neutral') as better,
                coalesce(m.label, t.metric) as label,
                coalesce(m.unit, inferred_unit(t.metric)) as unit
            from told as t
            left join metrics as m using (metric)
            left join next_baselines as b on b.platform = {literal(platform)} and b.metric = t.metric
        )
        select
            metric, value, baseline, baseline_source, baseline_at, limit_pct, better, label, unit,
            change_pct(baseline, value - baseline) as change_pct,
            limit_value(better, baseline, limit_pct) as limit_value,
            tracked_status(better, baseline, value, limit_pct, {GAIN_PCT}) as status,
            case
                when baseline is null and baseline_source is null and value is not null
                    then 'no baseline: none is committed, and fewer than 5 records came before'
                else why_not_comparable(better, baseline, value)
            end as note
        from known
        order by metric
    """
    return ask(connection, statement)


def _number(value: Any) -> str:
    if value is None:
        return "null::double"
    return f"{float(value)!r}::double" if math.isfinite(value) else f"'{float(value)}'::double"


def proposals(connection: Connection, min_records: int, gain_pct: float, platforms: Sequence[str] = ()) -> Table:
    """See the macro `baseline_proposals`: a row a platform and metric, with label and unit."""
    return ask(
        connection,
        f"select t.*, m.label, m.unit\nfrom baseline_proposals({int(min_records)}, {float(gain_pct)!r}) as t\n"
        f"inner join metrics as m using (metric)\n{of_platforms(platforms)}order by t.platform, t.metric",
    )


def platform_baselines(connection: Connection, platforms: Sequence[str] = ()) -> Table:
    """The baselines of platforms, with label, unit and direction of their metrics."""
    return ask(
        connection,
        "select t.*, m.label, m.unit, m.better\nfrom platform_baselines as t\ninner join metrics as m using (metric)\n"
        f"{of_platforms(platforms)}order by t.platform, t.metric",
    )


def platforms(connection: Connection) -> Table:
    """platform, records, first_at, last_at, has_baseline of every platform that was recorded or has a baseline."""
    return ask(
        connection,
        """
        select
            coalesce(r.platform, b.platform) as platform,
            coalesce(r.records, 0) as records,
            r.first_at,
            r.last_at,
            b.platform is not null as has_baseline
        from (
            select platform, count(*) as records, min(recorded_at) as first_at, max(recorded_at) as last_at
            from history_records
            group by platform
        ) as r
        full join (select distinct platform from platform_baselines) as b using (platform)
        order by records desc, platform
        """,
    )


def records(
    connection: Connection, platforms: Sequence[str] = (), limit: int = 50, metrics: Sequence[str] = ()
) -> Table:
    """The newest records, newest first: number, platform, when, by what, how many metrics have a value, and the values
    of those that are named, under the names that are given. A name that is a column already is no metric."""
    asked = [name for name in dict.fromkeys(metrics) if name not in RECORD_COLUMNS]
    known = known_names(connection, asked) if asked else {}
    named = "".join(
        f",\n    max(h.value) filter (where h.metric = {literal(known[name]['metric'])}) as {identifier(name)}"
        for name in asked
    )
    return ask(
        connection,
        "select t.number, t.platform, t.workload, t.provider, t.recorded_at, t.run_type, t.git_commit, t.git_branch,\n"
        f"    t.record_id, t.notes, count(h.value) as metrics{named}\n"
        "from history_records as t\nleft join history as h using (record_id)\n"
        f"{of_platforms(platforms)}"
        "group by all\norder by t.recorded_at desc nulls last, t.number desc\n"
        f"limit {int(limit)}",
    )


def needs_change_points(connection: Connection) -> bool:
    """Whether there are records whose change points were not worked out as things are now."""
    statement = """
        select
            exists (from history_records)
            and not exists (from source_change_points where state = (select state from history_state)) as is_needed
    """
    return bool(ask(connection, statement).rows[0]["is_needed"])


def history_state(connection: Connection) -> str:
    """What change points hold for: the records as they are, and the code."""
    return str(ask(connection, "select state from history_state").rows[0]["state"])


def series_values(connection: Connection) -> Table:
    """series, metric, record_id, value of every usable value, series by series in the order of time."""
    return ask(
        connection,
        "select series, metric, record_id, value\nfrom history_trend\nwhere is_usable\norder by series, metric, place",
    )


def known_names(connection: Connection, names: Iterable[str]) -> dict[str, Row]:
    """metric, unit, better, is_declared of each name, by the name: what the registry calls it and says of it, else what
    the name itself says. `better` is None where it says nothing, `unit` empty."""
    listed = ", ".join(literal(name) for name in names)
    statement = f"""
        with told as (select unnest([{listed}]::varchar[]) as name),
        known as (
            select t.name, coalesce(a.metric, t.name) as metric
            from told as t left join metric_aliases as a on a.alias = t.name
        )
        select
            name, metric, coalesce(d.unit, inferred_unit(metric)) as unit,
            coalesce(d.better, inferred_better(metric)) as better, d.metric is not null as is_declared
        from known left join declared_metrics as d using (metric)
    """
    return {row["name"]: row for row in ask(connection, statement).rows}


def damaged_histories(connection: Connection) -> list[str]:
    """The files of histories that have a problem."""
    statement = "select distinct file from problems where artifact = 'history' and severity <> 'info' order by file"
    return [row["file"] for row in ask(connection, statement).rows]
