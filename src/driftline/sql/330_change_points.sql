-- Where a series changed its level for good, as far as that was worked out for the records as they are.
-- grain: one row per series, metric and first record of a new level
-- null: level: the metric has no value there
create or replace view change_points as
select
    series,
    metric,
    record_id,
    effect_pct,
    level,
    p,
    verdict
from source_change_points
where record_id is not null and state = (select state from history_state);

comment on view change_points is 'Where a series changed its level for good. effect_pct: Change of the level, from the records before to those from here on';
