-- What is to be said of one delta by the registry's direction and levels.
-- grain: scalar macros
-- null: nothing to compare, or nothing to judge by
create or replace macro change_pct(baseline_value, delta) as
    case when baseline_value <> 0 then delta / abs(baseline_value) * 100 end;

create or replace macro is_good(better, delta) as
    case better when 'higher' then delta >= 0 when 'lower' then delta <= 0 end;

-- From which change on the warn level is passed, in per cent of the baseline.
create or replace macro warn_at_pct(baseline_value, warn_abs, fail_abs, warn_pct) as
    coalesce(change_pct(baseline_value, warn_abs), case when fail_abs is null then warn_pct end);

create or replace macro worsening(better, delta) as
    case better when 'higher' then 0 - delta when 'lower' then delta end;

-- What is held against the levels, and these: the change itself where levels are absolute or the baseline is 0, else its
-- per cent. A growth from 0 is an endless percentage: it fails where only percentages are declared.
create or replace macro held_against(better, baseline_value, delta, warn_abs, fail_abs, warn_pct, fail_pct) as
    case
        when coalesce(warn_abs, fail_abs) is not null
            then {'worse_by': worsening(better, delta)::double, 'warn_at': warn_abs::double, 'fail_at': fail_abs::double}
        when baseline_value = 0
            then {'worse_by': worsening(better, delta)::double, 'warn_at': 0::double, 'fail_at': 0::double}
        else {
            'worse_by': worsening(better, change_pct(baseline_value, delta))::double,
            'warn_at': warn_pct::double,
            'fail_at': fail_pct::double
        }
    end;

-- `worse_by` turned round gives the gain. The arguments are columns: an expression would be worked out in every branch.
create or replace macro level_by(worse_by, held, delta, min_abs) as
    case
        when worse_by is null then null
        when abs(delta) < min_abs then 'ok'
        when coalesce(held.warn_at, held.fail_at) is null then null
        when worse_by > 0 and worse_by >= held.fail_at - 1e-9 then 'fail'
        when worse_by > 0 and worse_by >= held.warn_at - 1e-9 then 'warn'
        else 'ok'
    end;
