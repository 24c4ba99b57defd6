-- What was counted and timed of every episode, long form: what repetitions of a run may differ in.
-- grain: one row per run, episode and metric
-- null: value: the artifact does not hold it
create or replace view measured_episodes as
with measured as (
    from (values
        (1, 'output_tokens'),
        (2, 'latency_s'),
        (3, 'input_chars'),
        (4, 'chunks'),
        (5, 'map_tokens'),
        (6, 'reduce_input_tokens'),
        (7, 'reduce_input_chars'),
        (8, 'final_tokens')
    ) as t(position, metric)
)

-- A product with the metrics rather than an unpivot: counting and choosing a metric then read no other column.
select
    e.run,
    e.episode_id,
    m.metric,
    case m.position
        when 1 then e.output_tokens
        when 2 then e.latency_s
        when 3 then e.input_chars
        when 4 then e.chunks
        when 5 then e.map_tokens
        when 6 then e.reduce_input_tokens
        when 7 then e.reduce_input_chars
        when 8 then e.final_tokens
    end as value
from episode_measurements as e
cross join measured as m;
