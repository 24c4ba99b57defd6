"""One measurement in a process of its own: imports first, then times, then prints one JSON object.

`python -m tests.bench.worker open|queries ROOT`. A process measures once, so that its peak memory is that of one open.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from driftline.store import PUBLIC_RELATIONS, open_store

REPEATS = 3
PAIR = """
select min(run) as baseline_key, max(run) as candidate_key
from runs
where category = 'run'
group by task, kind, dataset_id
having count(*) > 1
order by all
limit 1
"""
QUERIES = {
    "KPIs of all runs": ("select * from run_kpis", 0),
    "deltas of a pair": ("select * from deltas(?, ?)", 2),
    "episode deltas of a pair": ("select * from episode_deltas(?, ?)", 2),
    "stage trend": ("select * from stage_trend", 0),
    "episodes of a run, with text": ("select * from episodes where run = ?", 1),
    "one text": ("select text from episodes where run = ? and episode_id = 'p01_e01'", 1),
}


def peak_mb() -> float:
    """The most memory this process has held, in MB of 1,000,000 bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measure_open(root: Path) -> dict[str, Any]:
    """Opens the root and counts the rows of every public relation."""
    seconds: dict[str, float] = {}
    rows: dict[str, int] = {}
    cpu_started, started = time.process_time(), time.perf_counter()
    before = started
    store = open_store(root)
    seconds["open_store"] = time.perf_counter() - before
    for relation in PUBLIC_RELATIONS:
        before = time.perf_counter()
        found = store.connection.execute(f'select count(*) from "{relation}"').fetchone()
        seconds[relation] = time.perf_counter() - before
        rows[relation] = found[0] if found else 0
    total, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    peak = peak_mb()
    store.close()
    return {"total": total, "cpu": cpu, "peak_mb": peak, "seconds": seconds, "rows": rows}


def measure_queries(root: Path) -> dict[str, Any]:
    """Asks each main query once after the open, then again; frames as the pages get them."""
    store = open_store(root)
    connection: duckdb.DuckDBPyConnection = store.connection
    pair = connection.execute(PAIR).fetchone() or ()
    connection.execute("select 1 as warm").df()
    first: dict[str, float] = {}
    again: dict[str, float] = {}
    rows: dict[str, int] = {}
    for name, (statement, parameters) in QUERIES.items():
        times = []
        for _ in range(1 + REPEATS):
            before = time.perf_counter()
            frame = connection.execute(statement, list(pair[:parameters])).df()
            times.append(time.perf_counter() - before)
        first[name], again[name], rows[name] = times[0], sorted(times[1:])[REPEATS // 2], len(frame)
    store.close()
    return {"first": first, "again": again, "rows": rows}


def main() -> int:
    measured = {"open": measure_open, "queries": measure_queries}[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(measured))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
