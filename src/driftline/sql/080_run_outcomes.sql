-- How many episodes of a run failed. Only metrics.json can say that none did; ids that it lists count where they occur.
-- grain: one row per run
-- null: failures were never computed, or the run has no episodes
create or replace table run_outcomes as
with occurring as (
    select run, episode_id from listed_failures where is_occurring
    union
    select run, episode_id from source_prediction_errors
),

reported as (
    select run, true as is_occurring, null as stated from occurring
    union all
    select run, false as is_occurring, null as stated from listed_failures
    union all
    select run, null as is_occurring, value as stated
    from source_run_values
    where artifact = 'metrics' and metric = 'failed_listed' and reference is null
),

counted as (
    select
        run,
        count(*) filter (where is_occurring) as occurring,
        coalesce(bool_or(not is_occurring), false) as has_list,
        max(stated) as stated
    from reported
    group by run
),

failures as (
    select
        r.run,
        r.episodes,
        case
            when c.stated is null then null
            when not r.has_usable_predictions then least(c.stated, r.episodes)
            when c.has_list then c.occurring
            else least(greatest(c.occurring, c.stated), r.episodes)
        end as failed_episodes
    from runs as r
    left join counted as c using (run)
)

select
    run,
    episodes,
    failed_episodes,
    case when episodes > 0 then (episodes - failed_episodes) / episodes end as success_rate
from failures;
