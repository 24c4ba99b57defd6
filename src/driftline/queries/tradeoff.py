"""Questions about what the quality of a release costs: one dot a release, from its run and its profile."""

from __future__ import annotations

from collections.abc import Sequence

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask
from driftline.queries.profiles import Kept

TOTAL_COSTS = ("wall_time_s", "peak_rss_mb", "avg_wall_time_per_episode_s")
STAGE_COSTS = ("wall_time_s", "peak_rss_mb", "avg_cpu_pct")
# What others are scored against belongs to no release.
CANDIDATES = "not archived and category <> 'reference' and status <> 'broken'"


def _pairs(kept: Kept, quality: str, chosen: Sequence[str]) -> str:
    """The run and the profile that stand for each release: the newest run that has the metric, else the newest, and the
    last of the chosen profiles, else the newest that the filters keep.

    A run that nothing but its directory names belongs to no release, unless a profile carries that name; a release of
    which the filters hide every profile is left out.
    """
    return f"""profiled as (
    select
        release,
        arg_max(profile, (coalesce(list_position({literals(list(chosen))}, profile), 0), release_order)) as profile
    from profiles
    where not archived and {kept.condition}
    group by release
),

measured as (
    select distinct run from run_metrics where metric = {literal(quality)} and value is not null
),

evaluated as (
    select
        u.release,
        bool_or(u.release_source <> 'run_id') as is_named,
        arg_max(u.run, (m.run is not null, u.created_at is not null, u.created_at, u.run)) as run
    from runs as u
    left join measured as m using (run)
    where {CANDIDATES}
    group by u.release
),

hidden as (
    select release from profiles where not archived and not ({kept.condition})
),

pairs as (
    select coalesce(p.release, e.release) as release, p.profile, e.run
    from profiled as p
    full outer join evaluated as e on e.release = p.release
    where p.profile is not null or (e.is_named and e.release not in (select release from hidden))
)"""


def quality_offers(connection: Connection, kept: Kept) -> list[Row]:
    """metric, label, releases (count): what the runs of releases were measured by."""
    return ask(
        connection,
        f"""with evaluated as (
    select run, release from runs where {CANDIDATES}
),

offered as (
    select run, metric from run_aggregates
    union all
    -- worked out from the texts, once it is asked for
    select run, 'repetition' as metric from runs where has_predictions
)

select m.metric, m.label, count(distinct p.release) as releases
from profiles as p
inner join evaluated as e on e.release = p.release
inner join offered as v on v.run = e.run
inner join metrics as m on m.metric = v.metric
where m.family <> 'flow' and not p.archived and {kept.condition}
group by m.metric, m.label, m.is_primary
order by
    list_position(['rougeL_f1', 'success_rate', 'avg_latency_s'], m.metric) nulls last,
    not m.is_primary,
    m.label""",
    ).rows


def cost_stages(connection: Connection, kept: Kept) -> list[str]:
    """The stages of the profiles that the filters keep, in their order."""
    rows = ask(
        connection,
        f"""select stage
from stage_trend
where {kept.condition} and present
group by stage
order by min(stage_order), stage""",
    ).rows
    return [row["stage"] for row in rows]


def tradeoff(
    connection: Connection, kept: Kept, quality: str, cost: str, stage: str, reference: str, chosen: Sequence[str]
) -> Table:
    """release, profile, run, label, release_order, quality, reference, references (that its run was scored against),
    run_dataset, profile_dataset, cost, on_front; in release order, those without a profile at last.

    `stage` is empty for a total. Without a `reference` each run is taken at the one that most releases share; what
    needs none is taken as it is. `chosen` are the profiles that stand for their release before others, the last first.
    On the front is what no other release of the same reference and datasets beats on one side without losing on the
    other; NULL where a side is missing or the metric has no direction.
    """
    against = f"where reference = {literal(reference)} or reference is null" if reference else ""
    costs = (
        f"select profile, value as cost from stage_metrics where stage = {literal(stage)} and metric = {literal(cost)}"
        if stage
        else f"select profile, value as cost from totals_trend where metric = {literal(cost)}"
    )
    return ask(
        connection,
        f"""with {_pairs(kept, quality, chosen)},

scored as (
    select p.run, v.reference, v.value
    from pairs as p
    inner join run_metrics as v on v.run = p.run
    where v.metric = {literal(quality)} and v.value is not null
),

shared as (
    select reference, count(*) as runs from scored {against} group by reference
),

qualities as (
    select
        s.run,
        arg_min({{'reference': s.reference, 'value': s.value}}, (-h.runs, s.reference)) as best
    from scored as s
    inner join shared as h on h.reference is not distinct from s.reference
    group by s.run
),

references_of as (
    select run, list(reference order by reference) as names from scored where reference is not null group by run
),

costs as (
    {costs}
),

dots as (
    select
        p.release,
        p.profile,
        p.run,
        l.label,
        f.release_order,
        q.best.value as quality,
        q.best.reference as reference,
        coalesce(n.names, []) as references,
        u.dataset_id as run_dataset,
        f.dataset_id as profile_dataset,
        c.cost,
        case m.better when 'higher' then q.best.value when 'lower' then -q.best.value end as goodness
    from pairs as p
    left join runs as u on u.run = p.run
    left join run_labels as l on l.run = p.run
    left join qualities as q on q.run = p.run
    left join references_of as n on n.run = p.run
    left join profiles as f on f.profile = p.profile
    left join costs as c on c.profile = p.profile
    inner join metrics as m on m.metric = {literal(quality)}
)

select
    d.* exclude (goodness),
    case
        when d.goodness is not null and d.cost is not null
            then not exists (
                from dots as o
                where o.reference is not distinct from d.reference
                    and o.run_dataset is not distinct from d.run_dataset
                    and o.profile_dataset is not distinct from d.profile_dataset
                    and o.goodness >= d.goodness
                    and o.cost <= d.cost
                    and (o.goodness > d.goodness or o.cost < d.cost)
            )
    end as on_front
from dots as d
order by d.release_order nulls last, natural_key(d.release)""",
    )
