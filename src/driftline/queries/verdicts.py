"""What verdicts are made of, and the verdicts that were made."""

from __future__ import annotations

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask

# What a reader wants to see first.
ORDER = [
    *("regressed", "improved", "changed", "suspect", "inconclusive", "threshold only", "not comparable", "no change"),
]
# The newest repetitions tell enough of the noise.
LEARNED = 60
_ORDERED = f"""array_position({ORDER}, v.verdict),
    array_position(['fail', 'warn'], v.level) nulls last,
    is_primary desc,
    v.q nulls last,
    abs(v.effect_pct) desc nulls last,
    v.stage,
    v.metric,
    v.reference"""
# What the registry says of a metric, as verdicts need it.
_TRAITS = (
    "m.label, m.unit, m.family, m.better, m.scale, m.warn_pct, m.fail_pct, m.warn_abs, m.fail_abs, m.min_abs,"
    " m.is_primary"
)
# Of a profile the totals; its stages are many.
_PRIMARY = "m.is_primary and coalesce(v.stage = '(totals)', true) as is_primary"


def run_comparisons(connection: Connection, baseline: str, candidate: str) -> list[Row]:
    """Every delta of two runs with what the registry says of its metric and, of means of episodes, the values of both
    runs, episode by episode; of outcomes how many episodes have them in one run only and in both."""
    base, other = literal(baseline), literal(candidate)
    return ask(
        connection,
        f"""with pairs as (
    select
        metric, reference,
        list(baseline order by episode_id) as baseline_values,
        list(candidate order by episode_id) as candidate_values
    from episode_deltas({base}, {other})
    where baseline is not null and candidate is not null
    group by metric, reference
),

-- An amount of 0 has no ratio: what is empty is lost too.
lost as (
    select
        metric, reference,
        count(*) filter (where candidate is null) as lost_values,
        count(*) filter (where baseline > 0 and candidate = 0) as emptied
    from episode_deltas({base}, {other})
    where baseline is not null
    group by metric, reference
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
    where run = {base} or run = {other}
),

counted as (
    select
        c.outcome,
        count(*) filter (where b.holds and not c.holds) as baseline_only,
        count(*) filter (where c.holds and not b.holds) as candidate_only,
        count(*) filter (where b.holds and c.holds) as both,
        count(*) as episodes
    from outcomes as c
    inner join outcomes as b on b.run = {base} and b.episode_id = c.episode_id and b.outcome = c.outcome
    where c.run = {other}
    group by c.outcome
)

select
    {other} as candidate_key, null as stage, d.metric, d.reference, d.baseline, d.candidate, d.delta_pct, d.level,
    d.status, d.note, {_TRAITS}, a.episode_metric, a.outcome,
    p.baseline_values, p.candidate_values,
    l.lost_values + case when m.scale = 'log' then l.emptied else 0 end as lost_values,
    o.baseline_only, o.candidate_only, o.both, o.episodes
from deltas({base}, {other}) as d
inner join metrics as m on m.metric = d.metric
left join aggregated_from as a on a.metric = d.metric
left join pairs as p on p.metric = a.episode_metric and p.reference is not distinct from d.reference
left join counted as o on o.outcome = a.outcome
left join lost as l on l.metric = a.episode_metric and l.reference is not distinct from d.reference
order by d.metric, d.reference""",
    ).rows


