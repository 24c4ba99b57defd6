-- The same by noise: what changed its level for good, and is worse than its baseline since.
-- grain: one row per series and metric that any record of the series has
-- null: as in tracked; changed_at: no change of level was found within the last 50 records
create or replace macro tracked_by_noise(default_limit_pct, least_effect_pct, said_limit_pct := null) as table
with newest_changes as (
    select
        c.series, c.metric, c.level, c.effect_pct, c.verdict, r.recorded_at, r.git_commit,
        c.level / (1 + c.effect_pct / 100) as level_before
    from change_points as c
    inner join history_records as r using (record_id)
    inner join (select series, max(place) as place from history_records group by series) as n on n.series = c.series
    where n.place - r.place < 50
    qualify row_number() over (partition by c.series, c.metric order by r.place desc) = 1
),

-- Where none is committed, the baseline is the level before the newest change: one that rolls along would be passed.
based as (
    select
        t.* replace (
            case
                when c.level is not null and t.is_rolling then c.level_before
                else t.baseline
            end as baseline,
            case
                when c.level is not null and t.is_rolling
                    then 'level before ' || coalesce(strftime(c.recorded_at, '%Y-%m-%d'), 'the change')
                else t.baseline_source
            end as baseline_source
        ),
        c.verdict,
        c.level,
        c.recorded_at as changed_at,
        c.git_commit as changed_by,
        -- A level that was always above a baseline has not changed.
        tracked_status(t.better, 100, 100 + c.effect_pct, 0, 0) as direction
    from tracked(default_limit_pct, said_limit_pct := said_limit_pct) as t
    left join newest_changes as c on c.series = t.series and c.metric = t.metric
),

judged as (
    select
        *,
        tracked_status(better, baseline, value, limit_pct, 5) as by_value,
        tracked_status(better, baseline, level, least_effect_pct, least_effect_pct) as by_level
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
    case
        when status in ('not comparable', 'not judged') then status
        when direction = by_level and by_level in ('regressed', 'improved') and verdict = 'changed' then by_level
        when direction = by_level and by_level in ('regressed', 'improved') then 'suspect'
        when by_value in ('regressed', 'improved') then 'suspect'
        when usable < 6 then 'inconclusive'
        else 'stable'
    end as status,
    case
        when status in ('not comparable', 'not judged') then note
        when direction = by_level and by_level in ('regressed', 'improved') and verdict = 'suspect'
            then 'the level may have changed: record again'
        when direction = by_level and by_level in ('regressed', 'improved')
            then 'the level has changed' || coalesce(' on ' || strftime(changed_at, '%Y-%m-%d'), '')
            || coalesce(' at ' || left(changed_by, 10), '')
        when by_value in ('regressed', 'improved') then 'past the limit, and no lasting change of level: record again'
        when usable < 6 then 'fewer than 6 records: no change of level can be told'
        when is_inferred then 'direction inferred from the name'
    end as note,
    drift_pct,
    drift_from,
    drift_since,
    changed_at,
    changed_by
from judged;
