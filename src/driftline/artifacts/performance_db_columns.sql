-- Stored columns of the table performance_runs. A view or a generated column would be computed, so neither is listed.
-- grain: one row per column
-- null: nothing is NULL
select
    stored.name,
    stored.type
from sqlite_master as relation
inner join pragma_table_xinfo(relation.name) as stored
where
    relation.type = 'table'
    and relation.rootpage > 0
    and lower(relation.name) = 'performance_runs'
    and stored.hidden = 0
order by stored.cid
