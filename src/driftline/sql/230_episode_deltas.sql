-- The same episodes in two runs: candidate - baseline.
-- grain: one row per episode, metric and reference that either run has a value for
-- null: delta: one side is missing
create or replace macro episode_deltas(baseline_key, candidate_key) as table
with
-- Two equalities rather than an `or`: only these skip the texts of all other runs.
measured as (
    from episode_metrics where run = baseline_key
    union all
    from episode_metrics where run = candidate_key and candidate_key <> baseline_key
),

sides as (
    select
        episode_id,
        metric,
        reference,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate
    from measured
    group by episode_id, metric, reference
)

select
    s.episode_id,
    s.metric,
    s.reference,
    s.baseline,
    s.candidate,
    s.candidate - s.baseline as delta,
    case
        when s.candidate is null then 'only in baseline'
        when s.baseline is null then 'only in candidate'
        when s.baseline = 0 then 'zero baseline'
        else 'compared'
    end as status
from sides as s
where
    (s.baseline is not null or s.candidate is not null)
    and required_run(baseline_key) is not null
    and required_run(candidate_key) is not null;
