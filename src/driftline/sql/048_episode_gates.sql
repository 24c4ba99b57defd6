-- What metrics.json says went wrong with single episodes.
-- grain: one row per run and episode that failed or did not pass a gate
-- null: gates: the episode is only listed as failed
create or replace table episode_gates as
select
    run,
    episode_id,
    bool_or(gate = 'failed') as is_failed,
    list_sort(list(gate) filter (where gate <> 'failed')) as gates
from source_run_gates
group by run, episode_id;
