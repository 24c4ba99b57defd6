-- A pair of runs seen from both ends: what the candidate lost and what it won.
-- grain: one row per direction: `worse`, and `better`, the same with the sides exchanged
-- null: past: nothing passed a level in that direction
-- So a rule is stated once and cannot report one change both ways.
create or replace macro situations(baseline_key, candidate_key) as table
with
-- What is no metric: what a step may write, and how many episodes there are.
stated as (
    select
        run,
        case stage when 'map' then '(map ' else '(output ' end || unnest(['max)', 'min)']) as name,
        unnest([max_tokens, min_tokens]) as value
    from flow_limits
    where run = baseline_key or run = candidate_key
    union all
    select
        run,
        '(episodes)' as name,
        episodes as value
    from runs
    where run = baseline_key or run = candidate_key
),

common as (
    select
        d.metric,
        d.reference,
        d.baseline,
        d.candidate,
        d.level,
        d.gain,
        m.unit,
        m.decimals,
        m.family,
        m.is_primary,
        bool_or(m.family = 'quality' and m.is_primary and d.reference is not null) over () as has_primary_score
    from deltas(baseline_key, candidate_key) as d
    inner join metrics as m using (metric)
    where d.delta is not null
    union all
    select
        name as metric,
        null as reference,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate,
        null as level,
        null as gain,
        'tokens' as unit,
        0 as decimals,
        'stated' as family,
        false as is_primary,
        false as has_primary_score
    from stated
    group by name
),

worded as (
    select
        *,
        case when candidate > baseline then 'rose' else 'fell' end as verb,
        written(baseline, unit, decimals) as before,
        written(candidate, unit, decimals) as after,
        written_unit(unit) as after_unit,
        list_position(['quality', 'gate', 'length', 'latency'], family) as told_at,
        -- A score that is not primary speaks where no primary one was compared.
        case
            when metric = 'repetition' then 'repetition'
            when metric in ('failed_episodes', 'success_rate') then 'failures'
            when family = 'quality' and (is_primary or not has_primary_score) then 'text'
            when is_primary then case family when 'length' then 'text' when 'gate' then 'gates' when 'latency' then 'speed' end
        end as class,
        -- A rate says again what a count says.
        is_primary and not ends_with(metric, '_rate') as is_told
    from common
),

read_both_ways as (
    select
        *,
        unnest(['worse', 'better']) as direction,
        unnest([level, gain]) as reached,
        unnest([candidate, baseline]) as poorer,
        unnest([baseline, candidate]) as fuller
    from worded
)

select
    direction,
    map_from_entries(
        list((
            metric,
            {
                'metric': metric,
                'baseline': baseline,
                'candidate': candidate,
                'poorer': poorer,
                'fuller': fuller,
                -- From 10 % on, the level of output tokens: what lies between the steps has no level.
                'is_less': fuller > 0 and poorer <= 0.9 * fuller,
                'is_past': reached in ('warn', 'fail'),
                'level': reached,
                'verb': verb,
                'before': before,
                'after': after,
                'unit': after_unit,
                'span': 'from ' || before || ' to ' || after || after_unit
            }
        )) filter (where reference is null)
    ) as changes,
    list_sort(
        list(distinct {'told_at': told_at, 'metric': metric, 'class': class, 'level': reached, 'is_told': is_told})
        filter (where reached in ('warn', 'fail') and class is not null)
    ) as past
from read_both_ways
group by direction;
