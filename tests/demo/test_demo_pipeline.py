"""The pipeline of the demo: what each release changes, and the parts it is made of."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from demo_samples import CORPUS, FEW, LABELLED_BY_NUMBER, MALFORMED_TIMECODE, flat, texts

from driftline.demo.cleaning import TranscriptError, Turn, clean_transcript, is_sponsor_passage
from driftline.demo.fingerprints import describe_settings
from driftline.demo.knowledge import extract_knowledge
from driftline.demo.pipeline import EpisodeResult, execute
from driftline.demo.quality import BOILERPLATE, SPEAKER_LABEL, TRUNCATION, gate_failures
from driftline.demo.releases import FIRST, RELEASES, TOKEN_CHARS, Configuration
from driftline.demo.scoring import RougeScores, reference_metrics
from driftline.demo.sentences import sentence_vectors, split_sentences
from driftline.demo.similarity import centrality, similarity_graph
from driftline.demo.speakers import detect_speakers
from driftline.demo.summarizer import fill_budget
from driftline.demo.vectors import build_index


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
    again = execute(FEW, FIRST)
    assert [result.summary for result in again] == [result.summary for result in results["v0.1"]]
    assert [result.knowledge for result in again] == [result.knowledge for result in results["v0.1"]]


def test_exhaustive_similarity_changes_no_summary(results: dict[str, list[EpisodeResult]]) -> None:
    assert texts(results["v0.2"]) == texts(results["v0.1"])


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
