-- Every rule tried on a pair of runs, once for what got worse and once for what got better, in words where it holds.
-- grain: one row per rule, metric that can show it, and direction
-- null: evidence: the rule does not hold
create or replace macro tried_rules(baseline_key, candidate_key) as table
with tried as (
    select
        r.rule,
        r.position,
        r.preference,
        r.subject,
        case s.direction when 'worse' then r.label else r.better_label end as label,
        s.direction,
        s.changes[r.metric] as change,
        s.changes['avg_map_tokens'] as map_output,
        coalesce(s.changes['avg_reduce_input_chars'], s.changes['avg_reduce_input_tokens']) as reduce_input,
        s.changes['avg_output_tokens'] as output,
        s.changes['(map max)'] as map_max,
        s.changes['(output max)'] as output_max,
        s.changes['(output min)'] as output_min,
        s.changes['(episodes)'].after as episodes,
        nullif(list_filter(s.past, lambda effect: list_contains(r.reach, effect.class)), []) as effects
    from situations(baseline_key, candidate_key) as s
    cross join cause_rules as r
),

-- A preprocessing key that differs is told once: as drift where that explains something, else as configuration.
configured as (
    select
        t.*,
        bool_or(t.rule = 'preprocessing_drift' and t.effects is not null and f.preprocessing_keys > 0) over () as has_drift,
        f.keys,
        f.preprocessing_keys,
        f.first_words,
        f.first_preprocessing_words,
        f.first_other_words
    from tried as t
    cross join configuration_changes(baseline_key, candidate_key) as f
)

select
    rule,
    position,
    preference,
    label,
    direction,
    change,
    map_output,
    reduce_input,
    output,
    map_max,
    output_max,
    output_min,
    effects,
    case
        when rule = 'map_compressive'
            then case
                when effects is not null and map_output.is_less and (reduce_input is null or reduce_input.is_less)
                    then 'map output ' || map_output.verb || ' ' || map_output.span || ' a chunk'
                    || maximum_evidence(direction, map_output, map_max)
            end
        when rule = 'reduce_starved'
            then case
                when effects is not null and (reduce_input.is_less or is_below_minimum(output, output_min))
                    then reduce_evidence(direction, reduce_input, output, output_min)
            end
        when rule = 'output_capped'
            then case
                when output.is_past and is_at_maximum(output, output_max)
                    then 'the output ' || output.verb || ' ' || output.span || maximum_evidence(direction, output, output_max)
            end
        when rule = 'preprocessing_drift'
            then case when effects is not null then keys_evidence(preprocessing_keys, first_preprocessing_words) end
        when rule = 'configuration'
            then case
                when has_drift then keys_evidence(keys - preprocessing_keys, first_other_words)
                else keys_evidence(keys, first_words)
            end
        when not change.is_past then null
        when rule = 'failed_episodes' or ends_with(change.metric, '_failures') then count_evidence(subject, change, episodes)
        when ends_with(change.metric, '_rate') then share_evidence(subject, change)
        when rule = 'latency' then latency_evidence(change, output)
        else subject || ' ' || change.verb || ' ' || change.span
    end as evidence
from configured;
