-- Every baseline: of platforms, from performance_baselines.json, and of versions and workloads, from benchmarks/*.yaml.
-- grain: one row per baseline, workload or platform, and metric
-- null: platform, workload, captured_at: not stated; value: no usable number; warn_pct, fail_pct: no limit of its own
create or replace table perf_baselines as
select
    if(p.origin = 'flat', 'platform', p.origin) as origin,
    p.file as source,
    p.name,
    p.version,
    p.platform,
    p.os_arch,
    p.workload,
    p.provider,
    p.iterations,
    p.captured_at,
    p.git_commit,
    coalesce(m.metric, p.metric) as metric,
    p.value,
    p.warn_pct,
    p.fail_pct
from source_perf_baselines as p
left join metric_aliases as m on m.alias = p.metric
-- A number that stands beside platforms may be anything, unless it is known to be a metric.
where
    p.origin <> 'flat'
    or m.metric is not null
    or p.metric in (select metric from declared_metrics)
    or (p.platform, p.metric) in (select (platform, metric) from history)
qualify row_number() over (
    partition by p.file_id, p.platform, p.workload, coalesce(m.metric, p.metric)
    order by p.origin = 'flat', m.metric is not null, p.metric
) = 1;

comment on table perf_baselines is 'Every baseline. origin: platform (performance_baselines.json) or benchmark (benchmarks/*.yaml). warn_pct, fail_pct: Limits that the file itself sets';
