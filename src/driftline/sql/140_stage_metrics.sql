-- What each stage cost, as the profiles state it.
-- grain: one row per profile, stage and metric
-- null: value: the stage was too short for a sample (sampled is false), or the value was no number
create or replace table stage_metrics as
with unknown_stages as (
    select stage, row_number() over (order by min((p.release_order, v.stage_order))) as position
    from source_stage_values as v
    inner join profiles as p using (profile)
    where v.stage_order > 10
    group by stage
)

select
    p.profile,
    p.release,
    v.stage,
    coalesce(10 + u.position, v.stage_order) as stage_order,
    v.metric,
    v.value,
    v.sampled
from source_stage_values as v
inner join profiles as p using (profile)
left join unknown_stages as u using (stage);

comment on table stage_metrics is 'Wall time, memory and CPU of each stage of each profile. sampled: false where no sample fell into the stage: its memory and CPU are unknown, not 0';
