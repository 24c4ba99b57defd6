-- Every aggregate of every run. Repetition reads the texts, so it is computed when it is asked for.
-- grain: one row per run, metric and reference
-- null: reference: the metric needs none; value: the texts are too short (repetition)
create or replace view run_metrics as
select
    run,
    metric,
    reference,
    value,
    source
from run_aggregates
union all
select
    run,
    'repetition' as metric,
    null as reference,
    avg(repetition) as value,
    'predictions.jsonl' as source
from repetitions
group by run;

comment on view run_metrics is 'Every aggregate of every run, long form. source: The artifact that gave the value';
