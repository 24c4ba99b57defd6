-- Against how many texts two runs are scored: more of them make other verdicts of this pair.
-- grain: scalar macro
-- null: never
create or replace macro scores_of(baseline_key, candidate_key) as (
    select count(distinct (file_id, reference_file_id))
    from source_scores
    where run = baseline_key or run = candidate_key
);
