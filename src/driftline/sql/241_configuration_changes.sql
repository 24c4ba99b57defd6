-- How many settings differ between two runs, and the one to name first.
-- grain: one row
-- null: first: no setting differs; preprocessing_*: none of the preprocessing
-- What a fingerprint does not say is no difference, nor is when and where the run took place.
create or replace macro configuration_changes(baseline_key, candidate_key) as table
with stated as (
    select run, key, value
    from fingerprint_keys
    where run = baseline_key or run = candidate_key
    union all
    -- A pipeline of two steps and one of a single step have no key of a model in common.
    select run, 'model' as key, model as value
    from runs
    where run = baseline_key or run = candidate_key
),

sides as (
    select
        key,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate
    from stated
    group by key
),

differing as (
    select
        key,
        baseline,
        candidate,
        starts_with(key, 'preprocessing') as is_preprocessing,
        case
            when ends_with(key, '.model_name') then 1
            when key = 'model' then 2
            when contains(key, '.generation_params') or starts_with(key, 'tokenization') then 3
            when regexp_matches(key, '^(preprocessing|chunking|prompts|instruction)') then 4
            when starts_with(key, 'pipeline.') then 5
            else 6
        end as place
    from sides
    where
        baseline <> candidate
        and key <> 'fingerprint_hash'
        and not starts_with(key, 'run_context.')
        and not starts_with(key, 'environment.')
),

told as (
    select
        is_preprocessing,
        place,
        key,
        key || ' went from ' || written_setting(baseline) || ' to ' || written_setting(candidate) as words
    from differing
)

select
    count(*) - case when min(place) = 1 then count(*) filter (where place = 2) else 0 end as keys,
    count(*) filter (where is_preprocessing) as preprocessing_keys,
    arg_min(words, (place, key)) as first_words,
    arg_min(words, key) filter (where is_preprocessing) as first_preprocessing_words,
    arg_min(words, (place, key)) filter (where not is_preprocessing) as first_other_words
from told;
