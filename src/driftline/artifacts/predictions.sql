-- predictions.jsonl in bulk: the rows that run_lines.read_predictions would make, and whether they can be trusted.
-- grain: one row per non-blank line of the files in `asked` (path, run, file_id)
-- null: as in run_lines; `is_plain` is false where the tolerant reader has to read the whole file: anything that needs
-- repair, structured output. `keys` are the names of each object: one given twice needs the tolerant reader too
with extracted as (
    select
        run,
        file_id,
        line,
        line_text,
        try(json_extract_string(line_text, [
            '$.episode_id', '$.dataset_id', '$.error', '$.metadata.error',
            '$.output.summary_final', '$.output.summary_long', '$.output.summary',
            '$.metadata.output_tokens', '$.metadata.output_length_chars', '$.metadata.processing_time_seconds',
            '$.metadata.input_length_chars', '$.metadata.cost_usd', '$.intermediate.reduce_input_chars'
        ])) as field,
        contains(line_text, ']]]]]]]]')
        or contains(line_text, '}}}}}}}}')
        or contains(line_text, ']}]}]}]}')
        -- Every branch begins with the same quote, so that the search skips from quote to quote.
        or regexp_matches(
            line_text,
            '"((output_tokens|output_length_chars|processing_time_seconds|input_length_chars|cost_usd|reduce_input_chars)'
            || '"\s*:\s*["tf\[{-]'
            || '|(summary_final|summary_long|summary|text)"\s*:\s*[^"\s]'
            || '|(episode_id|dataset_id|error)"\s*:\s*([^"n\s]|n[^u])'
            || '|(metadata|intermediate)"\s*:\s*[^{\s]'
            -- DuckDB takes inf, nan and trailing commas for JSON; NUL and letters in escapes are never plain.
            || '|\s*:\s*-?([iI]|n[^u]|Na))'
        )
        or regexp_matches(line_text, ',\s*[\]}]')
        or regexp_matches(line_text, '\\u00(00|[2-7])')
        as is_odd,
        try(json_keys(line_text, ['$', '$.output', '$.metadata', '$.intermediate'])::varchar) as keys,
        -- The search is for the first character, and this one is rare.
        contains(line_text, '_summaries"') as may_have_map_summaries
    from $lines
    where line_text not in ('', chr(13))
),

named as (
    select
        run,
        file_id,
        line,
        line_text,
        is_odd,
        keys,
        field[1] as episode_id,
        field[2] as dataset_id,
        field[3] as error,
        field[4] as metadata_error,
        coalesce(nullif(field[5], ''), nullif(field[6], ''), nullif(field[7], '')) as summary,
        coalesce(field[5], field[6], field[7]) is null as is_without_summary,
        field[8:13] as numbers,
        case
            when may_have_map_summaries then try(json_extract_string(line_text, '$.intermediate.map_summaries[*].text'))
        end as map_texts
    from extracted
),

outputs as (
    select
        *,
        case
            when is_without_summary and try(json_type(line_text, '$.output')) = 'VARCHAR'
                then nullif(json_extract_string(line_text, '$.output'), '')
            else summary
        end as text,
        case
            when is_without_summary and try(json_type(line_text, '$.output')) = 'OBJECT'
                then len(list_intersect(
                    json_keys(line_text, '$.output'), ['entities', 'gil', 'kg', 'insights', 'topics']
                )) > 0
        end as is_structured
    from named
)

select
    run,
    file_id,
    line,
    episode_id,
    dataset_id,
    error,
    text,
    null::varchar as structured,
    length(text) as text_chars,
    try_cast(numbers[2] as double) as output_chars,
    case
        when text_chars is not null
            then coalesce(try_cast(numbers[1] as double), greatest(coalesce(output_chars, text_chars) / 4, 1))
    end as output_tokens,
    case when text_chars is null then 'none' when numbers[1] is null then 'estimated' else 'reported' end as tokens_source,
    try_cast(numbers[3] as double) as latency_s,
    try_cast(numbers[4] as double) as input_chars,
    case when len(map_texts) > 0 then len(map_texts) end as map_chunks,
    case when len(map_texts) > 0 then list_sum(list_transform(map_texts, lambda value: length(value))) end::double
        as map_chars,
    try_cast(numbers[6] as double) as reduce_input_chars,
    try_cast(numbers[5] as double) as cost_usd,
    keys,
    coalesce(
        not is_odd
        and is_structured is distinct from true
        and not regexp_matches(episode_id, '^[\pZ\x00-\x20\x{85}]|[\pZ\x00-\x20\x{85}]$|^$')
        and (dataset_id is null or not regexp_matches(dataset_id, '^[\pZ\x00-\x20\x{85}]|[\pZ\x00-\x20\x{85}]$|^$'))
        and (error is null or not regexp_matches(error, '^[\pZ\x00-\x20\x{85}]|[\pZ\x00-\x20\x{85}]$|^$'))
        and metadata_error is null
        and (text is null or ascii(text) between 33 and 126 or regexp_matches(text, '[^\pZ\x00-\x20\x{85}]'))
        and (
            map_texts is null
            or len(list_filter(map_texts, lambda value: value is null)) = 0
            and len(map_texts) = len(regexp_extract_all(line_text, '"text"\s*:'))
        )
        and (numbers[1] is null or isfinite(try_cast(numbers[1] as double)))
        and (numbers[2] is null or isfinite(output_chars))
        and (numbers[3] is null or isfinite(latency_s))
        and (numbers[4] is null or isfinite(input_chars))
        and (numbers[5] is null or isfinite(cost_usd))
        and (numbers[6] is null or isfinite(reduce_input_chars)),
        false
    ) as is_plain
from outputs
