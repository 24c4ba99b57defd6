-- What the rules of `causes` say of a change. A change is that of `situations`.
-- grain: scalar macros
-- null: nothing is known of it
-- Limits are in tokens of the model, lengths often characters / 4: at a maximum is from 90 % of it on, below a minimum
-- from 75 % of it down.
create or replace macro is_at_maximum(change, maximum) as maximum.poorer > 0 and change.poorer >= 0.9 * maximum.poorer;

create or replace macro is_below_minimum(change, minimum) as change.is_past and change.poorer < 0.75 * minimum.poorer;

create or replace macro maximum_evidence(direction, change, maximum) as
    case
        when maximum.before <> maximum.after then ', its maximum from ' || maximum.before || ' to ' || maximum.after
        when is_at_maximum(change, maximum)
            then case direction
                when 'worse' then ', at its maximum of ' || maximum.after
                else ', the baseline at its maximum of ' || maximum.before
            end
        else ''
    end;

create or replace macro reduce_evidence(direction, input, output, minimum) as
    case when input.is_less then 'reduce input ' || input.verb || ' ' || input.span else '' end
    || case when input.is_less and output.is_past then ' and ' else '' end
    || case
        when output.is_past then 'the output ' || case when input.is_less then '' else output.verb || ' ' end || output.span
        else ''
    end
    || case
        when is_below_minimum(output, minimum)
            then case direction when 'worse' then ', ' else ', the baseline at ' end
            || written_share(output.poorer / minimum.poorer) || ' of its minimum of '
            || case direction when 'worse' then minimum.after else minimum.before end
        else ''
    end;

create or replace macro count_evidence(subject, change, episodes) as
    case when change.candidate = 0 then 'none' else change.after end || coalesce(' of ' || episodes, '')
    || case when episodes is null and change.candidate = 1 then ' episode ' else ' episodes ' end || subject
    || case when change.baseline = 0 then ', none' else ', ' || change.before end || ' in the baseline';

create or replace macro share_evidence(subject, change) as
    change.after || change.unit || ' of the outputs ' || subject || ', ' || change.before || change.unit || ' in the baseline';

-- A run is also faster because it writes less, and slower because it writes more.
create or replace macro latency_evidence(change, output) as
    'latency ' || change.verb || ' ' || change.span || ' per episode'
    || case
        when output.verb = change.verb
            and least(output.baseline, output.candidate) <= 0.9 * greatest(output.baseline, output.candidate) then ', the output ' || output.verb || ' ' || output.span
        else ''
    end;

create or replace macro keys_evidence(keys, first_words) as
    case when keys > 1 then keys || ' keys differ, among them ' else '' end || first_words;
