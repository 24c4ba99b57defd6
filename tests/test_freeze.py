"""`driftline profile freeze`: what it writes of what it measured."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from driftline.store import open_store
from freezing import PIPELINE, Freeze, files, loaded, runs_of

pytest_plugins = ("console", "measured", "freezing")


def test_warm_ups_are_thrown_away_and_medians_written(freeze: Freeze, tmp_path: Path) -> None:
    told = freeze(PIPELINE, "--runs", 3, "--warmup", 2, "--dataset-id", "d", "--hostname", "box")
    profile = loaded(tmp_path)
    captures = profile["captures"]

    assert told.code == 0
    assert "the command will run 5 times: 2 to warm up, 3 measured every 0.05 s" in told.err
    assert runs_of(tmp_path) == 5
    assert list(profile) == [
        "release", "date", "dataset_id", "episodes_processed", "environment", "attribution", "measurement",
        *(["warnings"] if "warnings" in profile else []), "stages", "totals", "captures",
    ]  # fmt: skip
    assert (profile["release"], profile["dataset_id"], profile["episodes_processed"]) == ("v1", "d", 2)
    assert (profile["environment"]["hostname"], profile["attribution"]) == ("box", "direct")
    assert list(profile["stages"]) == ["summarization", "short"]
    for name in ("wall_time_s", "peak_rss_mb"):
        values = sorted(capture["stages"]["summarization"][name] for capture in captures)
        assert profile["stages"]["summarization"][name] == values[1]
    assert profile["totals"]["wall_time_s"] == sorted(capture["totals"]["wall_time_s"] for capture in captures)[1]
    assert profile["totals"]["overhead_pct"] > 0
    assert files(tmp_path) == ["v1.stage_truth.json", "v1.yaml"]


def test_a_stage_without_a_sample_has_null_and_is_named(freeze: Freeze, tmp_path: Path) -> None:
    freeze(PIPELINE, "--warmup", 0)
    profile = loaded(tmp_path)

    assert profile["stages"]["short"]["avg_cpu_pct"] is None
    assert "No sample in short" in profile["totals"]["sampling_note"]
    with open_store(tmp_path / "root") as store:
        rows = store.connection.execute(
            "select metric, value, sampled from stage_metrics where stage = 'short' and metric = 'avg_cpu_pct'"
        ).fetchall()
        assert rows == [("avg_cpu_pct", None, False)]
        assert store.connection.execute("select attribution, episodes_processed from profiles").fetchall() == [
            ("direct", 2)
        ]
        assert store.connection.execute("select count(*) from problems where severity <> 'info'").fetchall() == [(0,)]


def test_stage_truth_has_counts_by_stage_and_episode(freeze: Freeze, tmp_path: Path) -> None:
    freeze(PIPELINE, "--warmup", 0)
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())

    assert truth["profile_stage_truth_version"] == 1
    assert truth["counts_by_stage"] == {"summarization": {"api_calls": 2.0}}
    assert truth["counts_by_episode"] == {f"e{at}": {"summarization": {"api_calls": 1.0}} for at in (1, 2)}
    assert truth["parallelism_hint_ratio"] == pytest.approx(
        truth["sum_mapped_stage_wall_s"] / truth["run_wall_s"], abs=1e-4
    )


def test_the_monitor_trace_is_archived_and_read_back(freeze: Freeze, tmp_path: Path) -> None:
    assert freeze(PIPELINE, "--runs", 2, "--monitor").code == 0
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())
    log = tmp_path / "root/profiles/v1.monitor.log"

    assert files(tmp_path) == ["v1.monitor.log", "v1.stage_truth.json", "v1.yaml"]
    assert log.read_bytes() == (tmp_path / ".monitor.log").read_bytes()
    assert not (tmp_path / ".pipeline_status.json").exists()
    assert truth["rfc065_monitor"] == {
        "enabled": True, "forced_file_log_env": False, "source_log": ".monitor.log", "archived_log": "v1.monitor.log",
        "lines": log.read_bytes().count(b"\n"), "bytes": log.stat().st_size,
    }  # fmt: skip
    with open_store(tmp_path / "root") as store:
        rows = store.connection.execute(
            "select section, list_has_all(list(stage), ['starting', 'summarization', 'done']), count(*) > 3"
            " from monitor_samples group by section order by section"
        ).fetchall()
        assert rows == [(1, True, True), (2, True, True)]
        assert store.connection.execute("select count(*) from problems where severity <> 'info'").fetchall() == [(0,)]


def test_the_environment_says_where_the_log_goes(
    freeze: Freeze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTLINE_MONITOR_LOG", str(tmp_path / "trace.log"))
    freeze(PIPELINE, "--warmup", 0, "--monitor")
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())

    assert "stage=summarization episodes=" in (tmp_path / "trace.log").read_text()
    assert truth["rfc065_monitor"]["forced_file_log_env"]
    assert not (tmp_path / ".monitor.log").exists()


REPORTING = """
    import json, sys, time
    time.sleep(0.3)
    json.dump({"summarize_count": 2, "avg_summarize_seconds": 0.05, "vector_index_seconds": 0.1,
               "episode_count": 7}, open("metrics.json", "w"))
