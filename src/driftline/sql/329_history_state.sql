-- The readings and code that change points come from, as one text: what came from others no longer holds.
-- grain: one row
-- null: never
create or replace view history_state as
select md5(concat_ws(
    ' ',
    (select digest from source_code),
    (select string_agg(file_id::varchar, ',' order by file_id) from source_artifacts where artifact = 'history'),
    (select string_agg(concat_ws('=', name, number), ',' order by name) from source_verdict_settings)
)) as state;
