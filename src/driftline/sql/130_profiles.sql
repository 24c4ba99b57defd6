-- Every frozen profile.
-- grain: one row per profile
-- null: not stated by the profile; totals that are missing are never 0
create or replace table profiles as
select
    p.profile,
    p.release,
    p.captured_at,
    p.dataset_id,
    p.hostname,
    p.platform,
    p.device,
    p.episodes_processed,
    p.wall_time_s,
    p.peak_rss_mb,
    p.avg_wall_time_per_episode_s,
    p.promoted_id,
    p.git_sha,
    p.git_dirty,
    l.profile is not null or coalesce(s.monitor_lines, 0) > 0 as has_monitor,
    coalesce(s.monitor_lines, l.lines) as monitor_lines,
    coalesce(s.monitor_bytes, l.bytes) as monitor_bytes,
    p.attribution,
    p.rounds,
    p.looks,
    case p.status when 'ok' then 'ok' else 'degraded' end as status,
    p.file as path,
    regexp_matches(p.profile, '(^|/)_') as archived,
    dense_rank() over (order by p.captured_at nulls first, natural_key(p.release || chr(0) || p.profile)) as release_order
from source_profiles as p
left join source_stage_truths as s on s.profile = p.profile
left join source_monitor_logs as l on l.profile = p.profile;

comment on table profiles is 'Every frozen profile; its key is its path below profiles/ without .yaml. captured_at: UTC; a profile without a readable date sorts first. rounds: Names the measurement in which profiles were captured in turns. looks: How often it was asked whether the captures are enough. release_order: Position on a release axis: by captured_at, then natural order of release and key';
