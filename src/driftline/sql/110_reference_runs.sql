-- Where the texts of a reference live: the ids that runs were scored against, matched to what was discovered.
-- grain: one row per reference id named by any run
-- null: run: no run of that id with texts was found
create or replace table reference_runs as
with named as (
    select distinct reference from source_run_values where reference is not null
),

holders as (
    select
        run_id as reference,
        arg_min(
            run,
            (
                case
                    when starts_with(run, 'references/silver/') then 1
                    when starts_with(run, 'references/gold/') then 2
                    when category = 'reference' then 3
                    else 4
                end,
                archived,
                run
            )
        ) as run
    from runs
    where category in ('reference', 'baseline') and has_usable_predictions and episodes > 0
    group by run_id
)

select
    named.reference,
    holders.run
from named
left join holders using (reference);

comment on table reference_runs is 'The run that holds the texts of each reference that runs were scored against';
