-- The newest record of each series held against its baseline: the committed one, else the median of the 5 before it.
-- grain: one row per series and metric that any record of the series has
-- null: baseline: none is known; drift_pct: fewer than 10 usable values
create or replace macro tracked(default_limit_pct) as table
with newest as (
    select *
    from history_trend
    qualify row_number() over (partition by series, metric order by place desc) = 1
),

-- Many small steps, each within the limit of the one before: the newest 5 of the last 50 against the oldest 5.
ends as (
    select
        series,
        metric,
        any_value(least(of, 50)) as kept,
        median(value) filter (where of - nth < 5) as newest_level,
        median(value) filter (where of - nth >= least(of, 50) - 5) as oldest_level,
        min(recorded_at) as oldest_at
    from history_trend
    where is_usable and of - nth < 50
    group by series, metric
),

based as (
    select
        n.series,
        n.platform,
        n.workload,
        n.provider,
        n.metric,
        n.record_id,
        n.number,
        n.recorded_at,
        n.run_type,
        n.git_commit,
        n.git_branch,
        n.value,
        n.note as value_note,
        d.better,
        d.is_inferred,
        coalesce(e.kept, 0) as usable,
        case when b.metric is not null then b.value else n.median_before end as baseline,
        case
            when b.metric is not null then b.source
            when n.median_before is not null then 'median of the 5 records before'
        end as baseline_source,
        case when b.metric is not null then b.captured_at end as baseline_at,
        b.metric is null as is_rolling,
        coalesce(b.limit_pct, o.fail_pct, default_limit_pct) as limit_pct,
        case when e.kept >= 10 then e.oldest_level end as oldest_level,
        case when e.kept >= 10 then e.newest_level end as newest_level,
        e.oldest_at
    from newest as n
    inner join metrics as d using (metric)
    left join ends as e using (series, metric)
    left join platform_baselines as b
        on b.platform = n.platform and b.metric = n.metric and n.workload is null and n.provider is null
    left join source_metric_overrides as o on o.metric = n.metric
),

judged as (
    select
        *,
        tracked_status(better, baseline, value, limit_pct, 5) as by_baseline,
        is_rolling and tracked_status(better, oldest_level, newest_level, limit_pct, 5) = 'regressed' as has_drifted
    from based
)

select
    series,
    platform,
    workload,
    provider,
    metric,
    record_id,
    number,
    recorded_at,
    run_type,
    git_commit,
    git_branch,
    value,
    baseline,
    baseline_source,
    baseline_at,
    change_pct(baseline, value - baseline) as change_pct,
    limit_pct,
    limit_value(better, baseline, limit_pct) as limit_value,
    better,
    is_inferred,
    usable,
    case when has_drifted and by_baseline <> 'not comparable' then 'regressed' else by_baseline end as status,
    case
        when by_baseline = 'not comparable' and value_note is not null then value_note
        when by_baseline = 'not comparable' and baseline is null and is_rolling and value is not null
            then 'no baseline: none is committed, and fewer than 5 records came before'
        when by_baseline = 'not comparable' then why_not_comparable(better, baseline, value)
        when has_drifted and by_baseline <> 'regressed' then 'slow drift: no step passed the limit, together they do'
        when is_inferred then 'direction inferred from the name'
    end as note,
    change_pct(oldest_level, newest_level - oldest_level) as drift_pct,
    oldest_level as drift_from,
    case when oldest_level is not null then oldest_at end as drift_since
from judged;
