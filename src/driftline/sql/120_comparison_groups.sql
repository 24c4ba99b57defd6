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

newest as (
    select
        group_id,
        arg_max(run, age_order) as candidate,
        max(age_order) as candidate_order
    from offered
    where category <> 'reference'
    group by group_id
),

pairs as (
    select
        n.group_id,
        n.candidate,
        n.candidate_order,
        arg_max(o.run, o.age_order) filter (where o.category = 'baseline') as promoted,
        arg_max(o.run, o.age_order) as previous
    from newest as n
    left join offered as o
        on o.group_id = n.group_id and o.category <> 'reference' and o.age_order < n.candidate_order
    group by n.group_id, n.candidate, n.candidate_order
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
    from pairs
),

ranked as (
    select
        *,
        row_number() over (order by shares_reference desc, candidate_order desc) as preference
    from chosen
),

sizes as (
    select group_id, task, kind, dataset_id, count(*) as runs
    from offered
    group by group_id, task, kind, dataset_id
)

select
    s.group_id,
    s.task,
    s.kind,
    s.dataset_id,
    s.runs,
    r.baseline as default_baseline,
    r.candidate as default_candidate,
    coalesce(r.preference = 1, false) as is_default,
    concat_ws(
        '; ',
        case
            when r.candidate is null then 'only references'
            when r.baseline is null then 'a single run'
            when r.promoted is not null then 'newest baseline before the newest run'
            else 'newest run before the newest one'
        end,
        case
            when r.preference = 1 and r.shares_reference then 'newest pair that shares a reference'
            when r.preference = 1 then 'newest group'
        end
    ) as reason
from sizes as s
left join ranked as r using (group_id);

comment on table comparison_groups is 'Groups of comparable runs and the default pair of each';
comment on column comparison_groups.reason is 'Which rule chose the pair, and the group where it is the default';
