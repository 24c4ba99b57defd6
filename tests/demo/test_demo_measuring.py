"""How the demo measures and what it writes."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo_samples import CORPUS, FEW, LABELLED_BY_NUMBER, MALFORMED_TIMECODE, read_lines

from driftline.capture.environment import describe_environment
from driftline.demo import root as demo_root
from driftline.demo.artifacts import write_run, write_text
from driftline.demo.corpus import DATASET_ID, REFERENCE_ID
from driftline.demo.execution import merge_rounds, run_in_process
from driftline.demo.profiles import plan_of
from driftline.demo.quality import SPEAKER_LABEL
from driftline.demo.references import write_reference
from driftline.demo.releases import release_named
from driftline.demo.sentences import split_sentences
from driftline.lifecycle.freeze import measure, write_profile
from driftline.lifecycle.trace import Trace


def test_an_execution_in_a_process_of_its_own_finds_every_episode(tmp_path: Path) -> None:
    found = run_in_process(release_named("v0.3"), tmp_path, only_summaries=True)
    assert [row["episode_id"] for row in found["episodes"]] == [episode.episode_id for episode in CORPUS]
    assert found["started_at"] < found["finished_at"]
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v0.5, of which an episode fails, frozen as the demo does it."""
    folder = tmp_path_factory.mktemp("frozen")
    plan = plan_of(release_named("v0.5"), folder, tmp_path_factory.mktemp("scratch"), "demo-laptop")
    trace = Trace()
    capture, doubts = measure(plan, 1, trace)
    assert capture.execution.exit_code == 0
    write_profile(plan, [capture], describe_environment(plan.command, plan.folder, "demo-laptop"), doubts, trace)
    return folder


def test_a_release_is_frozen_with_its_stages_and_its_episodes(frozen: Path) -> None:
    profile = yaml.safe_load((frozen / "v0.5.yaml").read_text(encoding="utf-8"))
    truth = json.loads((frozen / "v0.5.stage_truth.json").read_text(encoding="utf-8"))
    assert (profile["release"], profile["dataset_id"], profile["attribution"]) == ("v0.5", DATASET_ID, "direct")
    assert list(profile["stages"]) == [
        "speaker_detection", "transcript_cleaning", "summarization", "kg_extraction", "vector_indexing",
        "quality_checks",
    ]  # fmt: skip
    assert profile["episodes_processed"] == len(CORPUS) - 1
    assert sum(stage["wall_time_s"] for stage in profile["stages"].values()) < profile["totals"]["wall_time_s"]
    assert profile["environment"]["library_versions"].keys() == {"numpy"}
    assert truth["rfc065_monitor"]["lines"] == (frozen / "v0.5.monitor.log").read_bytes().count(b"\n")
    assert " stage=summarization episodes=" in (frozen / "v0.5.monitor.log").read_text(encoding="utf-8")


def test_a_release_without_knowledge_has_no_such_stage(tmp_path: Path) -> None:
    capture, _ = measure(plan_of(release_named("v0.3"), tmp_path, tmp_path, "demo-laptop"), 1)
    assert "kg_extraction" not in capture.stages
    assert "summarization" in capture.stages


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


def test_nothing_names_the_machine(tmp_path: Path, measured: dict[str, Any], frozen: Path) -> None:
    run = tmp_path / "run"
    write_run(run, release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), measured)
    written = [path for folder in (run, frozen) for path in folder.iterdir()]
    assert len(written) == 9
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert platform.node() not in text
        assert str(Path.home()) not in text
        assert str(tmp_path.parent) not in text


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
