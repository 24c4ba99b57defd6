"""How the demo measures and what it writes."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo_samples import CORPUS, FEW, LABELLED_BY_NUMBER, MALFORMED_TIMECODE, read_lines

from driftline.demo import root as demo_root
from driftline.demo.artifacts import write_run, write_text
from driftline.demo.corpus import REFERENCE_ID
from driftline.demo.environment import describe_machine
from driftline.demo.execution import measure_execution, merge_rounds, run_in_process
from driftline.demo.measure import Sample, Sampler, StageClock
from driftline.demo.profiles import build_profile, write_profile
from driftline.demo.quality import SPEAKER_LABEL
from driftline.demo.references import write_reference
from driftline.demo.releases import release_named
from driftline.demo.sentences import split_sentences


def test_clock_adds_up_stages_and_survives_an_error() -> None:
    clock = StageClock()
    for _ in range(2):
        with clock.stage("one"):
            assert clock.current == "one"
    with pytest.raises(ValueError, match="inside"), clock.stage("two"):
        raise ValueError("inside")
    assert list(clock.wall_s) == ["one", "two"]
    assert clock.current == "starting"


def test_resources_belong_to_their_stage_and_are_missing_without_samples() -> None:
    sampler = Sampler(StageClock(), 1.0)
    sampler.samples += [Sample("one", 50.0, 90.0), Sample("two", 80.0, 10.0), Sample("one", 60.0, 110.0)]
    one = sampler.resources("one")
    assert (one.peak_rss_mb, one.avg_cpu_pct, one.samples) == (60.0, 100.0, 2)
    assert sampler.resources("three").peak_rss_mb is None
    assert sampler.peak_rss_mb() == 80.0


def test_monitor_log_has_the_format_of_the_contract(tmp_path: Path) -> None:
    log = tmp_path / "x.monitor.log"
    measure_execution(release_named("v0.1"), FEW, sampled=True, monitor_log=log)
    lines = log.read_text(encoding="utf-8").split("\n")
    assert lines[0] == ""
    assert re.fullmatch(r"# driftline monitor \(.*; append log\) session_start=\d{4}-\d\d-\d\dT[\d:]{8}Z", lines[1])
    tick = re.compile(
        r"\S{19}Z pid=\d+ stage=\w+( episodes=\d+/2)? rss_mb=\d+ peak_rss_mb=\d+ cpu_pct=\d+\.\d "
        r"elapsed_s=\d+\.\d stage_elapsed_s=\d+\.\d"
    )
    summary = lines.index("# summary")
    ticks = lines[2 : summary - 1]
    assert all(tick.fullmatch(line) for line in ticks)
    assert " stage=done " in ticks[-1]
    assert re.fullmatch(r"total_wall_s=\d+\.\d peak_rss_mb=\d+ avg_cpu_pct=\d+\.\d", lines[summary + 1])
    assert lines[-2:] == ["pipeline_exited=1", ""]


def test_execution_in_a_process_of_its_own_measures_every_stage(tmp_path: Path) -> None:
    found = run_in_process(release_named("v0.3"), tmp_path, only_summaries=True, sampled=True)
    assert len(found["episodes"]) == len(CORPUS)
    assert list(found["wall_s"]) == ["speaker_detection", "transcript_cleaning", "summarization"]
    assert set(found["wall_s"]) == set(found["resources"])
    assert found["peak_rss_mb"] > 10
    assert sum(found["wall_s"].values()) <= found["run_wall_s"]
    assert list(tmp_path.iterdir()) == []


def test_rounds_are_merged_to_the_fastest_time_and_must_agree_in_texts() -> None:
    def measured_round(seconds: float, summary: str) -> dict[str, Any]:
        row = {"episode_id": "e1", "summary": summary, "error": None, "processing_time_s": seconds, "rouge": seconds}
        failed = {"episode_id": "e2", "summary": "", "error": "E: x", "processing_time_s": None, "rouge": None}
        return {"release": "v0.1", "passes": 4, "finished_at": str(seconds), "episodes": [row, failed]}

    merged = merge_rounds([measured_round(0.3, "same"), measured_round(0.1, "same"), measured_round(0.2, "same")])
    assert [row["processing_time_s"] for row in merged["episodes"]] == [0.1, None]
    assert merged["episodes"][0]["rouge"] == 0.3
    assert (merged["passes"], merged["finished_at"]) == (12, "0.2")
    with pytest.raises(ValueError, match="different texts for e1"):
        merge_rounds([measured_round(0.3, "one"), measured_round(0.1, "other")])


def test_run_has_the_artifacts_of_the_contract(tmp_path: Path, measured: dict[str, Any]) -> None:
    folder = tmp_path / "demo_paragraph_v0.5"
    write_run(folder, release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), measured)
    assert sorted(path.name for path in folder.iterdir()) == [
        "baseline.json", "diagnostics.jsonl", "fingerprint.json", "metrics.json", "predictions.jsonl",
        "run_summary.json",
    ]  # fmt: skip
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    gates = metrics["intrinsic"]["gates"]
    assert metrics["episode_count"] == 3
    assert gates["failed_episodes"] == [MALFORMED_TIMECODE.episode_id]
    assert gates["episode_gate_failures"] == {LABELLED_BY_NUMBER.episode_id: [SPEAKER_LABEL]}
    assert gates["speaker_label_leak_rate"] == pytest.approx(1 / 3)
    assert metrics["vs_reference"][REFERENCE_ID]["rougeL_f1"] > 0
    summary = json.loads((folder / "run_summary.json").read_text(encoding="utf-8"))
    assert summary["gate_failures"] == {"truncation": 0, "speaker_label": 1, "boilerplate": 0}
    assert summary["avg_latency_s"] == metrics["intrinsic"]["performance"]["avg_latency_ms"] / 1000
    fingerprint = json.loads((folder / "fingerprint.json").read_text(encoding="utf-8"))
    assert fingerprint["run_context"]["release"] == "v0.5"
    assert fingerprint["preprocessing"]["cleaner"] == "strict"
    assert json.loads((folder / "baseline.json").read_text(encoding="utf-8"))["created_at"] == measured["finished_at"]


def test_predictions_keep_failures_and_what_map_handed_to_reduce(tmp_path: Path, measured: dict[str, Any]) -> None:
    write_run(tmp_path / "run", release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), measured)
    good, leaking, failed = read_lines(tmp_path / "run/predictions.jsonl")
    assert failed["error"].startswith("TranscriptError")
    assert failed["output"] == {"summary_final": ""}
    assert "processing_time_seconds" not in failed["metadata"]
    assert "error" not in good
    text = good["output"]["summary_final"]
    assert good["metadata"]["output_length_chars"] == len(text)
    assert good["metadata"]["input_length_chars"] == len(FEW[0].text)
    assert not Path(good["metadata"]["input_path"]).is_absolute()
    handed = "\n".join(chunk["text"] for chunk in good["intermediate"]["map_summaries"])
    assert good["intermediate"]["reduce_input_chars"] == len(handed)
    assert all(sentence in handed for sentence in split_sentences(text)[:-1])
    rows = read_lines(tmp_path / "run/diagnostics.jsonl")
    assert [row["episode_id"] for row in rows] == [good["episode_id"], leaking["episode_id"]]
    assert rows[0]["chunks"] == len(good["intermediate"]["map_summaries"])
    assert rows[0]["final_tokens"] == len(text) // 4


def test_reference_has_texts_and_gates_but_no_latency(tmp_path: Path) -> None:
    write_reference(tmp_path, CORPUS, "2030-01-02T03:04:05Z")
    assert [row["output"]["summary_final"] for row in read_lines(tmp_path / "predictions.jsonl")] == [
        episode.reference for episode in CORPUS
    ]
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["intrinsic"]["gates"]["episode_gate_failures"] == {}
    assert "performance" not in metrics["intrinsic"]
    assert metrics["vs_reference"] is None


def capture(wall_s: float, peak_rss_mb: float | None) -> dict[str, Any]:
    return {
        "started_at": "2030-01-02T03:04:05.678901Z",
        "run_wall_s": wall_s + 1,
        "wall_s": {"summarization": wall_s},
        "resources": {"summarization": {"peak_rss_mb": peak_rss_mb, "avg_cpu_pct": 99.123, "samples": 4}},
        "peak_rss_mb": peak_rss_mb,
        "episodes": [{"error": None}, {"error": None}, {"error": "ValueError: x"}],
    }


def test_profile_holds_medians_and_every_capture() -> None:
    captures = [capture(1.0, 80.9), capture(4.0, 90.2), capture(2.0, None)]
    profile = build_profile(release_named("v0.2"), captures, {"hostname": "here"})
    assert profile["release"] == "v0.2"
    assert profile["date"] == "2030-01-02T03:04:05Z"
    assert profile["episodes_processed"] == 2
    assert profile["stages"] == {"summarization": {"wall_time_s": 2.0, "peak_rss_mb": 85, "avg_cpu_pct": 99.12}}
    assert profile["totals"]["wall_time_s"] == 3.0
    assert profile["totals"]["avg_wall_time_per_episode_s"] == 1.5
    assert [item["stages"]["summarization"]["peak_rss_mb"] for item in profile["captures"]] == [80, 90, None]


def test_profile_stays_silent_about_a_stage_without_samples() -> None:
    profile = build_profile(release_named("v0.2"), [capture(1.0, None)], {})
    assert profile["stages"]["summarization"]["peak_rss_mb"] is None
    assert profile["totals"]["peak_rss_mb"] is None


def test_written_profile_and_companion_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "v0.2.monitor.log").write_text("\none\ntwo\n", encoding="utf-8")
    write_profile(tmp_path, release_named("v0.2"), [capture(1.0, 5.0)], {"hostname": "here"}, monitored=True)
    assert list(yaml.safe_load((tmp_path / "v0.2.yaml").read_text(encoding="utf-8"))) == [
        "release", "date", "dataset_id", "episodes_processed", "environment", "stages", "totals", "captures",
    ]  # fmt: skip
    truth = json.loads((tmp_path / "v0.2.stage_truth.json").read_text(encoding="utf-8"))
    assert truth["parallelism_hint_ratio"] == 0.5
    assert truth["rfc065_monitor"]["lines"] == 3
    assert truth["rfc065_monitor"]["bytes"] == 9


def test_nothing_names_the_machine(tmp_path: Path, measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.node", lambda: "secret-name")
    monkeypatch.setattr(socket, "gethostname", lambda: "secret-name")
    environment = describe_machine("demo-laptop")
    assert environment["hostname"] == "demo-laptop"
    write_run(tmp_path / "run", release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), measured)
    write_profile(tmp_path, release_named("v0.5"), [measured], environment, monitored=False)
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "secret-name" not in text
            assert str(Path.home()) not in text
            assert str(tmp_path) not in text


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "deep/file.txt", "line\n")
    write_text(tmp_path / "deep/file.txt", "other\n")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.txt"]
    assert (tmp_path / "deep/file.txt").read_bytes() == b"other\n"


def test_promotion_moves_the_run_and_says_so(tmp_path: Path) -> None:
    write_text(tmp_path / "runs/x/baseline.json", '{"run_id": "x"}')
    demo_root.promote(tmp_path / "runs/x", tmp_path / "baselines/x")
    record = json.loads((tmp_path / "baselines/x/baseline.json").read_text(encoding="utf-8"))
    assert record.pop("promoted_at")
    assert record == {"run_id": "x", "promoted_from": "x", "promoted_as": "baseline", "promoted_id": "x"}
