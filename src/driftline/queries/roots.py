"""Questions about a root as a whole: what was loaded, what is wrong."""

from __future__ import annotations

from driftline.metrics import Metric
from driftline.queries.asking import Connection, Rows, ask

PROBLEM_COLUMNS = ("severity", "artifact", "file", "line", "problem", "remedy")


def problem_rows(connection: Connection, with_info: bool) -> Rows:
    """severity, artifact, file, line, problem, remedy: errors first."""
    rows = ask(connection, problems_sql(with_info)).rows
    return list(PROBLEM_COLUMNS), [tuple(row.values()) for row in rows]


def problems_sql(with_info: bool) -> str:
    hidden = "" if with_info else "where severity <> 'info'\n"
    return (
        f"select {', '.join(PROBLEM_COLUMNS)}\nfrom problems\n{hidden}"
        "order by list_position(['error', 'warning', 'info'], severity), file, line, problem"
    )


def loaded_counts(connection: Connection) -> dict[str, int]:
    """How many runs, episodes, profiles, joined releases, records, platforms and problems the root has."""
    table = ask(
        connection,
        """
        select r.*, p.*, h.*, x.*
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
        cross join (select count(*) as records, count(distinct platform) as platforms from history_records) as h
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


def registry(connection: Connection) -> dict[str, Metric]:
    """Every metric of the root by its name, in the registry's order."""
    names = ", ".join(Metric.__dataclass_fields__)
    return {row["metric"]: Metric(**row) for row in ask(connection, f"select {names} from metrics").rows}
