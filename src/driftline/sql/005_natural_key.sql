-- A text that sorts as people read it: v2.9 before v2.10.
-- grain: a scalar macro
-- null: NULL for NULL
create or replace macro natural_key(name) as
    array_to_string(
        list_transform(
            regexp_extract_all(lower(name), '[0-9]+|[^0-9]+'),
            lambda part: case when regexp_full_match(part, '[0-9]+') then lpad(ltrim(part, '0'), greatest(20, length(part)::integer), '0') else part end
        ),
        ''
    );
