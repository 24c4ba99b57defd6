-- What became of an episode: a text that a gate of the run calls failed is no output.
-- grain: scalar macro
-- null: never
create or replace macro episode_status(is_failed, error, has_output) as
    case
        when coalesce(is_failed, false) or error is not null then 'failed'
        when not has_output then 'empty'
        else 'ok'
    end;

-- Every episode of every run, with its text, its sizes and what went wrong.
-- grain: one row per run and episode
-- null: not reported; an episode without text has no output tokens
create or replace view episodes as
select
    e.run,
    e.episode_id,
    e.position,
    episode_status(g.is_failed, e.error, e.has_output) as status,
    e.error,
    e.text,
    e.output_tokens,
    e.tokens_source,
    e.latency_s,
    e.input_chars,
    e.chunks,
    e.map_tokens,
    e.reduce_input_tokens,
    e.reduce_input_chars,
    e.final_tokens,
    coalesce(g.gates, []) as gates,
    e.flow_source,
    e.structured,
    e.dataset_id,
    e.cost_usd
from episode_measurements as e
left join episode_gates as g on g.run = e.run and g.episode_id = e.episode_id;

comment on view episodes is 'Every episode of every run. position: Line in predictions.jsonl, from 1. output_tokens: As reported, else characters / 4 and at least 1. flow_source: Where the map and reduce sizes come from; estimates from characters for intermediate';
