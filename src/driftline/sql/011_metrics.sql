-- Every metric: the declared ones, with the levels that driftline.toml sets, and what else was found or recorded.
-- grain: one row per metric, declared or found in an artifact
-- null: a level that is NULL judges nothing
create or replace table metrics as
with found as (
    select metric from source_run_values where metric <> 'failed_listed'
    union
    select metric from source_stage_values
    union
    select metric from source_captures
),

every_metric as (
    select *, false as is_inferred from declared_metrics
    union all
    select
        metric,
        metric as label,
        unit,
        better,
        'log' as scale,
        'tracked' as family,
        false as is_primary,
        case when better <> 'neutral' then 10 end as warn_pct,
        case when better <> 'neutral' then 25 end as fail_pct,
        null as warn_abs,
        null as fail_abs,
        null as min_abs,
        case unit when '' then 3 else 2 end as decimals,
        case
            when better = 'neutral' then 'Not declared in the registry: shown, never judged'
            else 'Not declared in the registry: its direction is inferred from its name'
        end as description,
        better <> 'neutral' as is_inferred
    from tracked_metrics
    where not is_declared
    union all
    select
        metric,
        metric as label,
        '' as unit,
        'neutral' as better,
        'difference' as scale,
        'other' as family,
        false as is_primary,
        null as warn_pct,
        null as fail_pct,
        null as warn_abs,
        null as fail_abs,
        null as min_abs,
        3 as decimals,
        'Not declared in the registry: shown, never judged' as description,
        false as is_inferred
    from found
    anti join declared_metrics using (metric)
    anti join tracked_metrics using (metric)
),

named as (
    select m.family = 'cost' as is_cost, list(m.metric) as names
    from every_metric as m
    inner join (
        select unnest(names) as metric from source_verdict_settings where name = 'primary_metrics'
    ) as p using (metric)
    group by is_cost
)

select
    m.metric,
    m.label,
    m.unit,
    m.better,
    m.scale,
    m.family,
    coalesce(list_contains(p.names, m.metric), m.is_primary) as is_primary,
    coalesce(o.warn_pct, m.warn_pct) as warn_pct,
    coalesce(o.fail_pct, m.fail_pct) as fail_pct,
    coalesce(o.warn_abs, m.warn_abs) as warn_abs,
    coalesce(o.fail_abs, m.fail_abs) as fail_abs,
    coalesce(o.min_abs, m.min_abs) as min_abs,
    m.decimals,
    m.description,
    m.is_inferred
from every_metric as m
left join source_metric_overrides as o using (metric)
-- Who names primary metrics of quality, or of cost, names all of those.
left join named as p on p.is_cost = (m.family = 'cost');

comment on table metrics is 'The registry: unit, direction and levels of every metric. warn_pct: Percent of the baseline in the bad direction from which a change is a warning. warn_abs: Absolute change in the bad direction from which a change is a warning; counts before warn_pct';
