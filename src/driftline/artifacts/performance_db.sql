-- Runs of the tracking guide's database as they stand; $columns are the stored columns of the table.
-- grain: one row per run
-- null: what was not measured or is not known
select $columns
from performance_runs
