-- What the predictions of each run say about the run as a whole, added up once when they are read.
-- grain: one row per predictions.jsonl with at least one episode
-- null: an average over nothing is NULL; the flow averages are over episodes that report their map summaries
select
    file_id,
    run,
    count(*) as episodes,
    arg_min(dataset_id, line) filter (where dataset_id is not null) as dataset_id,
    list(episode_id) filter (where error is not null) as failed_ids,
    avg(output_tokens) as avg_output_tokens,
    min(output_tokens) as min_output_tokens,
    max(output_tokens) as max_output_tokens,
    avg(latency_s) as avg_latency_s,
    median(latency_s) as median_latency_s,
    quantile_disc(latency_s, 0.95) as p95_latency_s,
    avg(latency_s) filter (where line > first_line) as avg_latency_excluding_first_s,
    sum(cost_usd) as total_cost_usd,
    avg(cost_usd) as avg_cost_usd,
    avg(map_chunks) as avg_chunks,
    avg(map_chars / map_chunks / 4) as avg_map_tokens,
    avg(reduce_input_chars / 4) filter (where map_chunks > 0) as avg_reduce_input_tokens,
    avg(reduce_input_chars) filter (where map_chunks > 0) as avg_reduce_input_chars,
    avg(coalesce(output_chars, text_chars) / 4) filter (where map_chunks > 0) as avg_final_tokens
from (select *, min(line) over (partition by file_id) as first_line from $rows)
group by file_id, run
