"""Questions about versioned baselines: which there are, two of them side by side, metrics over versions and records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from driftline.artifacts.bulk import literal
from driftline.queries.asking import Connection, Row, Table, ask

# The best of each platform, workload and metric of a relation `source` is marked, where there are two and a direction.
MARKED_BEST = """
        select
            r.platform, r.provider, r.workload, r.metric, m.label, m.unit, m.better, r.value, r.records,
            coalesce(
                m.better <> 'neutral' and count(*) over alike > 1 and r.value = case m.better
                    when 'lower' then min(r.value) over alike
                    when 'higher' then max(r.value) over alike
                end,
                false
            ) as is_best
        from {source} as r
        inner join metrics as m using (metric)
        window alike as (partition by r.platform, r.workload, r.metric)
        order by r.platform, r.workload, r.metric, r.provider
"""
# Warn and fail, per cent; None is not said.
Levels = tuple[float | None, float | None]


def benchmark_files(connection: Connection) -> list[Row]:
    """source, name, version, platform, os_arch, captured_at, git_commit, workloads, metrics, bytes: newest last, by
    version, then by time."""
    statement = "from benchmark_files\norder by version_order, captured_at nulls first, source"
    return ask(connection, statement).rows


def benchmark_deltas(
    connection: Connection,
    baseline: str,
    candidate: str,
    said: Levels,
    of_metrics: Mapping[str, Levels],
    general: tuple[float, float],
    across_providers: bool = False,
) -> Table:
    """See the macro `benchmark_deltas`, with label and unit; by workload, in the order of the registry. `said` counts
    before `of_metrics`, these before what the baseline's file says, and that before `general`; all per cent. What
    another provider did is compared only `across_providers`."""
    listed = ", ".join(
        f"{{'metric': {literal(metric)}, 'warn': {_number(warn)}, 'fail': {_number(fail)}}}"
        for metric, (warn, fail) in of_metrics.items()
    )
    limits = f"[{listed}]::struct(metric varchar, warn double, fail double)[]"
    levels = f"{_number(said[0])}, {_number(said[1])}, {limits}, {_number(general[0])}, {_number(general[1])}"
    across = "true" if across_providers else "false"
    return ask(
        connection,
        "select d.*, m.label, m.unit\n"
        f"from benchmark_deltas({literal(baseline)}, {literal(candidate)}, {levels}, {across}) as d\n"
        "inner join metrics as m using (metric)\nleft join declared_metrics as r using (metric)\n"
        "order by d.workload, r.rowid nulls last, d.metric",
    )


def benchmark_samples(connection: Connection, sources: Sequence[str]) -> dict[tuple[str, str], list[float]]:
    """What the iterations took, in ms, by file and workload."""
    listed = ", ".join(map(literal, sources)) or "null"
    rows = ask(
        connection,
        "select source, workload, list(value order by sample) as samples\nfrom benchmark_samples\n"
        f"where source in ({listed}) and value is not null\ngroup by all",
    ).rows
    return {(row["source"], row["workload"]): row["samples"] for row in rows}


def benchmark_trends(connection: Connection, metrics: Sequence[str] = (), days: int | None = None) -> Table:
    """series, metric, label, unit, better, x (version, or number of the record), at, value, source: of versioned
    baselines in the order of their versions, then of recorded series in the order of time. The `metrics` may be named
    as other programs call them."""
    listed = ", ".join(map(literal, metrics))
    chosen = (
        "where metric in (select coalesce(a.metric, t.name)"
        f" from (select unnest([{listed}]) as name) as t left join metric_aliases as a on a.alias = t.name)\n"
        if metrics
        else ""
    )
    oldest = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days or 0)
    since = f"where p.at is null or p.at >= timestamp '{oldest}'" if days else ""
    statement = f"""
        with captured as (
            select source, metric, value, 'benchmarks · ' || workload || coalesce(' · ' || provider, '') as series
            from perf_baselines
            where origin = 'benchmark'
        ),
        -- A capture of the workload that lacks the metric is a gap.
        measured as (select distinct series, metric from captured),
        held as (select distinct series, source from captured),
        points as (
            select
                series, m.metric, coalesce(f.version, f.name) as x, f.captured_at as at, c.value, source,
                row_number() over (partition by series, m.metric order by f.version_order, f.captured_at) as place,
                0 as kind
            from measured as m
            inner join held as h using (series)
            inner join benchmark_files as f using (source)
            left join captured as c using (series, source, metric)
            union all
            select series, metric, '#' || number, recorded_at, value, 'history', place, 1
            from history_trend
        )
        select p.series, p.metric, m.label, m.unit, m.better, p.x, p.at, p.value, p.source
        from (select * from points {chosen}) as p
        inner join metrics as m using (metric)
        {since}
        order by p.kind, p.series, p.metric, p.place
    """
    return ask(connection, statement)


def provider_values(connection: Connection, workloads: Sequence[str] = ()) -> Table:
    """provider, workload, metric, label, unit, better, value, records, is_best: the median of the newest 5 records of
    every provider. The best of each workload and metric is marked, where there are two and a direction."""
    chosen = f"and t.workload in ({', '.join(map(literal, workloads))})" if workloads else ""
    statement = f"""
        with recent as (
            select t.platform, t.provider, coalesce(t.workload, '') as workload, t.metric, median(t.value) as value,
                count(*) as records
            from history_trend as t
            where t.is_usable and t.of - t.nth < 5 and t.provider is not null {chosen}
            group by all
        )
        {MARKED_BEST.format(source="recent")}
    """
    return ask(connection, statement)


def _number(value: float | None) -> str:
    return "null::double" if value is None else f"{float(value)!r}::double"


def side_by_side(connection: Connection, values: Sequence[tuple[str, str, str, float | None]]) -> Table:
    """The same of (workload, provider, metric, value) that are in no file yet."""
    if not values:
        return Table([], "")
    told = ", ".join(
        f"({literal(workload)}, {literal(provider)}, {literal(metric)}, {_number(value)})"
        for workload, provider, metric, value in values
    )
    statement = f"""
        with told as (
            select null as platform, workload, provider, metric, value, 1 as records
            from (values {told}) as v (workload, provider, metric, value)
        )
        {MARKED_BEST.format(source="told")}
    """
    return ask(connection, statement)
