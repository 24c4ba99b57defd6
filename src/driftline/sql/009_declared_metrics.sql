-- Every metric that the registry declares: what it is called, what it measures and when a change of it matters.
-- grain: one row per declared metric. A new metric is one new line
-- null: a level that is NULL judges nothing
create or replace table declared_metrics as
with lines as (
    -- metric | label | unit | better | scale | family | is_primary | warn_pct | fail_pct | warn_abs | fail_abs | min_abs
    -- | decimals | description; one text, since binding some 800 literals would take longer than all the rest
    select string_split(unnest(string_split(trim($$
rougeL_f1                     | ROUGE-L F1                 | score      | higher  | difference | quality |     yes |        |        | 0.02 | 0.05 |     |        3 | Longest common subsequence with the reference, F-measure, mean over episodes
rouge1_f1                     | ROUGE-1 F1                 | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Shared words with the reference, F-measure, mean over episodes
rouge2_f1                     | ROUGE-2 F1                 | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Shared word pairs with the reference, F-measure, mean over episodes
success_rate                  | Success rate               | fraction   | higher  | difference | quality |     yes |        |        |    0 |    0 |     |        3 | Episodes that did not fail, of all episodes of the run
avg_output_tokens             | Output tokens              | tokens     | higher  | log        | length  |     yes |     10 |     25 |      |      |     |        1 | Mean output length of an episode; characters divided by 4 where the run does not report tokens
avg_latency_s                 | Latency                    | s          | lower   | log        | latency |     yes |     10 |    100 |      |      |     |        2 | Mean processing time of an episode
failed_episodes               | Failed episodes            | episodes   | lower   | difference | gate    |     yes |        |        |    0 |    0 |     |        0 | Episodes of the run that failed
gate_failures                 | Gate failures              | episodes   | lower   | difference | gate    |     yes |        |        |    0 |    0 |     |        0 | Failures of the truncation, speaker-label and boilerplate gates together
truncation_rate               | Truncation                 | fraction   | lower   | difference | gate    |     yes |        |        |    0 |    0 |     |        3 | Share of episodes whose output was cut off
speaker_label_leak_rate       | Speaker-label leak         | fraction   | lower   | difference | gate    |     yes |        |        |    0 |    0 |     |        3 | Share of episodes whose output holds a speaker label
boilerplate_leak_rate         | Boilerplate leak           | fraction   | lower   | difference | gate    |     yes |        |        |    0 |    0 |     |        3 | Share of episodes whose output holds sponsor or subscription phrases
speaker_name_leak_rate        | Speaker-name leak          | fraction   | lower   | difference | gate    |         |        |        |    0 |    0 |     |        3 | Share of episodes whose output holds a speaker's name; a warning upstream
truncation_failures           | Truncation failures        | episodes   | lower   | difference | gate    |         |        |        |    0 |    0 |     |        0 | Episodes that failed the truncation gate
speaker_label_failures        | Speaker-label failures     | episodes   | lower   | difference | gate    |         |        |        |    0 |    0 |     |        0 | Episodes that failed the speaker-label gate
boilerplate_failures          | Boilerplate failures       | episodes   | lower   | difference | gate    |         |        |        |    0 |    0 |     |        0 | Episodes that failed the boilerplate gate
bleu                          | BLEU                       | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | N-gram precision against the reference, mean over episodes
wer                           | Word error rate            | ratio      | lower   | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Word edits against the reference per reference word; may exceed 1
embedding_cosine              | Embedding cosine           | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Cosine of sentence embeddings of output and reference
embedding_similarity          | Embedding similarity       | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Older name of the embedding cosine
coverage_ratio                | Coverage ratio             | ratio      | neutral | difference | quality |         |        |        |      |      |     |        2 | Mean output tokens divided by mean reference tokens; 1 is as long as the reference
numbers_retained              | Numbers retained           | fraction   | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Share of the reference's numbers that the output holds
ner_exact_precision           | Entities exact precision   | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Entities found that are in the reference, exact spans
ner_exact_recall              | Entities exact recall      | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Entities of the reference that were found, exact spans
ner_exact_f1                  | Entities exact F1          | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | F-measure of entities, exact spans
ner_overlap_precision         | Entities overlap precision | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Entities found that overlap one of the reference
ner_overlap_recall            | Entities overlap recall    | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | Entities of the reference that overlap one found
ner_overlap_f1                | Entities overlap F1        | score      | higher  | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | F-measure of entities, overlapping spans
repetition                    | Repetition                 | fraction   | lower   | difference | quality |         |        |        | 0.02 | 0.05 |     |        3 | 1 minus distinct by total word 4-grams of the output; of a run, the mean over episodes
min_output_tokens             | Shortest output            | tokens     | higher  | log        | length  |         |     10 |     25 |      |      |     |        0 | Length of the shortest output
max_output_tokens             | Longest output             | tokens     | neutral | log        | length  |         |        |        |      |      |     |        0 | Length of the longest output
median_latency_s              | Median latency             | s          | lower   | log        | latency |         |     10 |    100 |      |      |     |        2 | Median processing time of an episode
p95_latency_s                 | P95 latency                | s          | lower   | log        | latency |         |     10 |    100 |      |      |     |        2 | Processing time that 95 of 100 episodes stay below, nearest rank
avg_latency_excluding_first_s | Latency without the first  | s          | lower   | log        | latency |         |     10 |    100 |      |      |     |        2 | Mean processing time without the first episode, which may carry the warm-up
total_runtime_s               | Run time                   | s          | lower   | log        | latency |         |     10 |    100 |      |      |     |        1 | Time of the whole run
total_cost_usd                | Cost                       | USD        | lower   | log        | cost    |         |     10 |     25 |      |      |     |        4 | Cost of the run
avg_cost_usd                  | Cost per episode           | USD        | lower   | log        | cost    |         |     10 |     25 |      |      |     |        4 | Mean cost of an episode
avg_map_tokens                | Map output                 | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | Mean length of a map summary; characters divided by 4 where not reported
avg_reduce_input_tokens       | Reduce input tokens        | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | Mean length of what the reduce step is given
avg_reduce_input_chars        | Reduce input               | characters | neutral | log        | flow    |         |        |        |      |      |     |        0 | Mean length of what the reduce step is given, in characters
avg_final_tokens              | Final output               | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | Mean length of what the reduce step wrote
avg_chunks                    | Chunks                     | chunks     | neutral | difference | flow    |         |        |        |      |      |     |        1 | Mean number of pieces an episode is cut into
output_tokens                 | Output tokens              | tokens     | higher  | log        | length  |         |     10 |     25 |      |      |     |        0 | Output length of one episode
latency_s                     | Latency                    | s          | lower   | log        | latency |         |     10 |    100 |      |      |     |        2 | Processing time of one episode
input_chars                   | Input                      | characters | neutral | log        | flow    |         |        |        |      |      |     |        0 | Input length of one episode
chunks                        | Chunks                     | chunks     | neutral | difference | flow    |         |        |        |      |      |     |        0 | Pieces one episode is cut into
map_tokens                    | Map output                 | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | Mean length of a map summary of one episode
reduce_input_tokens           | Reduce input tokens        | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | What the reduce step is given for one episode
reduce_input_chars            | Reduce input               | characters | neutral | log        | flow    |         |        |        |      |      |     |        0 | What the reduce step is given for one episode, in characters
final_tokens                  | Final output               | tokens     | neutral | log        | flow    |         |        |        |      |      |     |        0 | What the reduce step wrote for one episode
wall_time_s                   | Wall time                  | s          | lower   | log        | cost    |     yes |     10 |     25 |      |      | 0.02 |        2 | Elapsed time of a stage or of the whole profile
peak_rss_mb                   | Peak RSS                   | MB         | lower   | log        | cost    |     yes |     10 |     25 |      |      |   2 |        0 | Largest resident memory
avg_cpu_pct                   | CPU                        | %          | lower   | log        | cost    |         |     10 |     25 |      |      |   5 |        1 | Mean CPU use; above 100 with several cores
avg_wall_time_per_episode_s   | Wall time per episode      | s          | lower   | log        | cost    |     yes |     10 |     25 |      |      |     |        2 | Wall time of the profile divided by its episodes
episodes_processed            | Episodes processed         | episodes   | neutral | difference | cost    |         |        |        |      |      |     |        0 | Episodes that the profile covers
embedding_throughput          | Embedding throughput       | chunks/s   | higher  | log        | tracked |         |     10 |     25 |      |      |     |        1 | Speed of embedding documents
vector_search_latency         | Vector search latency      | s          | lower   | log        | tracked |         |     10 |     25 |      |      |     |        3 | Time of a vector search
query_latency_no_vllm         | Query latency              | s          | lower   | log        | tracked |         |     10 |     25 |      |      |     |        2 | Time of a query from end to end, without vLLM
query_latency_vllm            | Query latency, vLLM        | s          | lower   | log        | tracked |         |     10 |     25 |      |      |     |        2 | Time of a query from end to end, with vLLM
db_insertion_throughput       | DB insertion               | nodes/s    | higher  | log        | tracked |         |     10 |     25 |      |      |     |        1 | Speed of writing into the database
peak_memory_gb                | Memory, peak               | GB         | lower   | log        | tracked |         |     10 |     25 |      |      |     |        2 | Largest memory use
avg_memory_gb                 | Memory, average            | GB         | lower   | log        | tracked |         |     10 |     25 |      |      |     |        2 | Mean memory use
cache_hit_rate                | Cache hit rate             | fraction   | higher  | difference | tracked |         |     10 |     25 |      |      |     |        3 | Share of queries that the cache answered
tokens_per_second             | Tokens per second          | tokens/s   | higher  | log        | tracked |         |     10 |     25 |      |      |     |        1 | Speed of generating text
avg_mrr                       | RAG quality                | MRR        | higher  | difference | tracked |         |     10 |     25 |      |      |     |        3 | Mean reciprocal rank of what was retrieved
avg_ndcg                      | RAG quality, nDCG          | nDCG       | higher  | difference | tracked |         |     10 |     25 |      |      |     |        3 | Normalised discounted cumulative gain of what was retrieved
generation_latency_p50        | Latency, median            | ms         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        2 | Time of an iteration of a workload that half of them stay below
generation_latency_p95        | Latency, P95               | ms         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        2 | Time of an iteration of a workload that 95 of 100 stay below, linear interpolation
generation_latency_p99        | Latency, P99               | ms         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        2 | Time of an iteration of a workload that 99 of 100 stay below, linear interpolation
generation_latency_mean       | Latency, mean              | ms         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        2 | Mean time of an iteration of a workload
generation_latency_stddev     | Latency, deviation         | ms         | neutral | log        | bench   |         |        |        |      |      |     |        2 | Standard deviation of the times of the iterations of a workload
throughput_per_minute         | Throughput                 | items/min  | higher  | log        | bench   |         |     10 |     25 |      |      |     |        1 | Items that a workload makes in a minute
memory_peak_mb                | Memory, peak               | MB         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        1 | Largest resident memory while a workload runs
memory_average_mb             | Memory, average            | MB         | lower   | log        | bench   |         |     10 |     25 |      |      |     |        1 | Mean resident memory while a workload runs
api_calls_per_item            | API calls per item         | calls      | lower   | log        | bench   |         |     10 |     25 |      |      |     |        1 | Calls of interfaces that an item takes
tokens_per_item               | Tokens per item            | tokens     | lower   | log        | bench   |         |     10 |     25 |      |      |     |        0 | Tokens that an item takes
$$, chr(10)), chr(10))), '|') as field
),

trimmed as (
    select list_transform(field, lambda part: nullif(trim(part), '')) as field
    from lines
)

select
    field[1] as metric,
    field[2] as label,
    field[3] as unit,
    field[4] as better,
    field[5] as scale,
    field[6] as family,
    field[7] is not null as is_primary,
    field[8]::double as warn_pct,
    field[9]::double as fail_pct,
    field[10]::double as warn_abs,
    field[11]::double as fail_abs,
    field[12]::double as min_abs,
    field[13]::integer as decimals,
    field[14] as description
from trimmed;

comment on table declared_metrics is 'The metrics that the registry declares, with the levels it gives them';
