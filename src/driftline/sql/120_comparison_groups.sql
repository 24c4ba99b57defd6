-- Runs that may be compared as a matter of course, and which pair to open with.
-- grain: one row per task, kind and dataset of the runs that are not archived
-- null: no candidate, or nothing older to compare it with
create or replace table comparison_groups as
with offered as (
    select
        run,
        group_id,
        task,
        kind,
        dataset_id,
        category,
        row_number() over (order by created_at nulls first, run) as age_order
    from runs
    where not archived and status <> 'broken'
),

dated as (
    select
        *,
        max(age_order) filter (where category <> 'reference') over (partition by group_id) as newest
    from offered
),

groups as (
    select
        group_id,
        task,
        kind,
        dataset_id,
        count(*) as runs,
        max(newest) as newest,
        arg_max(run, age_order) filter (where age_order = newest) as candidate,
        arg_max(run, age_order) filter (where category = 'baseline' and age_order < newest) as promoted,
        arg_max(run, age_order) filter (where category <> 'reference' and age_order < newest) as previous
    from dated
    group by group_id, task, kind, dataset_id
),

chosen as (
    select
        *,
        coalesce(promoted, previous) as baseline,
        exists (
            select 1
            from source_run_values as b
            inner join source_run_values as c on c.reference = b.reference
            inner join reference_runs as f on f.reference = b.reference
            where b.run = coalesce(promoted, previous) and c.run = candidate and f.run is not null
        ) as shares_reference
    from groups
),

ranked as (
    select
        *,
        candidate is not null
        and row_number() over (order by candidate is null, shares_reference desc, newest desc) = 1 as is_default
    from chosen
)

select
    group_id,
    task,
    kind,
    dataset_id,
    runs,
    baseline as default_baseline,
    candidate as default_candidate,
    is_default,
    concat_ws(
        '; ',
        case
            when candidate is null then 'only references'
            when baseline is null then 'a single run'
            when promoted is not null then 'newest baseline before the newest run'
            else 'newest run before the newest one'
        end,
        case
            when is_default and shares_reference then 'newest pair that shares a reference'
            when is_default then 'newest group'
        end
    ) as reason
from ranked;

comment on table comparison_groups is 'Groups of comparable runs and the default pair of each. reason: Which rule chose the pair, and the group where it is the default';
