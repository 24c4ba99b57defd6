"""Questions about two profiles held against limits: those of the registry, or those of a file of rules."""

from __future__ import annotations

from collections.abc import Sequence

from driftline.artifacts.bulk import literal
from driftline.artifacts.regression_rules import Limit
from driftline.queries.asking import Connection, Row, Table, ask

# As everywhere: above a limit means more than a rounding error above it.
ABOVE = "abs(d.delta_pct) > l.max_delta_pct * (1 + 1e-9) + 1e-9"


def judged_stage_deltas(
    connection: Connection, baseline: str, candidate: str, limits: Sequence[Limit] | None = None
) -> Table:
    """Every row of stage_deltas with regression (`fail`, `warn`, `info`; NULL: none) and max_delta_pct: totals first,
    then what changed most.

    A regression is a change in the bad direction: to a level of the registry, or above a limit where there are limits.
    That of a stage counts more than that of every stage. Any growth from 0 is above a percentage.
    """
    listed = ",\n    ".join(
        f"({'null::varchar' if limit.stage is None else literal(limit.stage)}, {literal(limit.metric)},"
        f" {limit.max_delta_pct!r}::double, {literal(limit.level)})"
        for limit in limits or [Limit(None, "", 0.0, "")]
    )
    matters = "abs(d.delta) >= coalesce(m.min_abs, 0)"
    judged = (
        "case when d.level in ('warn', 'fail') then d.level end"
        if limits is None
        else f"case when not d.good and {matters} and (d.baseline = 0 or {ABOVE}) then l.limit_level end"
    )
    return ask(
        connection,
        f"""with limits as (
    from (values
    {listed}
    ) as t(stage, metric, max_delta_pct, limit_level)
),

limited as (
    select d.stage, d.metric, l.max_delta_pct, l.limit_level
    from stage_deltas({literal(baseline)}, {literal(candidate)}) as d
    inner join limits as l on l.metric = d.metric and coalesce(l.stage = d.stage, true)
    qualify row_number() over (partition by d.stage, d.metric order by l.stage nulls last) = 1
)

select
    d.stage, d.stage_order, d.metric, d.baseline, d.candidate, d.delta, d.delta_pct, d.good, d.level, d.gain, d.status,
    d.note, {judged} as regression, l.max_delta_pct
from stage_deltas({literal(baseline)}, {literal(candidate)}) as d
inner join metrics as m using (metric)
left join limited as l on l.stage = d.stage and l.metric = d.metric
order by
    d.stage = '(totals)' desc,
    m.is_primary desc,
    max(abs(d.delta)) over (partition by d.stage, d.metric = 'wall_time_s') is null,
    abs(d.delta_pct) desc nulls last,
    d.stage_order,
    d.stage,
    d.metric""",
    )


def profile_rows(connection: Connection, profiles: Sequence[str]) -> dict[str, Row]:
    """release, captured_at, dataset_id, hostname, device and archived of each of these profiles that there is."""
    listed = ", ".join(map(literal, profiles))
    statement = (
        "select profile, release, captured_at, dataset_id, hostname, device, archived, path\n"
        f"from profiles\nwhere profile in ({listed})"
    )
    return {row["profile"]: row for row in ask(connection, statement).rows}


def file_problems(connection: Connection, file: str) -> list[str]:
    """What is wrong with a file, errors first."""
    statement = (
        f"select problem\nfrom problems\nwhere file = {literal(file)} and severity <> 'info'\n"
        "order by list_position(['error', 'warning'], severity), line"
    )
    return [row["problem"] for row in ask(connection, statement).rows]
