-- What is recorded or kept as a baseline, with what the registry says of it, else its name.
-- grain: one row per metric of a history or of baselines
-- null: never; unit is '' where none is known
create or replace table tracked_metrics as
with tracked as (
    select metric from source_history_values
    union
    select metric from source_perf_baselines where origin <> 'flat'
),

named as (
    select distinct coalesce(a.metric, t.metric) as metric
    from tracked as t
    left join metric_aliases as a on a.alias = t.metric
)

select
    metric,
    coalesce(d.better, inferred_better(metric), 'neutral') as better,
    coalesce(d.unit, inferred_unit(metric)) as unit,
    d.metric is not null as is_declared
from named
left join declared_metrics as d using (metric);

comment on table tracked_metrics is 'What is recorded or kept as a baseline. is_declared: in the registry; else its name tells the rest';
