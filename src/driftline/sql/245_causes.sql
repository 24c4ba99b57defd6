-- The likely causes of what changed between two runs, each with its evidence.
-- grain: one row per rule that holds, and direction; what only fingerprints tell holds once
-- null: metric, baseline, candidate: fingerprints differ, which no metric measures; limit_value: none is known; level, explains: no change passed a level
-- What made things worse comes first, of that what reached the fail level; a cause is a rule of thumb, not a proof.
create or replace macro causes(baseline_key, candidate_key) as table
with held as (
    select
        rule,
        preference,
        direction,
        case when rule = 'configuration' and effects is null then 'neutral' else direction end as told_direction,
        label,
        evidence,
        effects,
        -- Of map and reduce the one comes first that lost the larger part of the output.
        case
            when rule = 'map_compressive'
                and pow(coalesce(reduce_input, map_output).poorer / coalesce(reduce_input, map_output).fuller, 2)
                > output.poorer / nullif(output.fuller, 0)
                then 2.5
            else position
        end as position,
        case rule
            when 'map_compressive' then map_output
            when 'reduce_starved' then case when output.is_past then output else reduce_input end
            when 'output_capped' then output
            else change
        end as change,
        case rule
            when 'map_compressive' then map_max.poorer
            when 'reduce_starved' then case when output.is_past then output_min.poorer end
            when 'output_capped' then output_max.poorer
        end as limit_value
    from tried_rules(baseline_key, candidate_key)
    where evidence is not null
),

-- Of both directions a difference of configurations is told for the worse one, where anything passed a level in it.
-- An aggregate, since a window with partitions takes longer than all the rest.
chosen as (
    select arg_min(h, (effects is null, direction = 'better', preference)) as cause
    from held as h
    group by rule, case when rule <> 'preprocessing_drift' and rule <> 'configuration' then direction end
),

levelled as (
    select
        cause.rule,
        cause.label,
        cause.told_direction as direction,
        cause.evidence,
        cause.effects,
        cause.position,
        cause.change,
        cause.limit_value,
        case
            when cause.change.level = 'fail'
                or list_contains(list_transform(cause.effects, lambda effect: effect.level), 'fail') then 'fail'
            when cause.told_direction <> 'neutral' then 'warn'
        end as level,
        list_filter(cause.effects, lambda effect: effect.is_told) as told
    from chosen
)

select
    rule,
    label,
    row_number() over (
        order by
            list_position(['worse', 'better', 'neutral'], direction),
            rule = 'configuration',
            level is distinct from 'fail',
            position
    ) as rank,
    direction,
    evidence,
    change.metric,
    change.baseline,
    change.candidate,
    limit_value,
    case
        when len(told) > 0 then list_transform(told, lambda effect: effect.metric)
        when change.metric is not null then [change.metric]
        else list_transform(effects, lambda effect: effect.metric)
    end as explains,
    level
from levelled;
