-- The same by noise: what changed its level for good, and is worse than its baseline since.
-- grain: one row per series and metric that any record of the series has
-- null: as in tracked; changed_at: no change of level was found
create or replace macro tracked_by_noise(default_limit_pct, least_effect_pct, said_limit_pct := null) as table
with newest_changes as (
    select c.series, c.metric, c.level, c.effect_pct, c.p, c.verdict, r.recorded_at, r.git_commit, r.number
    from change_points as c
    inner join history_records as r using (record_id)
    qualify row_number() over (partition by c.series, c.metric order by r.place desc) = 1
),

levelled as (
    select
        t.*,
        c.verdict,
        c.recorded_at as changed_at,
        c.git_commit as changed_by,
        c.level as newest_level,
        -- The change itself has to be for the worse: a level that was always above a baseline has not changed.
        tracked_status(t.better, 100, 100 + c.effect_pct, 0, 0) as direction,
        tracked_status(t.better, t.baseline, c.level, least_effect_pct, least_effect_pct) as by_level
    from tracked(default_limit_pct, said_limit_pct := said_limit_pct) as t
    left join newest_changes as c on c.series = t.series and c.metric = t.metric
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
    change_pct,
    limit_pct,
    limit_value,
    better,
    is_inferred,
    usable,
    case
        when status in ('not comparable', 'not judged') then status
        when direction = 'regressed' and by_level = 'regressed' and verdict = 'changed' then 'regressed'
        -- Against baselines that roll along with it an older change of level shows as a drift.
        when direction = 'regressed' and status = 'regressed' and verdict = 'changed' then 'regressed'
        when direction = 'improved' and by_level = 'improved' and verdict = 'changed' then 'improved'
        when direction = by_level and by_level in ('regressed', 'improved') then 'suspect'
        when status in ('regressed', 'improved') then 'suspect'
        when usable < 6 then 'inconclusive'
        else 'stable'
    end as status,
    case
        when status in ('not comparable', 'not judged') then note
        when direction = by_level and by_level in ('regressed', 'improved') and verdict = 'suspect'
            then 'the level may have changed: record again'
        when direction = by_level and by_level in ('regressed', 'improved') then note
        when direction = 'regressed' and status = 'regressed' and verdict = 'changed' then note
        when status in ('regressed', 'improved') then 'past the limit, and no lasting change of level: record again'
        when usable < 6 then 'fewer than 6 records: no change of level can be told'
        else note
    end as note,
    drift_pct,
    drift_from,
    drift_since,
    changed_at,
    changed_by
from levelled;
