"""How much repetitions differ, and the verdicts that were made."""

from __future__ import annotations

from collections.abc import Sequence

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
# What a verdict and a delta are matched by, and what the verdict adds to a row.
_MATCHED = ("candidate_key", "metric", "reference", "stage")
VERDICT_COLUMNS = [
    *("verdict", "verdict_level", "effect_pct", "ci_low", "ci_high", "q", "mde_pct", "n_pairs", "noise_source"),
    *("pairs_needed", "reason", "regressed", "improved", "open", "is_weighed"),
]
# Of a profile the totals; its stages are many.
_PRIMARY = "m.is_primary and coalesce(v.stage = '(totals)', true)"


def noise(connection: Connection, side: str) -> list[Row]:
    """The relation `noise` of one side."""
    return ask(connection, f"select * from noise where side = {literal(side)} order by all").rows


def aggregations(connection: Connection) -> list[Row]:
    """metric, episode_metric, outcome: what each metric of a run adds up."""
    return ask(connection, "select * from aggregated_from order by metric").rows


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


def rerun_values(connection: Connection, pairs: Sequence[tuple[str, str]]) -> list[Row]:
    """What (baseline, candidate) pairs of runs measured on the same episodes, a row for each pair and metric. Scores
    are left out: to score all that was ever repeated would take long, and is not asked for."""
    sides = [literals(side) for side in zip(*pairs, strict=True)]
    return ask(
        connection,
        f"""with pairs as (
    select unnest({sides[0]}) as baseline, unnest({sides[1]}) as candidate
),

measured as (
    select run, episode_id, metric, value
    from episode_metrics
    where
        reference is null and value is not null
        and (run in (select baseline from pairs) or run in (select candidate from pairs))
)

select
    p.baseline, p.candidate, c.metric, m.scale,
    list(b.value order by b.episode_id) as baseline_values,
    list(c.value order by b.episode_id) as candidate_values
from pairs as p
inner join measured as c on c.run = p.candidate
inner join measured as b on b.run = p.baseline and b.episode_id = c.episode_id and b.metric = c.metric
inner join aggregated_from as a on a.episode_metric = c.metric
inner join metrics as m on m.metric = a.metric
group by p.baseline, p.candidate, c.metric, m.scale
order by p.baseline, p.candidate, c.metric""",
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


def judgeable(connection: Connection, side: str, baseline: str, candidates: Sequence[str]) -> list[Row]:
    """Of each candidate (`candidate_key`) the state of the root and how many scores there are, in which verdicts of the
    pair hold, whether they were worked out in it (`is_judged`), and whether any are kept of another (`is_outdated`)."""
    return ask(
        connection,
        f"""with chosen as (
    select unnest({literals(candidates)}) as candidate_key
),

held as (
    select candidate_key, state, scores_of({literal(baseline)}, candidate_key) as scores
    from chosen, root_state
),

kept as (
    select distinct side, baseline, candidate, state, scores from source_verdicts
)

select
    h.*, k.state is not null as is_judged,
    exists (select 1 from kept as o where o.state <> h.state) as is_outdated
from held as h
left join kept as k
    on k.side = {literal(side)} and k.baseline = {literal(baseline)} and k.candidate = h.candidate_key
    and k.state = h.state and k.scores = h.scores
order by h.candidate_key""",
    ).rows


def weighed(connection: Connection, side: str, baseline: str, candidates: Sequence[str]) -> Table:
    """What a page shows of the verdicts of every candidate (`candidate_key`), by metric, reference and stage: each
    beside how many of its candidate say what (`regressed`, `improved`, `open`), and whether any primary one rests on
    noise (`is_weighed`)."""
    return ask(
        connection,
        f"""select
    c.candidate_key, v.metric, v.reference, v.stage, v.verdict, v.level as verdict_level, v.effect_pct, v.ci_low,
    v.ci_high, v.q, v.mde_pct, coalesce(v.n_pairs, v.n_captures) as n_pairs, v.noise_source, v.pairs_needed, v.reason,
    count(*) filter (where v.verdict = 'regressed') over of_candidate as regressed,
    count(*) filter (where v.verdict = 'improved') over of_candidate as improved,
    count(*) filter (where v.verdict in ('suspect', 'inconclusive')) over of_candidate as open,
    bool_or({_PRIMARY} and v.q is not null) over of_candidate as is_weighed,
    {_PRIMARY} as is_primary
from (select unnest({literals(candidates)}) as candidate_key) as c,
    lateral (select * from verdicts({literal(baseline)}, c.candidate_key)) as v
inner join metrics as m on m.metric = v.metric
where v.side = {literal(side)}
window of_candidate as (partition by c.candidate_key)""",
    )


def primary_verdicts(verdicts_: Table, candidate: str) -> Table:
    """Those of them that are of primary metrics of one candidate and compare anything, what is open first."""
    rows = [row for row in verdicts_.rows if row["candidate_key"] == candidate and row["is_primary"]]
    rows = [row for row in rows if row["verdict"] != "not comparable"]
    rows.sort(key=lambda row: (row["verdict"] != "suspect", row["verdict"] != "inconclusive", row["metric"]))
    statement = f"""select * from (
{verdicts_.sql})
where candidate_key = {literal(candidate)} and is_primary and verdict <> 'not comparable'
order by verdict <> 'suspect', verdict <> 'inconclusive', metric"""
    return Table(rows, statement)


def with_verdicts(table: Table, verdicts_: Table, key: str) -> Table:
    """Rows of a comparison, each with its verdict: joined here, so that both can be asked at a time; the statement says
    the same as one. `key` is the column that names the candidate."""
    found = {tuple(row[name] for name in _MATCHED): row for row in verdicts_.rows}
    nothing = dict.fromkeys(VERDICT_COLUMNS)
    rows = []
    for row in table.rows:
        verdict = found.get((row[key], row["metric"], row.get("reference"), row.get("stage")), nothing)
        rows.append({**row, **{name: verdict[name] for name in VERDICT_COLUMNS}})
    matched = [name for name in _MATCHED[1:] if table.rows and name in table.rows[0]]
    on = "".join(f"\n    and v.{name} is not distinct from d.{name}" for name in matched)
    statement = f"""with d as (
select *, row_number() over () as shown_at from (
{table.sql})
),

v as (
{verdicts_.sql}
)

select d.* exclude (shown_at), {", ".join(f"v.{name}" for name in VERDICT_COLUMNS)}
from d
left join v
    on v.candidate_key = d.{key}{on}
order by d.shown_at"""
    return Table(rows, statement)


def verdicts(connection: Connection, side: str, baseline: str, candidate: str) -> Table:
    """The verdicts of two runs or two profiles beside their deltas: what changed first, then what is most certain."""
    base, other = literal(baseline), literal(candidate)
    deltas, at = ("deltas", "null") if side == "run" else ("stage_deltas", "d.stage")
    reference = "d.reference" if side == "run" else "null"
    return ask(
        connection,
        f"""select
    v.*, d.baseline, d.candidate, d.delta, d.delta_pct, d.good, d.status,
    m.label, m.unit, m.better, m.family, {_PRIMARY} as is_primary
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

select v.*, m.label, m.unit, m.better, m.family, {_PRIMARY} as is_primary
from v
inner join metrics as m using (metric)
order by
    {_ORDERED}""",
    )
