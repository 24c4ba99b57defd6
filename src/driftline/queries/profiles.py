"""Questions about profiles and the trends of their stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask, frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Kept:
    """Which profiles the filters keep: those of any of the hosts and of any of the datasets. Empty keeps every one, and
    an empty name those that state none."""

    hosts: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """What holds for a row with `hostname` and `dataset_id`."""
        listed = (("hostname", self.hosts), ("dataset_id", self.datasets))
        parts = [f"list_contains({literals(list(names))}, coalesce({column}, ''))" for column, names in listed if names]
        return " and ".join(parts) or "true"


EVERY = Kept()


def profile_list(connection: Connection, kept: Kept = EVERY, with_archived: bool = False) -> list[Row]:
    """Every profile in release order, with its captures and whether the filters keep it; archived ones if asked for."""
    return ask(
        connection,
        f"""select p.*, c.captures, {kept.condition} as is_kept
from profiles as p
left join (select profile, count(distinct capture) as captures from captures group by profile) as c using (profile)
where {"true" if with_archived else "not p.archived"}
order by p.release_order""",
    ).rows


def default_profiles(connection: Connection, kept: Kept = EVERY) -> Row | None:
    """The default pair of the profiles that the filters keep, and the rule that chose it; None without any profile.

    What stands in `with` shadows the table inside the macro.
    """
    statement = f"""with profiles as materialized (
    select * from main.profiles where {kept.condition}
)

select baseline, candidate, reason from default_profiles()"""
    rows = ask(connection, statement).rows
    return rows[0] if rows else None


def stage_deltas(connection: Connection, baseline: str, candidate: str) -> Table:
    """Stage by stage what changed: totals first, then what changed most."""
    return ask(
        connection,
        f"""select d.*, m.label, m.is_primary
from stage_deltas({literal(baseline)}, {literal(candidate)}) as d
inner join metrics as m using (metric)
order by
    d.stage = '(totals)' desc,
    m.is_primary desc,
    max(abs(d.delta)) over (partition by d.stage, d.metric = 'wall_time_s') is null,
    abs(d.delta_pct) desc nulls last,
    d.stage_order,
    d.metric""",
    )


def stage_contributions(connection: Connection, baseline: str, candidate: str) -> Table:
    """From the total wall time of the one to that of the other, a row a step."""
    return ask(
        connection,
        f"""select *
from stage_contributions({literal(baseline)}, {literal(candidate)})
order by position""",
    )


def stage_matrix(connection: Connection, baseline: str, candidates: list[str]) -> Table:
    """Every stage and metric of every candidate, the first of which is in focus: totals first, then what changed most
    there, then anywhere."""
    listed = literals(candidates)
    return ask(
        connection,
        f"""with cells as (
    select p.profile, d.*, abs(d.delta_pct) as effect
    from profiles as p, lateral (select * from stage_deltas({literal(baseline)}, p.profile)) as d
    where list_contains({listed}, p.profile)
)

select
    c.stage, c.stage_order, c.metric, m.label, c.baseline, c.profile, c.candidate, c.delta, c.delta_pct, c.good,
    c.level, c.gain, c.status, c.note, m.is_primary and c.stage = '(totals)' as is_primary
from cells as c
inner join metrics as m using (metric)
window of_row as (partition by c.stage, c.metric)
order by
    c.stage = '(totals)' desc,
    m.is_primary desc,
    max(c.effect) filter (where c.profile = {literal(candidates[0])}) over of_row desc nulls last,
    max(c.effect) over of_row desc nulls last,
    min(c.stage_order) over of_row,
    c.stage,
    c.metric,
    list_position({listed}, c.profile)""",
    )


def stage_breakdown(connection: Connection, profile: str) -> Table:
    """stage, wall_time_s, peak_rss_mb, avg_cpu_pct, is_unsampled: what each stage of a profile cost, longest first."""
    return ask(
        connection,
        f"""select
    stage,
    max(value) filter (where metric = 'wall_time_s') as wall_time_s,
    max(value) filter (where metric = 'peak_rss_mb') as peak_rss_mb,
    max(value) filter (where metric = 'avg_cpu_pct') as avg_cpu_pct,
    not bool_and(sampled) as is_unsampled
