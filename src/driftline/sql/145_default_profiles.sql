-- Which two profiles to open with.
-- grain: one row, none without a profile
-- null: baseline: there is a single profile
create or replace macro default_profiles() as table
with offered as (
    select * from profiles where not archived
),

newest as (
    select * from offered qualify row_number() over (order by release_order desc) = 1
),

earlier as (
    select
        n.profile as candidate,
        o.profile,
        o.release_order,
        o.promoted_id is not null as is_promoted,
        o.hostname is not distinct from n.hostname and o.dataset_id is not distinct from n.dataset_id as is_alike
    from newest as n
    left join offered as o on o.release_order < n.release_order
),

chosen as (
    select
        candidate,
        arg_max(profile, release_order) filter (where is_promoted) as promoted,
        arg_max(profile, release_order) filter (where is_alike) as alike,
        arg_max(profile, release_order) as previous
    from earlier
    group by candidate
)

select
    coalesce(promoted, alike, previous) as baseline,
    candidate,
    case
        when promoted is not null then 'newest promoted reference before the newest profile'
        when alike is not null then 'the one before the newest on the same host and dataset'
        when previous is not null then 'the one before the newest; host or dataset differ'
        else 'a single profile'
    end as reason
from chosen;

create or replace view profile_comparison as from default_profiles();

comment on view profile_comparison is 'The default pair of profiles and the rule that chose it';
