-- How much each text repeats itself: 1 - distinct / total word 4-grams.
-- grain: one row per run and episode with a text
-- null: a text of fewer than 4 words
create or replace view repetitions as
with words as (
    select
        run,
        episode_id,
        -- `translate` would say it shorter, and takes milliseconds to set up. All of the text, but made of two columns: what
        -- is made of one alone is worked out for every text that shares a dictionary with it, also of other runs.
        list_filter(
            string_split(replace(replace(replace(lower(left(text, text_chars)), chr(9), ' '), chr(10), ' '), chr(13), ' '), ' '),
            lambda word: word <> ''
        ) as word
    from source_predictions
    where text_chars is not null and structured is null
)

select
    run,
    episode_id,
    case
        when len(word) >= 4
            then 1 - list_unique(
                list_transform(range(1, len(word) - 2), lambda i: hash(word[i], word[i + 1], word[i + 2], word[i + 3]))
            ) / (len(word) - 3)
    end as repetition
from words;
