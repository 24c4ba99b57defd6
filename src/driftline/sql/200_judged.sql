-- What is to be said of one delta by the registry's direction and levels.
-- grain: scalar macros
-- null: nothing to compare, or nothing to judge by
create or replace macro change_pct(baseline_value, delta) as
    case when baseline_value <> 0 then delta / abs(baseline_value) * 100 end;

create or replace macro is_good(better, delta) as
    case better when 'higher' then delta >= 0 when 'lower' then delta <= 0 end;

create or replace macro worsening(better, delta) as
    case better when 'higher' then -delta when 'lower' then delta end;

create or replace macro opposite(better) as
    case better when 'higher' then 'lower' when 'lower' then 'higher' end;

create or replace macro level_by(worse_by, warn_at, fail_at) as
    case
        when worse_by is null or coalesce(warn_at, fail_at) is null then null
        when worse_by > 0 and worse_by >= fail_at - 1e-9 then 'fail'
        when worse_by > 0 and worse_by >= warn_at - 1e-9 then 'warn'
        else 'ok'
    end;

-- A growth from 0 is an endless percentage: it fails where only percentages are declared.
create or replace macro level_of(better, baseline_value, delta, warn_pct, fail_pct, warn_abs, fail_abs, min_abs) as
    case
        when delta is null or worsening(better, delta) is null then null
        when abs(delta) < min_abs then 'ok'
        when coalesce(warn_abs, fail_abs) is not null then level_by(worsening(better, delta), warn_abs, fail_abs)
        when baseline_value = 0 then level_by(worsening(better, delta), 0, 0)
        else level_by(worsening(better, change_pct(baseline_value, delta)), warn_pct, fail_pct)
    end;
