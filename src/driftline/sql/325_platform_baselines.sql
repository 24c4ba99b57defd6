-- The baseline of each metric of a platform. Of several files the root's own counts, before the one below tests/.
-- grain: one row per platform and metric
-- null: limit_pct: no limit of its own
create or replace view platform_baselines as
select
    platform,
    metric,
    value,
    captured_at,
    git_commit,
    fail_pct as limit_pct,
    source
from perf_baselines
where origin = 'platform' and platform is not null
qualify row_number() over (partition by platform, metric order by length(source), source) = 1;

comment on view platform_baselines is 'The baseline of each metric of a platform. limit_pct: The limit that the file sets for it';
