"""What verdicts are made of: two sides of every metric, and the machines they were measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, ask

# The newest repetitions of a run tell enough.
REPEATS = 10
_ALONE = """paired as (
    select *, 1 as baseline_runs, 1 as candidate_runs
    from plain
),
"""
# Runs that repeat each other tell more together than each alone.
_POOLED = """repeated as (
    select unnest({sides}) as side, unnest({runs}) as run
),

pooled as (
    select p.side, m.episode_id, m.metric, median(m.value) as value, count(m.value) as runs
    from repeated as p
    inner join measured_episodes as m on m.run = p.run
    where m.value is not null
    group by p.side, m.episode_id, m.metric
),

paired as (
    select
        e.candidate_key, e.episode_id, e.metric, e.reference, e.delta,
        case when e.baseline is not null then coalesce(b.value, e.baseline) end as baseline,
        case when e.candidate is not null then coalesce(k.value, e.candidate) end as candidate,
        coalesce(b.runs, 1) as baseline_runs,
        coalesce(k.runs, 1) as candidate_runs
    from plain as e
    -- Equalities alone, as any other condition would compare every row with every other.
    left join pooled as b
        on b.side = case when e.reference is null and not list_contains({same}, e.candidate_key) then {base} end
        and b.episode_id = e.episode_id and b.metric = e.metric
    left join pooled as k
        on k.side
            = case when e.reference is null and not list_contains({same}, e.candidate_key) then e.candidate_key end
        and k.episode_id = e.episode_id and k.metric = e.metric
),
"""
# What the registry says of a metric, as verdicts need it.
_TRAITS = (
    "m.label, m.unit, m.family, m.better, m.scale, m.warn_pct, m.fail_pct, m.warn_abs, m.fail_abs, m.min_abs,"
    " m.is_primary"
)


def run_comparisons(
    connection: Connection,
    baseline: str,
    candidates: Sequence[str],
    repeated: Mapping[str, Sequence[str]] | None = None,
) -> list[Row]:
    """Every delta of each candidate (`candidate_key`) with what the registry says of its metric and, of means of
    episodes, the values of both runs, episode by episode; of outcomes how many episodes have them in one run only and
    in both.

    Of a run that was `repeated` by others (itself among them) the values are medians over so many runs as
    `baseline_runs` and `candidate_runs` say; scores and outcomes stay its own. Two of the same repetitions stay alone.
    """
    base, repeated = literal(baseline), repeated or {}
    same = [key for key in candidates if set(repeated.get(key, ())) & set(repeated.get(baseline, ()))]
    sides = [(side, run) for side, runs in repeated.items() if len(runs) > 1 for run in runs]
    pooled = _POOLED.format(
        sides=literals([side for side, _ in sides]), runs=literals([run for _, run in sides]), base=base,
        same=literals(same),
    ) if sides else _ALONE  # fmt: skip
    return ask(
        connection,
        f"""with chosen as (
    select unnest({literals(candidates)}) as candidate_key
),

plain as (
    select c.candidate_key, e.*
    from chosen as c, lateral (select * from episode_deltas({base}, c.candidate_key)) as e
),

{pooled}
-- An amount of 0 has no ratio: what is empty is lost too.
values_ as (
    select
        candidate_key, metric, reference,
        list(baseline order by episode_id) filter (where delta is not null) as baseline_values,
        list(candidate order by episode_id) filter (where delta is not null) as candidate_values,
        avg(baseline) as baseline_mean,
        avg(candidate) as candidate_mean,
        -- Harmonic means: what is sure about is the mean of variances.
        1 / avg(1 / baseline_runs) filter (where delta is not null) as baseline_runs,
        1 / avg(1 / candidate_runs) filter (where delta is not null) as candidate_runs,
        count(*) filter (where baseline is not null and candidate is null) as lost_values,
        count(*) filter (where baseline > 0 and candidate = 0) as emptied
    from paired
    group by candidate_key, metric, reference
),

outcomes as (
    select
        run, episode_id,
        unnest(['failed', 'succeeded', 'any gate', 'truncation', 'speaker_label_leak', 'boilerplate_leak']) as outcome,
        unnest([
            status = 'failed', status <> 'failed', len(gates) > 0, list_contains(gates, 'truncation'),
            list_contains(gates, 'speaker_label_leak'), list_contains(gates, 'boilerplate_leak')
        ]) as holds
    from episodes
    where list_contains({literals([baseline, *candidates])}, run)
),

counted as (
    select
        c.run, c.outcome,
        count(*) filter (where b.holds and not c.holds) as baseline_only,
        count(*) filter (where c.holds and not b.holds) as candidate_only,
        count(*) filter (where b.holds and c.holds) as both,
        count(*) as episodes
    from outcomes as c
    inner join outcomes as b on b.run = {base} and b.episode_id = c.episode_id and b.outcome = c.outcome
    group by c.run, c.outcome
),

differences as (
    select c.candidate_key, d.* from chosen as c, lateral (select * from deltas({base}, c.candidate_key)) as d
)

