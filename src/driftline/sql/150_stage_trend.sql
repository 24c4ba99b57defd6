-- Every stage and metric at every profile, whether it was there or not, so that a gap is a row.
-- grain: one row per profile that is not archived, stage and metric: the full grid
-- null: value: the stage is not in that profile (present is false), or it was not sampled
create or replace table stage_trend as
with axis as (
    select profile, release, release_order, captured_at, hostname, dataset_id from profiles where not archived
),

series as (
    select stage, metric, min(stage_order) as stage_order
    from stage_metrics
    inner join axis using (profile)
    group by stage, metric
),

stages as (
    select stage, min(stage_order) as stage_order from series group by stage
),

measured as (
    select distinct metric from series
)

select
    a.profile,
    a.release,
    a.release_order,
    a.captured_at,
    a.hostname,
    a.dataset_id,
    s.stage,
    s.stage_order,
    m.metric,
    v.value,
    v.profile is not null as present
from axis as a
cross join stages as s
cross join measured as m
left join stage_metrics as v on v.profile = a.profile and v.stage = s.stage and v.metric = m.metric;

comment on table stage_trend is 'Every stage and metric at every profile, gaps included. present: false: the stage is not in that profile; nothing is interpolated';
