-- Everything that is wrong or missing in the artifacts of the root.
-- grain: one row per problem
-- null: line: the whole file is meant
create or replace table problems as
with missing as (
    select
        run,
        unnest([
            {'artifact': 'metrics', 'name': 'metrics.json', 'severity': 'warning', 'is_missing': not has_metrics},
            {'artifact': 'predictions', 'name': 'predictions.jsonl', 'severity': 'warning', 'is_missing': not has_predictions},
            {'artifact': 'fingerprint', 'name': 'fingerprint.json', 'severity': 'warning', 'is_missing': not has_fingerprint},
            {'artifact': 'run_summary', 'name': 'run_summary.json', 'severity': 'info', 'is_missing': not has_run_summary},
            {'artifact': 'diagnostics', 'name': 'diagnostics.jsonl', 'severity': 'info', 'is_missing': not has_diagnostics}
        ], recursive := true)
    from runs
    where not archived
),

unknown_failures as (
    select l.run, l.episode_id
    from listed_failures as l
    inner join runs as r using (run)
    where not l.is_occurring and r.has_usable_predictions
),

counts as (
    select
        f.run,
        f.episode_count,
        r.episodes
    from source_run_facts as f
    inner join runs as r using (run)
    where f.artifact = 'metrics' and r.has_predictions and f.episode_count <> r.episodes
),

lost_references as (
    select v.run, v.reference
    from source_run_values as v
    inner join reference_runs as f using (reference)
    where f.run is null
    group by v.run, v.reference
),

lost_mappings as (
    select m.run, m.line
    from source_release_mappings as m
    anti join runs using (run)
),

lost_metrics as (
    select metric
    from source_metric_overrides
    anti join metrics using (metric)
    union
    select unnest(names) as metric
    from source_verdict_settings
    where name = 'primary_metrics'
    except
    select metric from metrics
),

lost_settings as (
    select
        'no metric ' || metric as problem,
        'write a name that the relation metrics has' as remedy
    from lost_metrics
    union all
    select
        'no capture has a stage ' || stage || ', the canary' as problem,
        'write the name of a stage that every capture has' as remedy
    from canary_stage
    where stage not in (select stage from captures)
)

select
    severity,
    artifact,
    file,
    line,
    problem,
    remedy
from source_problems
union all
select
    severity,
    artifact,
    'eval/' || run || '/' || name as file,
    null as line,
    name || ' is missing' as problem,
    case severity when 'info' then 'none needed: it is optional' else 'write it, or move the directory away' end as remedy
from missing
where is_missing
union all
select
    'warning' as severity,
    'metrics' as artifact,
    'eval/' || run || '/metrics.json' as file,
    null as line,
    'failed_episodes names ' || episode_id || ', which is not in predictions.jsonl; it is not counted' as problem,
    'write the run again' as remedy
from unknown_failures
union all
select
    'warning' as severity,
    'metrics' as artifact,
    'eval/' || run || '/metrics.json' as file,
    null as line,
    'episode_count is ' || episode_count || ', but ' || episodes || ' predictions were read' as problem,
    'score the run again' as remedy
from counts
union all
select
    'info' as severity,
    'metrics' as artifact,
    'eval/' || run || '/metrics.json' as file,
    null as line,
    'scored against ' || reference || ', whose texts are not in this root' as problem,
    'copy the reference below eval/references to see scores of single episodes' as remedy
from lost_references
union all
select
    'warning' as severity,
    'releases' as artifact,
    'releases.yaml' as file,
    line,
    'no run ' || run as problem,
    'write the path of the run below eval/' as remedy
from lost_mappings
union all
select
    'warning' as severity,
    'settings' as artifact,
    'driftline.toml' as file,
    null as line,
    problem,
    remedy
from lost_settings;

comment on table problems is 'What is wrong or missing, and what to do about it';
