-- The configuration keys that differ between two runs; what names the run itself is left out.
-- grain: one row per key
-- null: that side does not have the key, or has null there
create or replace macro fingerprint_diff(baseline_key, candidate_key) as table
with sides as (
    select
        key,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate
    from fingerprint_keys
    where
        (run = baseline_key or run = candidate_key)
        and key not in ('run_context.run_id', 'run_context.baseline_id', 'fingerprint_hash')
    group by key
)

select
    s.key,
    s.baseline,
    s.candidate
from sides as s
where
    s.baseline is distinct from s.candidate
    and required_run(baseline_key) is not null
    and required_run(candidate_key) is not null;
