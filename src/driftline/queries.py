"""Typed questions to a store. The only place with inline SELECT; everything asked for is a public relation.

Each question is one statement with its keys as literals: what runs is what "Show SQL" shows.
Rows come as dictionaries; only frames for charts import pandas, so that the command line starts fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from driftline.artifacts.bulk import literal, literals
from driftline.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

Connection = duckdb.DuckDBPyConnection
Rows = tuple[list[str], list[tuple[Any, ...]]]
Row = dict[str, Any]
TABLES = '`driftline sql "show tables"` lists what there is'


@dataclass(frozen=True)
class Table:
    """Rows and the statement that gave them."""

    rows: list[Row]
    sql: str


def ask(connection: Connection, statement: str) -> Table:
    """The rows of a statement. Raises duckdb.Error: a statement of ours that fails is a fault of ours."""
    cursor = connection.execute(statement)
    names = [column[0] for column in cursor.description or []]
    return Table([dict(zip(names, row, strict=True)) for row in cursor.fetchall()], statement)


def answer(connection: Connection, statement: str) -> Rows:
    """Column names and rows of a person's statement. Raises UserError with DuckDB's message."""
    try:
        if not connection.extract_statements(statement):
            raise UserError("that statement is empty", TABLES)
        cursor = connection.execute(statement)
        return [column[0] for column in cursor.description or []], cursor.fetchall()
    except duckdb.Error as error:
        raise UserError(f"that statement failed: {error}", TABLES) from None


def problem_rows(connection: Connection, with_info: bool) -> Rows:
    """severity, artifact, file, line, problem, remedy: errors first."""
    return answer(connection, problems_sql(with_info))


def problems_sql(with_info: bool) -> str:
    hidden = "" if with_info else "where severity <> 'info'\n"
    return (
        f"select severity, artifact, file, line, problem, remedy\nfrom problems\n{hidden}"
        "order by list_position(['error', 'warning', 'info'], severity), file, line, problem"
    )


def loaded_counts(connection: Connection) -> dict[str, int]:
    """How many runs, episodes, profiles, joined releases and problems the root has."""
    table = ask(
        connection,
        """
        select r.*, p.*, x.*
        from (
            select
                count(*) filter (where not archived) as runs,
                count(*) as all_runs,
                coalesce(sum(episodes) filter (where has_usable_predictions and not archived), 0)::bigint as episodes,
                coalesce(sum(episodes) filter (where has_usable_predictions), 0)::bigint as all_episodes
            from runs
        ) as r
        cross join (
            select
                (select count(*) from profiles where not archived) as profiles,
                count(distinct release) filter (where side = 'both') as joined
            from releases
        ) as p
        cross join (
            select
                count(*) filter (where severity = 'error') as errors,
                count(*) filter (where severity = 'warning') as warnings,
                count(*) filter (where severity = 'info') as infos
            from problems
        ) as x
        """,
    )
    return table.rows[0]


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
            r.run, l.group_id, l.label, l.short_model, l.stated_release, r.category, r.kind, r.task, r.dataset_id,
            r.created_at, r.episodes, r.status, r.has_metrics, r.has_predictions, r.has_diagnostics, r.has_run_summary
        from runs as r
        inner join run_labels as l using (run)
        where not r.archived
        order by r.created_at desc nulls last, r.run
        """,
    ).rows


def deltas(connection: Connection, baseline: str, candidate: str) -> Table:
    """Every metric of two runs side by side with label, unit and levels: primary first, then by size of the change."""
    return ask(
        connection,
        f"""select d.*, m.label, m.family, m.is_primary, m.warn_pct, m.warn_abs
from deltas({literal(baseline)}, {literal(candidate)}) as d
inner join metrics as m using (metric)
order by
    m.is_primary desc,
    list_position(['quality', 'gate', 'length', 'latency'], m.family) nulls last,
    abs(d.delta_pct) desc nulls last,
    d.metric,
    d.reference""",
    )


