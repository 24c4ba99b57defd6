-- What the fingerprint allows each step of the summarizer to write and to read.
-- grain: one row per run and stage (`map`, `reduce`, or `main` of a run with a single step) with a limit
-- null: the fingerprint states no such number
-- These are tokens of the model, while the lengths of outputs are often characters / 4: only a clear distance tells.
create or replace view flow_limits as
with stated as (
    select
        run,
        key,
        regexp_extract(key, '^(?:pipeline\.stages|tokenization)\.(map|reduce|main)', 1) as stage,
        regexp_extract(key, '[._](max_new_tokens|max_tokens|min_new_tokens|max_input_tokens)$', 1) as name,
        value::double as value
    from fingerprint_keys
    where
        regexp_full_match(
            key,
            'pipeline\.stages\.(map|reduce|main)\.generation_params\.(max_new_tokens|max_tokens|min_new_tokens)|tokenization\.(map|reduce|main)_max_input_tokens'
        )
        and regexp_full_match(value, '[0-9]{1,15}(\.[0-9]{1,15})?')
)

select
    run,
    stage,
    coalesce(max(value) filter (where name = 'max_new_tokens'), max(value) filter (where name = 'max_tokens')) as max_tokens,
    max(value) filter (where name = 'min_new_tokens') as min_tokens,
    max(value) filter (where name = 'max_input_tokens') as max_input_tokens
from stated
group by run, stage;

comment on view flow_limits is 'The limits of each step of the summarizer, from the fingerprint. max_tokens: Most that a call may write, in tokens of the model. min_tokens: Least that a call should write. max_input_tokens: What lies beyond is not read';
