-- What is to be said of one delta by the registry's direction and levels.
-- grain: scalar macros
-- null: nothing to compare, or nothing to judge by
create or replace macro change_pct(baseline_value, delta) as
    case when baseline_value <> 0 then delta / abs(baseline_value) * 100 end;

create or replace macro is_good(better, delta) as
    case better when 'higher' then delta >= 0 when 'lower' then delta <= 0 end;

create or replace macro worsening(better, delta) as
    case better when 'higher' then -delta when 'lower' then delta end;

-- What is held against the levels: the change itself where levels are absolute or the baseline is 0, else its per cent.
create or replace macro size_of(is_absolute, baseline_value, delta, delta_pct) as
    case when is_absolute or baseline_value = 0 then delta else delta_pct end;

-- A growth from 0 is an endless percentage: it fails where only percentages are declared.
create or replace macro limit_of(is_absolute, baseline_value, level_abs, level_pct) as
    case when is_absolute then level_abs when baseline_value = 0 then 0 else level_pct end;

-- The arguments are columns: an expression would be worked out again in every branch.
create or replace macro level_by(worse_by, delta, min_abs, warn_at, fail_at) as
    case
        when worse_by is null then null
        when abs(delta) < min_abs then 'ok'
        when coalesce(warn_at, fail_at) is null then null
        when worse_by > 0 and worse_by >= fail_at - 1e-9 then 'fail'
        when worse_by > 0 and worse_by >= warn_at - 1e-9 then 'warn'
        else 'ok'
    end;
