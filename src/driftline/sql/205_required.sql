-- A key that must exist: itself, or an error that names it.
-- grain: scalar macros
-- null: never
create or replace macro required_run(key) as (
    select case when count(*) = 0 then error('no run ' || key || ' in this root') else key end
    from runs
    where run = key
);

create or replace macro required_profile(key) as (
    select case when count(*) = 0 then error('no profile ' || key || ' in this root') else key end
    from profiles
    where profile = key
);

-- The key of a run or of a profile, or an error that names it.
create or replace macro required_comparable(key) as (
    select
        case
            when exists (select 1 from runs where run = key) or exists (select 1 from profiles where profile = key) then key
            else error('neither a run nor a profile ' || key || ' in this root')
        end
);
