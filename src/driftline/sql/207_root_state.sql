-- The readings, scores and code that verdicts come from, as one text: what came from others no longer holds.
-- grain: one row
-- null: never
create or replace view root_state as
select md5(concat_ws(
    ' ',
    (select digest from source_code),
    (select count(*) from source_scores),
    (select string_agg(file_id::varchar, ',' order by file_id) from source_artifacts)
)) as state;

-- The key of a run or of a profile, or an error that names it.
create or replace macro required_comparable(key) as (
    select
        case
            when exists (select 1 from runs where run = key) or exists (select 1 from profiles where profile = key) then key
            else error('neither a run nor a profile ' || key || ' in this root')
        end
);
