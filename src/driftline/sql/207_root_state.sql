-- The readings, repetitions and code that verdicts come from, as one text: what came from others no longer holds.
-- grain: one row
-- null: never
create or replace view root_state as
select md5(concat_ws(
    ' ',
    (select digest from source_code),
    (select count(distinct (file_id, reference_file_id)) from source_reruns),
    (
        select string_agg(file_id::varchar, ',' order by file_id)
        from source_artifacts
        where artifact not in ('history', 'platform_baselines', 'benchmark')
    )
)) as state;
