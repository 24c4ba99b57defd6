-- What each profile says of the machine and the software that it was captured on.
-- grain: one row per profile and key of its environment that has a value
-- null: nothing is NULL: what is not stated has no row
create or replace view profile_environments as
select
    profile,
    key,
    value
from source_environments;

comment on view profile_environments is 'The environment of every profile, long form. key: Dotted path below environment, as library_versions.numpy. value: As it is written in the profile';
