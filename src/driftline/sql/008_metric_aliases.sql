-- What other programs call a metric of the registry. Where both names stand together the registry's own counts.
-- grain: one row per other name
-- null: never
create or replace table metric_aliases as
select trim(unnest(string_split(aliases, ','))) as alias, metric
from (
    values
    ('generation_latency_p50', 'latency_p50_ms, generation_latency_p50_ms'),
    ('generation_latency_p95', 'latency_p95_ms, generation_latency_p95_ms'),
    ('generation_latency_p99', 'latency_p99_ms, generation_latency_p99_ms'),
    ('throughput_per_minute', 'throughput_personas_per_minute, throughput_personas_per_min'),
    ('memory_average_mb', 'memory_avg_mb'),
    ('api_calls_per_item', 'api_calls_per_persona'),
    ('tokens_per_item', 'token_usage_per_persona, tokens_per_persona')
) as a (metric, aliases);

comment on table metric_aliases is 'What other programs call a metric of the registry';
