-- diagnostics.jsonl in bulk: the rows that run_lines.read_diagnostics would make, and whether they can be trusted.
-- grain: one row per non-blank line of the files in `asked` (path, run, file_id)
-- null: as in run_lines; `is_plain` is false where the tolerant reader has to read the whole file;
-- `keys` are the names of each object: one given twice needs the tolerant reader too
with extracted as (
    select
        run,
        file_id,
        line,
        try(json_extract_string(line_text, [
            '$.episode_id', '$.chunks', '$.avg_map_tokens', '$.reduce_input_tokens', '$.reduce_input_chars',
            '$.final_tokens'
        ])) as field,
        regexp_matches(
            line_text,
            '"(chunks|avg_map_tokens|reduce_input_tokens|reduce_input_chars|final_tokens)"\s*:\s*["tf\[{-]'
            || '|"episode_id"\s*:\s*[^"\s]'
            -- DuckDB takes inf, nan and trailing commas for JSON; NUL and letters in escapes are never plain.
            || '|\[|"\s*:\s*-?([iI]|n[^u]|Na)|,\s*}|\\u00(00|[2-7])'
        ) as is_odd,
        try(json_keys(line_text, ['$'])::varchar) as keys
    from $lines
    where line_text not in ('', chr(13))
)

select
    run,
    file_id,
    line,
    field[1] as episode_id,
    try_cast(field[2] as double) as chunks,
    try_cast(field[3] as double) as map_tokens,
    try_cast(field[4] as double) as reduce_input_tokens,
    try_cast(field[5] as double) as reduce_input_chars,
    try_cast(field[6] as double) as final_tokens,
    keys,
    coalesce(
        not is_odd
        and not regexp_matches(field[1], '^[\pZ\x00-\x20\x{85}]|[\pZ\x00-\x20\x{85}]$|^$')
        and (field[2] is null or isfinite(chunks))
        and (field[3] is null or isfinite(map_tokens))
        and (field[4] is null or isfinite(reduce_input_tokens))
        and (field[5] is null or isfinite(reduce_input_chars))
        and (field[6] is null or isfinite(final_tokens)),
        false
    ) as is_plain
from extracted
