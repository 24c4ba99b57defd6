-- Aggregates that cost little, each from the first of: run_summary.json, metrics.json, diagnostics.jsonl, the predictions.
-- grain: one row per run, metric and reference
-- null: reference: the metric needs none
create or replace table run_aggregates as
with outcomes as (
    select
        run,
        unnest(['success_rate', 'failed_episodes']) as metric,
        unnest([success_rate, failed_episodes]) as value
    from run_outcomes
),

stated as (
    select
        run,
        metric,
        reference,
        value,
        array_position(['run_summary', 'metrics', 'diagnostics', 'predictions'], artifact) as rank
    from source_run_values
    where metric <> 'failed_listed'
    union all
    select
        run,
        metric,
        null as reference,
        value,
        2 as rank
    from outcomes
    where value is not null
),

-- An average over no diagnostics is a NULL that counts: it is not made up for from the predictions.
first_stated as (
    select
        run,
        metric,
        reference,
        arg_min_null(value, rank) as value,
        min(rank) as rank
    from stated
    group by run, metric, reference
)

select
    run,
    metric,
    reference,
    value,
    ['run_summary.json', 'metrics.json', 'diagnostics.jsonl', 'predictions.jsonl'][rank] as source
from first_stated
where value is not null;
