-- The few numbers that tell whether a run is safe or broken.
-- grain: one row per run
-- null: never computed, or nothing to compute it from; a rate of a run without metrics.json is unknown, not 0
create or replace view run_kpis as
with first_reference as (
    select
        run,
        arg_min(value, reference_order) as rougeL_f1,
        arg_min(reference, reference_order) as rouge_reference
    from source_run_values
    where artifact = 'metrics' and metric = 'rougeL_f1' and reference is not null
    group by run
),

stated as (
    select
        run,
        map_from_entries(list((metric, value))) as value
    from run_aggregates
    where reference is null
    group by run
)

select
    r.run,
    r.episodes,
    s.value['success_rate'] as success_rate,
    s.value['failed_episodes'] as failed_episodes,
    s.value['avg_output_tokens'] as avg_output_tokens,
    s.value['avg_latency_s'] as avg_latency_s,
    s.value['truncation_rate'] as truncation_rate,
    s.value['speaker_label_leak_rate'] as speaker_label_leak_rate,
    s.value['boilerplate_leak_rate'] as boilerplate_leak_rate,
    s.value['truncation_failures'] as truncation_failures,
    s.value['speaker_label_failures'] as speaker_label_failures,
    s.value['boilerplate_failures'] as boilerplate_failures,
    f.rougeL_f1,
    f.rouge_reference
from runs as r
left join stated as s using (run)
left join first_reference as f using (run);

comment on view run_kpis is 'The few numbers that tell whether a run is safe or broken. rouge_reference: The first reference of metrics.json that has a ROUGE-L score';
