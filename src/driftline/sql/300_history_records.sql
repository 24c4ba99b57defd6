-- Every record of the history once, with its running number on its platform and the series that it belongs to.
-- grain: one row per record. A record_id that occurs again is the same record: the first line counts
-- null: recorded_at: the record does not say when; it comes before all others
create or replace table history_records as
with told as (
    select
        *,
        concat_ws(' · ', platform, workload, provider) as series
    from source_history_records
    qualify row_number() over (partition by record_id order by file, line) = 1
)

select
    record_id,
    row_number() over (partition by platform order by file, line) as number,
    row_number() over (partition by series order by recorded_at nulls first, file, line) as place,
    series,
    platform,
    workload,
    provider,
    recorded_at,
    os_arch,
    run_type,
    git_commit,
    git_branch,
    python_version,
    num_test_queries,
    test_duration_seconds,
    notes,
    file_id,
    file,
    line
from told;

comment on table history_records is 'Every record, its number on its platform and its place in time. place: 1 is the oldest record of the series';
