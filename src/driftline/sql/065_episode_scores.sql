-- Scores of single episodes against the text of a reference, as far as they were asked for.
-- grain: one row per run, episode, reference and metric
-- null: nothing is NULL: an episode without a text on both sides has no row
create or replace view episode_scores as
select
    s.run,
    s.episode_id,
    s.reference,
    s.metric,
    s.value
from source_scores as s
-- A score holds as long as both files are what they were when it was computed.
semi join source_artifacts as p on p.file_id = s.file_id
semi join source_artifacts as r on r.file_id = s.reference_file_id;
