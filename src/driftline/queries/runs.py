"""Questions about runs: which there are, how they compare, what may have caused it."""

from __future__ import annotations

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask


def groups(connection: Connection) -> list[Row]:
    """Comparison groups, the default one first, then the largest."""
    statement = (
        "select * from comparison_groups order by is_default desc, default_candidate is null, runs desc, group_id"
    )
    return ask(connection, statement).rows


def selectable_runs(connection: Connection) -> list[Row]:
    """Every run that is not archived, newest first, with its label, group and artifacts."""
    return ask(
        connection,
        """
        select
            r.run, r.run_id, l.group_id, l.label, l.short_model, l.stated_release,
            r.category, r.kind, r.task, r.dataset_id, r.created_at, r.episodes, r.status,
            r.has_metrics, r.has_predictions, r.has_fingerprint, r.has_run_summary, r.has_diagnostics
        from runs as r
        inner join run_labels as l using (run)
        where not r.archived
        order by r.created_at desc nulls last, r.run
        """,
    ).rows


def deltas(connection: Connection, baseline: str, candidate: str) -> Table:
    """Every metric of two runs side by side with label, unit and levels: primary first, then by size of the change."""
    base, other = literal(baseline), literal(candidate)
    return ask(
        connection,
        f"""select
    {other} as run, d.*, m.label, m.family, m.is_primary,
    warn_at_pct(d.baseline, m.warn_abs, m.fail_abs, m.warn_pct) as warn_at_pct
from deltas({base}, {other}) as d
inner join metrics as m using (metric)
order by
    m.is_primary desc,
    list_position(['quality', 'gate', 'length', 'latency'], m.family) nulls last,
    abs(d.delta_pct) desc nulls last,
    d.metric,
    d.reference""",
    )


def kpi_deltas(connection: Connection, baseline: str, candidates: list[str]) -> Table:
    """The deltas of every candidate for the metrics of the tiles, in one statement.

    What stands in `with` shadows the view inside `deltas`, so that no text is read.
    """
    return ask(
        connection,
        f"""with run_metrics as materialized (
    -- deltas() asks for these metrics only: none of them has to read a text
    select * from run_aggregates
    where
        metric in (
            'rougeL_f1', 'success_rate', 'failed_episodes', 'avg_output_tokens', 'avg_latency_s', 'gate_failures'
        )
        or metric in (select metric from metrics where is_primary)
)

select r.run, d.*
from runs as r, lateral (select * from deltas({literal(baseline)}, r.run)) as d
where list_contains({literals(candidates)}, r.run)
order by r.run, d.metric, d.reference""",
    )


def kpis(connection: Connection, runs: list[str]) -> Table:
    """KPI rows of the runs."""
    return ask(connection, f"select *\nfrom run_kpis\nwhere list_contains({literals(runs)}, run)\norder by run")


def fingerprint_changes(connection: Connection, baseline: str, candidate: str) -> Table:
    """The configuration keys that differ, without those that only say when and where the run took place."""
    return ask(
        connection,
        f"""select key, baseline, candidate
from fingerprint_diff({literal(baseline)}, {literal(candidate)})
where not starts_with(key, 'run_context.') and not starts_with(key, 'environment.')
order by key""",
    )


def causes(connection: Connection, baseline: str, candidate: str) -> Table:
    """The likely causes of what changed, the most likely first; `direction` says of what: worse, better or neutral."""
    return ask(connection, f"select *\nfrom causes({literal(baseline)}, {literal(candidate)})\norder by rank")


def mixture(connection: Connection, runs: list[str]) -> Row:
    """tasks, kinds, datasets, references (lists), scored_runs, and shared_references: what the runs do not share."""
    # The same question for the same runs, whichever of them is the baseline.
    listed = literals(sorted(runs))
    return ask(
        connection,
        f"""with chosen as (
    select * from runs where list_contains({listed}, run)
),
scored as (
    select reference, count(distinct run) as runs
    from run_aggregates
    where list_contains({listed}, run) and reference is not null
    group by reference
),
scored_runs as (
    select count(distinct run) as n
    from run_aggregates
    where list_contains({listed}, run) and reference is not null
)
select
    list_sort(list(distinct coalesce(task, 'no task'))) as tasks,
    list_sort(list(distinct kind)) as kinds,
    list_sort(list(distinct coalesce(dataset_id, 'no dataset'))) as datasets,
    (select coalesce(list_sort(list(reference)), []) from scored) as "references",
    (select n from scored_runs) as scored_runs,
    (select count(*) from scored where runs = (select n from scored_runs)) as shared_references
from chosen""",
    ).rows[0]


def runs_named(connection: Connection, names: list[str]) -> dict[str, list[str]]:
    """The keys of the runs that each name may mean: as a key, else as `[category] key`, else as a run id."""
    rows = ask(
        connection,
        f"""select n.name, list(r.run order by r.run) as runs
from (select distinct unnest({literals(names)}) as name) as n
inner join runs as r
    on r.run = n.name or concat('[', r.category, '] ', r.run) = n.name
    or (r.run_id = n.name and not exists (select 1 from runs as k where k.run = n.name))
group by n.name""",
    ).rows
    return {row["name"]: row["runs"] for row in rows}


def newest_of_releases(connection: Connection, names: list[str]) -> list[Row]:
    """release, run, profile: the newest of either side of each of these releases that there is."""
    return ask(
        connection,
        f"""select
    x.release,
    arg_max(r.run, (r.created_at is not null, r.created_at, r.run)) as run,
    arg_max(p.profile, (p.release_order, p.profile)) as profile
from releases as x
left join runs as r on r.run = x.run and not r.archived and r.category <> 'reference'
left join profiles as p on p.profile = x.profile and not p.archived
where list_contains({literals(names)}, x.release)
group by x.release""",
    ).rows


def release_of(connection: Connection, side: str, key: str) -> str:
    """The release of a run or of a profile."""
    relation = "runs" if side == "run" else "profiles"
    release: str = ask(connection, f"select release from {relation} where {side} = {literal(key)}").rows[0]["release"]
    return release
