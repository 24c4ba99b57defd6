-- Aggregates that cost little, each from the first of: run_summary.json, metrics.json, the predictions.
-- grain: one row per run, metric and reference
-- null: reference: the metric needs none
create or replace table run_aggregates as
with computed as (
    select
        run,
        avg_output_tokens,
        min_output_tokens,
        max_output_tokens,
        avg_latency_s,
        median_latency_s,
        p95_latency_s,
        avg_latency_excluding_first_s,
        total_cost_usd,
        avg_cost_usd
    from source_prediction_totals
),

outcomes as (
    select
        run,
        success_rate,
        failed_episodes::double as failed_episodes
    from run_outcomes
),

flows as (
    select
        run,
        avg_chunks,
        avg_map_tokens,
        avg_reduce_input_tokens,
        avg_reduce_input_chars,
        avg_final_tokens,
        'diagnostics.jsonl' as source
    from source_diagnostic_totals
    union all
    select
        run,
        avg_chunks,
        avg_map_tokens,
        avg_reduce_input_tokens,
        avg_reduce_input_chars,
        avg_final_tokens,
        'predictions.jsonl' as source
    from source_prediction_totals
    anti join source_diagnostic_totals using (run)
),

candidates as (
    select
        run,
        metric,
        reference,
        value,
        case artifact when 'run_summary' then 'run_summary.json' else 'metrics.json' end as source,
        case artifact when 'run_summary' then 1 else 2 end as precedence
    from source_run_values
    where metric <> 'failed_listed'
    union all
    select
        run,
        metric,
        null as reference,
        value,
        'predictions.jsonl' as source,
        3 as precedence
    from (unpivot computed on columns(* exclude (run)) into name metric value value)
    union all
    select
        run,
        metric,
        null as reference,
        value,
        'metrics.json' as source,
        2 as precedence
    from (unpivot outcomes on columns(* exclude (run)) into name metric value value)
    union all
    select
        run,
        metric,
        null as reference,
        value,
        source,
        3 as precedence
    from (unpivot flows on columns(* exclude (run, source)) into name metric value value)
)

select
    run,
    metric,
    reference,
    arg_min(value, precedence) as value,
    arg_min(source, precedence) as source
from candidates
group by run, metric, reference;
