-- How much two measurements differ when nothing has changed, from pairs of them: effects on the scale of the metric.
-- grain: one row per platform, side, metric, scale and stage of which a repetition is known
-- null: stage: of the whole; tau: a single measurement has no pairs of its own, so `sigma` holds all of it
create or replace view noise as
with evidence as (
    select platform, side, metric, scale, stage, difference, variance, pairs, recorded_at, baseline, candidate
    from source_noise
    union all
    -- Runs of this root that repeat each other, unless that is on record already.
    select
        s.platform, 'run', s.metric, s.scale, null, s.difference, s.variance, s.pairs, s.recorded_at, s.baseline,
        s.candidate
    from (select distinct on (platform, metric, scale, baseline, candidate) * from source_reruns where pairs > 0) as s
    semi join source_artifacts as p on p.file_id = s.file_id
    semi join source_artifacts as r on r.file_id = s.reference_file_id
    anti join source_noise as n
        on n.platform = s.platform and n.metric = s.metric and n.baseline = s.baseline and n.candidate = s.candidate
),

-- Times are measured by the canary stage, where driftline.toml names one: what slows both down is no difference.
canary as (
    select n.platform, n.stage, n.baseline, n.candidate, n.difference
    from source_noise as n
    inner join canary_stage as c on c.stage = n.stage
    where n.side = 'profile' and n.metric = 'wall_time_s'
),

relative as (
    select
        e.* replace (e.difference - case when m.unit = 's' then coalesce(c.difference, 0) else 0 end as difference)
    from evidence as e
    left join metrics as m on m.metric = e.metric
    left join canary as c
        on e.side = 'profile' and e.stage <> c.stage
        and c.platform = e.platform and c.baseline = e.baseline and c.candidate = e.candidate
),

repeated as (
    select
        platform,
        side,
        metric,
        scale,
        stage,
        count(*) as n_pairs,
        max(recorded_at) as updated_at,
        avg(difference * difference) as squares,
        avg(variance) as own,
        avg(variance * pairs) as of_a_pair,
        median(abs(difference)) as middle,
        quantile_cont(abs(difference), 0.9) as large
    from relative
    group by platform, side, metric, scale, stage
)

select
    platform,
    side,
    metric,
    scale,
    stage,
    -- Of single measurements the neighbours are compared: a change of level that lasts counts once, spikes count.
    case when own is null then greatest(1.4826 * middle, large / 1.645) / sqrt(2) else sqrt(of_a_pair) end as sigma,
    case when own is not null then sqrt(greatest(squares - own, 0) / 2) end as tau,
    sqrt(squares) as spread,
    100 * (exp(sqrt(squares)) - 1) as spread_pct,
    0.8 * n_pairs as df,
    n_pairs,
    updated_at
from repeated;

comment on view noise is 'How much two measurements of the same thing differ: sigma of one pair (or of one capture), tau of one run, as standard deviations; spread of two runs';
