-- Two versioned baselines side by side, workload by workload: candidate - baseline, by two inclusive levels.
-- grain: one row per workload and metric that either file has. The keys are the files (`source` of perf_baselines)
-- null: delta: one side is missing, or `note` says why the two are not compared; level: nothing to judge
-- null: baseline_provider, candidate_provider: none is named
create or replace macro benchmark_deltas(
    baseline_key, candidate_key, said_warn, said_fail, metric_limits, general_warn, general_fail, across_providers
) as table
with sides as (
    select
        workload,
        metric,
        max(value) filter (where source = baseline_key) as baseline,
        max(value) filter (where source = candidate_key) as candidate,
        max(provider) filter (where source = baseline_key) as baseline_provider,
        max(provider) filter (where source = candidate_key) as candidate_provider,
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

limited as (
    select
        s.*,
        m.better,
        m.is_inferred,
        m.unit in ('s', 'seconds', 'ms', 'us', 'ns', 'KB', 'MB', 'GB', 'bytes') or contains(lower(s.metric), 'latency')
            as is_extent,
        s.baseline_provider is distinct from s.candidate_provider as is_of_other_provider,
        coalesce(said_warn, t.warn, s.file_warn, o.warn_pct, general_warn) as own_warn_pct,
        coalesce(said_fail, t.fail, s.file_fail, o.fail_pct, general_fail) as fail_pct
    from sides as s
    inner join metrics as m using (metric)
    left join told as t using (metric)
    left join source_metric_overrides as o using (metric)
),

explained as (
    select
        *,
        -- Where only the failure is moved below the warning, the warning moves along.
        least(own_warn_pct, fail_pct) as warn_pct,
        case
            when baseline is null then 'no number in the baseline'
            when candidate is null then 'no number in the candidate'
            when baseline <= 0 then 'the baseline is no positive number'
            when candidate < 0 and better <> 'neutral' then 'the value is negative'
            -- Nothing takes no time and no memory: what says so has not measured.
            when candidate = 0 and better = 'lower' and is_extent then 'the value is 0'
            when is_of_other_provider and not across_providers
                then 'measured with ' || coalesce(candidate_provider, 'no provider') || ', the baseline with '
                    || coalesce(baseline_provider, 'none')
        end as why_not
    from limited
),

classed as (
    select
        *,
        case
            when not in_candidate then 'only in baseline'
            when not in_baseline then 'only in candidate'
            when why_not is not null then 'not comparable'
            else 'compared'
        end as status
    from explained
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
    baseline_provider,
    candidate_provider,
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
        when status = 'not comparable' then why_not
        when status = 'compared' and better = 'neutral' then 'direction unknown: shown, never judged'
        when is_inferred then 'direction inferred from the name'
    end as note
from judged;