def profile_comparisons(connection: Connection, baseline: str, candidate: str) -> list[Row]:
    """Every delta of two profiles with what the registry says of its metric, and the captures of both sides."""
    base, other = literal(baseline), literal(candidate)
    return ask(
        connection,
        f"""with measured as (
    select profile, stage, metric, list(value order by capture) as measured
    from measured_captures
    where value is not null and (profile = {base} or profile = {other})
    group by profile, stage, metric
),

-- What was captured in turns is paired, capture by capture.
in_turns as (
    select
        b.stage, b.metric,
        list(b.value order by b.capture) as baseline_values,
        list(c.value order by b.capture) as candidate_values
    from measured_captures as b
    inner join measured_captures as c on c.capture = b.capture and c.stage = b.stage and c.metric = b.metric
    inner join profiles as p on p.profile = b.profile
    inner join profiles as q on q.profile = c.profile and q.rounds = p.rounds
    where b.profile = {base} and c.profile = {other} and b.value is not null and c.value is not null
    group by b.stage, b.metric
)

select
    {other} as candidate_key, d.stage, d.metric, null as reference, d.baseline, d.candidate, d.delta_pct, d.level,
    (select stage from canary_stage) as canary, d.status, d.note, {_TRAITS} and d.stage = '(totals)' as is_primary,
    null as episode_metric, null as outcome, null as lost_values, t.metric is not null as is_in_turns,
    coalesce(t.baseline_values, b.measured) as baseline_values,
    coalesce(t.candidate_values, c.measured) as candidate_values
from stage_deltas({base}, {other}) as d
inner join metrics as m on m.metric = d.metric
left join measured as b on b.profile = {base} and b.stage = d.stage and b.metric = d.metric
left join measured as c on c.profile = {other} and c.stage = d.stage and c.metric = d.metric
left join in_turns as t on t.stage = d.stage and t.metric = d.metric
order by d.stage_order, d.stage, d.metric""",
    ).rows


def machines(connection: Connection, keys: list[str]) -> dict[str, Row]:
    """platform, dataset_id and looks of runs and profiles by key: of a run what its fingerprint says of the machine, of
    a profile its host."""
    listed = literals(keys)
    rows = ask(
        connection,
        f"""select r.run as key, c.platform, r.dataset_id, null as looks
from runs as r
left join run_configurations as c using (run)
where list_contains({listed}, r.run)
union all
select profile, hostname, dataset_id, looks from profiles where list_contains({listed}, profile)""",
    ).rows
    return {row["key"]: row for row in rows}


def noise(connection: Connection, side: str) -> list[Row]:
    """The relation `noise` of one side."""
    return ask(connection, f"select * from noise where side = {literal(side)} order by all").rows


def reruns(connection: Connection) -> list[Row]:
    """Pairs of runs that repeat each other, neighbours in time, of which it is not yet worked out how they differ."""
    return ask(
        connection,
        f"""with ordered as (
    select
        c.run as candidate, c.platform, r.created_at as recorded_at,
        lag(c.run) over (partition by c.configuration, c.platform order by r.created_at, c.run) as baseline
    from run_configurations as c
    inner join runs as r on r.run = c.run
    where c.configuration is not null and c.platform is not null
    qualify row_number() over (partition by c.platform order by r.created_at desc, c.run desc) <= {LEARNED}
)

select o.*, p.file_id, t.file_id as reference_file_id
from ordered as o
inner join source_artifacts as p on p.key = o.candidate and p.artifact = 'predictions'
inner join source_artifacts as t on t.key = o.baseline and t.artifact = 'predictions'
anti join source_reruns as s on s.file_id = p.file_id and s.reference_file_id = t.file_id
order by o.candidate""",
    ).rows


def unrecorded_reruns(connection: Connection) -> list[Row]:
    """How runs differ that repeat each other, as lines of evidence, without those that are on record."""
    return ask(
        connection,
        """select
    s.recorded_at, s.platform, 'run' as side, s.metric, s.scale, null as stage, s.difference, s.variance, s.pairs,
    s.baseline, s.candidate
from (select distinct on (platform, metric, scale, baseline, candidate) * from source_reruns where pairs > 0) as s
semi join source_artifacts as p on p.file_id = s.file_id
semi join source_artifacts as r on r.file_id = s.reference_file_id
anti join source_noise as n
    on n.platform = s.platform and n.metric = s.metric and n.baseline = s.baseline and n.candidate = s.candidate
order by s.candidate, s.metric""",
    ).rows


def verdict_settings(connection: Connection) -> Table:
    """What driftline.toml says of how verdicts are decided: name, number, names."""
    return ask(connection, "select name, number, names from source_verdict_settings order by name")


