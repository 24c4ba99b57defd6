"""Import of what Google Benchmark writes."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest

from foreign_files import FILES, changed, imported, metrics_of, real

pytest_plugins = ("zones",)
PLAIN, REPEATED, AGGREGATES = (f"google_benchmark{what}.json" for what in ("", "_repeated", "_aggregates"))


def entry(content: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in content["benchmarks"] if one["name"] == name)
    return found


def test_times_become_milliseconds_whatever_their_unit(tmp_path: Path) -> None:
    # One number in four units: ns, us, ms and s.
    metrics = {}
    for unit in ("ns", "us", "ms", "s"):

        def measure(content: Any, unit: str = unit) -> None:
            entry(content, "BM_unit").update(real_time=1500.0, cpu_time=500, time_unit=unit)

        told = metrics_of(changed(tmp_path, PLAIN, measure))
        metrics[unit] = (told["BM_unit_real_time_ms"], told["BM_unit_cpu_time_ms"])
    assert metrics["ns"] == pytest.approx((0.0015, 0.0005))
    assert metrics["us"] == pytest.approx((1.5, 0.5))
    assert metrics["ms"] == pytest.approx((1500.0, 500.0))
    assert metrics["s"] == pytest.approx((1_500_000.0, 500_000.0))


def test_rates_are_taken_as_they_are() -> None:
    metrics = metrics_of(FILES / PLAIN)
    written = entry(real(PLAIN), "BM_sum/100")
    assert metrics["BM_sum/100_items_per_second"] == written["items_per_second"]
    assert metrics["BM_sum/100_bytes_per_second"] == written["bytes_per_second"]
    assert "BM_unit_items_per_second" not in metrics


def test_the_record_has_the_date_and_the_version_of_the_library() -> None:
    ((record,), _) = imported(FILES / PLAIN)
    assert record["recorded_at"] == "2026-11-22T12:03:08.000000Z"
    assert record["notes"] == "Google Benchmark 1.9.5, release build of the library"
    assert record["platform"] is None


def test_counters_are_taken_where_their_name_tells_a_direction() -> None:
    ((record,), problems) = imported(FILES / PLAIN)
    assert record["metrics"]["BM_unit_hit_rate"] == 0.75
    assert record["metrics"]["BM_unit_scans_per_second"] == entry(real(PLAIN), "BM_unit")["scans_per_second"]
    assert not any("foo" in name for name in record["metrics"])
    assert problems[-1] == "info: 1 counters tell no unit and no direction and are not taken: 'foo'"


def test_fits_of_complexity_are_no_measurements() -> None:
    names = {entry["name"] for entry in real(PLAIN)["benchmarks"]}
    assert {"BM_grows_BigO", "BM_grows_RMS"} <= names
    taken = {name for name in metrics_of(FILES / PLAIN) if name.startswith("BM_grows")}
    assert taken == {f"BM_grows/{size}_{of}_time_ms" for size in (64, 256, 1024) for of in ("real", "cpu")}


def test_of_repetitions_the_median_aggregate_is_taken(tmp_path: Path) -> None:
    def mark(content: Any) -> None:
        entry(content, "BM_unit_median").update(real_time=7.0, hit_rate=0.5)

    metrics = metrics_of(changed(tmp_path, REPEATED, mark))
    assert metrics["BM_unit_real_time_ms"] == pytest.approx(0.007)
    assert metrics["BM_unit_hit_rate"] == 0.5
    assert {name.partition("_real")[0] for name in metrics if "_real" in name} == {
        *("BM_sum/100", "BM_sum/1000", "BM_unit", "BM_error"),
    }


def test_aggregates_alone_are_enough() -> None:
    median = entry(real(AGGREGATES), "BM_unit_median")
    metrics = metrics_of(FILES / AGGREGATES)
    assert metrics["BM_unit_real_time_ms"] == pytest.approx(median["real_time"] / 1000, rel=1e-12)
    assert len(metrics) == 4


def test_repetitions_without_aggregates_have_their_median(tmp_path: Path) -> None:
    def keep(content: Any) -> None:
        content["benchmarks"] = [one for one in content["benchmarks"] if one["run_type"] == "iteration"]
        single = [one for one in content["benchmarks"] if one["name"] == "BM_unit"]
        for one, measured in zip(single, (9.0, 1.0, 4.0), strict=True):
            one["real_time"] = measured

    metrics = metrics_of(changed(tmp_path, REPEATED, keep))
    assert metrics["BM_unit_real_time_ms"] == pytest.approx(0.004)
    rates = [one["items_per_second"] for one in real(REPEATED)["benchmarks"][:3]]
    assert metrics["BM_sum/100_items_per_second"] == statistics.median(rates)


def test_aggregates_without_a_median_are_no_measurement(tmp_path: Path) -> None:
    def keep(content: Any) -> None:
        content["benchmarks"] = [one for one in content["benchmarks"] if one.get("aggregate_name") == "mean"]

    ((record,), problems) = imported(changed(tmp_path, AGGREGATES, keep))
    assert record["metrics"] == {"BM_unit_real_time_ms": None, "BM_unit_cpu_time_ms": None}
    assert problems == ["warning: BM_unit has neither a median nor single repetitions; its values are left out"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"error_occurred": True, "error_message": "no disk\x1b"}, r"failed: 'no disk\x1b'"),
        # As the library writes a benchmark that was skipped with a message: its Python binding cannot.
        ({"skipped": True, "skip_message": "not here"}, "was skipped: 'not here'"),
        ({"time_unit": "fortnights"}, "has an unknown unit of time: 'fortnights'"),
        ({"time_unit": ["ms"]}, "has an unknown unit of time: a list"),
    ],
)
def test_a_benchmark_that_failed_is_a_gap_and_said(fault: dict[str, Any], why: str, tmp_path: Path) -> None:
    path = changed(tmp_path, PLAIN, lambda content: entry(content, "BM_sum/100").update(fault))
    ((record,), problems) = imported(path)
    told = {name: value for name, value in record["metrics"].items() if name.startswith("BM_sum/100_")}
    assert told == {"BM_sum/100_real_time_ms": None, "BM_sum/100_cpu_time_ms": None}
    assert f"warning: BM_sum/100 {why}; its values are left out" in problems
    assert "warning: BM_error failed: 'no such device'; its values are left out" in problems


def test_one_repetition_that_failed_spoils_the_benchmark(tmp_path: Path) -> None:
    path = changed(tmp_path, REPEATED, lambda content: content["benchmarks"][1].update(error_occurred=True))
    assert metrics_of(path)["BM_sum/100_real_time_ms"] is None
    assert metrics_of(path)["BM_sum/1000_real_time_ms"] is not None


@pytest.mark.parametrize("value", [-1.0, "5", float("nan"), 10**350, True, {}])
def test_a_bad_repetition_is_a_problem_and_a_gap(value: Any, tmp_path: Path) -> None:
    def spoil(content: Any) -> None:
        content["benchmarks"] = content["benchmarks"][:3]
        content["benchmarks"][1].update(real_time=value, items_per_second=value)

    ((record,), problems) = imported(changed(tmp_path, REPEATED, spoil))
    gaps = {name for name, told in record["metrics"].items() if told is None}
    assert gaps == {"BM_sum/100_real_time_ms", "BM_sum/100_items_per_second"}
    assert len(problems) == 2
    assert all(problem.startswith("warning: BM_sum/100_") for problem in problems)


def test_benchmarks_registered_twice_are_both_kept(tmp_path: Path) -> None:
    def again(content: Any) -> None:
        content["benchmarks"].append({**entry(content, "BM_unit"), "family_index": 9, "real_time": 1.0})

    assert len([name for name in metrics_of(changed(tmp_path, PLAIN, again)) if "real_time" in name]) == 8


def test_a_counter_never_takes_the_place_of_a_time(tmp_path: Path) -> None:
    def count(content: Any) -> None:
        content["benchmarks"] = [entry(content, "BM_unit"), {**entry(content, "BM_unit"), "run_name": "BM"}]
        content["benchmarks"][1]["unit_real_time_ms"] = 99.0

    ((record,), problems) = imported(changed(tmp_path, PLAIN, count))
    assert record["metrics"]["BM_unit_real_time_ms"] == metrics_of(FILES / PLAIN)["BM_unit_real_time_ms"]
    assert "warning: BM_unit_real_time_ms is given twice; the first value is taken" in problems


@pytest.mark.usefixtures("two_hours_ahead")
@pytest.mark.parametrize(
    ("date", "read", "said"),
    [
        ("2026-11-22T12:00:00+05:00", "2026-11-22T07:00:00.000000Z", 0),
        ("2019/03/17-18:40:25", "2019-03-17T16:40:25.000000Z", 1),
    ],
)
def test_the_date_has_an_offset_or_is_local(date: str, read: str, said: int, tmp_path: Path) -> None:
    def tell(content: Any) -> None:
        content["context"]["date"] = date
        content["benchmarks"] = [entry(content, "BM_sum/100")]

    ((record,), problems) = imported(changed(tmp_path, PLAIN, tell))
    assert record["recorded_at"] == read
    assert [problem.startswith("info: context.date has no zone") for problem in problems] == [True] * said
