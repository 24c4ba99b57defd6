-- JSONL files as numbered lines, each with the run and the reading that it belongs to.
-- grain: one row per line, blank ones included, of the files in `asked` (path, run, file_id)
-- null: nothing is NULL
with files as (
    select
        asked.run,
        asked.file_id,
        string_split(content, chr(10)) as line_texts
    from read_text($files) as file
    inner join asked on asked.path = file.filename
)

select
    run,
    file_id,
    unnest(line_texts) as line_text,
    generate_subscripts(line_texts, 1) as line
from files
