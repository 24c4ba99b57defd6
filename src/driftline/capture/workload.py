"""Measures a workload, and says in numbers what its iterations took: latency, throughput, memory, calls and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftline.artifacts.benchmark_config import Workload
from driftline.capture.iterations import WARMUPS, Iteration, Progress, Series, iterate

# The metrics that a workload may have, in order, with their units. MB are MiB.
UNITS = {
    "generation_latency_p50": "ms",
    "generation_latency_p95": "ms",
    "generation_latency_p99": "ms",
    "generation_latency_mean": "ms",
    "generation_latency_stddev": "ms",
    "throughput_per_minute": "items/min",
    "memory_peak_mb": "MB",
    "memory_average_mb": "MB",
    "api_calls_per_item": "calls",
    "tokens_per_item": "tokens",
}
PERCENTILES = {"generation_latency_p50": 50, "generation_latency_p95": 95, "generation_latency_p99": 99}
# Below as many samples the highest percentile is little more than the largest of them.
ENOUGH_FOR_P99 = 100
FENCE = 1.5
# A mean of fewer looks hangs on when they were taken.
ENOUGH_LOOKS = 10
DIGITS = 4


@dataclass(frozen=True)
class Measured:
    """What a workload cost. `metrics` has no value where nothing tells it, and only what was reported of calls and
    tokens; `samples_ms` are the latencies of the kept iterations, `outliers` how many of them lie outside of the
    fences; `remarks` belong to a metric, `notes` to the whole."""

    workload: Workload
    metrics: Mapping[str, float | None]
    samples_ms: Sequence[float]
    warmups_ms: Sequence[float]
    outliers: int
    remarks: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def all_notes(self) -> list[str]:
        """Remarks and notes as sentences."""
        return [*(f"{metric}: {remark}" for metric, remark in self.remarks.items()), *self.notes]


def run_workload(workload: Workload, progress: Progress | None = None) -> Measured:
    """Runs the warm-ups, which are left out, and the iterations of the workload one after another.

    Raises UserError, with what was printed last, where one fails or takes too long: then nothing is kept.
    """
    return measured(workload, iterate(workload, progress, WARMUPS))


def measured(workload: Workload, series: Series) -> Measured:
    """The metrics of the iterations that count."""
    samples = [round(iteration.latency_ms, DIGITS) for iteration in series.kept]
    remarks = {"generation_latency_p99": f"n={len(samples)}"} if len(samples) < ENOUGH_FOR_P99 else {}
    items = [iteration.counts.get("items", workload.items) for iteration in series.kept]
    metrics = _latencies(samples)
    took_ms = sum(samples)
    metrics["throughput_per_minute"] = 60_000 * sum(items) / took_ms if took_ms > 0 else None
    metrics["memory_peak_mb"] = series.peak_mb
    looks = series.looks_mb
    metrics["memory_average_mb"] = sum(looks) / len(looks) if looks else None
    if len(looks) < ENOUGH_LOOKS:
        remarks["memory_average_mb"] = f"{len(looks)} look{'s' if len(looks) != 1 else ''}"
    for name, metric in (("api_calls", "api_calls_per_item"), ("tokens", "tokens_per_item")):
        told = [(one.counts[name], of) for one, of in zip(series.kept, items, strict=True) if name in one.counts]
        if told:
            made = sum(of for _, of in told)
            metrics[metric] = sum(amount for amount, _ in told) / made if made else None
            if len(told) < len(samples):
                remarks[metric] = f"reported in {len(told)} of {len(samples)} iterations"
    rounded = {name: None if value is None else round(value, DIGITS) for name, value in metrics.items()}
    warm = [round(value, DIGITS) for value in series.warmups_ms]
    return Measured(workload, rounded, samples, warm, outliers(samples), remarks, _notes(series, items))


def _latencies(samples: Sequence[float]) -> dict[str, float | None]:
    """Percentiles by linear interpolation, the mean, and the standard deviation of a sample, ms."""
    import numpy

    found: dict[str, float | None] = {
        name: float(numpy.percentile(samples, percent)) for name, percent in PERCENTILES.items()
    }
    found["generation_latency_mean"] = float(numpy.mean(samples))
    found["generation_latency_stddev"] = float(numpy.std(samples, ddof=1)) if len(samples) > 1 else None
    return found


def outliers(samples: Sequence[float]) -> int:
    """How many lie further outside of the quartiles than 1.5 times the distance between these (Tukey's fences)."""
    import numpy

    low, high = numpy.percentile(samples, [25, 75])
    reach = FENCE * (high - low)
    return sum(not low - reach <= sample <= high + reach for sample in samples)


def _notes(series: Series, items: Sequence[float]) -> list[str]:
    found = []
    if any(made != 1 for made in items):
        made = f"{items[0]:g}" if len(set(items)) == 1 else f"{min(items):g} to {max(items):g}"
        found.append(f"latencies are of a whole iteration, which makes {made} items")
    if any("items" not in iteration.counts for iteration in series.kept) and any(map(_has_items, series.kept)):
        found.append("some iterations reported no items: those count as configured")
    # The same process may outlive each of a thousand iterations.
    return [*found, *list(dict.fromkeys(series.left))[:3]]


def _has_items(iteration: Iteration) -> bool:
    return "items" in iteration.counts
