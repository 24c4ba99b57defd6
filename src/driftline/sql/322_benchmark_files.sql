-- Every versioned baseline as a whole, in the order of their versions.
-- grain: one row per file below benchmarks/ that holds a baseline
-- null: version, platform, os_arch, captured_at: not stated
create or replace view benchmark_files as
select
    p.source,
    any_value(p.name) as name,
    any_value(p.version) as version,
    any_value(p.platform) as platform,
    any_value(p.os_arch) as os_arch,
    any_value(p.captured_at) as captured_at,
    any_value(p.git_commit) as git_commit,
    list(distinct p.workload order by p.workload) as workloads,
    count(*) as metrics,
    any_value(a.bytes) as bytes,
    natural_key(coalesce(any_value(p.version), any_value(p.name))) as version_order
from perf_baselines as p
left join source_artifacts as a on a.file = p.source
where p.origin = 'benchmark'
group by p.source;

comment on view benchmark_files is 'Every versioned baseline as a whole. version_order: sorts v1.9 before v1.10';