"""


def test_a_program_that_only_reports_its_times_is_attributed_in_proportion(freeze: Freeze, tmp_path: Path) -> None:
    freeze(REPORTING, "--stages-from", "metrics.json", "--episodes-from", "metrics.json", "--warmup", 0)
    profile = loaded(tmp_path)
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())

    assert (profile["attribution"], profile["episodes_processed"]) == ("proportional", 7)
    assert {name: stage["wall_time_s"] for name, stage in profile["stages"].items()} == {
        "summarization": 0.1, "vector_indexing": 0.1,
    }  # fmt: skip
    assert "in proportion to the reported stage times" in profile["totals"]["sampling_note"]
    assert (truth["source_metrics_path"], truth["metrics_excerpt"]["summarize_count"]) == ("metrics.json", 2)


def test_what_cannot_be_so_is_a_warning(freeze: Freeze, tmp_path: Path) -> None:
    told = freeze(
        """
        import os, time
        with open(os.environ["DRIFTLINE_STAGES"], "a") as file:
            file.write('{"stage": "a", "event": "start"}\\n{"stage": "b", "event": "end"}\\nno mark\\n')
        """,
        "--warmup", 0,
    )  # fmt: skip
    warnings = loaded(tmp_path)["warnings"]

    assert "2 lines of the stage file were no marks in capture 1" in warnings
    assert "a never ended in capture 1: counted to the end of the run" in warnings
    assert "warning: a never ended" in told.err


def test_stage_times_in_the_wrong_unit_are_a_warning(freeze: Freeze, tmp_path: Path) -> None:
    freeze(REPORTING.replace("0.05", "50"), "--stages-from", "metrics.json", "--warmup", 0)
    (doubt,) = [doubt for doubt in loaded(tmp_path)["warnings"] if "unit" in doubt]
    assert doubt.startswith("summarization is reported with 100.0 s of a run of ")


def test_times_of_an_earlier_run_are_not_taken(freeze: Freeze, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"summarization": 5}')
    os.utime(tmp_path / "metrics.json", (1, 1))
    told = freeze("pass", "--stages-from", "metrics.json", "--warmup", 0)

    assert told.code == 2
    assert "older than the run" in told.err
    assert files(tmp_path) == ["v1.partial.yaml"]


def test_a_program_that_says_nothing_has_totals_only(freeze: Freeze, tmp_path: Path) -> None:
    freeze("import time; time.sleep(0.2)", "--warmup", 0, "--no-stage-truth", "--episodes", 4)
    profile = loaded(tmp_path)

    assert (profile["attribution"], profile["stages"]) == ("none", {})
    assert profile["totals"]["avg_wall_time_per_episode_s"] == pytest.approx(
        profile["totals"]["wall_time_s"] / 4, abs=1e-3
    )
    assert files(tmp_path) == ["v1.yaml"]
