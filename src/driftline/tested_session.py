"""What becomes of the measurements of a session of tests: they are named, held against the baselines, and recorded."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import duckdb

from driftline import queries
from driftline.artifacts.history import FOLDER, history_folder, platform_named
from driftline.artifacts.scan import BASELINE_FILES, Places
from driftline.capture.platform import detect_platform, this_machine
from driftline.errors import UserError
from driftline.lifecycle.history import append_records, is_sqlite, new_record
from driftline.lifecycle.history_reading import history_files
from driftline.lifecycle.history_values import RESERVED
from driftline.lifecycle.session_facts import session_facts
from driftline.measurements import QUERIES, Measurement
from driftline.metrics import Metric, arrow, percent
from driftline.model import macros
from driftline.places import writable_root
from driftline.reports.tables import as_table
from driftline.store import Store, open_store

# The worst first.
ORDER = ("regressed", "not comparable", "not judged", "improved", "stable")
HEADS = ("metric", "current", "baseline", "change", "limit", "status")
# How many records a rolling baseline needs.
ROLLING = 5
MOST_PROBLEMS = 3
# By kind: how many of a unit one is, the end of a name without a unit, and what is wrong with a name that cannot be.
TIMES = {
    "seconds": (
        {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}, "_s",
        "seconds were measured, and by this name they are none; call it by another, such as search_s",
    ),
    "ratio": (
        {"×": 1.0}, "_relative_time",
        "a ratio of two times was measured, and by this name it is none; call it by another, such as search",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """A session of tests that is over. `project` is where pytest looks at it from; `root`, `history` (a folder, or a
    file in it) and `baselines` (a file) are absolute, and None where they are not named. `threshold` is a fraction, and
    None where nothing is to be compared."""

    project: Path
    root: Path | None
    history: Path | None
    baselines: Path | None
    threshold: float | None
    is_recorded: bool
    run_type: str
    seconds: float
    environ: Mapping[str, str]


@dataclass
class Outcome:
    """What is to be told, and whether a metric regressed or something could not be done."""

    lines: list[str] = field(default_factory=list)
    regressed: list[str] = field(default_factory=list)
    has_failed: bool = False

    def attempt(self, action: Callable[[], None]) -> None:
        """What cannot be done is told, and what comes after it is done all the same."""
        try:
            action()
        except UserError as error:
            self.fail(error.message, error.remedy)
        except (OSError, duckdb.Error) as error:
            self.fail(f"{type(error).__name__}: {error}", "driftline check tells what is wrong with the root")

    def fail(self, message: str, remedy: str) -> None:
        self.lines += [f"error: {message}", f"  {remedy}"]
        self.has_failed = True


def close(tested: Tested, measurements: Sequence[Measurement]) -> Outcome:
    """Holds what was measured against what there was before, then records it, if it is to be. Nothing is written, but
    for the cache of a root, unless it is."""
    outcome = Outcome()
    root = writable_root(tested.root, tested.project)
    told = [one for one in measurements if one.name != QUERIES]
    places = _places(tested, root)
    is_kept_elsewhere = places.baselines or (places.history and places.history.is_dir())
    opened = root if root.is_dir() else tested.project if is_kept_elsewhere else None
    if opened is None and tested.root and not tested.is_recorded:
        outcome.fail(
            f"no directory {root}", "name one with --performance-root DIR or DRIFTLINE_ROOT, or record into it"
        )
        return outcome
    platform = platform_named(detect_platform(this_machine(tested.environ)))
    metrics = named_metrics(told, outcome)
    threshold = tested.threshold
    if threshold is None:
        outcome.lines.append("nothing is compared: there is no limit")
    elif opened:
        outcome.attempt(lambda: _compare(opened, places, platform, metrics, threshold, outcome))
    else:
        outcome.lines.insert(0, _head(platform, threshold, []))
        outcome.lines += [*_values(_cells_without_root(metrics)), *_without_baseline(platform, 0, [])]
    if tested.is_recorded:
        counts = [int(one.value) for one in measurements if one.name == QUERIES]
        outcome.attempt(
            lambda: _record_session(tested, root, platform, metrics, sum(counts) if counts else None, outcome)
        )
    return outcome


def named_metrics(measurements: Iterable[Measurement], outcome: Outcome) -> dict[str, float]:
    """The median of each metric, under the name that is recorded; of what is left out the outcome tells. A metric of
    which no value is finite keeps the first, which is recorded as a gap."""
    measurements = list(measurements)
    asked = [one.name + ending for one in measurements for ending in ("", "_s", "_per_second", "_relative_time")]
    with macros() as connection:
        known = queries.known_names(connection, dict.fromkeys(asked))
    values: dict[str, list[float]] = {}
    refused: dict[str, str] = {}
    for one in measurements:
        resolved = _resolved(one, known)
        if isinstance(resolved, str):
            refused[one.name] = resolved
        else:
            values.setdefault(resolved[0], []).append(resolved[1])
    outcome.lines += [f"{name} was left out: {why}" for name, why in refused.items()]
    metrics = {}
    for name, all_values in values.items():
        finite = [value for value in all_values if math.isfinite(value)]
        metrics[name] = median(finite) if finite else all_values[0]
        if gaps := len(all_values) - len(finite):
            outcome.lines.append(f"{name}: {gaps} of {len(all_values)} values not finite: a gap")
    return metrics


def _resolved(one: Measurement, known: Mapping[str, queries.Row]) -> tuple[str, float] | str:
    """Name and value in the unit of that name; or why there is none."""
    said = known[one.name]
    name, unit = str(said["metric"]), str(said["unit"])
    if name in RESERVED:
        return "a fact of every record is called so; call it by another name"
    if one.kind == "value":
        return name, one.value
    if one.kind in TIMES:
        factors, ending, wrong = TIMES[one.kind]
        if unit in factors:
            return name, one.value * factors[unit]
        longer = known[one.name + ending]
        if said["is_declared"] or unit or longer["better"] != "lower":
            return wrong
        return str(longer["metric"]), one.value
    if unit.endswith("/s") or unit.endswith("/min"):
        return name, one.value * (60 if unit.endswith("/min") else 1)
    if unit or said["is_declared"]:
        return "a rate was measured, and by this name it is none; call it by another, such as items_per_second"
    return (name if said["better"] == "higher" else str(known[f"{one.name}_per_second"]["metric"])), one.value


def _places(tested: Tested, root: Path) -> Places:
    """Where the history and the baselines lie, where that is not in the root: baselines of the project count where the
    root has none."""
    history = history_folder(tested.history)
    baselines = tested.baselines
    if baselines is None and not any((root / name).is_file() for name in BASELINE_FILES):
        found = (tested.project / name for name in BASELINE_FILES)
        baselines = next((path for path in found if path.is_file()), None)
    return Places(history=history, baselines=baselines)


def _compare(
    opened: Path, places: Places, platform: str, metrics: Mapping[str, float], threshold: float, outcome: Outcome
) -> None:
    with open_store(opened, places=places) as store:
        rows = queries.held_against_platform(store.connection, platform, metrics, 100 * threshold).rows
        registry = queries.registry(store.connection)
        known = queries.known_names(store.connection, metrics)
        has_failed = _tell_problems(store, outcome)
        others = queries.platforms(store.connection).rows
        committed = [row["metric"] for row in queries.platform_baselines(store.connection, [platform]).rows]
    sources = sorted({row["baseline_source"] for row in rows if row["baseline_source"]})
    outcome.lines.insert(0, _head(platform, threshold, sources))
    outcome.has_failed |= has_failed
    rows = sorted(rows, key=lambda row: (ORDER.index(row["status"]), row["metric"]))
    cells = [_cells(row, _metric(row, registry), is_inferred=not known[row["metric"]]["is_declared"]) for row in rows]
    if sources:
        heads = HEADS if len(sources) == 1 else (*HEADS, "held against")
        told = [
            cell + [row["baseline_source"]] * (len(heads) - len(HEADS)) for cell, row in zip(cells, rows, strict=True)
        ]
        outcome.lines += as_table(heads, told, right=HEADS[1:5]).split("\n")
    elif rows:
        outcome.lines += _values(cells)
        recorded = next((row["records"] for row in others if row["platform"] == platform), 0)
        outcome.lines += _without_baseline(platform, recorded, [r["platform"] for r in others if r["has_baseline"]])
    if missed := [name for name in committed if name not in metrics]:
        outcome.lines.append(f"has a baseline, and was not measured: {', '.join(missed)}")
    outcome.regressed = [row["metric"] for row in rows if row["status"] == "regressed"]


def _values(cells: Sequence[Sequence[str]]) -> list[str]:
    return as_table(HEADS[:2], [cell[:2] for cell in cells], right=HEADS[1:2]).split("\n") if cells else []


def _cells_without_root(metrics: Mapping[str, float]) -> list[list[str]]:
    with macros() as connection:
        known = queries.known_names(connection, metrics)
    return [
        [name, _metric({**known[name], "label": name}, {}).shown_with_unit(value if math.isfinite(value) else None)]
        for name, value in sorted(metrics.items())
    ]


def _head(platform: str, threshold: float, sources: Sequence[str]) -> str:
    return f"platform {platform} · policy: threshold, {100 * threshold:g} % · baseline: {'; '.join(sources) or 'none'}"


def _tell_problems(store: Store, outcome: Outcome) -> bool:
    """What is wrong with the files that were compared with; whether one cannot be read at all, so that what regressed
    may not be seen."""
    columns, rows = queries.problem_rows(store.connection, with_info=False)
    problems = [dict(zip(columns, row, strict=True)) for row in rows]
    # A record with a gap, or a torn one, is one fewer; the others still count.
    problems = [
        row for row in problems
        if row["artifact"] == "platform_baselines" or (row["artifact"] == "history" and row["line"] is None)
    ]  # fmt: skip
    for row in problems[:MOST_PROBLEMS]:
        place = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
        outcome.lines += [f"{row['severity']}: {place}: {row['problem']}", f"  {row['remedy']}"]
    if len(problems) > MOST_PROBLEMS:
        outcome.lines.append(f"{len(problems) - MOST_PROBLEMS} more problems: driftline check lists them")
    return any(row["severity"] == "error" for row in problems)


def _metric(row: queries.Row, registry: Mapping[str, Metric]) -> Metric:
    """As the registry of the root has it, or as one that was never recorded."""
    name = row["metric"]
    return registry.get(name) or Metric(
        name, row["label"], row["unit"], row["better"], "log", "tracked", False, *(None,) * 5,
        decimals=2 if row["unit"] else 3, description="",
    )  # fmt: skip


def _cells(row: queries.Row, metric: Metric, is_inferred: bool) -> list[str]:
    """In the order of HEADS."""
    note = row["note"]
    values = [row["value"], row["baseline"], row["limit_value"]]
    if not math.isfinite(row["value"]):
        values[0], note = None, "no finite number was measured"
    current, baseline, limit = map(metric.shown_with_unit, values)
    pct = row["change_pct"]
    change = "–" if pct is None or not math.isfinite(pct) else f"{arrow(pct)} {percent(pct)}"
    if row["limit_value"] is not None:
        limit += f" ({row['limit_pct']:g} %)"
    status = f"{row['status']}: {note}" if note else str(row["status"])
    if row["better"] == "neutral":
        status += "" if note else ": its name tells no direction"
    elif is_inferred:
        status += " (direction inferred)"
    return [metric.metric, current, baseline, change, limit, status]


def _without_baseline(platform: str, recorded: int, others: Sequence[str]) -> list[str]:
    kept = f"; baselines are kept for {', '.join(others)}" if others else ""
    done = f"driftline baselines update --platform {shlex.quote(platform)}"
    before = f"fewer than {ROLLING} records came before ({recorded} of this platform)"
    return [
        f"no baseline for platform {platform}: none is committed, and {before}{kept}",
        f"  record {ROLLING} sessions with ENABLE_PERFORMANCE_RECORDING=1 pytest, then {done}",
    ]


def _record_session(
    tested: Tested, root: Path, platform: str, metrics: Mapping[str, float], count: int | None, outcome: Outcome
) -> None:
    """One record, if there is a number in it."""
    numbers = sum(math.isfinite(value) for value in metrics.values())
    if not numbers:
        outcome.lines.append("nothing was recorded: no metric has a value")
        return
    folder = history_folder(tested.history) or root / FOLDER
    metadata = {
        **session_facts(platform, tested.run_type, tested.project),
        "test_duration_seconds": round(tested.seconds, 3),
        "num_test_queries": count,
    }
    is_first = not any(history_files(folder))
    (path,) = append_records(folder, [new_record(metrics, metadata)])
    outcome.lines.append(f"recorded {numbers} {'metric' if numbers == 1 else 'metrics'} in {path}")
    if tested.history and is_first and is_sqlite(tested.history):
        taken_over = "driftline history import takes its runs over"
        outcome.lines.append(f"  {tested.history} is an SQLite file, which is not written to: {taken_over}")
