"""Questions about the traces of a monitor: memory and CPU while a profile was captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.artifacts.bulk import literal
from driftline.queries.asking import Connection, Table, ask, frame
from driftline.queries.profiles import Kept

if TYPE_CHECKING:
    import pandas as pd

# What a chart can show, and a page can carry as a file.
POINTS, TICKS_TAKEN_ALONG = 600, 5_000
TICK_COLUMNS = ("section", "at", "pid", "stage", "rss_mb", "peak_rss_mb", "cpu_pct", "elapsed_s")


def traces(connection: Connection, kept: Kept) -> Table:
    """profile, section, started_at, ticks, seconds, peak_rss_mb and avg_cpu_pct of the ticks; monitor_lines,
    has_log and the frozen peak of the profile; in release order. A trace that is only spoken of, or has no whole line,
    has no section and no ticks."""
    return ask(
        connection,
        f"""select
    p.profile,
    s.section,
    min(s."at") as started_at,
    count(s.profile) as ticks,
    max(s.elapsed_s) - min(s.elapsed_s) as seconds,
    max(s.rss_mb) as peak_rss_mb,
    avg(s.cpu_pct) as avg_cpu_pct,
    p.monitor_lines,
    bool_or(l.profile is not null) as has_log,
    p.peak_rss_mb as frozen_peak_rss_mb
from profiles as p
left join monitor_samples as s on s.profile = p.profile
left join source_monitor_logs as l on l.profile = p.profile
where not p.archived and p.has_monitor and {kept.condition}
group by p.profile, p.release_order, p.monitor_lines, p.peak_rss_mb, s.section
order by p.release_order, s.section""",
    )


def trace_sql(profile: str, section: int) -> str:
    """A section of a trace in at most POINTS steps of equal length: the stage, the most memory, the mean CPU."""
    return f"""with ticks as (
    select stage, rss_mb, cpu_pct, elapsed_s, elapsed_s - min(elapsed_s) over () as since
    from monitor_samples
    where profile = {literal(profile)} and section = {section} and elapsed_s is not null
),

steps as (
    select *, floor(since / nullif(max(since) over (), 0) * {POINTS - 1}) as step from ticks
)

select
    arg_min(stage, elapsed_s) as stage,
    max(rss_mb) as rss_mb,
    avg(cpu_pct) as cpu_pct,
    min(elapsed_s) as elapsed_s
from steps
group by step
order by elapsed_s"""


def trace(connection: Connection, profile: str, section: int) -> pd.DataFrame:
    """stage, rss_mb, cpu_pct and elapsed_s (NaN at a gap), in order of time."""
    return frame(connection, trace_sql(profile, section))


def frozen_stages_sql(profile: str) -> str:
    """What the profile itself says of its stages."""
    return f"""select
    stage,
    max(value) filter (where metric = 'peak_rss_mb') as peak_rss_mb,
    max(value) filter (where metric = 'avg_cpu_pct') as avg_cpu_pct
from stage_metrics
where profile = {literal(profile)}
group by stage
order by min(stage_order), stage"""


def frozen_stages(connection: Connection, profile: str) -> pd.DataFrame:
    """stage, peak_rss_mb, avg_cpu_pct."""
    return frame(connection, frozen_stages_sql(profile))


def ticks(connection: Connection, profile: str) -> Table:
    """Every tick of a profile's trace, in order."""
    return ask(
        connection,
        f"""select {", ".join(f'"{name}"' for name in TICK_COLUMNS)}
from monitor_samples
where profile = {literal(profile)}
order by section, elapsed_s""",
    )
