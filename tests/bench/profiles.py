"""Profiles of a generated root: ten stages, several machines and data sets, one or three captures."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

FIRST_DAY = datetime(2025, 1, 6, 6, 0)
STAGES = {
    "rss_feed_fetch": (0.8, 210),
    "media_download": (14.0, 260),
    "audio_preprocessing": (22.0, 390),
    "transcription": (190.0, 2100),
    "speaker_detection": (5.0, 940),
    "transcript_cleaning": (61.0, 980),
    "summarization": (97.0, 1650),
    "gi_generation": (31.0, 1670),
    "kg_extraction": (12.0, 1680),
    "vector_indexing": (0.4, 1690),
}
HOSTS = ["runner-a", "runner-b", "laptop-c"]
DATASETS = ["e2e_small_n5", "e2e_large_n20"]
METRICS = ("wall_time_s", "peak_rss_mb", "avg_cpu_pct")
Measured = dict[str, tuple[float, int, float]]


def write_profiles(profiles_dir: Path, profiles: int, releases: int, seed: int) -> None:
    """Writes the profiles; a twentieth of them as promoted references."""
    (profiles_dir / "references").mkdir(parents=True)
    for index in range(profiles):
        release = f"v0.{1 + index * releases // profiles}"
        host, dataset = HOSTS[index % len(HOSTS)], DATASETS[index % 7 % 2]
        place = profiles_dir / "references" if index % 20 == 19 else profiles_dir
        text = _profile(index, release, host, dataset, random.Random(f"profile {seed} {index}"))
        (place / f"{release}_{host}_{dataset}_{index:04d}.yaml").write_text(text, encoding="utf-8")


def _profile(index: int, release: str, host: str, dataset: str, source: random.Random) -> str:
    started = FIRST_DAY + timedelta(hours=index * 5, minutes=source.randrange(200))
    episodes = 5 if dataset.endswith("n5") else 20
    skipped = {stage for stage in STAGES if index % 5 == 0 and source.random() < 0.2}
    captures = [_capture(skipped, 1 + index / 2_000, source) for _ in range(3 if index % 2 else 1)]
    middle: Measured = {
        stage: (
            round(median(capture[stage][0] for capture in captures), 4),
            int(median(capture[stage][1] for capture in captures)),
            round(median(capture[stage][2] for capture in captures), 2),
        )
        for stage in captures[0]
    }
    lines = [
        f"release: {release}",
        f"date: '{started.isoformat()}Z'",
        f"dataset_id: {dataset}",
        f"episodes_processed: {episodes}",
        "environment:",
        f"  hostname: {host}",
        "  cpu: x86_64",
        "  cpu_cores_physical: 8",
        "  cpu_cores_logical: 16",
        "  ram_total_gb: 32.0",
        "  os: Linux 6.1",
        "  python: 3.11.8",
        "  package_version: 2.4.0",
        f"  git_sha: c{source.getrandbits(24):06x}",
        f"  git_dirty: {'true' if index % 4 == 0 else 'false'}",
        "  device: null",
        "  precision: null",
        "  library_versions:",
        "    torch: 2.9.1",
        "    whisper: '20250625'",
        *_measured(middle, episodes, ""),
    ]
    if len(captures) > 1:
        lines.append("captures:")
        for number, capture in enumerate(captures):
            at = started + timedelta(minutes=20 * number)
            lines.append(f"- started_at: '{at.isoformat()}Z'")
            lines.append(f"  run_wall_s: {_wall(capture)}")
            lines += _measured(capture, episodes, "  ")
    if index % 20 == 19:
        lines += [
            "promoted:",
            f"  promoted_id: reference_{release}_{index:04d}",
            f"  promoted_from: {release}_{index:04d}",
            f"  promoted_at: '{(started + timedelta(hours=2)).isoformat()}Z'",
            "  reason: accepted",
        ]
    return "\n".join(lines) + "\n"


def _capture(skipped: set[str], drift: float, source: random.Random) -> Measured:
    """One execution; a short stage is at times too short for a sample, and then has 0 memory and 0 CPU."""
    measured: Measured = {}
    for stage, (wall, memory) in STAGES.items():
        if stage in skipped:
            continue
        is_sampled = wall > 1 or source.random() > 0.2
        measured[stage] = (
            round(wall * drift * source.uniform(0.93, 1.09), 4),
            int(memory * source.uniform(0.98, 1.03)) if is_sampled else 0,
            round(source.uniform(5, 160), 2) if is_sampled else 0.0,
        )
    return measured


def _wall(measured: Measured) -> float:
    return round(sum(values[0] for values in measured.values()), 4)


def _measured(measured: Measured, episodes: int, indent: str) -> list[str]:
    wall = _wall(measured)
    lines = [f"{indent}stages:"]
    for stage, values in measured.items():
        lines.append(f"{indent}  {stage}:")
        lines += [f"{indent}    {metric}: {value}" for metric, value in zip(METRICS, values, strict=True)]
    return [
        *lines,
        f"{indent}totals:",
        f"{indent}  peak_rss_mb: {max((values[1] for values in measured.values()), default=0)}",
        f"{indent}  wall_time_s: {wall}",
        f"{indent}  avg_wall_time_per_episode_s: {round(wall / episodes, 4)}",
        f"{indent}  sampling_note: Per-stage values use proportional wall-time windows.",
    ]
