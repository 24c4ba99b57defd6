"""The numbers of a workload: computed from known iterations, each as its formula has it."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.artifacts.benchmark_config import Workload
from driftline.capture.iterations import Iteration, Series
from driftline.capture.workload import Measured, measured, outliers


def of(
    samples: list[float], counts: list[dict[str, float]] | None = None, items: int = 1, **series: object
) -> Measured:
    """The metrics of iterations that took these milliseconds."""
    kept = [Iteration(ms, told) for ms, told in zip(samples, counts or [{}] * len(samples), strict=True)]
    told = {"looks_mb": [], "peak_mb": None, **series}
    return measured(Workload("quick", len(samples), items=items), Series(kept, [9.0] * 3, **told))  # type: ignore[arg-type]


def test_percentiles_are_interpolated_over_all_samples() -> None:
    # Of 10, 20, 30, 40 the 95th lies at position 0.95 * 3 = 2.85: 30 + 0.85 * 10; the 99th at 2.97.
    metrics = of([40, 10, 30, 20]).metrics

    assert metrics["generation_latency_p50"] == 25
    assert metrics["generation_latency_p95"] == 38.5
    assert metrics["generation_latency_p99"] == 39.7
    assert metrics["generation_latency_mean"] == 25
    # Squares of 15, 5, 5, 15 make 500; over 3, and the root of it.
    assert metrics["generation_latency_stddev"] == 12.9099


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=150))
def test_percentiles_are_those_of_numpy(samples: list[float]) -> None:
    result = of(samples)
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
        expected = numpy.percentile(samples, percent)
        assert result.metrics[f"generation_latency_{name}"] == pytest.approx(expected, rel=1e-6, abs=2e-4)
    assert len(result.samples_ms) == len(samples)


def test_the_metrics_are_those_of_the_samples_that_are_kept() -> None:
    result = of([1.23456789, 2.34567891, 3.45678912])
    assert result.samples_ms == [1.2346, 2.3457, 3.4568]
    assert result.metrics["generation_latency_mean"] == round((1.2346 + 2.3457 + 3.4568) / 3, 4)


def test_an_outlier_is_counted_and_kept() -> None:
    # Quartiles 12 and 14 (positions 1.5 and 4.5 of 7 sorted): the fences are 9 and 17.
    samples = [11, 12, 12, 13, 14, 14, 100]
    result = of([float(sample) for sample in samples])

    assert (result.outliers, outliers([10.0] * 4)) == (1, 0)
    assert result.samples_ms[-1] == 100
    assert result.metrics["generation_latency_mean"] == round(176 / 7, 4)


def test_p99_of_fewer_than_100_samples_says_how_many_there_are() -> None:
    assert of([1.0] * 99).remarks["generation_latency_p99"] == "n=99"
    assert "generation_latency_p99" not in of([1.0] * 100).remarks


def test_a_single_sample_has_no_deviation() -> None:
    assert of([5.0]).metrics["generation_latency_stddev"] is None


def test_throughput_is_items_a_minute_of_the_kept_iterations() -> None:
    # 3 iterations of 10 items in 6 s are 5 items a second.
    result = of([1000, 2000, 3000], items=10)

    assert result.metrics["throughput_per_minute"] == 300
    assert result.notes == ["latencies are of a whole iteration, which makes 10 items"]
    # What the program reports stands before what is configured: 4 + 6 items in 2 s, 300 a minute.
    told = of([1000, 1000], [{"items": 4}, {"items": 6}], items=50)
    assert told.metrics["throughput_per_minute"] == 300
    assert told.notes == ["latencies are of a whole iteration, which makes 4 to 6 items"]


def test_calls_and_tokens_are_there_only_where_they_are_reported() -> None:
    silent, partly = of([1, 1]), of([1, 1, 1], [{"tokens": 30}, {}, {"tokens": 50}], items=2)

    assert not {"api_calls_per_item", "tokens_per_item"} & silent.metrics.keys()
    # 80 tokens of the 4 items of those iterations that told; nothing is made up for the other.
    assert partly.metrics["tokens_per_item"] == 20
    assert partly.remarks["tokens_per_item"] == "reported in 2 of 3 iterations"
    assert "api_calls_per_item" not in partly.metrics


def test_no_item_makes_no_number_of_tokens_for_an_item() -> None:
    result = of([1], [{"items": 0, "tokens": 30}])
    assert (result.metrics["tokens_per_item"], result.metrics["throughput_per_minute"]) == (None, 0)


def test_memory_without_a_look_is_a_gap() -> None:
    result = of([1.0])
    assert (result.metrics["memory_average_mb"], result.metrics["memory_peak_mb"]) == (None, None)
    assert result.remarks["memory_average_mb"] == "0 looks"

    seen = of([1.0], looks_mb=[100.0] * 9 + [200.0], peak_mb=250.0)
    assert (seen.metrics["memory_average_mb"], seen.metrics["memory_peak_mb"]) == (110, 250)
    assert "memory_average_mb" not in seen.remarks
