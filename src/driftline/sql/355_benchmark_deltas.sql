-- Two versioned baselines side by side, workload by workload: candidate - baseline, by two inclusive levels.
-- grain: one row per workload and metric that either file has. The keys are the files (`source` of perf_baselines)
-- null: delta: one side is missing or no positive number; level: nothing to judge
create or replace macro benchmark_deltas(
    baseline_key, candidate_key, said_warn, said_fail, metric_limits, general_warn, general_fail
) as table
with sides as (
    select
        workload,
        metric,
        max(value) filter (where source = baseline_key) as baseline,
        max(value) filter (where source = candidate_key) as candidate,
        bool_or(source = baseline_key) as in_baseline,
        bool_or(source = candidate_key) as in_candidate,
        max(warn_pct) filter (where source = baseline_key) as file_warn,
        max(fail_pct) filter (where source = baseline_key) as file_fail
    from perf_baselines
    where origin = 'benchmark' and (source = baseline_key or source = candidate_key)
    group by workload, metric
),

told as (
    select t.metric, t.warn, t.fail from (select unnest(metric_limits, recursive := true)) as t
),

classed as (
    select
        s.workload,
        s.metric,
        s.baseline,
        s.candidate,
        m.better,
        m.is_inferred,
        coalesce(said_warn, t.warn, s.file_warn, o.warn_pct, general_warn) as warn_pct,
        coalesce(said_fail, t.fail, s.file_fail, o.fail_pct, general_fail) as fail_pct,
        case
            when not s.in_candidate then 'only in baseline'
            when not s.in_baseline then 'only in candidate'
            when s.baseline is null or s.candidate is null then 'not comparable'
            when s.baseline <= 0 or (s.candidate < 0 and m.better <> 'neutral') then 'not comparable'
            else 'compared'
        end as status
    from sides as s
    inner join metrics as m using (metric)
    left join told as t using (metric)
    left join source_metric_overrides as o using (metric)
),

judged as (
    select
        *,
        case when status = 'compared' then candidate - baseline end as delta,
        case when status = 'compared' then worsening(better, change_pct(baseline, candidate - baseline)) end as worse_by
    from classed
)

select
    workload,
    metric,
    baseline,
    candidate,
    delta,
    change_pct(baseline, delta) as delta_pct,
    better,
    is_inferred,
    warn_pct,
    fail_pct,
    case
        when worse_by is null then null
        when worse_by >= fail_pct * (1 - 1e-9) then 'fail'
        when worse_by >= warn_pct * (1 - 1e-9) then 'warn'
        else 'ok'
    end as level,
    status,
    case
        when status = 'not comparable' and baseline is null then 'no number in the baseline'
        when status = 'not comparable' and candidate is null then 'no number in the candidate'
        when status = 'not comparable' and baseline <= 0 then 'the baseline is no positive number'
        when status = 'not comparable' then 'the value is negative'
        when status = 'compared' and better = 'neutral' then 'direction unknown: shown, never judged'
        when is_inferred then 'direction inferred from the name'
    end as note
from judged;
