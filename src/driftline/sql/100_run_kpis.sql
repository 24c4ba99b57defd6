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

pivoted as (
    select
        run,
        max(value) filter (where metric = 'success_rate') as success_rate,
        max(value) filter (where metric = 'failed_episodes') as failed_episodes,
        max(value) filter (where metric = 'avg_output_tokens') as avg_output_tokens,
        max(value) filter (where metric = 'avg_latency_s') as avg_latency_s,
        max(value) filter (where metric = 'truncation_rate') as truncation_rate,
        max(value) filter (where metric = 'speaker_label_leak_rate') as speaker_label_leak_rate,
        max(value) filter (where metric = 'boilerplate_leak_rate') as boilerplate_leak_rate,
        max(value) filter (where metric = 'truncation_failures') as truncation_failures,
        max(value) filter (where metric = 'speaker_label_failures') as speaker_label_failures,
        max(value) filter (where metric = 'boilerplate_failures') as boilerplate_failures
    from run_aggregates
    where
        reference is null
        and metric in (
            'success_rate', 'failed_episodes', 'avg_output_tokens', 'avg_latency_s', 'truncation_rate',
            'speaker_label_leak_rate', 'boilerplate_leak_rate', 'truncation_failures', 'speaker_label_failures',
            'boilerplate_failures'
        )
    group by run
)

select
    r.run,
    r.episodes,
    p.success_rate,
    p.failed_episodes,
    p.avg_output_tokens,
    p.avg_latency_s,
    p.truncation_rate,
    p.speaker_label_leak_rate,
    p.boilerplate_leak_rate,
    p.truncation_failures,
    p.speaker_label_failures,
    p.boilerplate_failures,
    f.rougeL_f1,
    f.rouge_reference
from runs as r
left join pivoted as p using (run)
left join first_reference as f using (run);

comment on view run_kpis is 'The few numbers that tell whether a run is safe or broken';
comment on column run_kpis.rouge_reference is 'The first reference of metrics.json that has a ROUGE-L score';
