-- The measurements of every episode, long form. Scores against a reference carry its name.
-- grain: one row per run, episode, metric and reference
-- null: value: the artifact does not hold it; reference: the metric needs none
create or replace view episode_metrics as
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
    null::varchar as reference,
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
cross join measured as m
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
