-- Every episode of every run, with its text, its sizes and what went wrong.
-- grain: one row per run and episode
-- null: not reported; an episode without text has no output tokens
create or replace view episodes as
with joined as (
    select
        p.run,
        p.episode_id,
        p.line,
        p.dataset_id,
        p.error,
        p.text,
        p.structured,
        p.output_tokens,
        p.tokens_source,
        p.text_chars is not null as has_output,
        coalesce(p.output_chars, p.text_chars) as output_chars,
        p.latency_s,
        p.input_chars,
        p.cost_usd,
        coalesce(g.is_failed, false) or p.error is not null as is_failed,
        coalesce(g.gates, []) as gates,
        d.episode_id is not null as has_diagnostics,
        d.chunks,
        d.map_tokens,
        d.reduce_input_tokens,
        d.reduce_input_chars,
        d.final_tokens,
        p.map_chunks,
        p.map_chars,
        p.reduce_input_chars as intermediate_reduce_chars
    from source_predictions as p
    left join source_diagnostics as d on d.run = p.run and d.episode_id = p.episode_id
    left join episode_gates as g on g.run = p.run and g.episode_id = p.episode_id
)

select
    run,
    episode_id,
    line as position,
    case when is_failed then 'failed' when not has_output then 'empty' else 'ok' end as status,
    error,
    text,
    output_tokens,
    tokens_source,
    latency_s,
    input_chars,
    case when has_diagnostics then chunks else map_chunks end as chunks,
    case when has_diagnostics then map_tokens when map_chunks > 0 then map_chars / map_chunks / 4 end as map_tokens,
    case when has_diagnostics then reduce_input_tokens else intermediate_reduce_chars / 4 end as reduce_input_tokens,
    case when has_diagnostics then reduce_input_chars else intermediate_reduce_chars end as reduce_input_chars,
    case when has_diagnostics then final_tokens when map_chunks > 0 then output_chars / 4 end as final_tokens,
    gates,
    case when has_diagnostics then 'diagnostics' when map_chunks > 0 then 'intermediate' end as flow_source,
    structured,
    dataset_id,
    cost_usd
from joined;

comment on view episodes is 'Every episode of every run. position: Line in predictions.jsonl, from 1. output_tokens: As reported, else characters / 4 and at least 1. flow_source: Where the map and reduce sizes come from; estimates from characters for intermediate';
