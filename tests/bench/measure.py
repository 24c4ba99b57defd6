"""Measures one root: reading its bytes, opening it cold and warm, the main queries, and one changed run.

Every measurement is a fresh process and the median of five; reading the bytes and opening take turns.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 5
REPOSITORY = Path(__file__).resolve().parents[2]
READ_ALL = """find "$1" -type f -not -path '*/.driftline/*' -print0 | xargs -0 cat >/dev/null"""
Say = Callable[[str], None]


class WorkerError(Exception):
    """A measurement did not finish; the message is what its process said last."""


@dataclass(frozen=True)
class Opened:
    """Medians of several opens: seconds in all, of all cores and of each part, peak memory, rows of each relation."""

    total: float
    cpu: float
    peak_mb: float
    seconds: dict[str, float]
    rows: dict[str, int]


@dataclass(frozen=True)
class Measured:
    """What was measured on one root; `changed` is None where it was not asked for."""

    files: int
    megabytes: float
    read_s: float
    cold: Opened
    warm: Opened
    changed: Opened | None
    first: dict[str, float]
    again: dict[str, float]
    query_rows: dict[str, int]
    wrong: list[str]


def measure(root: Path, with_changed: bool, say: Say) -> Measured:
    """Runs everything on one root, and leaves its artifacts as they were."""
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and ".driftline" not in path.parts]
    _read(root)
    reads, colds, warms, queries = [], [], [], []
    for number in range(1, ROUNDS + 1):
        say(f"{root.name}: round {number} of {ROUNDS}")
        reads.append(_read(root))
        shutil.rmtree(root / ".driftline", ignore_errors=True)
        colds.append(_work("open", root))
        reads.append(_read(root))
        warms.append(_work("open", root))
        queries.append(_work("queries", root))
    cold, warm = _opened(colds), _opened(warms)
    changed, wrong = _changed(root, warm, say) if with_changed else (None, [])
    wrong += [
        f"{relation} has {cold.rows[relation]:,} rows cold and {rows:,} warm"
        for relation, rows in warm.rows.items()
        if rows != cold.rows[relation]
    ]
    return Measured(
        files=len(sizes),
        megabytes=sum(sizes) / 1e6,
        read_s=median(reads),
        cold=cold,
        warm=warm,
        changed=changed,
        first=_medians([query["first"] for query in queries]),
        again=_medians([query["again"] for query in queries]),
        query_rows=queries[0]["rows"],
        wrong=wrong,
    )


def _read(root: Path) -> float:
    before = time.perf_counter()
    subprocess.run(["sh", "-c", READ_ALL, "sh", str(root)], check=True)
    return time.perf_counter() - before


def _work(task: str, root: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.worker", task, str(root)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkerError(f"{task} of {root.name}: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _changed(root: Path, warm: Opened, say: Say) -> tuple[Opened, list[str]]:
    """Rewrites a run and opens, for another run each round; one more episode must be counted each time."""
    folders = sorted((root / "eval" / "runs").iterdir())[::7][:ROUNDS]
    opens, wrong = [], []
    with _kept([folder / name for folder in folders for name in ("metrics.json", "predictions.jsonl")]):
        for number, folder in enumerate(folders, 1):
            say(f"{root.name}: changed run {number} of {ROUNDS}")
            _touch(folder)
            opens.append(_work("open", root))
            counted, expected = opens[-1]["rows"]["episodes"], warm.rows["episodes"] + number
            if counted != expected:
                wrong.append(f"after {number} changed runs, episodes has {counted:,} rows, not {expected:,}")
    _work("open", root)
    return _opened(opens), wrong


def _touch(folder: Path) -> None:
    """One more episode in the predictions, and another count in the metrics."""
    predictions = folder / "predictions.jsonl"
    lines = predictions.read_text(encoding="utf-8").splitlines(keepends=True)
    row = json.loads(lines[-1]) | {"episode_id": "p99_e99"}
    predictions.write_text("".join(lines) + json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["episode_count"] += 1
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2, ensure_ascii=False), encoding="utf-8")


@contextmanager
def _kept(paths: list[Path]) -> Iterator[None]:
    """Puts the files back as they were."""
    held = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in held.items():
            path.write_bytes(content)


def _opened(opens: list[dict[str, Any]]) -> Opened:
    return Opened(
        total=median(each["total"] for each in opens),
        cpu=median(each["cpu"] for each in opens),
        peak_mb=median(each["peak_mb"] for each in opens),
        seconds=_medians([each["seconds"] for each in opens]),
        rows=opens[-1]["rows"],
    )


def _medians(times: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in times) for name in times[0]}
