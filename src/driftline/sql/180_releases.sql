-- Runs and profiles joined by their release tag.
-- grain: one row per release, run and profile of it (full outer join)
-- null: that side is missing
create or replace table releases as
with evaluated as (
    select release, run from runs where not archived
),

profiled as (
    select release, profile from profiles where not archived
)

select
    coalesce(e.release, p.release) as release,
    e.run,
    p.profile,
    case when e.run is null then 'profile_only' when p.profile is null then 'eval_only' else 'both' end as side
from evaluated as e
full outer join profiled as p on p.release = e.release;

comment on table releases is 'Runs and profiles joined by release; one side may be missing';
