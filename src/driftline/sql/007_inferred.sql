-- What the name of a metric that nobody declared says of it: what is better, and in which unit it is.
-- grain: scalar macros
-- null: inferred_better: the name does not say; the metric is shown and judges nothing
create or replace macro inferred_better(name) as
    case
        -- What happens often is no gain where it should not happen.
        when regexp_matches(
            lower(name),
            '(^|_)(error|fail|failed|failure|miss|missed|timeout|drop|dropped|reject|rejected|loss|lost|leak|crash|retry'
            || '|hallucination|refusal|truncation|eviction)s?(_[a-z]+)?_(rate|per_second|per_minute)$'
        ) then 'lower'
        when regexp_matches(lower(name), '(^|_)throughput$|_(rate|per_second|per_minute)$') then 'higher'
        when regexp_matches(lower(name), '_(kb|mb|gb|bytes|items|rows|tokens|chunks|requests)_s$') then 'higher'
        -- A throughput in seconds may be either.
        when regexp_matches(lower(name), '(^|_)throughput_.*_(s|ms|us|ns|seconds)$|(^|_)throughput_(s|ms|us|ns|seconds)$')
            then null
        when regexp_matches(lower(name), '(^|_)latency(_|$)|_(relative_time|s|ms|us|ns|seconds|kb|mb|gb|bytes|errors)$')
            then 'lower'
        when regexp_matches(lower(name), '(^|_)throughput_') then 'higher'
    end;

create or replace macro inferred_unit(name) as
    case
        when regexp_matches(lower(name), '[a-z]_per_second$')
            then regexp_extract(lower(name), '([a-z]+)_per_second$', 1) || '/s'
        when regexp_matches(lower(name), '[a-z]_per_minute$')
            then regexp_extract(lower(name), '([a-z]+)_per_minute$', 1) || '/min'
        when regexp_matches(lower(name), '_(kb|mb|gb)_s$')
            then upper(regexp_extract(lower(name), '_(kb|mb|gb)_s$', 1)) || '/s'
        when regexp_matches(lower(name), '_(bytes|items|rows|tokens|chunks|requests)_s$')
            then regexp_extract(lower(name), '_([a-z]+)_s$', 1) || '/s'
        when regexp_matches(lower(name), '_(s|seconds)$') then 's'
        when regexp_matches(lower(name), '_(ms|us|ns)$') then regexp_extract(lower(name), '_(ms|us|ns)$', 1)
        when regexp_matches(lower(name), '_(kb|mb|gb)$') then upper(regexp_extract(lower(name), '_(kb|mb|gb)$', 1))
        when regexp_matches(lower(name), '_bytes$') then 'bytes'
        when regexp_matches(lower(name), '_relative_time$') then '×'
        else ''
    end;
