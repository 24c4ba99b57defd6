-- What the newest records of a platform propose as its baselines: the median of the last ones, where that is better.
-- grain: one row per platform and metric that was recorded, of records without a workload or provider
-- null: current: there is no baseline yet; proposed: fewer records than are asked for
create or replace macro baseline_proposals(min_records, least_gain_pct) as table
with newest as (
    select platform, max(place) as place
    from history_records
    where workload is null and provider is null
    group by platform
),

recent as (
    select
        t.platform,
        t.metric,
        count(*) as records,
        median(t.value) as middle,
        count(*) filter (
            where tracked_status(d.better, b.value, t.value, 0, 0) = 'improved'
        ) as better_records,
        min(t.recorded_at) as first_at,
        max(t.recorded_at) as last_at,
        any_value(n.place) - max(t.place) as newer_records,
        any_value(n.place) - min(t.place) + 1 as reach,
        arg_max(t.git_commit, t.place) as git_commit,
        arg_max(t.git_branch, t.place) as git_branch,
        any_value(d.better) as better,
        any_value(d.is_inferred) as is_inferred,
        any_value(b.value) as current_value,
        bool_or(b.metric is not null) as has_baseline,
        any_value(b.captured_at) as current_at
    from history_trend as t
    inner join metrics as d using (metric)
    inner join newest as n using (platform)
    left join platform_baselines as b using (platform, metric)
    where t.is_usable and t.of - t.nth < min_records and t.workload is null and t.provider is null
    group by t.platform, t.metric
),

counted as (
    select
        *,
        case when records = min_records then middle end as proposed
    from recent
),

judged as (
    select
        *,
        case
            when better = 'neutral' then 'not judged'
            when proposed is null then 'too few records'
            when not isfinite(proposed) or proposed <= 0 then 'not comparable'
            when not has_baseline or current_value is null or current_value <= 0 then 'new'
            when tracked_status(better, current_value, proposed, 0, least_gain_pct) = 'improved' then 'better'
            when tracked_status(better, current_value, proposed, 0, 0) = 'regressed' then 'worse'
            else 'no real change'
        end as by_median
    from counted
)

select
    platform,
    metric,
    better,
    is_inferred,
    current_value as current,
    current_at,
    proposed,
    change_pct(current_value, proposed - current_value) as change_pct,
    records,
    better_records,
    first_at,
    last_at,
    git_commit,
    git_branch,
    newer_records,
    -- What the newest records lack, and what lies before the last 50, no longer says how things are.
    case
        when by_median in ('better', 'new') and (newer_records > 0 or reach > greatest(50, min_records)) then 'stale records'
        else by_median
    end as status
from judged;
