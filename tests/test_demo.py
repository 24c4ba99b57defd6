"""The demo: what each release does to the summaries, what the writers write, and whether the shipped root is theirs."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from driftline.demo import __main__ as command
from driftline.demo import root as demo_root
from driftline.demo.artifacts import write_run, write_text
from driftline.demo.cleaning import TranscriptError, Turn, clean_transcript, is_sponsor_passage
from driftline.demo.corpus import REFERENCE_ID, load_corpus
from driftline.demo.environment import describe_machine
from driftline.demo.execution import measure_execution, merge_rounds, run_in_process
from driftline.demo.fingerprints import describe_settings
from driftline.demo.knowledge import extract_knowledge
from driftline.demo.measure import Sample, Sampler, StageClock
from driftline.demo.pipeline import EpisodeResult, execute, score_results
from driftline.demo.profiles import build_profile, write_profile
from driftline.demo.quality import BOILERPLATE, SPEAKER_LABEL, TRUNCATION, gate_failures
from driftline.demo.references import write_reference
from driftline.demo.releases import FIRST, RELEASES, TOKEN_CHARS, Configuration, release_named
from driftline.demo.scoring import ROUGE_TYPES, RougeScores, reference_metrics
from driftline.demo.sentences import sentence_vectors, split_sentences
from driftline.demo.similarity import centrality, similarity_graph
from driftline.demo.speakers import detect_speakers
from driftline.demo.story import Evidence, RunEvidence, read_evidence, untold_parts
from driftline.demo.summarizer import fill_budget
from driftline.demo.vectors import build_index

SHIPPED = Path(__file__).parent.parent / "data"
CORPUS = load_corpus()
LABELLED_BY_NUMBER, MALFORMED_TIMECODE = CORPUS[1], CORPUS[9]
FEW = (CORPUS[0], LABELLED_BY_NUMBER)


@pytest.fixture(scope="module")
def results() -> dict[str, list[EpisodeResult]]:
    """Every release over two episodes; v0.5 also over the one with a malformed timecode."""
    episodes = {"v0.5": (*FEW, MALFORMED_TIMECODE)}
    results = {
        release.name: execute(episodes.get(release.name, FEW), release.configuration, StageClock())
        for release in RELEASES
    }
    for found in results.values():
        score_results(found)
    return results


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """v0.5 over three episodes: one clean, one that leaks, one that fails."""
    return measure_execution(release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), passes=2, sampled=True)


def texts(results: Sequence[EpisodeResult]) -> list[str]:
    return [result.summary.text if result.summary else "" for result in results]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def flat(value: object, prefix: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {key: leaf for name, part in value.items() for key, leaf in flat(part, f"{prefix}.{name}").items()}


def test_corpus_has_transcripts_and_references_of_the_promised_length() -> None:
    assert len({episode.episode_id for episode in CORPUS}) == 12
    for episode in CORPUS:
        assert 5_500 <= len(episode.text) <= 12_000, episode.episode_id
        assert 120 <= len(episode.reference.split()) <= 220, episode.episode_id


@pytest.mark.parametrize("release", RELEASES[1:], ids=lambda release: release.name)
def test_release_differs_from_the_first_in_one_key_of_the_fingerprint(release: Any) -> None:
    first, other = flat(describe_settings(FIRST)), flat(describe_settings(release.configuration))
    assert first.keys() == other.keys()
    assert len([key for key in first if first[key] != other[key]]) == 1


def test_every_setting_is_visible_in_the_fingerprint() -> None:
    before = flat(describe_settings(FIRST))
    for setting in fields(Configuration):
        value = getattr(FIRST, setting.name)
        changed = replace(FIRST, **{setting.name: not value if isinstance(value, bool) else f"{value}!"})
        after = flat(describe_settings(changed))
        assert len([key for key in before if before[key] != after[key]]) == 1, setting.name


def test_the_same_code_gives_the_same_results(results: dict[str, list[EpisodeResult]]) -> None:
    again = execute(FEW, FIRST, StageClock())
    assert [result.summary for result in again] == [result.summary for result in results["v0.1"]]
    assert [result.knowledge for result in again] == [result.knowledge for result in results["v0.1"]]


def test_exhaustive_similarity_changes_no_summary(results: dict[str, list[EpisodeResult]]) -> None:
    assert texts(results["v0.2"]) == texts(results["v0.1"])


def test_release_without_knowledge_has_no_such_stage_and_the_same_summaries() -> None:
    clock = StageClock()
    execute(FEW[:1], release_named("v0.3").configuration, clock)
    assert list(clock.wall_s) == [
        "speaker_detection", "transcript_cleaning", "summarization", "vector_indexing", "quality_checks"
    ]  # fmt: skip


def test_starved_map_step_leaves_reduce_less_than_it_must_write(results: dict[str, list[EpisodeResult]]) -> None:
    for starved, first in zip(results["v0.4"], results["v0.1"], strict=True):
        assert starved.summary
        assert first.summary
        assert starved.summary.reduce_input_chars < FIRST.reduce_min_new_tokens * TOKEN_CHARS
        assert first.summary.reduce_input_chars > FIRST.reduce_max_new_tokens * TOKEN_CHARS
        assert len(starved.summary.text) < len(first.summary.text) / 2
        assert starved.rouge
        assert first.rouge
        assert starved.rouge.rougeL < first.rouge.rougeL


def test_strict_cleaner_fails_on_one_episode_and_leaks_labels_in_another(
    results: dict[str, list[EpisodeResult]],
) -> None:
    clean, leaking, failed = results["v0.5"]
    assert failed.error == "TranscriptError: line 17: malformed timecode [00:01:5?], expected [hh:mm:ss]"
    assert failed.summary is None
    assert failed.quality is None
    assert failed.seconds == []
    assert leaking.quality
    assert leaking.quality.gate_failures == (SPEAKER_LABEL,)
    assert clean.quality
    assert clean.quality.gate_failures == ()


def test_larger_reduce_budget_writes_more_and_scores_higher(results: dict[str, list[EpisodeResult]]) -> None:
    for best, first in zip(results["v0.6"], results["v0.1"], strict=True):
        assert best.summary
        assert first.summary
        assert len(best.summary.text) > len(first.summary.text)
        assert best.summary.map_summaries == first.summary.map_summaries
        assert best.rouge
        assert first.rouge
        assert best.rouge.rouge1 > first.rouge.rouge1
        assert best.rouge.rouge2 > first.rouge.rouge2


@pytest.mark.parametrize(
    ("summary", "input_chars", "expected"),
    [
        ("A clean summary of what was said.", 1000, ()),
        ("", 1000, ()),
        ("Thanks to our Sponsor for this.", 1000, (BOILERPLATE,)),
        ("Then the guest: nothing came of it.", 1000, (SPEAKER_LABEL,)),
        ("Then SPEAKER  12: nothing came of it.", 1000, (SPEAKER_LABEL,)),
        ("The loudspeaker 3 was hosted.", 1000, ()),
        ("Too short.", 1001, (TRUNCATION,)),
        ("Just enough", 1100, ()),
        ("It stops here...", 0, (TRUNCATION,)),
        ("It stops here...", 100, ()),
        ("Host: rate and review", 0, (BOILERPLATE, SPEAKER_LABEL)),
    ],
)
def test_gates(summary: str, input_chars: int, expected: tuple[str, ...]) -> None:
    assert gate_failures(summary, input_chars) == expected


def test_speakers_are_found_with_and_without_timecodes() -> None:
    numbered, timed = detect_speakers(LABELLED_BY_NUMBER.text), detect_speakers(MALFORMED_TIMECODE.text)
    assert (numbered.labels, numbered.asking) == (("Speaker 1", "Speaker 2"), "Speaker 1")
    assert (timed.labels, timed.asking) == (("Host", "Guest"), "Host")
    assert "Casimir Thorne" in timed.names
    assert detect_speakers("No labels here.").labels == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This episode is brought to you by somebody.", True),
        ("Please subscribe to our newsletters today", True),
        ("Thanks to all our guests, and good night.", False),
        ("We measured it twice.", False),
    ],
)
def test_sponsor_passages_are_found_even_when_misspelt(text: str, expected: bool) -> None:
    assert is_sponsor_passage(text) is expected


def test_tolerant_cleaner_leaves_no_label_timecode_or_sponsor_in_any_transcript() -> None:
    for episode in CORPUS:
        labels = detect_speakers(episode.text).labels
        turns = clean_transcript(episode.text, labels, "tolerant")
        said = " ".join(turn.text for turn in turns)
        assert gate_failures(said, 0) == (), episode.episode_id
        assert not re.search(r"\[\d", said), episode.episode_id
        assert {turn.speaker for turn in turns} == set(labels), episode.episode_id


def test_strict_cleaner_accepts_exact_timecodes_and_names_the_line_of_others() -> None:
    assert clean_transcript("[00:01:02] Host: Hello.", (), "strict") == [Turn("Host", "Hello.")]
    assert clean_transcript("Speaker 1: Hello.", (), "strict") == [Turn(None, "Speaker 1: Hello.")]
    with pytest.raises(TranscriptError, match="line 3: malformed timecode \\[1:02\\]"):
        clean_transcript("Host: One.\n\n[1:02] Host: Two.", (), "strict")


def test_budget_is_kept_in_the_original_order() -> None:
    sentences = ["aaaa aaaa", "bbbb", "cccc cccc cccc"]
    assert fill_budget(sentences, [1, 0, 2], max_tokens=4) == "aaaa aaaa bbbb"
    assert fill_budget(sentences, [2, 0, 1], max_tokens=2) == "cccc"
    assert fill_budget(sentences, [0, 2, 1], max_tokens=4, min_tokens=4) == "aaaa aaaa cccc"
    assert fill_budget(["unbreakable"], [0], max_tokens=1) == ""
    assert fill_budget([], [], max_tokens=1) == ""


def test_both_similarities_give_the_same_graph_and_scores_sum_to_one() -> None:
    vectors = sentence_vectors(split_sentences(CORPUS[2].reference))
    indexed, exhaustive = (similarity_graph(vectors, method) for method in ("indexed", "exhaustive"))
    assert [dict(sorted(row.items())) for row in indexed] == [dict(sorted(row.items())) for row in exhaustive]
    assert sum(centrality(indexed, 20)) == pytest.approx(1)
    assert centrality([], 20) == []


def test_knowledge_graph_runs_through_the_word_that_connects() -> None:
    said = ("wheat yeast", "wheat yeast", "nothing", "yeast oven", "yeast oven", "nothing", "tide pool", "tide pool")
    graph = extract_knowledge([Turn(None, f"{text}.".capitalize()) for text in said])
    assert graph.entities == 5
    assert graph.central[0] == "yeast"
    assert extract_knowledge([]).entities == 0


def test_index_finds_the_episode_of_a_sentence() -> None:
    index = build_index({"bread": [Turn(None, "The oven was cold.")], "sea": [Turn(None, "The tide pools are full.")]})
    assert index.nearest_episode("a cold oven") == "bread"
    assert index.nearest_episode("tide pool") == "sea"
    assert build_index({}).nearest_episode("anything") is None


def test_reference_metrics_leave_out_episodes_without_a_text() -> None:
    scores = {"a": RougeScores(0.5, 0.25, 0.4), "b": RougeScores(0.0, 0.0, 0.0)}
    block = reference_metrics(scores, {"a": "x" * 40 + " 7", "b": ""}, {"a": "y" * 80 + " 7 8", "b": "text"})
    assert (block["rouge1_f1"], block["rouge2_f1"], block["rougeL_f1"]) == (0.5, 0.25, 0.4)
    assert block["coverage_ratio"] == 10 / 21
    assert block["numbers_retained"] == 0.5
    assert block["bleu"] is block["wer"] is block["embedding_cosine"] is None


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
    assert not (tmp_path / "runs/x").exists()


def fake_build(root: Path, hostname: str, report: object) -> None:
    for name in ("eval", "profiles"):
        write_text(root / name / "made.txt", hostname)
    write_text(root / "README.md", "new")


def run_command(monkeypatch: pytest.MonkeyPatch, untold: list[str], *arguments: str) -> int:
    monkeypatch.setattr(command, "build_root", fake_build)
    monkeypatch.setattr(command, "read_evidence", lambda root: root)
    monkeypatch.setattr(command, "untold_parts", lambda _: untold)
    return command.main(arguments)


def test_command_fills_a_new_folder_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(monkeypatch, [], "--out", str(tmp_path / "new"), "--hostname", "box") == 0
    assert (tmp_path / "new/profiles/made.txt").read_text(encoding="utf-8") == "box"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_command_refuses_a_folder_that_is_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_text(tmp_path / "README.md", "mine")
    assert run_command(monkeypatch, [], "--out", str(tmp_path)) == 2
    assert "--replace" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"


def test_replacing_keeps_what_the_demo_does_not_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(tmp_path / "root/eval/old.txt", "old")
    write_text(tmp_path / "root/gate.yaml", "kept")
    assert run_command(monkeypatch, [], "--out", str(tmp_path / "root"), "--replace") == 0
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["README.md", "eval", "gate.yaml", "profiles"]
    assert not (tmp_path / "root/eval/old.txt").exists()


def test_command_writes_nothing_when_the_story_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(monkeypatch, ["v0.2 is too fast"], "--out", str(tmp_path / "new")) == 1
    assert "v0.2 is too fast" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def evidence_of(**changes: RunEvidence) -> Evidence:
    """Evidence that tells the story, with the runs given by release (dots as underscores) put in."""
    runs = {
        "v0.1": told_run(),
        "v0.2": told_run(seconds=0.3),
        "v0.3": told_run(),
        "v0.4": told_run(tokens=30, rouge=0.1),
        "v0.5": told_run(failed=["e3"], leak_rate=0.5),
        "v0.6": told_run(tokens=200, rouge=0.3),
    } | {name.replace("_", "."): run for name, run in changes.items()}
    stage = {"wall_time_s": 1.0}
    profiles = {
        name: {"totals": {"wall_time_s": 3.0}, "stages": {"summarization": stage, "kg_extraction": stage}}
        for name in runs
    }
    profiles["v0.2"]["stages"]["summarization"] = {"wall_time_s": 3.0}
    del profiles["v0.3"]["stages"]["kg_extraction"]
    return Evidence(runs, [told_run(seconds=0.105), told_run(seconds=0.095)], profiles)


def told_run(
    seconds: float = 0.1, tokens: float = 100, rouge: float = 0.2, failed: Sequence[str] = (), leak_rate: float = 0.0
) -> RunEvidence:
    gates = {
        "failed_episodes": list(failed),
        "speaker_label_leak_rate": leak_rate,
        "episode_gate_failures": {"e1": [SPEAKER_LABEL]} if leak_rate else {},
    }
    metrics = {
        "intrinsic": {"gates": gates, "length": {"avg_tokens": tokens}},
        "vs_reference": {REFERENCE_ID: {f"{name}_f1": rouge for name in ROUGE_TYPES}},
    }
    return RunEvidence(metrics, {"e1": seconds, "e2": seconds})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"v0_2": told_run(seconds=0.17)}, ["v0.2 takes only 1.70 times as long in one episode"]),
        ({"v0_4": told_run(tokens=60, rouge=0.1)}, ["v0.4 keeps 60% of the output tokens"]),
        ({"v0_4": told_run(tokens=30)}, ["v0.4 does not lose ROUGE-L"]),
        ({"v0_5": told_run(leak_rate=0.5)}, ["v0.5 has failed episodes []"]),
        ({"v0_5": told_run(failed=["e3"])}, ["v0.5 leaks no speaker label"]),
        ({"v0_3": told_run(failed=["e1"])}, ["failures or closed gates in ['v0.3']"]),
        ({"v0_6": told_run(tokens=90, rouge=0.3)}, ["v0.6 has fewer output tokens"]),
        ({"v0_6": told_run(rouge=0.3, seconds=0.12)}, ["v0.6 takes 1.20 times as long as v0.1"]),
        ({"v0_6": told_run()}, ["v0.6 gains nothing in ['rouge1', 'rouge2', 'rougeL']"]),
    ],
)
def test_story_names_what_was_not_measured(changes: dict[str, RunEvidence], expected: list[str]) -> None:
    assert untold_parts(evidence_of(**changes)) == expected


def test_story_asks_for_steady_repeats_and_for_the_gap() -> None:
    told = evidence_of()
    unsteady = replace(told, repeats=[told_run(seconds=0.13)])
    assert untold_parts(unsteady) == ["repeated runs of v0.1 differ by 26% in latency"]
    del told.profiles["v0.4"]["stages"]["kg_extraction"]
    assert len(untold_parts(told)) == 1


def test_shipped_root_tells_the_story() -> None:
    assert untold_parts(read_evidence(SHIPPED)) == []


def test_shipped_texts_are_what_the_code_produces(results: dict[str, list[EpisodeResult]]) -> None:
    for release, found in results.items():
        category = "baselines" if release == "v0.1" else "runs"
        rows = read_lines(SHIPPED / f"eval/{category}/demo_paragraph_{release}/predictions.jsonl")
        shipped = {row["episode_id"]: row["output"]["summary_final"] for row in rows}
        assert len(shipped) == len(CORPUS)
        for result, text in zip(found, texts(found), strict=True):
            assert shipped[result.episode.episode_id] == text, release


def test_shipped_runs_are_in_the_order_of_their_making() -> None:
    def created_at(path: str) -> str:
        return str(json.loads((SHIPPED / "eval" / path / "baseline.json").read_text(encoding="utf-8"))["created_at"])

    paths = [f"references/silver/{REFERENCE_ID}"]
    paths += [f"runs/aa/demo_paragraph_v0.1_aa{number}" for number in range(1, 6)]
    paths += ["baselines/demo_paragraph_v0.1"] + [f"runs/demo_paragraph_v0.{number}" for number in range(2, 7)]
    times = [created_at(path) for path in paths]
    assert times == sorted(times)


def test_shipped_profiles_have_enough_captures_and_the_root_is_small() -> None:
    for release in RELEASES:
        profile = yaml.safe_load((SHIPPED / f"profiles/{release.name}.yaml").read_text(encoding="utf-8"))
        assert len(profile["captures"]) == demo_root.CAPTURES
        assert profile["environment"]["hostname"] == "demo-laptop"
    sizes = [path.stat().st_size for name in ("eval", "profiles") for path in (SHIPPED / name).rglob("*.*")]
    assert max(sizes) < 2**20
    assert sum(sizes) < 1_500_000
