-- The episodes that metrics.json lists as failed, and whether the predictions of the run have them.
-- grain: one row per run and episode listed in `failed_episodes`
-- null: nothing is NULL
create or replace table listed_failures as
with listed as (
    select run, episode_id from source_run_gates where gate = 'failed'
),

-- On its own, so that the few are looked up among the many rather than the many among the few.
occurring as (
    from listed as l
    semi join source_predictions as p on p.run = l.run and p.episode_id = l.episode_id
)

select
    l.run,
    l.episode_id,
    o.run is not null as is_occurring
from listed as l
left join occurring as o on o.run = l.run and o.episode_id = l.episode_id;
