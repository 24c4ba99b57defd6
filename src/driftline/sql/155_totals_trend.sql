-- The totals of every profile in long form, beside stage_trend.
-- grain: one row per profile that is not archived and total
-- null: value: the profile does not state it
create or replace table totals_trend as
with totals as (
    select
        profile,
        release,
        release_order,
        captured_at,
        hostname,
        dataset_id,
        wall_time_s,
        peak_rss_mb,
        avg_wall_time_per_episode_s
    from profiles
    where not archived
)

select
    profile,
    release,
    release_order,
    captured_at,
    hostname,
    dataset_id,
    metric,
    value,
    value is not null as present
from totals
unpivot include nulls (value for metric in (wall_time_s, peak_rss_mb, avg_wall_time_per_episode_s));

comment on table totals_trend is 'Totals of every profile in long form';
