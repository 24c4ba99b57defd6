-- Which artifacts each run has and whether they could be used.
-- grain: one row per run directory with at least one known artifact
-- null: nothing is NULL
create or replace table run_files as
select
    key as run,
    bool_or(artifact = 'metrics') as has_metrics,
    bool_or(artifact = 'predictions') as has_predictions,
    bool_or(artifact = 'fingerprint') as has_fingerprint,
    bool_or(artifact = 'run_summary') as has_run_summary,
    bool_or(artifact = 'diagnostics') as has_diagnostics,
    bool_or(status <> 'failed') as has_anything_usable,
    bool_or(artifact = 'metrics' and status <> 'failed') as has_usable_metrics,
    bool_or(artifact = 'predictions' and status <> 'failed') as has_usable_predictions,
    bool_or(artifact in ('metrics', 'predictions') and status <> 'ok') as has_faults
from source_artifacts
where artifact in ('metrics', 'predictions', 'fingerprint', 'baseline', 'run_summary', 'diagnostics')
group by key;
