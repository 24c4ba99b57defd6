"""Questions about baselines of platforms: where they stand, why none is proposed, and how they and levels moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask
from driftline.queries.tracking import GAIN_PCT

# Records that a series may have of a workload or a provider have baselines of their own.
_OF_PLATFORM = "workload is null and provider is null"


def baseline_standings(
    connection: Connection, limit_pct: float, platforms: Sequence[str] = (), least_effect_pct: float | None = None
) -> Table:
    """Each baseline of a platform beside the newest record: platform, metric, value, unit, better, is_inferred,
    captured_at, limit_pct, limit_value, newest, newest_at, change_pct, status, note, drift_pct, drift_since,
    drift_status (`regressed` where the level moved past the limit), source. With `least_effect_pct` status and note
    are those of the policy noise: ask after tracking.find_changes."""
    judged = f"tracked({float(limit_pct)!r})"
    if least_effect_pct is not None:
        judged = f"tracked_by_noise({float(limit_pct)!r}, {float(least_effect_pct)!r})"
    statement = f"""
        with newest as (
            select * from {judged} where {_OF_PLATFORM}
        )
        select
            b.platform, b.metric, b.value, m.unit, m.better, m.is_inferred, b.captured_at,
            coalesce(b.limit_pct, n.limit_pct, {float(limit_pct)!r}) as limit_pct,
            limit_value(m.better, b.value, coalesce(b.limit_pct, n.limit_pct, {float(limit_pct)!r})) as limit_value,
            n.value as newest, n.recorded_at as newest_at, n.change_pct, n.status, n.note,
            n.drift_pct, n.drift_since, {_drift_status("m.better", "n.drift_pct", "n.limit_pct")} as drift_status,
            b.source
        from platform_baselines as b
        inner join metrics as m using (metric)
        left join newest as n on n.platform = b.platform and n.metric = b.metric
        {_where("b.platform", platforms)}
        order by b.platform, b.metric
    """
    return ask(connection, statement)


def proposal_counts(connection: Connection, min_records: int, gain_pct: float, platform: str) -> Row:
    """How many metrics of the platform a proposal was looked for, and why there is none: metrics, better, new,
    improved_less, unchanged, worse, too_few, not_judged, not_comparable; most_records: of the metric with the most."""
    smaller = "status = 'no real change' and tracked_status(better, current, proposed, 0, 0) = 'improved'"
    statement = f"""
        select
            count(*) as metrics,
            count(*) filter (status = 'better') as better,
            count(*) filter (status = 'new') as new,
            count(*) filter ({smaller}) as improved_less,
            count(*) filter (status = 'no real change' and not ({smaller})) as unchanged,
            count(*) filter (status = 'worse') as worse,
            count(*) filter (status = 'too few records') as too_few,
            count(*) filter (status = 'not judged') as not_judged,
            count(*) filter (status = 'not comparable') as not_comparable,
            max(records) as most_records
        from baseline_proposals({int(min_records)}, {float(gain_pct)!r})
        where platform = {literal(platform)}
    """
    return ask(connection, statement).rows[0]


def newest_record(connection: Connection, platform: str) -> Row | None:
    """recorded_at, git_commit, git_branch, python_version, os_arch of the newest record of a platform."""
    rows = ask(
        connection,
        "select recorded_at, git_commit, git_branch, python_version, os_arch\nfrom history_records\n"
        f"where platform = {literal(platform)} and {_OF_PLATFORM}\norder by recorded_at desc nulls last, place desc\n"
        "limit 1",
    ).rows
    return rows[0] if rows else None


def other_names(connection: Connection) -> dict[str, list[str]]:
    """What other programs call a metric of the registry, by the registry's name."""
    rows = ask(
        connection, "select metric, list(alias order by alias) as names from metric_aliases group by metric"
    ).rows
    return {row["metric"]: row["names"] for row in rows}


def known_metrics(connection: Connection, platform: str) -> frozenset[str]:
    """Every name of a metric that the registry declares, under its other names too, or that the platform recorded."""
    rows = ask(
        connection,
        "select metric from declared_metrics union select alias from metric_aliases\n"
        f"union select metric from history where platform = {literal(platform)}",
    ).rows
    return frozenset(row["metric"] for row in rows)


def baseline_updates(
    connection: Connection,
    updates: Sequence[Mapping[str, Any]],
    platforms: Sequence[str] = (),
    metric: str | None = None,
) -> Table:
    """Updates of baselines, as a file holds them, with what each changed: platform, updated_at, metric, from_value,
    to_value, change_pct, unit, better, runs, git_commit, reason."""
    if not updates:
        return Table([], "")
    statement = f"""
        with told as ({_told(updates)})
        select
            t.platform, t.updated_at, t.metric, t.from_value, t.to_value,
            change_pct(t.from_value, t.to_value - t.from_value) as change_pct,
            m.unit, m.better, t.runs, t.git_commit, t.reason
        from told as t
        left join metrics as m using (metric)
        {_where("t.platform", platforms, metric)}
        order by t.platform, t.updated_at nulls first, t.nth
    """
    return ask(connection, statement)


