-- What became of every episode between two runs: by ROUGE-L where both sides are scored, else by output tokens.
-- grain: one row per episode of either run
-- null: status, baseline_status: that run does not have the episode; judged_by: nothing to compare; loss, level: no number judges it
create or replace macro episode_changes(baseline_key, candidate_key) as table
with
found as (
    select run, episode_id, status, error, gates, output_tokens, latency_s from episodes
    where run = baseline_key or run = candidate_key
),

sides as (
    select
        episode_id,
        max(status) filter (where run = candidate_key) as status,
        max(status) filter (where run = baseline_key) as baseline_status,
        max(error) filter (where run = candidate_key) as error,
        max(error) filter (where run = baseline_key) as baseline_error,
        coalesce(any_value(gates) filter (where run = candidate_key), []) as gates,
        max(output_tokens) filter (where run = baseline_key) as baseline_tokens,
        max(output_tokens) filter (where run = candidate_key) as candidate_tokens,
        max(latency_s) filter (where run = baseline_key) as baseline_latency_s,
        max(latency_s) filter (where run = candidate_key) as candidate_latency_s
    from found
    group by episode_id
),

scored as (
    select run, episode_id, reference, value from episode_scores
    where (run = baseline_key or run = candidate_key) and metric = 'rougeL_f1'
),

scores as (
    select
        episode_id,
        reference,
        max(value) filter (where run = baseline_key) as baseline,
        max(value) filter (where run = candidate_key) as candidate
    from scored
    group by episode_id, reference
),

-- One reference for all episodes: the one that scores most of them on both sides.
shared as (
    select arg_min(reference, (-pairs, reference)) as reference
    from (select reference, count(candidate - baseline) as pairs from scores group by reference)
    where pairs > 0
),

compared as (
    select
        e.*,
        r.reference,
        r.baseline as baseline_rougeL_f1,
        r.candidate as candidate_rougeL_f1,
        r.candidate - r.baseline as rougeL_f1_delta,
        e.candidate_tokens - e.baseline_tokens as tokens_delta,
        change_pct(e.baseline_tokens, e.candidate_tokens - e.baseline_tokens) as tokens_delta_pct,
        case
            when e.status = 'failed' or e.status <> e.baseline_status then 'status'
            when r.candidate - r.baseline is not null then 'rougeL_f1'
            when e.candidate_tokens - e.baseline_tokens is not null then 'output_tokens'
        end as judged_by
    from sides as e
    left join (select s.* from scores as s inner join shared using (reference)) as r using (episode_id)
),

moved as (
    select
        *,
        case judged_by when 'rougeL_f1' then baseline_rougeL_f1 when 'output_tokens' then baseline_tokens end as baseline,
        case judged_by when 'rougeL_f1' then rougeL_f1_delta when 'output_tokens' then tokens_delta end as delta
    from compared
),

weighed as (
    select
        c.*,
        m.min_abs,
        held_against(m.better, c.baseline, c.delta, m.warn_abs, m.fail_abs, m.warn_pct, m.fail_pct) as held
    from moved as c
    left join metrics as m on m.metric = c.judged_by
),

judged as (
    select
        *,
        level_by(held.worse_by, held, delta, min_abs) as level,
        level_by(-held.worse_by, held, delta, min_abs) as gain
    from weighed
)

select
    e.episode_id,
    e.status,
    e.baseline_status,
    e.error,
    e.baseline_error,
    e.gates,
    e.reference,
    e.baseline_rougeL_f1,
    e.candidate_rougeL_f1,
    e.rougeL_f1_delta,
    e.baseline_tokens,
    e.candidate_tokens,
    e.tokens_delta,
    e.tokens_delta_pct,
    e.baseline_latency_s,
    e.candidate_latency_s,
    e.candidate_latency_s - e.baseline_latency_s as latency_s_delta,
    case
        when e.status is null then 'only in baseline'
        when e.status = 'failed' then 'failed'
        when e.baseline_status is null then 'only in candidate'
        when e.status = 'ok' and e.judged_by = 'status' then 'improved'
        when e.baseline_status = 'ok' and e.judged_by = 'status' then 'regressed'
        when e.judged_by = 'status' then 'changed'
        when e.judged_by is null then 'not comparable'
        when e.level in ('warn', 'fail') then 'regressed'
        when e.gain in ('warn', 'fail') then 'improved'
        when e.delta = 0 then 'unchanged'
        else 'changed'
    end as change,
    e.judged_by,
    e.level,
    e.held.worse_by / nullif(coalesce(e.held.warn_at, e.held.fail_at), 0) as loss
from judged as e
where required_run(baseline_key) is not null and required_run(candidate_key) is not null;
