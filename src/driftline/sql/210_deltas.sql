-- Every aggregate of two runs side by side: candidate - baseline. Scores are compared against the same reference only.
-- grain: one row per metric and reference that either run has
-- null: delta: one side is missing; delta_pct: the baseline is 0; good, level, gain: nothing to judge
create or replace macro deltas(baseline_key, candidate_key) as table
with
-- Two equalities rather than an `or`: only these skip the texts of all other runs.
measured as (
    from run_metrics where run = baseline_key
    union all
    from run_metrics where run = candidate_key and candidate_key <> baseline_key
),

sides as (
    select
        metric,
        reference,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate
    from measured
    group by metric, reference
),

-- Joined back rather than as windows, which take longer to set up than all the rest.
by_metric as (
    select
        metric,
        bool_or(baseline is not null and candidate is not null) as has_shared,
        bool_or(baseline is not null) as in_baseline,
        bool_or(candidate is not null) as in_candidate,
        string_agg(reference, ', ' order by reference) filter (where baseline is not null) as baseline_references,
        string_agg(reference, ', ' order by reference) filter (where candidate is not null) as candidate_references
    from sides
    group by metric
),

matched as (
    from sides
    inner join by_metric using (metric)
    where baseline is not null or candidate is not null
),

classed as (
    select
        *,
        candidate - baseline as delta,
        case
            when baseline is not null and candidate is not null and baseline = 0 then 'zero baseline'
            when baseline is not null and candidate is not null then 'compared'
            when reference is not null and in_baseline and in_candidate and not has_shared then 'not comparable'
            when baseline is not null then 'only in baseline'
            else 'only in candidate'
        end as status
    from matched
),

judged as (
    select
        c.*,
        m.better,
        m.min_abs,
        held_against(m.better, c.baseline, c.delta, m.warn_abs, m.fail_abs, m.warn_pct, m.fail_pct) as held
    from classed as c
    left join metrics as m using (metric)
)

select
    c.metric,
    c.reference,
    c.baseline,
    c.candidate,
    c.delta,
    change_pct(c.baseline, c.delta) as delta_pct,
    is_good(c.better, c.delta) as good,
    level_by(c.held.worse_by, c.held, c.delta, c.min_abs) as level,
    level_by(-c.held.worse_by, c.held, c.delta, c.min_abs) as gain,
    c.status,
    case
        when c.status = 'not comparable'
            then 'baseline is scored against ' || c.baseline_references || ', candidate against ' || c.candidate_references
        when c.status = 'zero baseline' then 'the baseline is 0: no percent'
    end as note
from judged as c
where required_run(baseline_key) is not null and required_run(candidate_key) is not null;
