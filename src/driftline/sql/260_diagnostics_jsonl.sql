-- The faultless diagnostics.jsonl files themselves, for questions that the model does not answer.
-- grain: one row per non-blank line
-- null: the line does not have the field; `record` is the line as written
create or replace view diagnostics_jsonl as
with lines as (
    select
        file,
        generate_subscripts(string_split(content, chr(10)), 1) as line,
        unnest(string_split(content, chr(10))) as line_text
    from source_diagnostics_files
),

records as (
    select
        regexp_extract(file, '^eval/(.*)/[^/]*$', 1, 's') as run,
        file,
        line,
        try_cast(ltrim(line_text, chr(65279)) as json) as item
    from lines
    where trim(line_text, ' ' || chr(9) || chr(13) || chr(65279)) <> ''
)

select
    run,
    file,
    line,
    item ->> '$.episode_id' as episode_id,
    item -> '$.chunks' as chunks,
    item -> '$.avg_map_tokens' as avg_map_tokens,
    item -> '$.reduce_input_tokens' as reduce_input_tokens,
    item -> '$.reduce_input_chars' as reduce_input_chars,
    item -> '$.final_tokens' as final_tokens,
    item as record
from records;

comment on view diagnostics_jsonl is 'Every line of the faultless diagnostics.jsonl files, as written';
