-- The measurements of every episode, long form. Scores against a reference carry its name.
-- grain: one row per run, episode, metric and reference
-- null: value: the artifact does not hold it; reference: the metric needs none
create or replace view episode_metrics as
select
    run,
    episode_id,
    metric,
    null::varchar as reference,
    value
from measured_episodes
union all
select
    run,
    episode_id,
    'repetition' as metric,
    null::varchar as reference,
    repetition as value
from repetitions
union all
select
    run,
    episode_id,
    metric,
    reference,
    value
from episode_scores;

comment on view episode_metrics is 'Measurements of every episode, one row a metric. Scores of single episodes are computed when a page or a report shows them, and kept';
