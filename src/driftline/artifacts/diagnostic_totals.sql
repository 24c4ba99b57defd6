-- Mean map and reduce sizes of each run, added up once when its diagnostics are read.
-- grain: one row per diagnostics.jsonl with at least one episode
-- null: no episode reports it
select
    file_id,
    run,
    avg(chunks) as avg_chunks,
    avg(map_tokens) as avg_map_tokens,
    avg(reduce_input_tokens) as avg_reduce_input_tokens,
    avg(reduce_input_chars) as avg_reduce_input_chars,
    avg(final_tokens) as avg_final_tokens
from $rows
group by file_id, run
