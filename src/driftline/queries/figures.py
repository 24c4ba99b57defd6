"""What the figures of Home draw, as frames and as the statements that give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, ask, frame

if TYPE_CHECKING:
    import pandas as pd


def episode_points_sql(runs: list[str]) -> str:
    """Every episode of the runs, the first of which is the baseline, with how its run's episodes are spread."""
    listed = literals(runs)
    return f"""with points as materialized (
    select run, position, episode_id, status, output_tokens, latency_s
    from episodes
    where list_contains({listed}, run)
),
spread as (
    select
        run,
        min(output_tokens) as min_tokens,
        quantile_cont(output_tokens, 0.25) as q1_tokens,
        median(output_tokens) as median_tokens,
        quantile_cont(output_tokens, 0.75) as q3_tokens,
        max(output_tokens) as max_tokens,
        avg(output_tokens) as mean_tokens,
        median(latency_s) as median_latency_s,
        avg(latency_s) as mean_latency_s
    from points
    group by run
)
select
    p.run, p.episode_id, p.status, p.output_tokens, p.latency_s,
    s.min_tokens, s.q1_tokens, s.median_tokens, s.q3_tokens, s.max_tokens, s.mean_tokens,
    change_pct(b.mean_tokens, s.mean_tokens - b.mean_tokens) as tokens_pct,
    s.median_latency_s, s.mean_latency_s,
    change_pct(b.mean_latency_s, s.mean_latency_s - b.mean_latency_s) as latency_pct
from points as p
inner join spread as s using (run)
left join spread as b on b.run = {literal(runs[0])}
order by list_position({listed}, p.run), p.position"""


def episode_points(connection: Connection, runs: list[str]) -> pd.DataFrame:
    """run, episode_id, status, output_tokens and latency_s (NaN at a gap), and the run's min, q1, median, q3, max and
    mean; by run as given."""
    return frame(connection, episode_points_sql(runs))


def flow_sql(baseline: str, candidate: str) -> str:
    """What map, reduce and the final text hold, an episode and metric a row, with the means of both runs: the episodes
    whose final text lost most come first."""
    return f"""select
    episode_id, metric, baseline, candidate, delta, status,
    avg(baseline) over by_metric as mean_baseline,
    avg(candidate) over by_metric as mean_candidate,
    change_pct(avg(baseline) over by_metric, avg(candidate) over by_metric - avg(baseline) over by_metric) as mean_pct
from episode_deltas({literal(baseline)}, {literal(candidate)})
where metric in ('map_tokens', 'reduce_input_tokens', 'reduce_input_chars', 'final_tokens')
window by_metric as (partition by metric)
order by
    max(delta) filter (where metric = 'final_tokens') over (partition by episode_id) nulls last,
    episode_id,
    metric"""


def flow(connection: Connection, baseline: str, candidate: str) -> pd.DataFrame:
    """episode_id, metric, baseline, candidate, delta (NaN at a gap), status, and the means of the metric."""
    return frame(connection, flow_sql(baseline, candidate))


def scores_sql(baseline: str, candidate: str) -> str:
    """ROUGE of two runs: the aggregates of each reference without an episode, then every episode, the largest loss of
    ROUGE-L first; an episode that the candidate failed has a row of its own."""
    pair = f"{literal(baseline)}, {literal(candidate)}"
    return f"""with run_metrics as materialized (
    -- deltas() asks for these metrics only: none of them has to read a text
    select * from main.run_metrics where metric in ('rougeL_f1', 'rouge1_f1', 'rouge2_f1')
),

scores as (
    select null as episode_id, metric, reference, baseline, candidate, delta, delta_pct, status
    from deltas({pair})
    union all
    select episode_id, metric, reference, baseline, candidate, delta, null as delta_pct, status
    from episode_deltas({pair})
    where metric in ('rougeL_f1', 'rouge1_f1', 'rouge2_f1')
    union all
    select episode_id, null as metric, null, null, null, null, null, 'failed' as status
    from episodes
    where run = {literal(candidate)} and status = 'failed'
)
select episode_id, metric, reference, baseline, candidate, delta, delta_pct, status
from scores
order by
    episode_id is not null,
    max(delta) filter (where metric = 'rougeL_f1') over (partition by episode_id, reference) nulls last,
    episode_id,
    reference,
    metric"""


def scores(connection: Connection, baseline: str, candidate: str) -> pd.DataFrame:
    """episode_id (None in a row of an aggregate), metric, reference, baseline, candidate, delta, delta_pct, status."""
    return frame(connection, scores_sql(baseline, candidate))


def flow_limits_sql(runs: list[str]) -> str:
    """What the configuration of the runs allows map and reduce to write and to read."""
    return f"""select run, stage, max_tokens, min_tokens, max_input_tokens
from flow_limits
where list_contains({literals(runs)}, run)
order by list_position({literals(runs)}, run), stage"""


def flow_limits(connection: Connection, runs: list[str]) -> list[Row]:
    """run, stage (map or reduce), max_tokens, min_tokens, max_input_tokens."""
    return ask(connection, flow_limits_sql(runs)).rows
