-- What the next record of a platform is held against: the committed baseline, else the median of its last 5 records.
-- grain: one row per platform and metric that was committed or recorded, of records without a workload or provider
-- null: baseline: fewer than 5 usable records, or a committed value that is no number
create or replace view next_baselines as
with recent as (
    select platform, metric, case when count(*) = 5 then median(value) end as middle
    from history_trend
    where is_usable and of - nth < 5 and workload is null and provider is null
    group by platform, metric
)

select
    coalesce(b.platform, r.platform) as platform,
    coalesce(b.metric, r.metric) as metric,
    case when b.metric is not null then b.value else r.middle end as baseline,
    case when b.metric is not null then b.source when r.middle is not null then 'median of the last 5 records' end
        as baseline_source,
    case when b.metric is not null then b.captured_at end as baseline_at,
    coalesce(b.limit_pct, o.fail_pct) as own_limit_pct
from platform_baselines as b
full join recent as r on r.platform = b.platform and r.metric = b.metric
left join source_metric_overrides as o on o.metric = coalesce(b.metric, r.metric);
