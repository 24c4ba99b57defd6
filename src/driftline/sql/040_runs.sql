-- Every evaluation run that was found.
-- grain: one row per run directory with at least one known artifact
-- null: not stated by any artifact of the run
create or replace table runs as
with files as (
    select
        key as run,
        bool_or(artifact = 'metrics') as has_metrics,
        bool_or(artifact = 'predictions') as has_predictions,
        bool_or(artifact = 'fingerprint') as has_fingerprint,
        bool_or(artifact = 'run_summary') as has_run_summary,
        bool_or(artifact = 'diagnostics') as has_diagnostics,
        bool_or(status <> 'failed') as is_usable,
        bool_or(artifact = 'metrics' and status <> 'failed') as has_usable_metrics,
        bool_or(artifact = 'predictions' and status <> 'failed') as has_usable_predictions,
        bool_or(artifact in ('metrics', 'predictions') and status <> 'ok') as has_faults
    from source_artifacts
    where artifact in ('metrics', 'predictions', 'fingerprint', 'baseline', 'run_summary', 'diagnostics')
    group by key
),

ranked as (
    select
        *,
        array_position(['metrics', 'fingerprint', 'baseline', 'predictions', 'run_summary'], artifact) as rank
    from source_run_facts
),

-- The first artifact in that order that states it; a time in baseline.json counts before that of the fingerprint.
facts as (
    select
        run,
        arg_min(dataset_id, rank) as dataset_id,
        arg_min(task, rank) as task,
        arg_min(model, rank) as model,
        arg_max(created_at, rank) as created_at,
        max(release) as release,
        max(git_commit) as git_commit,
        max(episode_count) filter (where artifact = 'metrics') as stated_episodes,
        max(episode_count) filter (where artifact = 'predictions') as read_episodes
    from ranked
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
    facts.task,
    facts.dataset_id,
    coalesce(facts.release, mappings.release, string_split(f.run, '/')[-1]) as release,
    case
        when facts.release is not null then 'fingerprint'
        when mappings.release is not null then 'mapping'
        else 'run_id'
    end as release_source,
    facts.model,
    facts.created_at,
    facts.git_commit,
    case when f.has_usable_predictions then coalesce(facts.read_episodes, 0) else facts.stated_episodes end as episodes,
    regexp_matches(f.run, '(^|/)_') as archived,
    case
        when not f.is_usable then 'broken'
        when f.has_usable_metrics and f.has_usable_predictions and not f.has_faults then 'ok'
        else 'degraded'
    end as status,
    f.has_metrics,
    f.has_predictions,
    f.has_fingerprint,
    f.has_run_summary,
    f.has_diagnostics,
    'eval/' || f.run as path,
    f.has_usable_predictions,
    concat_ws(' · ', coalesce(task, 'no task'), kind, coalesce(dataset_id, 'no dataset')) as group_id
from files as f
left join facts using (run)
left join mappings using (run);

comment on table runs is 'Every evaluation run; its key is its path below eval/. created_at: UTC; from baseline.json, else the time in the fingerprint; never a file time. release_source: Where the release was found: fingerprint, mapping (releases.yaml), or run_id (the directory name). path: Directory below the root. has_usable_predictions: Whether predictions.jsonl could be read: only then are episodes counted in it';
