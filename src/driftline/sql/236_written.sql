-- How a number is written in a sentence: as on the pages, with a thousands separator and a thin space before a %.
-- grain: scalar macros
-- null: NULL for NULL
create or replace macro written_decimals(size, unit, decimals) as
    case
        when unit = 'fraction' then case when 0 < size * 100 and size * 100 < 10 then 1 else 0 end
        when not list_contains(['s', 'MB', 'tokens', 'characters', '%'], unit) then decimals
        when 0 < size and size < 0.1 and decimals >= 2 then case when size >= 0.01 then 3 else 4 end
        when size >= 100 then 0
        when size >= 10 then least(decimals, 1)
        else decimals
    end;

create or replace macro written(value, unit, decimals) as
    replace(
        format(
            '{:,.{}f}',
            case when unit = 'fraction' then value * 100 else value end::double,
            written_decimals(abs(value), unit, decimals)::integer
        ),
        '-',
        '−'
    );

create or replace macro written_unit(unit) as
    case unit when 'fraction' then chr(8239) || '%' when 'score' then '' when 'ratio' then '' else ' ' || unit end;

-- 0.25 is a quarter; what no word is near to is a percentage.
create or replace macro written_share(share) as
    case
        when share between 0.23 and 0.27 then 'a quarter'
        when share between 0.32 and 0.35 then 'a third'
        when share between 0.48 and 0.52 then 'half'
        when share between 0.65 and 0.68 then 'two thirds'
        else format('{:.0f}', share * 100) || chr(8239) || '%'
    end;

-- A value of a configuration: on one line, and no longer than a sentence can bear.
create or replace macro written_setting(setting) as
    regexp_replace(left(setting, 60), '\s+', ' ', 'g') || case when length(setting) > 60 then ' …' else '' end;
