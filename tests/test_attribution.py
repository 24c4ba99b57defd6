"""Samples and stages: the worked cases of the contract, and what is not inherited from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from driftline.capture.attribution import SAMPLED, Sample, StageCost, direct, proportional
from driftline.capture.execution import Execution
from driftline.capture.reported import episode_count, pipeline_excerpt, stage_seconds
from driftline.capture.stage_log import StageLog, Window
from driftline.capture.tree import Look
from driftline.errors import UserError
from driftline.lifecycle.captures import Capture


def test_a_sample_at_a_border_belongs_to_the_first_window() -> None:
    samples = [Sample(100.0, 100.0, 10.0), Sample(105.0, 200.0, 50.0), Sample(109.0, 150.0, 20.0)]
    stages = proportional(samples, 100.0, 110.0, {"a": 5.0, "b": 5.0})

    assert stages == {"a": StageCost(5.0, 200.0, 30.0, 2, SAMPLED), "b": StageCost(5.0, 150.0, 20.0, 1, SAMPLED)}


def test_a_stage_whose_window_is_empty_has_no_memory_and_no_cpu() -> None:
    """Where upstream fills in the peak of the whole process, or 0."""
    samples = [Sample(1.0, 300.0, 5.0), Sample(2.0, 400.0, 10.0)]
    stages = proportional(samples, 0.0, 10.0, {"early": 9.0, "vector_indexing": 1.0})

    assert stages["vector_indexing"] == StageCost(1.0, None, None, 0)
    assert stages["early"] == StageCost(9.0, 400.0, 7.5, 2, SAMPLED)


def test_samples_beyond_the_run_belong_to_no_stage() -> None:
    samples = [Sample(-1.0, 900.0, 5.0), Sample(11.0, 900.0, 5.0), Sample(4.0, 10.0, 5.0)]

    assert proportional(samples, 0.0, 10.0, {"a": 2.0})["a"].peak_rss_mb == 10.0
    assert proportional(samples, 10.0, 10.0, {"a": 2.0})["a"] == StageCost(2.0, None, None, 0)


PIPELINE = {
    "time_scraping": 1.0, "time_parsing": 0.5, "download_media_count": 2, "avg_download_media_seconds": 3.0,
    "preprocessing_count": 2, "avg_preprocessing_seconds": 1.0, "transcribe_count": 2, "avg_transcribe_seconds": 10.0,
    "kg_count": 3, "avg_kg_seconds": None, "gi_count": 0, "avg_gi_seconds": 2.0, "vector_index_seconds": 0.4,
    "schema_version": 2, "by_episode": {"e": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (PIPELINE, {"rss_feed_fetch": 1.5, "media_download": 6.0, "audio_preprocessing": 2.0, "transcription": 20.0,
                    "vector_indexing": 0.4}),
        ({"stages": {"b": 2, "a": 1.23456, "none": 0, "text": "x"}}, {"b": 2.0, "a": 1.2346}),
        ({"wall_seconds_by_stage": {"x": 3}}, {"x": 3.0}),
        ({"stages": {"summarization": {"wall_time_s": 2.5}, "mine": {"wall_time_s": 1}}},
         {"summarization": 2.5, "mine": 1.0}),
        ({"mine": 1, "summarization": 2}, {"summarization": 2.0, "mine": 1.0}),
    ],
)  # fmt: skip
def test_stage_times_that_a_program_reports(tmp_path: Path, content: Any, seconds: dict[str, float]) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(content))

    assert list(stage_seconds(path).items()) == list(seconds.items())


@pytest.mark.parametrize("text", [
        "", "[1]", "{}", '{"a": -1}', '{"a": Infinity}', '{"a": true}', "[" * 100_000, '{"a": 1' + "0" * 400 + "}",
        '{"schema_version": 2, "run_duration_seconds": 0.3}', '{"load": 1, "host": "x"}',
    ],
)  # fmt: skip
def test_a_file_without_stage_times_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(text)

    with pytest.raises(UserError):
        stage_seconds(path)
    with pytest.raises(UserError):
        stage_seconds(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.jsonl", '{"episode_id": 1}\n\n{"episode_id": 2}', 2),
        ("a.json", '{"episode_count": 5}', 5),
        ("a.json", '{"episodes": {"processed": 4, "total": 6}}', 4),
        ("a.json", '{"episodes": ["e1", "e2", "e3"]}', 3),
    ],
)
def test_how_many_episodes_a_file_tells_of(tmp_path: Path, name: str, text: str, count: int) -> None:
    path = tmp_path / name
    path.write_text(text)

    assert episode_count(path) == count


def test_what_of_the_metrics_goes_into_stage_truth(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(PIPELINE))
    found = pipeline_excerpt(path)

    assert (found["schema_version"], found["time_scraping"]) == (2, 1.0)
    assert "by_episode" not in found
    assert len(found) == len(PIPELINE) - 1


def execution(looks: list[tuple[float, float, float]], windows: list[Window], ended: float, cpu_s: float) -> Execution:
    """From 0 to `ended` with looks (at, MiB, CPU seconds so far) at one process."""
    log = StageLog(Path("none"), windows=windows, stages=dict.fromkeys(window.stage for window in windows))
    seen = [Look(at, rss_mb, used, 1) for at, rss_mb, used in looks]
    return Execution(0.0, log, seen, ended, ended, user_s=cpu_s, system_s=0.0)


def test_a_look_belongs_to_every_stage_that_was_open() -> None:
    found = execution(
        [(1.0, 10.0, 1.0), (3.0, 50.0, 1.0), (5.0, 20.0, 5.0)],
        [Window("a", 0.0, 4.0), Window("b", 2.0, 6.0)],
        ended=8.0, cpu_s=5.0,
    )  # fmt: skip
    stages = direct(found)

    assert stages["a"] == StageCost(4.0, 50.0, pytest.approx(75.0), 2, SAMPLED)
    assert stages["b"] == StageCost(4.0, 50.0, pytest.approx(100.0), 2, SAMPLED)
    assert Capture(found, None).overlap_s == 2.0


def test_the_cpu_time_between_two_looks_is_shared_by_time() -> None:
    found = execution(
        [(0.0, 1.0, 0.0), (4.0, 1.0, 4.0)], [Window("a", 0.0, 1.0), Window("b", 3.0, 10.0)], ended=10.0, cpu_s=7.0
    )

    assert direct(found)["a"].avg_cpu_pct == pytest.approx(100.0)
    assert direct(found)["b"].avg_cpu_pct == pytest.approx(100 * 4.0 / 7.0)


def test_a_stage_that_is_open_several_times_at_once_takes_the_time_it_was_open() -> None:
    windows = [Window("a", 0.0, 2.0), Window("a", 1.0, 3.0), Window("a", 5.0, 6.0)]

    assert direct(execution([(0.5, 1.0, 0.0)], windows, 6.0, 0.0))["a"].wall_time_s == 4.0


def test_a_mark_of_one_process_is_no_peak_where_there_were_several() -> None:
    found = execution([(0.0, 10.0, 0.0), (9.0, 10.0, 0.0)], [Window("a", 1.0, 2.0, peak_rss_mb=70.0)], 9.0, 0.0)
    assert direct(found)["a"].peak_rss_mb == 70.0

    found.looks[0] = Look(0.0, 10.0, 0.0, processes=3)
    assert direct(found)["a"].peak_rss_mb is None


def test_totals_know_what_an_episode_took_only_if_the_episodes_are_known() -> None:
    found = execution([(0.0, 10.9, 0.0)], [], ended=10.0, cpu_s=5.0)

    assert Capture(found, 4).totals()["avg_wall_time_per_episode_s"] == 2.5
    assert Capture(found, None).totals()["avg_wall_time_per_episode_s"] is None
    assert Capture(found, 0).totals()["avg_wall_time_per_episode_s"] is None
    assert Capture(found, 4).totals()["peak_rss_mb"] == 10
    assert Capture(found, 4).totals()["avg_cpu_pct"] == 50.0
