-- Each measured execution behind a profile; a profile without a list of captures is one capture.
-- grain: one row per profile, capture, stage (and (totals)) and metric
-- null: value: not sampled; started_at: not stated
create or replace view captures as
select
    profile,
    capture,
    started_at,
    stage,
    metric,
    value
from source_captures;

comment on view captures is 'Each measured execution behind a profile';
