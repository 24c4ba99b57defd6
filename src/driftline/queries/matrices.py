"""Many runs at once: the table of all numbers and the matrix of all deltas."""

from __future__ import annotations

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Table, ask

# What the table of KPIs sorts by; all but the first two are columns of `run_kpis`.
KPI_COLUMNS = (
    "label",
    "episodes",
    "rougeL_f1",
    "success_rate",
    "failed_episodes",
    "avg_output_tokens",
    "avg_latency_s",
    "truncation_failures",
    "speaker_label_failures",
    "boilerplate_failures",
    "truncation_rate",
    "speaker_label_leak_rate",
    "boilerplate_leak_rate",
)


KPI_ROWS = 200


def kpi_table(connection: Connection, runs: list[str], *, group: bool, search: str, sort: str) -> Table:
    """The KPIs of the runs, the first of which is the baseline, or of its whole comparison group; at most KPI_ROWS.

    `best` and `worst` name the columns in which a run is that: scores rank within one reference only, no side is named
    where all are equal or more than half share it, and a reference run ranks only where it was chosen. `sort` is one of
    KPI_COLUMNS, with `-` for descending; with anything else the runs stand as given, then newest first. Every word of
    `search` is found in a row.
    """
    listed = literals(runs)
    group_of = f"(select group_id from run_labels where run = {literal(runs[0])})"
    members = f"(list_contains({listed}, r.run) or (l.group_id = {group_of} and not r.archived))"
    kept = [members if group else f"list_contains({listed}, r.run)"]
    text = "lower(concat_ws(' ', l.label, r.run, r.model, r.dataset_id))"
    kept += [f"contains({text}, lower({literal(word)}))" for word in search.split()]
    where = "\n        and ".join(kept)
    measures = ", ".join(KPI_COLUMNS[2:])
    shown = ", ".join(f"s.{column}" for column in KPI_COLUMNS)
    return ask(
        connection,
        f"""with shown as (
    select k.*, l.label, r.model, r.dataset_id, r.created_at, r.category
    from run_kpis as k
    inner join runs as r using (run)
    inner join run_labels as l using (run)
    where {where}
),

measured as (
    select
        v.run,
        v.metric,
        v.value,
        case when m.better = 'lower' then -v.value when m.better = 'higher' then v.value end as goodness,
        case when v.metric = 'rougeL_f1' then v.rouge_reference end as reference
    from (from shown where category <> 'reference' or list_contains({listed}, run))
    unpivot include nulls (value for metric in ({measures})) as v
    inner join metrics as m using (metric)
),

ranked as (
    select
        *,
        case
            when goodness = max(goodness) over of_column then 'best'
            when goodness = min(goodness) over of_column then 'worst'
        end as place,
        min(goodness) over of_column < max(goodness) over of_column as differs,
        count(value) over of_column as values_of_column
    from measured
    window of_column as (partition by metric, reference)
),

marks as (
    select *, differs and 2 * count(*) over (partition by metric, reference, place) <= values_of_column as is_marked
    from ranked
),

placed as (
    select
        run,
        list(metric order by metric) filter (where is_marked and place = 'best') as best,
        list(metric order by metric) filter (where is_marked and place = 'worst') as worst
    from marks
    group by run
)

select
    s.run, {shown}, s.rouge_reference, s.model, s.dataset_id, s.category,
    coalesce(p.best, []) as best, coalesce(p.worst, []) as worst, count(*) over () as found
from shown as s
left join placed as p using (run)
order by
    {_kpi_order(sort, listed)}
limit {KPI_ROWS}""",
    )


def _kpi_order(sort: str, listed: str) -> str:
    column = sort.removeprefix("-")
    as_given = f"list_position({listed}, s.run) nulls last,\n    s.created_at desc nulls last,\n    s.run"
    if column not in KPI_COLUMNS:
        return as_given
    by = "natural_key(s.label)" if column == "label" else f"s.{column}"
    return f"{by}{' desc' if sort.startswith('-') else ''} nulls last,\n    {as_given}"


def delta_matrix(connection: Connection, baseline: str, candidates: list[str]) -> Table:
    """The deltas of every candidate, the first of which is in focus, with label, unit and levels of the metric: primary
    first, then by the size of the change in focus, then of the largest change.

    `standing` of a metric is differs, unchanged or not compared; past_fail, past_warn and gains count the metrics of a
    run. What stands in `with` shadows the view inside `deltas`, so that only the texts of these runs are read.
    """
    listed = literals(candidates)
    sides = ", ".join(map(literal, [baseline, *candidates]))
    return ask(
        connection,
        f"""with run_metrics as materialized (
    -- deltas() asks for these runs only: a text that no run shown here wrote is not read
    select * from main.run_metrics where run in ({sides})
),

cells as (
    select
        r.run,
        r.has_diagnostics,
        d.*,
        case
            when d.delta = 0 then 0
            when d.delta <> 0 and d.delta_pct is null then 'infinity'::double
            else abs(d.delta_pct)
        end as effect
    from runs as r, lateral (select * from deltas({literal(baseline)}, r.run)) as d
    where list_contains({listed}, r.run)
)

select
    c.metric, m.label, m.unit, c.reference, m.family, m.is_primary, m.warn_pct, m.fail_pct, m.warn_abs, m.fail_abs,
    warn_at_pct(c.baseline, m.warn_abs, m.fail_abs, m.warn_pct) as warn_at_pct,
    c.baseline, c.run, c.candidate, c.delta, c.delta_pct, c.good, c.level, c.gain, c.status,
    case
        when c.status = 'only in baseline' and m.family = 'flow' and not c.has_diagnostics then 'no diagnostics'
        when c.status = 'not comparable'
            then 'scored against '
                || string_agg(c.reference, ', ' order by c.reference) filter (where c.candidate is not null)
                    over (partition by c.metric, c.run)
        else c.note
    end as note,
    case
        when bool_or(c.delta <> 0) over of_metric then 'differs'
        when count(c.delta) over of_metric > 0 then 'unchanged'
        else 'not compared'
    end as standing,
    count(*) filter (where c.level = 'fail') over of_run as past_fail,
    count(*) filter (where c.level = 'warn') over of_run as past_warn,
    count(*) filter (where c.gain in ('warn', 'fail')) over of_run as gains
from cells as c
inner join metrics as m using (metric)
window of_metric as (partition by c.metric, c.reference), of_run as (partition by c.run)
order by
    m.is_primary desc,
    max(c.effect) filter (where c.run = {literal(candidates[0])}) over of_metric desc nulls last,
    max(c.effect) over of_metric desc nulls last,
    c.metric,
    c.reference,
    list_position({listed}, c.run)""",
    )
