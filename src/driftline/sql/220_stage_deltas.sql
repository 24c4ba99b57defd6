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

judged as (
    select
        c.*,
        m.better,
        m.min_abs,
        held_against(m.better, c.baseline, c.delta, m.warn_abs, m.fail_abs, m.warn_pct, m.fail_pct) as held
    from classed as c
    left join metrics as m using (metric)
)

select
    c.stage,
    c.metric,
    c.baseline,
    c.candidate,
    c.delta,
    change_pct(c.baseline, c.delta) as delta_pct,
    is_good(c.better, c.delta) as good,
    level_by(c.held.worse_by, c.held, c.delta, c.min_abs) as level,
    level_by(-c.held.worse_by, c.held, c.delta, c.min_abs) as gain,
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
