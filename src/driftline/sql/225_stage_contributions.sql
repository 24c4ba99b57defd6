-- Where the change of the total wall time between two profiles comes from, step by step from the one total to the other.
-- grain: one row per total, per stage that either profile has, and for the rest; none where a total is missing
-- null: seconds, starts_at, ends_at: one side has the stage without a number, so what it contributed is in the rest
-- Stages may run side by side: what their changes do not add up to is the rest, overlap and time of no stage.
create or replace macro stage_contributions(baseline_key, candidate_key) as table
with timed as (
    select stage, stage_order, baseline, candidate, delta, status
    from stage_deltas(baseline_key, candidate_key)
    where metric = 'wall_time_s'
),

total as (
    select baseline, candidate, delta from timed where stage = '(totals)' and delta is not null
),

stages as (
    select
        stage,
        stage_order,
        case status when 'only in candidate' then candidate when 'only in baseline' then -baseline else delta end as seconds,
        case status
            when 'only in candidate' then 'new'
            when 'only in baseline' then 'gone'
            when 'not comparable' then 'no number'
        end as note
    from timed
    where stage <> '(totals)'
),

rest as (
    select t.delta - coalesce(sum(s.seconds), 0) as seconds
    from total as t
    left join stages as s on true
    group by t.delta
),

steps as (
    select '(baseline)' as step, 'total' as kind, 1 as part, 0 as stage_order, baseline as seconds, null as note from total
    union all
    select stage as step, 'stage' as kind, 2 as part, stage_order, seconds, note from stages where exists (from total)
    union all
    select 'overlap / unattributed' as step, 'rest' as kind, 3 as part, 0 as stage_order, seconds, null as note from rest
    union all
    select '(candidate)' as step, 'total' as kind, 4 as part, 0 as stage_order, candidate as seconds, null as note from total
),

placed as (
    select
        *,
        row_number() over in_order as position,
        case kind
            when 'total' then 0
            else coalesce(sum(seconds) over (in_order rows between unbounded preceding and 1 preceding), 0)
        end as starts_at
    from steps
    window in_order as (order by part, abs(seconds) desc nulls last, stage_order, step)
)

select
    step,
    kind,
    position,
    seconds,
    case when seconds is not null then starts_at end as starts_at,
    starts_at + seconds as ends_at,
    note
from placed;
