-- What each iteration of a workload took, in ms, where the file keeps it.
-- grain: one row per file, workload and iteration
-- null: value: no usable number
create or replace view benchmark_samples as
select
    a.file as source,
    s.workload,
    s.sample,
    s.value
from source_benchmark_samples as s
inner join source_artifacts as a using (file_id);

comment on view benchmark_samples is 'What each iteration of a workload took, in ms, where the file keeps it';
