-- What may honestly be said of every delta of two runs, or of two profiles, as far as it was worked out.
-- grain: one row per metric, reference and stage of the comparison; no row until `driftline compare` or a page asked
-- null: a number that the verdict could do without
create or replace macro verdicts(baseline_key, candidate_key) as table
select
    v.side,
    v.metric,
    v.reference,
    v.stage,
    v.verdict,
    v.level,
    v.effect_pct,
    v.ci_low,
    v.ci_high,
    v.p,
    v.q,
    v.mde_pct,
    v.n_pairs,
    v.n_captures,
    v.noise_source,
    v.method,
    v.reason,
    v.pairs_needed
from source_verdicts as v
where
    v.baseline = baseline_key
    and v.candidate = candidate_key
    and v.state = (select state from root_state)
    and v.scores = scores_of(baseline_key, candidate_key)
    and required_comparable(baseline_key) is not null
    and required_comparable(candidate_key) is not null
-- Two processes may have worked out the same at a time.
qualify row_number() over (partition by v.side, v.metric, v.reference, v.stage) = 1;
