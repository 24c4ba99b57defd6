-- The ticks of the monitor logs beside the profiles.
-- grain: one row per profile, section of its log and tick
-- null: the log does not hold the value, or it is no number
create or replace view monitor_samples as
select
    profile,
    section,
    "at",
    pid,
    stage,
    rss_mb,
    peak_rss_mb,
    cpu_pct,
    elapsed_s
from source_monitor_samples;

comment on view monitor_samples is 'Ticks of the monitor logs beside the profiles';
