-- Every configuration key of every run's fingerprint.
-- grain: one row per run and dotted key
-- null: value: the fingerprint holds null there
create or replace view fingerprint_keys as
with entries as (
    select
        run,
        unnest(map_entries(leaves::json::map(varchar, varchar))) as entry
    from source_fingerprints
)

select
    run,
    entry.key,
    entry.value
from entries;

comment on view fingerprint_keys is 'Every configuration key of every run, as text';
