-- What is to be said of a value held against its baseline by one limit. The limit is strict: what lies on it is stable.
-- grain: scalar macros
-- null: limit_value: the metric is neutral; why_not_comparable: it is comparable
create or replace macro limit_value(better, baseline_value, limit_pct) as
    case better
        when 'lower' then baseline_value * (1 + limit_pct / 100)
        when 'higher' then baseline_value * (1 - limit_pct / 100)
    end;

create or replace macro why_not_comparable(better, baseline_value, current_value) as
    case
        when current_value is null then 'no value in the newest record'
        when not isfinite(current_value) then 'the value is not finite'
        when current_value < 0 and better <> 'neutral' then 'the value is negative'
        when baseline_value is null then 'no baseline'
        when not isfinite(baseline_value) or baseline_value <= 0 then 'the baseline is no positive number'
    end;

-- 1e-9 of the limit is what binary fractions may be off: 0.011 + 20 % is 0.0132.
create or replace macro tracked_status(better, baseline_value, current_value, limit_pct, gain_pct) as
    case
        when why_not_comparable(better, baseline_value, current_value) is not null then 'not comparable'
        when better = 'neutral' then 'not judged'
        when better = 'lower' and current_value > baseline_value * (1 + limit_pct / 100) * (1 + 1e-9) then 'regressed'
        when better = 'higher' and current_value < baseline_value * (1 - limit_pct / 100) * (1 - 1e-9) then 'regressed'
        when better = 'lower' and current_value < baseline_value * (1 - gain_pct / 100) * (1 - 1e-9) then 'improved'
        when better = 'higher' and current_value > baseline_value * (1 + gain_pct / 100) * (1 + 1e-9) then 'improved'
        else 'stable'
    end;
