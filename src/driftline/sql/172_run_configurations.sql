-- What makes two runs repetitions of each other: the same configuration, code and data, on the same kind of machine.
-- grain: one row per run with a fingerprint
-- null: configuration: the code is not known, or was changed after the commit; platform: no word about the machine
create or replace view run_configurations as
with stated as (
    select
        run,
        md5(string_agg(key || '=' || coalesce(value, ''), chr(10) order by key) filter (
            where not starts_with(key, 'run_context.') and key <> 'fingerprint_hash'
        )) as settings,
        max(value) filter (where key = 'run_context.git.commit') as git_commit,
        max(value) filter (where key = 'run_context.git.dirty') as git_dirty,
        coalesce(
            max(value) filter (where key = 'environment.platform'),
            max(value) filter (where key = 'environment.hostname'),
            max(value) filter (where key = 'environment.os')
        ) as platform
    from fingerprint_keys
    group by run
)

select
    s.run,
    case
        when s.git_commit is not null and s.git_dirty is distinct from 'true'
            then md5(concat_ws(chr(10), s.settings, s.git_commit, coalesce(r.dataset_id, '')))
    end as configuration,
    s.platform
from stated as s
inner join runs as r on r.run = s.run
where r.category <> 'reference';