def kpi_deltas(connection: Connection, baseline: str, candidates: list[str]) -> Table:
    """The deltas of every candidate for the metrics of the tiles, in one statement."""
    return ask(
        connection,
        f"""select r.run, d.*
from runs as r, lateral (select * from deltas({literal(baseline)}, r.run)) as d
where list_contains({literals(candidates)}, r.run)
    and d.metric in (
        'rougeL_f1', 'success_rate', 'failed_episodes', 'avg_output_tokens', 'avg_latency_s', 'gate_failures'
    )
order by r.run, d.metric, d.reference""",
    )


def kpis(connection: Connection, runs: list[str]) -> Table:
    """KPI rows of the runs."""
    return ask(connection, f"select *\nfrom run_kpis\nwhere list_contains({literals(runs)}, run)\norder by run")


def episode_changes(connection: Connection, baseline: str, candidate: str) -> Table:
    """The episodes of the candidate beside the baseline's: failed first, then those that lost most text."""
    return ask(
        connection,
        f"""select
    c.episode_id, c.status, c.error, c.gates,
    b.status as baseline_status,
    tokens.baseline as baseline_tokens, tokens.candidate as candidate_tokens, tokens.delta as tokens_delta,
    latency.baseline as baseline_latency_s, latency.candidate as candidate_latency_s, latency.delta as latency_delta_s
from episodes as c
left join episodes as b on b.run = {literal(baseline)} and b.episode_id = c.episode_id
left join episode_deltas({literal(baseline)}, {literal(candidate)}) as tokens
    on tokens.episode_id = c.episode_id and tokens.metric = 'output_tokens'
left join episode_deltas({literal(baseline)}, {literal(candidate)}) as latency
    on latency.episode_id = c.episode_id and latency.metric = 'latency_s'
where c.run = {literal(candidate)}
order by c.status = 'failed' desc, len(c.gates) > 0 desc, tokens.delta nulls last, c.episode_id""",
    )


def fingerprint_changes(connection: Connection, baseline: str, candidate: str) -> Table:
    """The configuration keys that differ, without those that only say when and where the run took place."""
    return ask(
        connection,
        f"""select key, baseline, candidate
from fingerprint_diff({literal(baseline)}, {literal(candidate)})
where not starts_with(key, 'run_context.') and not starts_with(key, 'environment.')
order by key""",
    )


def profile_list(connection: Connection) -> list[Row]:
    """Every profile that is not archived, in release order, with its captures."""
    return ask(
        connection,
        """
        select p.*, c.captures
        from profiles as p
        left join (select profile, count(distinct capture) as captures from captures group by profile) as c
            using (profile)
        where not p.archived
        order by p.release_order
        """,
    ).rows


def default_profiles(connection: Connection) -> Row | None:
    """The default pair of profiles and the rule that chose it; None without any profile."""
    rows = ask(connection, "select baseline, candidate, reason from profile_comparison").rows
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


def profile_deltas(connection: Connection, baseline: str, candidates: list[str]) -> Table:
    """Totals of every candidate against the baseline, in one statement."""
    return ask(
        connection,
        f"""select p.profile, d.*
from profiles as p, lateral (select * from stage_deltas({literal(baseline)}, p.profile)) as d
where list_contains({literals(candidates)}, p.profile) and d.stage = '(totals)'
order by p.release_order, d.metric""",
    )


def trend_sql(metric: str) -> str:
    """Every stage at every release for one metric, gaps included; totals are the first row."""
    return f"""select profile, release, release_order, stage, stage_order, value, present
from stage_trend
where metric = {literal(metric)}
union all
select profile, release, release_order, '(totals)' as stage, 0 as stage_order, value, present
from totals_trend
where metric = {literal(metric)}
order by stage_order, stage, release_order"""


def trend(connection: Connection, metric: str) -> pd.DataFrame:
    """profile, release, release_order, stage, stage_order, value (NaN at a gap), present; by stage, then release."""
    return connection.execute(trend_sql(metric)).df()


def spread_sql(metric: str) -> str:
    """Smallest and largest value over the captures of a profile, where it has several."""
    return f"""select profile, stage, min(value) as low, max(value) as high, count(value) as captures
from captures
where metric = {literal(metric)}
group by profile, stage
having count(value) > 1
order by profile, stage"""


def spread(connection: Connection, metric: str) -> pd.DataFrame:
    """profile, stage, low, high, captures."""
    return connection.execute(spread_sql(metric)).df()
