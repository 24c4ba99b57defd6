"""`driftline profile freeze`: what it writes, what it refuses, and what it leaves when a run fails."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from console import Outcome, Run
from driftline.lifecycle import freeze as freezing
from driftline.store import open_store
from measured import Program

pytest_plugins = ("console", "measured")

# Two stages of which one is too short for a sample, and a line for every run.
PIPELINE = """
    import sys, time, driftline
    with open(sys.argv[0] + ".runs", "a") as runs:
        runs.write("run\\n")
    for number in (1, 2):
        with driftline.episode(f"e{number}", number, 2):
            with driftline.stage("summarization"):
                time.sleep(0.15)
                driftline.count(api_calls=1)
    with driftline.stage("short"):
        pass
"""


@pytest.fixture
def freeze(driftline: Run, program: Program, tmp_path: Path) -> Any:
    """Freezes a program into the root; options before the command."""

    def call(code: str, *options: Any, version: str = "v1") -> Outcome:
        told = ("--root", tmp_path / "root", "--version", version, "--sample-interval", "0.05", *options)
        return driftline("profile", "freeze", *told, "--", *program(code), cwd=tmp_path)

    return call


def loaded(tmp_path: Path, name: str = "v1.yaml") -> dict[str, Any]:
    content = yaml.safe_load((tmp_path / "root/profiles" / name).read_text())
    assert isinstance(content, dict)
    return content


def runs_of(tmp_path: Path) -> int:
    return len((tmp_path / "program0.py.runs").read_text().splitlines())


def files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "root/profiles"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_warm_ups_are_thrown_away_and_medians_written(freeze: Any, tmp_path: Path) -> None:
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


def test_a_stage_without_a_sample_has_null_and_is_named(freeze: Any, tmp_path: Path) -> None:
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


def test_stage_truth_has_counts_by_stage_and_episode(freeze: Any, tmp_path: Path) -> None:
    freeze(PIPELINE, "--warmup", 0)
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())

    assert truth["profile_stage_truth_version"] == 1
    assert truth["counts_by_stage"] == {"summarization": {"api_calls": 2.0}}
    assert truth["counts_by_episode"] == {f"e{at}": {"summarization": {"api_calls": 1.0}} for at in (1, 2)}
    assert truth["parallelism_hint_ratio"] == pytest.approx(
        truth["sum_mapped_stage_wall_s"] / truth["run_wall_s"], abs=1e-4
    )


def test_the_monitor_trace_is_archived_and_read_back(freeze: Any, tmp_path: Path) -> None:
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


def test_the_environment_says_where_the_log_goes(freeze: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_program_that_only_reports_its_times_is_attributed_in_proportion(freeze: Any, tmp_path: Path) -> None:
    freeze(REPORTING, "--stages-from", "metrics.json", "--episodes-from", "metrics.json", "--warmup", 0)
    profile = loaded(tmp_path)
    truth = json.loads((tmp_path / "root/profiles/v1.stage_truth.json").read_text())

    assert (profile["attribution"], profile["episodes_processed"]) == ("proportional", 7)
    assert {name: stage["wall_time_s"] for name, stage in profile["stages"].items()} == {
        "summarization": 0.1, "vector_indexing": 0.1,
    }  # fmt: skip
    assert "in proportion to the reported stage times" in profile["totals"]["sampling_note"]
    assert (truth["source_metrics_path"], truth["metrics_excerpt"]["summarize_count"]) == ("metrics.json", 2)


def test_times_of_an_earlier_run_are_not_taken(freeze: Any, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"summarization": 5}')
    os.utime(tmp_path / "metrics.json", (1, 1))
    told = freeze("pass", "--stages-from", "metrics.json", "--warmup", 0)

    assert told.code == 2
    assert "older than the run" in told.err
    assert files(tmp_path) == ["v1.partial.yaml"]


def test_a_program_that_says_nothing_has_totals_only(freeze: Any, tmp_path: Path) -> None:
    freeze("import time; time.sleep(0.2)", "--warmup", 0, "--no-stage-truth", "--episodes", 4)
    profile = loaded(tmp_path)

    assert (profile["attribution"], profile["stages"]) == ("none", {})
    assert profile["totals"]["avg_wall_time_per_episode_s"] == pytest.approx(
        profile["totals"]["wall_time_s"] / 4, abs=1e-3
    )
    assert files(tmp_path) == ["v1.yaml"]


def test_what_is_there_is_kept_unless_it_may_be_replaced_and_what_is_promoted_always(
    freeze: Any, tmp_path: Path
) -> None:
    assert freeze("pass", "--monitor").code == 0
    before = (tmp_path / "root/profiles/v1.yaml").read_bytes()
    told = freeze(PIPELINE)
    assert told.code == 2
    assert "add --replace" in told.err
    assert not list(tmp_path.glob("*.runs"))
    assert (tmp_path / "root/profiles/v1.yaml").read_bytes() == before

    assert freeze("pass", "--replace", "--no-stage-truth").code == 0
    assert (tmp_path / "root/profiles/v1.yaml").read_bytes() != before
    assert files(tmp_path) == ["v1.yaml"]

    with (tmp_path / "root/profiles/v1.yaml").open("a") as file:
        file.write("promoted: {promoted_id: v1}\n")
    told = freeze("pass", "--replace")
    assert (told.code, "promoted: it never changes" in told.err) == (2, True)


def test_a_profile_that_appears_meanwhile_is_not_replaced(freeze: Any, tmp_path: Path) -> None:
    target = tmp_path / "root/profiles/v1.yaml"
    told = freeze(f"open({str(target)!r}, 'w').write('mine')", "--warmup", 0)

    assert (told.code, target.read_text()) == (2, "mine")


@pytest.mark.parametrize(
    "version", ["", "../v1", "/tmp/v1", "a/b", ".v1", "-v1", "v 1", "v1\n", "v1.yaml", "v1.partial", "x" * 101,
                "\u202e", "_v1", "größer", "regression_rules"],
)  # fmt: skip
def test_a_version_is_a_plain_file_name(freeze: Any, tmp_path: Path, version: str) -> None:
    told = freeze("pass", version=version)

    assert (told.code, files(tmp_path)) == (2, [])
    assert "driftline: " in told.err


def test_what_was_measured_before_a_failure_is_kept_apart(freeze: Any, tmp_path: Path) -> None:
    failing = PIPELINE + '    if len(open(sys.argv[0] + ".runs").readlines()) == 3:\n        raise SystemExit(7)\n'
    told = freeze(failing, "--runs", 3, "--warmup", 1)
    partial = loaded(tmp_path, "v1.partial.yaml")

    assert told.code == 7
    assert files(tmp_path) == ["v1.partial.yaml"]
    assert len(partial["captures"]) == 1
    assert (partial["partial"]["reason"], partial["partial"]["exit_code"]) == ("the command exited with 7", 7)
    assert partial["stages"] == {name: dict(stage) for name, stage in partial["captures"][0]["stages"].items()}
    with open_store(tmp_path / "root") as store:
        assert store.connection.execute("select count(*) from profiles").fetchall() == [(0,)]

    assert freeze("pass").code == 0
    assert "v1.partial.yaml" not in files(tmp_path)


def test_a_failing_warm_up_measures_nothing(freeze: Any, tmp_path: Path) -> None:
    told = freeze("raise SystemExit(9)")

    assert (told.code, files(tmp_path)) == (9, [])
    assert "in a warm-up: nothing was measured" in told.err


def test_companions_come_first_so_that_a_profile_that_is_there_is_whole(
    freeze: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    write_new = freezing.write_new

    def watched(path: Path, text: str) -> None:
        seen.append(files(tmp_path))
        write_new(path, text)

    monkeypatch.setattr(freezing, "write_new", watched)
    freeze(PIPELINE, "--monitor", "--warmup", 0)

    assert seen == [["v1.monitor.log", "v1.stage_truth.json"]]


def test_a_freeze_makes_the_root_that_it_writes_to(driftline: Run, tmp_path: Path) -> None:
    told = driftline("profile", "freeze", "--version", "v1", "--warmup", 0, "--", "true", cwd=tmp_path)

    assert (told.code, told.out) == (0, "")
    assert (tmp_path / "data/profiles/v1.yaml").exists()
    told = driftline("profile", "freeze", "--version", "v2", "--warmup", 0, "--", "/nowhere", cwd=tmp_path)
    assert (told.code, "cannot be started" in told.err) == (2, True)


def test_the_output_may_be_any_file_and_text_of_the_command_is_passed_on(driftline: Run, tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)")
    options = ("--version", "v1", "--warmup", 0, "--output", tmp_path / "here/x.yaml", "--root", tmp_path / "root")
    told = driftline("profile", "freeze", *options, "--", *command)

    assert (told.code, told.out) == (0, "out\n")
    assert "err\n" in told.err
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["x.stage_truth.json", "x.yaml"]
