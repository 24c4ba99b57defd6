-- The stage that does the same work in every capture, by which times are measured.
-- grain: one row, where driftline.toml names one
-- null: never
create or replace view canary_stage as
select names[1] as stage
from source_verdict_settings
where name = 'canary_stage' and names[1] <> '';

-- Each capture's values; times are what they would have been, had the canary stage taken what it mostly takes.
-- grain: one row per profile, capture, stage and metric
-- null: value: not sampled, or the canary stage was not measured
create or replace view measured_captures as
select
    c.profile,
    c.capture,
    c.stage,
    c.metric,
    case
        when m.unit = 's' and c.stage <> n.stage
            then c.value / nullif(k.value, 0) * (
                select median(value) from captures
                where metric = 'wall_time_s' and stage = (select stage from canary_stage)
            )
        else c.value
    end as value
from captures as c
left join metrics as m on m.metric = c.metric
left join canary_stage as n on true
left join captures as k
    on k.profile = c.profile and k.capture = c.capture and k.stage = n.stage and k.metric = 'wall_time_s';