from stage_metrics
where profile = {literal(profile)}
group by stage
order by wall_time_s desc nulls last, min(stage_order), stage""",
    )


def coverage(connection: Connection) -> Table:
    """Every release that a fingerprint, releases.yaml or a profile names, in release order, and at last the other runs.

    runs and profiles (counts), captures, captured_at of the last profile; run, label and episodes of the first run.
    """
    return ask(
        connection,
        """with tagged as (
    select
        case when r.profile is not null or u.release_source <> 'run_id' then r.release end as release,
        u.run,
        l.label,
        u.episodes,
        list_position(['baseline', 'run'], u.category) as place,
        r.profile,
        p.captured_at,
        p.release_order
    from releases as r
    -- What others are scored against belongs to no release.
    left join runs as u on u.run = r.run and u.category <> 'reference'
    left join run_labels as l on l.run = u.run
    left join profiles as p on p.profile = r.profile
    where r.profile is not null or u.run is not null
),

captured as (
    select profile, count(distinct capture) as captures from captures group by profile
)

select
    t.release,
    count(distinct t.run) as runs,
    arg_min(t.run, (t.place, t.run)) as run,
    arg_min(t.label, (t.place, t.run)) as label,
    arg_min(t.episodes, (t.place, t.run)) as episodes,
    count(distinct t.profile) as profiles,
    max(t.captured_at) as captured_at,
    max(c.captures) as captures
from tagged as t
left join captured as c using (profile)
group by t.release
order by
    t.release is null,
    max(t.release_order) nulls last,
    natural_key(t.release)""",
    )


def trend_sql(metric: str, kept: Kept = EVERY) -> str:
    """Every stage at every release that the filters keep for one metric, gaps included; totals are the first row."""
    return f"""select profile, release, release_order, stage, stage_order, value, present
from stage_trend
where metric = {literal(metric)} and {kept.condition}
qualify bool_or(present) over (partition by stage)
union all
select profile, release, release_order, '(totals)' as stage, 0 as stage_order, value, present
from totals_trend
where metric = {literal(metric)} and {kept.condition}
order by stage_order, stage, release_order"""


def trend(connection: Connection, metric: str, kept: Kept = EVERY) -> pd.DataFrame:
    """profile, release, release_order, stage, stage_order, value (NaN at a gap), present; by stage, then release."""
    return frame(connection, trend_sql(metric, kept))


def spread_sql(metric: str, kept: Kept = EVERY) -> str:
    """Smallest and largest value over the captures of a profile that the filters keep, where it has several."""
    return f"""select profile, stage, min(value) as low, max(value) as high, count(value) as captures
from captures
where metric = {literal(metric)}
    and profile in (select profile from profiles where not archived and {kept.condition})
group by profile, stage
having count(value) > 1
order by profile, stage"""


def spread(connection: Connection, metric: str, kept: Kept = EVERY) -> pd.DataFrame:
    """profile, stage, low, high, captures."""
    return frame(connection, spread_sql(metric, kept))


def environment_differences(connection: Connection, profiles: list[str]) -> list[Row]:
    """key, values (lists of a value and the profiles that state it), for what matters to costs and is not the same in
    all of these profiles; and every note on how memory was measured, and on what made a measurement doubtful."""
    listed = literals(profiles)
    return ask(
        connection,
        f"""with stated as (
    select key, value, list(profile order by list_position({listed}, profile)) as profiles
    from profile_environments
    where list_contains({listed}, profile)
        and (
            key in ('device', 'precision', 'python', 'cpu', 'os', 'rss_measurement_note', 'warnings')
            or starts_with(key, 'library_versions.')
        )
    group by key, value
    union all
    -- a device that only some state is a difference: the others ran on one that nobody knows
    select 'device' as key, 'not stated' as value, list(profile order by list_position({listed}, profile)) as profiles
    from profiles
    where list_contains({listed}, profile) and device is null
    having count(*) between 1 and {len(profiles) - 1}
)

select key, list({{'value': value, 'profiles': profiles}} order by list_position({listed}, profiles[1])) as "values"
from stated
group by key
having count(*) > 1 or key in ('rss_measurement_note', 'warnings')
order by list_position(['device', 'precision', 'cpu', 'os', 'python'], key) nulls last, key""",
    ).rows