def root_state(connection: Connection) -> str:
    """The state that verdicts hold in."""
    state: str = ask(connection, "select state from root_state").rows[0]["state"]
    return state


def has_outdated_verdicts(connection: Connection) -> bool:
    """Whether verdicts are kept that hold no longer."""
    stale = "select 1 from source_verdicts where state <> (select state from root_state) limit 1"
    return bool(ask(connection, stale).rows)


def has_verdicts(connection: Connection, side: str, baseline: str, candidate: str) -> bool:
    """Whether the verdicts of this pair were worked out in this state."""
    return bool(
        ask(
            connection,
            f"""select 1
from source_verdicts
where
    side = {literal(side)} and baseline = {literal(baseline)} and candidate = {literal(candidate)}
    and state = (select state from root_state)
limit 1""",
        ).rows
    )


def verdicts(connection: Connection, side: str, baseline: str, candidate: str) -> Table:
    """The verdicts of two runs or two profiles beside their deltas: what changed first, then what is most certain."""
    base, other = literal(baseline), literal(candidate)
    deltas, at = ("deltas", "null") if side == "run" else ("stage_deltas", "d.stage")
    reference = "d.reference" if side == "run" else "null"
    return ask(
        connection,
        f"""select
    v.*, d.baseline, d.candidate, d.delta, d.delta_pct, d.good, d.status,
    m.label, m.unit, m.better, m.family, {_PRIMARY}
from verdicts({base}, {other}) as v
inner join metrics as m using (metric)
inner join {deltas}({base}, {other}) as d
    on d.metric = v.metric
    and {reference} is not distinct from v.reference
    and {at} is not distinct from v.stage
where v.side = {literal(side)}
order by
    {_ORDERED}""",
    )


def thresholds(
    connection: Connection, side: str, baseline: str, candidate: str, warn: float | None, fail: float | None
) -> Table:
    """The same columns without any knowledge of noise: deltas and the level that each is past, of the registry or, of
    what can be had in per cent, `warn` and `fail` per cent in the bad direction."""
    base, other = literal(baseline), literal(candidate)
    deltas = "deltas" if side == "run" else "stage_deltas"
    worse = "worsening(m.better, d.delta_pct)"
    level = "d.level"
    if warn is not None or fail is not None:
        # What is not given stays that of the registry.
        limits = [(f"{fail!r}::double" if fail is not None else "m.fail_pct", "fail")]
        limits += [(f"{warn!r}::double" if warn is not None else "m.warn_pct", "warn")]
        branches = " ".join(f"when {worse} >= {limit} - 1e-9 then '{name}'" for limit, name in limits)
        level = (
            f"case when {worse} is null then d.level when abs(d.delta) < m.min_abs then 'ok' {branches} else 'ok' end"
        )
    return ask(
        connection,
        f"""with v as (
    select
        {literal(side)} as side, d.metric, {"d.reference" if side == "run" else "null"} as reference,
        {"null" if side == "run" else "d.stage"} as stage,
        case when d.delta is null then 'not comparable' else 'threshold only' end as verdict,
        {level} as level, d.delta_pct as effect_pct, null::double as ci_low, null::double as ci_high,
        null::double as p, null::double as q, null::double as mde_pct, null::bigint as n_pairs,
        null::bigint as n_captures, 'none' as noise_source, 'threshold' as method,
        concat(m.label, case
            when d.delta is null then ' cannot be compared: ' || coalesce(d.note, d.status)
            else ': held against a limit, noise not weighed'
        end, '.') as reason,
        null::bigint as pairs_needed,
        d.baseline, d.candidate, d.delta, d.delta_pct, d.good, d.status
    from {deltas}({base}, {other}) as d
    inner join metrics as m using (metric)
)

select v.*, m.label, m.unit, m.better, m.family, {_PRIMARY}
from v
inner join metrics as m using (metric)
order by
    {_ORDERED}""",
    )
