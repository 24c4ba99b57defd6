-- Every evaluation run that was found.
-- grain: one row per run directory
-- null: not stated by any artifact of the run
create or replace table runs as
with facts as (
    select
        run,
        max(dataset_id) filter (where artifact = 'metrics') as metrics_dataset,
        max(dataset_id) filter (where artifact = 'fingerprint') as fingerprint_dataset,
        max(dataset_id) filter (where artifact = 'baseline') as baseline_dataset,
        max(dataset_id) filter (where artifact = 'run_summary') as summary_dataset,
        max(task) filter (where artifact = 'metrics') as metrics_task,
        max(task) filter (where artifact = 'fingerprint') as fingerprint_task,
        max(task) filter (where artifact = 'baseline') as baseline_task,
        max(model) filter (where artifact = 'fingerprint') as fingerprint_model,
        max(model) filter (where artifact = 'baseline') as baseline_model,
        max(model) filter (where artifact = 'run_summary') as summary_model,
        max(created_at) filter (where artifact = 'baseline') as baseline_created_at,
        max(created_at) filter (where artifact = 'fingerprint') as fingerprint_created_at,
        max(release) as release,
        max(git_commit) as git_commit,
        max(episode_count) as episode_count
    from source_run_facts
    group by run
),

mappings as (
    select
        run,
        arg_max(release, line) as release
    from source_release_mappings
    group by run
)

select
    f.run,
    string_split(f.run, '/')[-1] as run_id,
    case split_part(f.run, '/', 1) when 'runs' then 'run' when 'baselines' then 'baseline' else 'reference' end as category,
    case
        when contains(lower(f.run), 'bullets') then 'bullets'
        when contains(lower(f.run), 'paragraph') then 'paragraph'
        else 'other'
    end as kind,
    coalesce(facts.metrics_task, facts.fingerprint_task, facts.baseline_task) as task,
    coalesce(facts.metrics_dataset, facts.fingerprint_dataset, facts.baseline_dataset, p.dataset_id, facts.summary_dataset)
        as dataset_id,
    coalesce(facts.release, mappings.release, string_split(f.run, '/')[-1]) as release,
    case
        when facts.release is not null then 'fingerprint'
        when mappings.release is not null then 'mapping'
        else 'run_id'
    end as release_source,
    coalesce(facts.fingerprint_model, facts.baseline_model, facts.summary_model) as model,
    coalesce(facts.baseline_created_at, facts.fingerprint_created_at) as created_at,
    facts.git_commit,
    case when f.has_usable_predictions then coalesce(p.episodes, 0) else facts.episode_count end as episodes,
    regexp_matches(f.run, '(^|/)_') as archived,
    case
        when not f.has_anything_usable then 'broken'
        when f.has_usable_metrics and f.has_usable_predictions and not f.has_faults then 'ok'
        else 'degraded'
    end as status,
    f.has_metrics,
    f.has_predictions,
    f.has_fingerprint,
    f.has_run_summary,
    f.has_diagnostics,
    'eval/' || f.run as path
from run_files as f
left join facts using (run)
left join mappings using (run)
left join source_prediction_totals as p using (run);

comment on table runs is 'Every evaluation run; its key is its path below eval/';
comment on column runs.created_at is 'UTC; from baseline.json, else the time in the fingerprint; never a file time';
comment on column runs.release_source is 'Where the release was found: fingerprint, mapping (releases.yaml), or run_id (the directory name)';
comment on column runs.path is 'Directory below the root';
