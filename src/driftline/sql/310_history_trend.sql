-- Every metric of a series at every record of it, so that a gap is a row, with what came before each record.
-- grain: one row per series, record and metric that any record of the series has: the full grid
-- null: value: the record does not have the metric (present is false), or no usable number; median_before: fewer than 5
create or replace table history_trend as
with measured as (
    select distinct series, metric from history
),

grid as (
    select
        r.series,
        r.platform,
        r.workload,
        r.provider,
        r.record_id,
        r.number,
        r.place,
        r.recorded_at,
        r.run_type,
        r.git_commit,
        r.git_branch,
        m.metric,
        h.value,
        h.note,
        h.record_id is not null as present,
        h.value >= 0 or (h.value is not null and d.better = 'neutral') as is_usable
    from measured as m
    inner join history_records as r using (series)
    inner join tracked_metrics as d using (metric)
    left join history as h using (record_id, metric)
),

-- Only what is usable is counted: a record without the metric takes nothing from those before it.
before as (
    select
        record_id,
        metric,
        row_number() over every as nth,
        count(*) over every as of,
        case when count(value) over previous = 5 then median(value) over previous end as median_before
    from grid
    where is_usable
    window
        every as (partition by series, metric order by place rows between unbounded preceding and unbounded following),
        previous as (partition by series, metric order by place rows between 5 preceding and 1 preceding)
)

select
    g.series,
    g.platform,
    g.workload,
    g.provider,
    g.record_id,
    g.number,
    g.place,
    g.recorded_at,
    g.run_type,
    g.git_commit,
    g.git_branch,
    g.metric,
    g.value,
    g.note,
    g.present,
    coalesce(g.is_usable, false) as is_usable,
    b.nth,
    b.of,
    b.median_before
from grid as g
left join before as b using (record_id, metric);

comment on table history_trend is 'Every metric of a series at every record of it, gaps included. median_before: the median of the 5 usable values before';