select
    d.candidate_key, null as stage, d.metric, d.reference, d.baseline, d.candidate, d.delta_pct, d.level, d.status,
    d.note, {_TRAITS}, a.episode_metric, a.outcome, v.baseline_values, v.candidate_values,
    v.baseline_mean, v.candidate_mean, v.baseline_runs, v.candidate_runs,
    v.lost_values + case when m.scale = 'log' then v.emptied else 0 end as lost_values,
    o.baseline_only, o.candidate_only, o.both, o.episodes
from differences as d
inner join metrics as m on m.metric = d.metric
left join aggregated_from as a on a.metric = d.metric
left join values_ as v
    on v.candidate_key = d.candidate_key
    and v.metric = a.episode_metric
    and v.reference is not distinct from d.reference
left join counted as o on o.run = d.candidate_key and o.outcome = a.outcome
order by d.candidate_key, d.metric, d.reference""",
    ).rows


def profile_comparisons(connection: Connection, baseline: str, candidates: Sequence[str]) -> list[Row]:
    """Every delta of each candidate (`candidate_key`), all profiles, with what the registry says of its metric, and the
    captures of both sides."""
    base = literal(baseline)
    return ask(
        connection,
        f"""with chosen as (
    select unnest({literals(candidates)}) as candidate_key
),

mine as (
    select profile, capture, stage, metric, value
    from measured_captures
    where value is not null and list_contains({literals([baseline, *candidates])}, profile)
),

measured as (
    select profile, stage, metric, list(value order by capture) as measured
    from mine
    group by profile, stage, metric
),

-- What was captured in turns is paired, capture by capture.
in_turns as (
    select
        c.profile, c.stage, c.metric,
        list(b.value order by b.capture) as baseline_values,
        list(c.value order by b.capture) as candidate_values
    from mine as c
    inner join mine as b
        on b.profile = {base} and b.capture = c.capture and b.stage = c.stage and b.metric = c.metric
    inner join profiles as p on p.profile = c.profile
    inner join profiles as q on q.profile = b.profile and q.rounds = p.rounds
    group by c.profile, c.stage, c.metric
),

differences as (
    select c.candidate_key, d.* from chosen as c, lateral (select * from stage_deltas({base}, c.candidate_key)) as d
)

select
    d.candidate_key, d.stage, d.metric, null as reference, d.baseline, d.candidate, d.delta_pct, d.level,
    (select stage from canary_stage) as canary, d.status, d.note, {_TRAITS} and d.stage = '(totals)' as is_primary,
    null as episode_metric, null as outcome, null as lost_values, t.metric is not null as is_in_turns,
    coalesce(t.baseline_values, b.measured) as baseline_values,
    coalesce(t.candidate_values, c.measured) as candidate_values
from differences as d
inner join metrics as m on m.metric = d.metric
left join measured as b on b.profile = {base} and b.stage = d.stage and b.metric = d.metric
left join measured as c on c.profile = d.candidate_key and c.stage = d.stage and c.metric = d.metric
left join in_turns as t on t.profile = d.candidate_key and t.stage = d.stage and t.metric = d.metric
order by d.candidate_key, d.stage_order, d.stage, d.metric""",
    ).rows


def machines(connection: Connection, side: str) -> dict[str, Row]:
    """platform, dataset_id and looks of every run or profile by key: of a run what its fingerprint says of the machine,
    of a profile its host; and the newest other runs that repeat a run (`repeats`), no copies of it or of each other."""
    if side == "profile":
        statement = "select profile as key, hostname as platform, dataset_id, looks, [] as repeats from profiles"
    else:
        statement = f"""with configured as (
    select c.run, c.platform, c.configuration, r.created_at
    from run_configurations as c
    inner join runs as r on r.run = c.run
    where c.configuration is not null and c.platform is not null
    qualify count(*) over (partition by c.configuration, c.platform) > 1
),

-- What two runs measured is never the same to the last digit, unless the one is a copy of the other.
measured as (
    select
        run,
        md5(string_agg(concat_ws(' ', episode_id, latency_s, output_tokens), chr(10) order by episode_id)) as digest
    from episode_measurements
    where run in (select run from configured)
    group by run
),

unlike as (
    select c.*, m.digest
    from configured as c
    inner join measured as m on m.run = c.run
),

repeated as (
    select c.run, list(o.run order by o.created_at desc, o.run)[:{REPEATS - 1}] as repeats
    from unlike as c
    inner join (
        select distinct on (configuration, platform, digest) * from unlike order by created_at desc, run
    ) as o
        on o.configuration = c.configuration and o.platform = c.platform
    where o.digest <> c.digest
    group by c.run
)

select r.run as key, c.platform, r.dataset_id, null as looks, coalesce(p.repeats, []) as repeats
from runs as r
left join run_configurations as c on c.run = r.run
left join repeated as p on p.run = r.run"""
    rows = ask(connection, statement).rows
    return {row["key"]: row for row in rows}
