"""Checks that what was measured shows what the six releases are there to show. Reads the finished root only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import yaml

from driftline.demo.corpus import REFERENCE_ID
from driftline.demo.releases import RELEASES
from driftline.demo.scoring import ROUGE_TYPES

MIN_SLOWDOWN = 1.8
MAX_REPEAT_SPREAD = 0.2
MAX_SAME_LATENCY = 1.05
MAX_SAME_WALL = 1.15
MAX_SAME_STAGE = 1.25
UNCHANGED_STAGE = "speaker_detection"
KNOWLEDGE_STAGE = "kg_extraction"


@dataclass(frozen=True)
class RunEvidence:
    """What one run directory says: its metrics, and seconds per episode that did not fail."""

    metrics: dict[str, Any]
    seconds: dict[str, float]

    @property
    def tokens(self) -> float:
        """Mean output tokens."""
        return float(self.metrics["intrinsic"]["length"]["avg_tokens"])

    @property
    def gates(self) -> dict[str, Any]:
        """The gates block."""
        return dict(self.metrics["intrinsic"]["gates"])

    def rouge(self, name: str) -> float:
        """F-measure against the reference."""
        return float(self.metrics["vs_reference"][REFERENCE_ID][f"{name}_f1"])


@dataclass(frozen=True)
class Evidence:
    """All runs by release, the repeated runs of v0.1, and the profiles by release."""

    runs: dict[str, RunEvidence]
    repeats: list[RunEvidence]
    profiles: dict[str, dict[str, Any]]

    def wall_s(self, release: str) -> float:
        """Wall time of the profile of a release."""
        return float(self.profiles[release]["totals"]["wall_time_s"])

    def stage_wall_s(self, release: str, stage: str) -> float:
        """Wall time of a stage in the profile of a release."""
        return float(self.profiles[release]["stages"][stage]["wall_time_s"])


def read_evidence(root: Path) -> Evidence:
    """Read the runs and profiles that the demo wrote below `root`."""
    folders = {
        json.loads(path.read_text(encoding="utf-8"))["run_context"].get("release"): path.parent
        for path in sorted((root / "eval").rglob("fingerprint.json"))
        if "aa" not in path.parts[-3:]
    }
    return Evidence(
        runs={name: _read_run(folder) for name, folder in folders.items() if name},
        repeats=[_read_run(path) for path in sorted((root / "eval/runs/aa").iterdir())],
        profiles={
            release.name: yaml.safe_load((root / f"profiles/{release.name}.yaml").read_text(encoding="utf-8"))
            for release in RELEASES
        },
    )


def _read_run(folder: Path) -> RunEvidence:
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").read_text(encoding="utf-8").split("\n") if line]
    seconds = {row["episode_id"]: row["metadata"].get("processing_time_seconds") for row in rows}
    return RunEvidence(
        json.loads((folder / "metrics.json").read_text(encoding="utf-8")),
        {episode: value for episode, value in seconds.items() if value is not None},
    )


def untold_parts(evidence: Evidence) -> list[str]:
    """One sentence for each part of the story that the evidence does not tell; empty if it tells it all."""
    parts: tuple[Callable[[Evidence], list[str]], ...] = (
        _repeats, _steady, _slower, _gap, _starved, _failed, _better,
    )  # fmt: skip
    return [sentence for part in parts for sentence in part(evidence)]


def _repeats(evidence: Evidence) -> list[str]:
    means = [fmean(run.seconds.values()) for run in (*evidence.repeats, evidence.runs["v0.1"])]
    spread = (max(means) - min(means)) / median(means)
    return _unless(spread <= MAX_REPEAT_SPREAD, f"repeated runs of v0.1 differ by {spread:.0%} in latency")


def _steady(evidence: Evidence) -> list[str]:
    """A stage that no release changed takes as long in each, or the machine was at other work."""
    times = [evidence.stage_wall_s(name, UNCHANGED_STAGE) for name in evidence.profiles]
    spread = max(times) / min(times)
    return _unless(spread <= MAX_SAME_STAGE, f"{UNCHANGED_STAGE}, which no release changed, differs {spread:.2f} times")


def _slower(evidence: Evidence) -> list[str]:
    first, slow = evidence.runs["v0.1"].seconds, evidence.runs["v0.2"].seconds
    ratios = sorted(slow[episode] / first[episode] for episode in first)
    stage = evidence.stage_wall_s("v0.2", "summarization") / evidence.stage_wall_s("v0.1", "summarization")
    return _unless(
        ratios[0] >= MIN_SLOWDOWN, f"v0.2 takes only {ratios[0]:.2f} times as long in one episode"
    ) + _unless(stage >= MIN_SLOWDOWN, f"the profile of v0.2 shows a summarization only {stage:.2f} times as long")


def _gap(evidence: Evidence) -> list[str]:
    without = [name for name, profile in evidence.profiles.items() if KNOWLEDGE_STAGE not in profile["stages"]]
    return _unless(without == ["v0.3"], f"profiles without {KNOWLEDGE_STAGE}: {without}, expected v0.3 alone")


def _starved(evidence: Evidence) -> list[str]:
    first, starved = evidence.runs["v0.1"], evidence.runs["v0.4"]
    share = starved.tokens / first.tokens
    return _unless(share < 0.5, f"v0.4 keeps {share:.0%} of the output tokens") + _unless(
        starved.rouge("rougeL") < first.rouge("rougeL"), "v0.4 does not lose ROUGE-L"
    )


def _failed(evidence: Evidence) -> list[str]:
    gates = evidence.runs["v0.5"].gates
    others = [name for name, run in evidence.runs.items() if name != "v0.5" and not _is_clean(run)]
    return (
        _unless(len(gates["failed_episodes"]) == 1, f"v0.5 has failed episodes {gates['failed_episodes']}")
        + _unless(gates["speaker_label_leak_rate"] > 0, "v0.5 leaks no speaker label")
        + _unless(not others, f"failures or closed gates in {others}")
    )


def _is_clean(run: RunEvidence) -> bool:
    return not run.gates["failed_episodes"] and not run.gates["episode_gate_failures"]


def _better(evidence: Evidence) -> list[str]:
    first, best = evidence.runs["v0.1"], evidence.runs["v0.6"]
    latency = fmean(best.seconds.values()) / fmean(first.seconds.values())
    wall = evidence.wall_s("v0.6") / evidence.wall_s("v0.1")
    lost = [name for name in ROUGE_TYPES if best.rouge(name) <= first.rouge(name)]
    return (
        _unless(not lost, f"v0.6 gains nothing in {lost}")
        + _unless(best.tokens >= first.tokens, "v0.6 has fewer output tokens")
        + _unless(latency <= MAX_SAME_LATENCY, f"v0.6 takes {latency:.2f} times as long as v0.1")
        + _unless(wall <= MAX_SAME_WALL, f"the profile of v0.6 takes {wall:.2f} times as long as that of v0.1")
    )


def _unless(told: bool, sentence: str) -> list[str]:
    return [] if told else [sentence]
