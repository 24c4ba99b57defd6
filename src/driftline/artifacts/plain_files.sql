-- The files whose every row is plain, every episode named once and every key given once.
-- grain: one row per file
-- null: nothing is NULL
with shapes as (
    select distinct keys from read_parquet($target)
),

-- There are few shapes and many rows. Of a key given twice the last one counts, but DuckDB would take the first.
sound as (
    select keys
    from shapes
    where list_bool_and(
        list_transform(
            try_cast(keys as varchar[][]), lambda names: names is null or len(names) = list_unique(names)
        )
    )
)

select file_id
from read_parquet($target)
group by file_id
having bool_and(is_plain) and count(*) = count(distinct episode_id) and bool_and(keys in (select keys from sound))
