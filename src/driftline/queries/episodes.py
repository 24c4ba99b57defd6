"""Questions about the episodes of two runs, their texts and their scores."""

from __future__ import annotations

from driftline.artifacts.bulk import literal, literals
from driftline.queries.asking import Connection, Row, Table, ask

WORST_FIRST = """change <> 'failed',
    not (change = 'regressed' and loss is null),
    loss desc nulls last,
    natural_key(episode_id),
    episode_id"""


PAGE = 20


# What each filter of the list of episodes keeps.
EPISODE_FILTERS = {
    "regressed": "change = 'regressed'",
    "improved": "change = 'improved'",
    "failed": "change = 'failed'",
    "gates": "len(gates) > 0",
    "unpaired": "(status is null or baseline_status is null)",
}


def episode_changes(connection: Connection, baseline: str, candidate: str) -> Table:
    """What became of every episode of two runs: failed first, then those that lost most."""
    return ask(
        connection,
        f"""select *
from episode_changes({literal(baseline)}, {literal(candidate)})
order by
    {WORST_FIRST}""",
    )


def _holds(baseline: str, candidate: str, search: str) -> str:
    """The condition that an episode's id, error or a text of either run holds the words as they stand."""
    words = f"lower({literal(search.strip())})"
    texts = "\n            union all ".join(
        "select episode_id from episodes\n"
        f"            where run = {literal(run)} and contains(lower(coalesce(text, structured)), {words})"
        for run in dict.fromkeys((baseline, candidate))
    )
    return (
        f"(contains(lower(episode_id), {words}) or contains(lower(coalesce(error, '')), {words})\n"
        f"        or episode_id in ({texts}))"
    )


def listed_episodes(
    connection: Connection, baseline: str, candidate: str, *, only: str, search: str, page: int, episode: str
) -> Table:
    """One page of `episode_changes`, worst first, with each one's place in the list and its neighbours there.

    `only` is a key of EPISODE_FILTERS or empty; the page is the one that holds the episode, where the list has it.
    """
    kept = [EPISODE_FILTERS[only]] if only else []
    kept += [_holds(baseline, candidate, search)] if search.strip() else []
    where = f"    where {' and '.join(kept)}\n" if kept else ""
    return ask(
        connection,
        f"""with listed as (
    select
        *,
        row_number() over worst_first as place,
        lag(episode_id) over worst_first as previous,
        lead(episode_id) over worst_first as next
    from episode_changes({literal(baseline)}, {literal(candidate)})
{where}    window worst_first as (order by
    {WORST_FIRST})
)

select *
from listed
where (place - 1) // {PAGE} = coalesce(
    (select (place - 1) // {PAGE} from listed where episode_id = {literal(episode)}), {page - 1}
)
order by place""",
    )


def episode_counts(connection: Connection, baseline: str, candidate: str, search: str) -> Table:
    """How many episodes each filter keeps among those found, and what happened to all of them; one row."""
    found = _holds(baseline, candidate, search) if search.strip() else "true"
    filters = ",\n    ".join(
        f"count(*) filter (where is_found and {condition}) as {name}" for name, condition in EPISODE_FILTERS.items()
    )
    judged = ",\n    ".join(
        f"count(*) filter (where judged_by = '{metric}'{condition}) as {name}_{metric}"
        for metric, delta in (("rougeL_f1", "rougeL_f1_delta"), ("output_tokens", "tokens_delta"))
        for name, condition in (
            ("by", ""),
            ("lost", f" and {delta} < 0"),
            ("gained", f" and {delta} > 0"),
            ("regressed", " and change = 'regressed'"),
            ("improved", " and change = 'improved'"),
        )
    )
    return ask(
        connection,
        f"""select
    count(*) filter (where is_found) as found,
    {filters},
    count(*) as all_episodes,
    count(*) filter (where change = 'failed') as all_failed,
    {judged},
    max(abs(rougeL_f1_delta)) as largest_rougeL_f1_delta,
    max(abs(tokens_delta_pct)) as largest_tokens_delta_pct
from (
    select *, {found} as is_found
    from episode_changes({literal(baseline)}, {literal(candidate)})
)""",
    )


def episode_measures(
    connection: Connection, baseline: str, candidate: str, episode: str, reference: str | None
) -> Table:
    """What was measured of one episode in two runs; of the scores those against that reference. Not how much it repeats
    itself: that is counted in the texts of all episodes, and takes longer than all the rest.
    """
    against = f" or reference = {literal(reference)}" if reference else ""
    return ask(
        connection,
        f"""select d.*, change_pct(d.baseline, d.delta) as delta_pct
from episode_deltas({literal(baseline)}, {literal(candidate)}) as d
where d.episode_id = {literal(episode)} and d.metric <> 'repetition' and (d.reference is null{against})
order by d.metric""",
    )


def episode_texts(connection: Connection, runs: list[str], episode: str) -> Table:
    """What each run wrote for one episode, failed or not."""
    sides = "\nunion all\n".join(
        "select run, status, error, text, structured, gates, tokens_source, flow_source, length(text) as characters\n"
        f"from episodes\nwhere run = {literal(run)} and episode_id = {literal(episode)}"
        for run in dict.fromkeys(runs)
    )
    return ask(connection, sides)


def reference_texts(connection: Connection, runs: list[str], episode: str) -> Table:
    """The references that the runs were scored against, with what each says of one episode, archived ones too."""
    named = ask(
        connection,
        f"""select distinct r.reference, r.run
from run_metrics as m
inner join reference_runs as r using (reference)
where list_contains({literals(runs)}, m.run)
order by r.reference""",
    ).rows
    texts = "\nunion all\n".join(
        f"select {literal(row['reference'])} as reference, {literal(row['run'] or '')} as run, max(text) as text,\n"
        "    max(structured) as structured\n"
        f"from episodes\nwhere run = {literal(row['run'] or '')} and episode_id = {literal(episode)}"
        for row in named
    )
    return ask(connection, texts) if texts else Table([], "")


def unscored(connection: Connection, runs: list[str]) -> list[Row]:
    """run, file_id, reference, reference_run, reference_file_id: what was scored as a whole, but not by episode yet."""
    return ask(
        connection,
        f"""select distinct
    v.run, p.file_id, v.reference, r.run as reference_run, t.file_id as reference_file_id
from run_aggregates as v
inner join reference_runs as r on r.reference = v.reference and r.run <> v.run
inner join source_artifacts as p on p.key = v.run and p.artifact = 'predictions'
inner join source_artifacts as t on t.key = r.run and t.artifact = 'predictions'
anti join source_scores as s on s.file_id = p.file_id and s.reference_file_id = t.file_id
where list_contains({literals(runs)}, v.run)
order by v.run, v.reference""",
    ).rows


def texts_to_score(connection: Connection, run: str, reference_run: str) -> list[Row]:
    """episode_id, reference_text, text: the episodes that have a text in both runs."""
    return ask(
        connection,
        f"""with texts as (
    -- `episodes` would look up the diagnostics of each
    select p.run, p.episode_id, p.text
    from source_predictions as p
    left join episode_gates as g on g.run = p.run and g.episode_id = p.episode_id
    where p.structured is null and episode_status(g.is_failed, p.error, p.text_chars is not null) = 'ok'
)
select c.episode_id, r.text as reference_text, c.text
from texts as c
inner join texts as r on r.run = {literal(reference_run)} and r.episode_id = c.episode_id
where c.run = {literal(run)}
order by c.episode_id""",
    ).rows