def drift_watch(
    connection: Connection,
    updates: Sequence[Mapping[str, Any]],
    limit_pct: float,
    platforms: Sequence[str] = (),
    metric: str | None = None,
) -> Table:
    """How far many steps led, a row a platform and metric.

    Of the last 50 records: records, records_past (how many were past the limit of the 5 before them); of those after
    the last one that was, drift_from (median of the oldest 5), drift_since, drift_pct (to the median of the newest 5).
    Of the baselines: updates, first_value, baseline, baseline_pct. `watch` is `slow drift` where the records moved past
    the limit and no one of them did, `baselines drifted` where the baselines did and no update did, else null.
    """
    told = _told(updates) if updates else _NO_UPDATES
    statement = f"""
        with told as ({told}),
        newest as (
            select * from tracked({float(limit_pct)!r}) where {_OF_PLATFORM}
        ),
        stepped as (
            select
                t.platform, t.metric,
                count(*) filter (
                    tracked_status(n.better, t.median_before, t.value, n.limit_pct, {GAIN_PCT}) = 'regressed'
                ) as records_past
            from history_trend as t
            inner join newest as n using (series, metric)
            where t.is_usable and t.of - t.nth < 50
            group by t.platform, t.metric
        ),
        moved as (
            select
                t.platform, t.metric,
                count(*) as updates,
                arg_min(coalesce(t.from_value, t.to_value), (t.updated_at, t.nth)) as first_value,
                count(*) filter (
                    tracked_status(m.better, t.from_value, t.to_value, {float(limit_pct)!r}, {GAIN_PCT}) = 'regressed'
                ) as updates_past
            from told as t
            inner join metrics as m using (metric)
            group by t.platform, t.metric
        ),
        paired as (
            select
                coalesce(n.platform, u.platform) as platform,
                coalesce(n.metric, u.metric) as metric,
                n.usable as records, n.drift_from, n.drift_since, n.drift_pct, n.limit_pct,
                u.updates, u.first_value, u.updates_past
            from newest as n
            full join moved as u on u.platform = n.platform and u.metric = n.metric
        ),
        known as (
            select
                c.*, m.unit, m.better, s.records_past, b.value as baseline,
                change_pct(c.first_value, b.value - c.first_value) as baseline_pct,
                coalesce(b.limit_pct, c.limit_pct, {float(limit_pct)!r}) as limit_of
            from paired as c
            inner join metrics as m using (metric)
            left join stepped as s on s.platform = c.platform and s.metric = c.metric
            left join platform_baselines as b on b.platform = c.platform and b.metric = c.metric
        )
        select
            platform, metric, unit, better, limit_of as limit_pct,
            records, drift_from, drift_since, drift_pct, records_past,
            updates, first_value, baseline, baseline_pct,
            case
                when {_drift_status("better", "drift_pct", "limit_of")} = 'regressed' then 'slow drift'
                when {_drift_status("better", "baseline_pct", "limit_of")} = 'regressed' and updates_past = 0
                    then 'baselines drifted'
            end as watch
        from known
        {_where("platform", platforms, metric)}
        order by platform, metric
    """
    return ask(connection, statement)


_NO_UPDATES = """
    select
        null::integer as nth, null::varchar as platform, null::varchar as metric, null::timestamp as updated_at,
        null::double as from_value, null::double as to_value, null::integer as runs, null::varchar as git_commit,
        null::varchar as reason
    where false
"""


def _told(updates: Sequence[Mapping[str, Any]]) -> str:
    """The updates as rows, metrics by the names of the registry."""
    listed = ",\n".join(
        f"({nth}, {_text(told['platform'])}, {_text(told['metric'])}, {_text(told['at'])}::timestamp,"
        f" {_number(told['from'])}, {_number(told['to'])}, {_number(told['runs'])}::integer,"
        f" {_text(told['git_commit'])}, {_text(told['reason'])})"
        for nth, told in enumerate(updates)
    )
    return f"""
        select
            u.nth, u.platform, coalesce(a.metric, u.metric) as metric, u.updated_at, u.from_value, u.to_value, u.runs,
            u.git_commit, u.reason
        from (values {listed}) as u (nth, platform, metric, updated_at, from_value, to_value, runs, git_commit, reason)
        left join metric_aliases as a on a.alias = u.metric
    """


def _drift_status(better: str, pct: str, limit: str) -> str:
    """What the one limit says of a change in per cent."""
    return f"tracked_status({better}, 100, 100 + {pct}, {limit}, {GAIN_PCT})"


def _text(value: str | None) -> str:
    return "null::varchar" if value is None else literal(value)


def _number(value: float | None) -> str:
    return "null::double" if value is None else f"{float(value)!r}::double"


def _where(column: str, platforms: Sequence[str], metric: str | None = None) -> str:
    asked = [f"list_contains({literals(platforms)}, {column})"] if platforms else []
    asked += [f"metric = {literal(metric)}"] if metric is not None else []
    return f"where {' and '.join(asked)}" if asked else ""
