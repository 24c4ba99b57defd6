-- The newest record of each series held against its baseline: the committed one, else the median of the 5 before it.
-- grain: one row per series and metric that any record of the series has
-- null: baseline: none is known; drift_pct: fewer than 10 usable values since the last one past the limit
create or replace macro tracked(default_limit_pct, said_limit_pct := null) as table
with newest_records as (
    select series, platform, workload, provider, git_commit, place, recorded_at
    from history_records
    qualify row_number() over (partition by series order by place desc) = 1
),

-- Several records of one commit are one test of it: of each metric the last of them that has it counts.
under_test as (
    select t.*
    from history_trend as t
    inner join newest_records as n using (series)
    where t.place = n.place or (t.present and t.git_commit = n.git_commit)
    qualify row_number() over (partition by t.series, t.metric order by t.present desc, t.place desc) = 1
),

-- Of a series that nobody records any more the last value says nothing of today.
ages as (
    select
        series,
        recorded_at < max(recorded_at) over (partition by platform) - interval 30 day
        and (workload is not null or provider is not null) as is_over
    from newest_records
),

limits as (
    select
        t.series,
        t.metric,
        d.better,
        d.is_inferred,
        b.metric is null as is_rolling,
        b.value as committed,
        b.source as committed_in,
        b.captured_at as committed_at,
        coalesce(said_limit_pct, b.limit_pct, o.fail_pct, default_limit_pct) as limit_pct
    from under_test as t
    inner join metrics as d using (metric)
    left join platform_baselines as b
        on b.platform = t.platform and b.metric = t.metric and t.workload is null and t.provider is null
    left join source_metric_overrides as o on o.metric = t.metric
),

-- A value past the limit was told of at its time, so what adds up unseen begins after it.
told as (
    select t.series, t.metric, max(t.nth) as nth
    from history_trend as t
    inner join limits as l using (series, metric)
    where t.is_usable and t.nth < t.of and tracked_status(l.better, t.median_before, t.value, l.limit_pct, 5) = 'regressed'
    group by t.series, t.metric
),

-- Many small steps, each within the limit of the one before: the newest 5 of the last 50 against the oldest 5.
unseen as (
    select t.series, t.metric, t.value, t.recorded_at, t.of - t.nth as age, least(t.of - coalesce(p.nth, 0), 50) as kept
    from history_trend as t
    left join told as p using (series, metric)
    where t.is_usable and t.of - t.nth < least(t.of - coalesce(p.nth, 0), 50)
),

ends as (
    select
        series,
        metric,
        any_value(kept) as kept,
        median(value) filter (where age < 5) as newest_level,
        median(value) filter (where age >= kept - 5) as oldest_level,
        min(recorded_at) as oldest_at
    from unseen
    group by series, metric
),

counted as (
    select series, metric, max(of) as usable
    from history_trend
    group by series, metric
),

judged as (
    select
        t.*,
        l.*,
        a.is_over,
        coalesce(c.usable, 0) as usable,
        case when l.is_rolling then t.median_before else l.committed end as baseline,
        case when e.kept >= 10 then e.oldest_level end as oldest_level,
        case when e.kept >= 10 then e.newest_level end as newest_level,
        e.oldest_at,
        tracked_status(l.better, case when l.is_rolling then t.median_before else l.committed end, t.value, l.limit_pct, 5)
            as by_baseline,
        l.is_rolling and e.kept >= 10
        and tracked_status(l.better, e.oldest_level, e.newest_level, l.limit_pct, 5) = 'regressed' as has_drifted
    from under_test as t
    inner join limits as l using (series, metric)
    inner join ages as a using (series)
    left join ends as e using (series, metric)
    left join counted as c using (series, metric)
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
    case
        when not is_rolling then committed_in when baseline is not null then 'median of the 5 records before'
    end as baseline_source,
    committed_at as baseline_at,
    is_rolling,
    change_pct(baseline, value - baseline) as change_pct,
    limit_pct,
    limit_value(better, baseline, limit_pct) as limit_value,
    better,
    is_inferred,
    usable,
    case
        when is_over then 'not judged'
        when has_drifted and by_baseline <> 'not comparable' then 'regressed'
        else by_baseline
    end as status,
    case
        when is_over then 'nothing was recorded of it for 30 days and more'
        when by_baseline = 'not comparable' and note is not null then note
        -- What is wrong with the value comes before what is wrong with the baseline.
        when by_baseline = 'not comparable' and why_not_comparable(better, 1, value) is not null
            then why_not_comparable(better, 1, value)
        when by_baseline = 'not comparable' and baseline is null and is_rolling
            then 'no baseline: none is committed, and fewer than 5 records came before'
        when by_baseline = 'not comparable' then why_not_comparable(better, baseline, value)
        when has_drifted and by_baseline <> 'regressed' then 'slow drift: no step passed the limit, together they do'
        when is_inferred then 'direction inferred from the name'
    end as note,
    change_pct(oldest_level, newest_level - oldest_level) as drift_pct,
    oldest_level as drift_from,
    case when oldest_level is not null then oldest_at end as drift_since
from judged;
