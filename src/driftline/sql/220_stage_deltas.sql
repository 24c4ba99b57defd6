-- Two profiles side by side, stage by stage and in total: candidate - baseline.
-- grain: one row per stage (and (totals)) and metric that either profile has
-- null: delta: one side is missing or was not sampled; delta_pct: the baseline is 0; good, level, gain: nothing to judge
create or replace macro stage_deltas(baseline_key, candidate_key) as table
with measured as (
    select
        profile,
        '(totals)' as stage,
        0 as stage_order,
        metric,
        value,
        true as sampled
    from (
        unpivot (
            select profile, wall_time_s, peak_rss_mb, avg_wall_time_per_episode_s, episodes_processed from profiles
        )
        on wall_time_s, peak_rss_mb, avg_wall_time_per_episode_s, episodes_processed
        into name metric value value
    )
    union all
    select
        profile,
        stage,
        stage_order,
        metric,
        value,
        sampled
    from stage_metrics
),

sides as (
    select
        stage,
        min(stage_order) as stage_order,
        metric,
        max(value) filter (where profile = baseline_key) as baseline,
        max(value) filter (where profile = candidate_key) as candidate,
        bool_or(profile = baseline_key) as in_baseline,
        bool_or(profile = candidate_key) as in_candidate,
        bool_or(profile = baseline_key and not sampled) as baseline_unsampled,
        bool_or(profile = candidate_key and not sampled) as candidate_unsampled
    from measured
    where profile = baseline_key or profile = candidate_key
    group by stage, metric
),

classed as (
    select
        *,
        candidate - baseline as delta,
        case
            when not in_candidate then 'only in baseline'
            when not in_baseline then 'only in candidate'
            when baseline is null or candidate is null then 'not comparable'
            when baseline = 0 then 'zero baseline'
            else 'compared'
        end as status
    from sides
),

weighed as (
    select
        c.*,
        m.better,
        m.min_abs,
        m.warn_abs,
        m.fail_abs,
        m.warn_pct,
        m.fail_pct,
        change_pct(c.baseline, c.delta) as delta_pct,
        m.warn_abs is not null or m.fail_abs is not null as is_absolute
    from classed as c
    left join metrics as m using (metric)
),

judged as (
    select
        *,
        worsening(better, size_of(is_absolute, baseline, delta, delta_pct)) as worse_by,
        limit_of(is_absolute, baseline, warn_abs, warn_pct) as warn_at,
        limit_of(is_absolute, baseline, fail_abs, fail_pct) as fail_at
    from weighed
)

select
    c.stage,
    c.metric,
    c.baseline,
    c.candidate,
    c.delta,
    c.delta_pct,
    is_good(c.better, c.delta) as good,
    level_by(c.worse_by, c.delta, c.min_abs, c.warn_at, c.fail_at) as level,
    level_by(-c.worse_by, c.delta, c.min_abs, c.warn_at, c.fail_at) as gain,
    c.status,
    case
        when c.status = 'not comparable' and c.baseline_unsampled and c.candidate_unsampled then 'no sample on either side'
        when c.status = 'not comparable' and c.baseline_unsampled then 'no sample in the baseline'
        when c.status = 'not comparable' and c.candidate_unsampled then 'no sample in the candidate'
        when c.status = 'not comparable' then 'no number on one side'
        when c.status = 'zero baseline' then 'the baseline is 0: no percent'
    end as note,
    c.stage_order
from judged as c
where required_profile(baseline_key) is not null and required_profile(candidate_key) is not null;
