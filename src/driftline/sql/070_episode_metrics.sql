-- The measurements of every episode, long form. Scores against a reference carry its name.
-- grain: one row per run, episode, metric and reference
-- null: value: the artifact does not hold it; reference: the metric needs none
create or replace view episode_metrics as
with sizes as (
    select
        run,
        episode_id,
        output_tokens,
        latency_s,
        input_chars,
        chunks,
        map_tokens,
        reduce_input_tokens,
        reduce_input_chars,
        final_tokens
    from episodes
)

select
    run,
    episode_id,
    metric,
    null::varchar as reference,
    value
from sizes
unpivot include nulls (
    value for metric in (
        output_tokens, latency_s, input_chars, chunks, map_tokens, reduce_input_tokens, reduce_input_chars, final_tokens
    )
)
union all
select
    run,
    episode_id,
    'repetition' as metric,
    null::varchar as reference,
    repetition as value
from repetitions;

comment on view episode_metrics is 'Measurements of every episode, one row a metric';
