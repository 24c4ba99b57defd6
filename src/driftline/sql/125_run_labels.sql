-- What tells the runs of a comparison group apart, in the fewest words: model, then release, then date, then a letter.
-- grain: one row per run
-- null: short_model: no artifact names a model
create or replace view run_labels as
with named as (
    select
        run,
        group_id,
        run_id,
        regexp_replace(model, '(^|[ +])[^ /]+/', '\1', 'g') as short_model,
        case when release_source <> 'run_id' then release end as stated_release,
        created_at,
        category
    from runs
),

counted as (
    select
        *,
        count(distinct coalesce(short_model, run_id)) over (partition by group_id) as models,
        count(stated_release) over (partition by group_id, coalesce(short_model, run_id)) as with_release,
        count(*) over (partition by group_id, coalesce(short_model, run_id)) as of_model,
        count(*) over (partition by group_id, coalesce(short_model, run_id), stated_release) as of_release
    from named
),

worded as (
    select
        *,
        case
            when of_model = 1 then coalesce(short_model, run_id)
            when with_release = of_model and models = 1 then stated_release
            when with_release = of_model then concat_ws(' · ', short_model, stated_release)
            else concat_ws(' · ', coalesce(short_model, run_id), coalesce(strftime(created_at, '%b %-d'), 'no date'))
        end as words
    from counted
),

lettered as (
    select
        *,
        count(*) over (partition by group_id, words) as twins,
        row_number() over (
            partition by group_id, words order by category <> 'baseline', created_at desc nulls last, run
        ) as twin
    from worded
)

select
    run,
    group_id,
    case
        when twins = 1 or (twin = 1 and category = 'baseline') then words
        when twins <= 26 then words || ' ' || chr((96 + twin)::integer)
        else words || ' ' || twin
    end as label,
    short_model,
    stated_release,
    created_at
from lettered;

comment on view run_labels is 'A short name for every run that is unique in its comparison group';
