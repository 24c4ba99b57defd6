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
