-- Every prediction with what diagnostics.jsonl says of it; where that says nothing, with what the prediction itself says.
-- grain: one row per run and episode
-- null: not reported; an episode without text has no output tokens
create or replace view episode_measurements as
with joined as (
    select
        p.*,
        d.episode_id is not null as has_diagnostics,
        d.chunks,
        d.map_tokens,
        d.reduce_input_tokens,
        d.reduce_input_chars as diagnosed_reduce_input_chars,
        d.final_tokens
    from source_predictions as p
    left join source_diagnostics as d on d.run = p.run and d.episode_id = p.episode_id
)

select
    run,
    episode_id,
    line as position,
    error,
    text,
    text_chars is not null as has_output,
    output_tokens,
    tokens_source,
    latency_s,
    input_chars,
    case when has_diagnostics then chunks else map_chunks end as chunks,
    case when has_diagnostics then map_tokens when map_chunks > 0 then map_chars / map_chunks / 4 end as map_tokens,
    case when has_diagnostics then reduce_input_tokens else reduce_input_chars / 4 end as reduce_input_tokens,
    case when has_diagnostics then diagnosed_reduce_input_chars else reduce_input_chars end as reduce_input_chars,
    case
        when has_diagnostics then final_tokens
        when map_chunks > 0 then coalesce(output_chars, text_chars) / 4
    end as final_tokens,
    case when has_diagnostics then 'diagnostics' when map_chunks > 0 then 'intermediate' end as flow_source,
    structured,
    dataset_id,
    cost_usd
from joined;

comment on view episode_measurements is 'What was measured of every episode, one row an episode; `episodes` says more of each';
