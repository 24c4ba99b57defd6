-- Which measurement of an episode, or which outcome of one, a metric of a run adds up.
-- grain: one row per metric of a run that has such episodes
-- null: episode_metric: it counts outcomes; outcome: it is a mean of measurements
create or replace table aggregated_from as
from (values
    ('rougeL_f1', 'rougeL_f1', null),
    ('rouge1_f1', 'rouge1_f1', null),
    ('rouge2_f1', 'rouge2_f1', null),
    ('repetition', 'repetition', null),
    ('avg_output_tokens', 'output_tokens', null),
    ('avg_latency_s', 'latency_s', null),
    ('avg_map_tokens', 'map_tokens', null),
    ('avg_reduce_input_tokens', 'reduce_input_tokens', null),
    ('avg_reduce_input_chars', 'reduce_input_chars', null),
    ('avg_final_tokens', 'final_tokens', null),
    ('avg_chunks', 'chunks', null),
    ('success_rate', null, 'succeeded'),
    ('failed_episodes', null, 'failed'),
    ('gate_failures', null, 'any gate'),
    ('truncation_rate', null, 'truncation'),
    ('truncation_failures', null, 'truncation'),
    ('speaker_label_leak_rate', null, 'speaker_label_leak'),
    ('speaker_label_failures', null, 'speaker_label_leak'),
    ('boilerplate_leak_rate', null, 'boilerplate_leak'),
    ('boilerplate_failures', null, 'boilerplate_leak')
) as t(metric, episode_metric, outcome);
