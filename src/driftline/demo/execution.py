"""One execution of one release in a process of its own, so that no memory and no cache passes from one to the next.

`run_in_process` starts it and reads back what it measured; `python -m driftline.demo.execution` is that process.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import time
from typing import Any

from driftline.capture.times import utc
from driftline.demo.corpus import Episode, load_corpus
from driftline.demo.pipeline import EpisodeResult, execute, score_results
from driftline.demo.releases import Release, release_named
from driftline.demo.scoring import rouge_scorer

_WARM_UP_EPISODES = 2
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


def run_in_process(release: Release, scratch: Path, passes: int = 1, only_summaries: bool = False) -> dict[str, Any]:
    """What a fresh process found for `release`: the object that `run_once` returns."""
    output = scratch / "execution.json"
    command = [sys.executable, "-m", "driftline.demo.execution", release.name, str(output), "--passes", str(passes)]
    command += ["--only-summaries"] if only_summaries else []
    subprocess.run(command, check=True, env={**os.environ, **ONE_THREAD})
    measured: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    output.unlink()
    return measured


def run_once(
    release: Release, episodes: Sequence[Episode], passes: int = 1, only_summaries: bool = False
) -> dict[str, Any]:
    """Execute a release once and return its episodes as plain values."""
    started_at = utc(time())
    results = execute(episodes, release.configuration, passes, only_summaries)
    finished_at = utc(time())
    if not only_summaries:
        score_results(results)
    return {
        "release": release.name,
        "passes": passes,
        "started_at": started_at,
        "finished_at": finished_at,
        "episodes": [_plain(result) for result in results],
    }


def merge_rounds(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several executions of one release as one: all of the first, with the fastest time of any round per episode.

    It was started with the first and finished with the last. Raises ValueError if the rounds differ in a text.
    """
    first = rounds[0]
    merged = []
    for rows in zip(*(measured["episodes"] for measured in rounds), strict=True):
        if len({(row["summary"], row["error"]) for row in rows}) != 1:
            raise ValueError(f"{first['release']} gives different texts for {rows[0]['episode_id']}")
        seconds = [row["processing_time_s"] for row in rows if row["processing_time_s"] is not None]
        merged.append(rows[0] | {"processing_time_s": min(seconds, default=None)})
    return first | {
        "passes": sum(measured["passes"] for measured in rounds),
        "finished_at": rounds[-1]["finished_at"],
        "episodes": merged,
    }


def _plain(result: EpisodeResult) -> dict[str, Any]:
    return {
        "episode_id": result.episode.episode_id,
        "error": result.error,
        "summary": result.summary.text if result.summary else "",
        "map_summaries": list(result.summary.map_summaries) if result.summary else [],
        "reduce_input_chars": result.summary.reduce_input_chars if result.summary else None,
        "processing_time_s": result.processing_time_s,
        "entities": result.knowledge.entities if result.knowledge else None,
        "quality": asdict(result.quality) if result.quality else None,
        "rouge": asdict(result.rouge) if result.rouge else None,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the process: loads what is not to be measured, warms up, executes, writes JSON."""
    parser = argparse.ArgumentParser(description="One execution of one release of the demo.")
    parser.add_argument("release")
    parser.add_argument("output", type=Path)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--only-summaries", action="store_true")
    options = parser.parse_args(arguments)
    release = release_named(options.release)
    episodes = load_corpus()
    if not options.only_summaries:
        rouge_scorer()
    execute(episodes[:_WARM_UP_EPISODES], release.configuration, only_summaries=options.only_summaries)
    gc.collect()
    measured = run_once(release, episodes, options.passes, options.only_summaries)
    options.output.write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
