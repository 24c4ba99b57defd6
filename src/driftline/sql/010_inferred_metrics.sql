-- What is recorded or kept as a baseline and declared nowhere, with what its name says of it.
-- grain: one row per metric of a history or of baselines that the registry does not declare
-- null: better: the name does not say; unit is '' where it says none
create or replace table inferred_metrics as
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
    inferred_better(metric) as better,
    inferred_unit(metric) as unit
from named
anti join declared_metrics using (metric);

comment on table inferred_metrics is 'What is recorded and declared nowhere. better: what the name says is better';
