-- How many episodes of a run failed. Only metrics.json can say that none did; ids that it lists count where they occur.
-- grain: one row per run
-- null: failures were never computed, or the run has no episodes
create or replace table run_outcomes as
with failed as (
    select run, episode_id from source_run_gates where gate = 'failed'
    union
    select run, unnest(failed_ids) as episode_id from source_prediction_totals
),

-- Few episodes fail, so their ids are looked up among the predictions rather than all predictions among them.
occurring as (
    select run, episode_id
    from source_predictions
    semi join failed using (run, episode_id)
),

counted as (
    select run, count(*) as occurring
    from occurring
    group by run
),

named as (
    select run, count(distinct episode_id) as listed
    from source_run_gates
    where gate = 'failed'
    group by run
),

stated as (
    select run, max(value) as failed
    from source_run_values
    where artifact = 'metrics' and metric = 'failed_listed' and reference is null
    group by run
),

failures as (
    select
        r.run,
        r.episodes,
        case
            when stated.failed is null then null
            when not f.has_usable_predictions then least(stated.failed, r.episodes)
            when named.listed > 0 then coalesce(counted.occurring, 0)
            else least(greatest(coalesce(counted.occurring, 0), stated.failed), r.episodes)
        end as failed_episodes
    from runs as r
    inner join run_files as f using (run)
    left join counted using (run)
    left join named using (run)
    left join stated using (run)
)

select
    run,
    episodes,
    failed_episodes,
    case when episodes > 0 then (episodes - failed_episodes) / episodes end as success_rate
from failures;
