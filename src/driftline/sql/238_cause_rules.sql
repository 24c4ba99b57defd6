-- The rules that name a likely cause: what each is called, which metric shows it, and how its evidence begins.
-- grain: one row per rule and metric that can show it; of several the one with the lowest preference counts
-- null: metric, subject: no level of a single metric decides
create or replace view cause_rules as
from (values
    -- What starves or cuts the text comes before what went wrong with it, and a mere difference comes last.
    -- `reach`: the classes of change that the rule can explain.
    ('map_compressive', 1, 1, null, 'map too compressive', 'map keeps more', null, ['text']),
    ('reduce_starved', 2, 1, null, 'reduce starved', 'reduce less starved', null, ['text']),
    ('output_capped', 3, 1, null, 'output capped', 'output cap raised', null, ['text']),
    ('failed_episodes', 4, 1, 'failed_episodes', 'failed episodes', 'fewer failed episodes', 'failed', ['failures']),
    ('truncation', 5, 1, 'truncation_rate', 'truncation', 'less truncation', 'are cut off', ['gates']),
    ('truncation', 5, 2, 'truncation_failures', 'truncation', 'less truncation', 'are cut off', ['gates']),
    ('speaker_label', 6, 1, 'speaker_label_leak_rate', 'speaker-label gate', 'fewer speaker labels', 'hold a speaker label', ['gates']),
    ('speaker_label', 6, 2, 'speaker_label_failures', 'speaker-label gate', 'fewer speaker labels', 'hold a speaker label', ['gates']),
    ('boilerplate', 7, 1, 'boilerplate_leak_rate', 'boilerplate gate', 'less boilerplate', 'hold sponsor or subscription phrases', ['gates']),
    ('boilerplate', 7, 2, 'boilerplate_failures', 'boilerplate gate', 'less boilerplate', 'hold sponsor or subscription phrases', ['gates']),
    ('preprocessing_drift', 8, 1, null, 'preprocessing drift', 'preprocessing changed', null, ['text', 'failures', 'gates', 'repetition']),
    ('repetition', 9, 1, 'repetition', 'repetition', 'less repetition', 'repeated word 4-grams', ['repetition', 'text']),
    ('length', 10, 1, 'avg_output_tokens', 'shorter output', 'longer output', 'the output', ['text']),
    ('latency', 11, 1, 'avg_latency_s', 'higher latency', 'lower latency', 'latency', ['speed']),
    ('configuration', 12, 1, null, 'configuration differs', 'configuration differs', null, ['text', 'failures', 'gates', 'repetition', 'speed'])
) as t(rule, position, preference, metric, label, better_label, subject, reach);

comment on view cause_rules is 'The rules that name the likely cause of a change between two runs. label: What the rule is called where it made things worse. better_label: Where it made them better';
