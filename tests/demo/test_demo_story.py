"""The command, the story it has to tell, and the root that ships."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from demo_samples import CORPUS, SHIPPED, read_lines, texts

from driftline.demo import __main__ as command
from driftline.demo.artifacts import write_text
from driftline.demo.corpus import REFERENCE_ID
from driftline.demo.pipeline import EpisodeResult
from driftline.demo.profiles import CAPTURES
from driftline.demo.quality import SPEAKER_LABEL
from driftline.demo.releases import RELEASES
from driftline.demo.scoring import ROUGE_TYPES
from driftline.demo.story import Evidence, RunEvidence, read_evidence, untold_parts


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
    stages = ("speaker_detection", "summarization", "kg_extraction")
    profiles = {name: {"totals": {"wall_time_s": 3.0}, "stages": dict.fromkeys(stages, stage)} for name in runs}
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


def test_story_asks_for_a_machine_that_is_as_fast_for_every_release() -> None:
    told = evidence_of()
    told.profiles["v0.2"]["stages"]["speaker_detection"] = {"wall_time_s": 1.5}
    assert untold_parts(told) == ["speaker_detection, which no release changed, differs 1.50 times"]


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
        assert len(profile["captures"]) == CAPTURES
        assert profile["environment"]["hostname"] == "demo-laptop"
    sizes = [path.stat().st_size for name in ("eval", "profiles") for path in (SHIPPED / name).rglob("*.*")]
    assert max(sizes) < 2**20
    assert sum(sizes) < 1_500_000
