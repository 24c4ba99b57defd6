-- What was recorded, metric by metric, as it was recorded.
-- grain: one row per record and metric of that record
-- null: value: the record has no usable number there, `note` says why; recorded_at, git_commit, git_branch: not stated
create or replace table history as
select
    r.record_id,
    r.number,
    r.place,
    r.series,
    r.recorded_at,
    r.platform,
    r.workload,
    r.provider,
    r.run_type,
    r.git_commit,
    r.git_branch,
    r.python_version,
    r.os_arch,
    coalesce(a.metric, v.metric) as metric,
    v.value,
    v.note
from source_history_values as v
inner join history_records as r using (file_id, line)
left join metric_aliases as a on a.alias = v.metric
qualify row_number() over (
    partition by r.record_id, coalesce(a.metric, v.metric) order by a.metric is not null, v.metric
) = 1;

comment on table history is 'What was recorded, a row a metric. number: the running number of the record on its platform';
