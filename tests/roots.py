"""Builders of small roots: files are written as given, so that what is expected can be read off the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from driftline.store import PUBLIC_RELATIONS, Store, open_store

SOURCE = Path(__file__).parent.parent / "src"
JSONL_VIEWS = ("predictions_jsonl", "diagnostics_jsonl")
PROBLEMS = "select severity, file, line from problems order by file, line, severity"
Rows = list[tuple[Any, ...]]


def prediction(episode_id: Any, text: str = "one two three four five", **metadata: Any) -> dict[str, Any]:
    """One line of predictions.jsonl."""
    return {"episode_id": episode_id, "output": {"summary_final": text}, "metadata": metadata}


def metrics(
    episodes: int = 0,
    *,
    failed: Iterable[Any] = (),
    truncation: float = 0.0,
    tokens: float | None = None,
    latency_ms: float | None = None,
    speaker: float = 0.0,
    references: dict[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    """metrics.json in its nested form."""
    gates = {
        "boilerplate_leak_rate": 0.0,
        "speaker_label_leak_rate": speaker,
        "truncation_rate": truncation,
        "failed_episodes": list(failed),
    }
    return {
        "episode_count": episodes,
        "intrinsic": {
            "gates": gates,
            "length": {"avg_tokens": tokens},
            "performance": {"avg_latency_ms": latency_ms},
        },
        "vs_reference": references,
        **top,
    }


def profile(release: str = "v1", date: str | None = "2026-01-01T00:00:00Z", **parts: Any) -> dict[str, Any]:
    """A profile; `stages` and `totals` as given."""
    return {"release": release, **({"date": date} if date else {}), "stages": {}, **parts}


def lines(items: Iterable[Any]) -> str:
    return "".join(f"{json.dumps(item)}\n" for item in items)


class Root:
    """A root below a temporary directory. Every method writes and returns the root itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, rel: str, content: str | bytes) -> Root:
        path = os.path.join(os.fsencode(self.folder), os.fsencode(rel))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as target:
            target.write(content.encode() if isinstance(content, str) else content)
        return self

    def run(
        self,
        key: str,
        *,
        metrics: Any = None,
        predictions: Iterable[Any] | None = None,
        fingerprint: Any = None,
        baseline: Any = None,
        run_summary: Any = None,
        diagnostics: Iterable[Any] | None = None,
    ) -> Root:
        """The artifacts of a run that are given, as JSON."""
        objects = {"metrics": metrics, "fingerprint": fingerprint, "baseline": baseline, "run_summary": run_summary}
        for name, value in objects.items():
            if value is not None:
                self.file(f"eval/{key}/{name}.json", json.dumps(value))
        for name, items in {"predictions": predictions, "diagnostics": diagnostics}.items():
            if items is not None:
                self.file(f"eval/{key}/{name}.jsonl", lines(items))
        return self

    def whole_run(self, key: str, **parts: Any) -> Root:
        """A run of two episodes with every artifact, so that it has no problem of its own."""
        whole: dict[str, Any] = {
            "metrics": metrics(2),
            "predictions": [prediction("e1", processing_time_seconds=1), prediction("e2", processing_time_seconds=3)],
            "fingerprint": {"run_context": {"run_id": "2026-01-01T00:00:00Z"}},
            "run_summary": {},
            "diagnostics": [{"episode_id": "e1", "chunks": 2}, {"episode_id": "e2", "chunks": 4}],
        }
        return self.run(key, **(whole | parts))

    def profile(self, key: str, content: Any) -> Root:
        return self.file(f"profiles/{key}.yaml", yaml.safe_dump(content, sort_keys=False))

    def open(self) -> Store:
        return open_store(self.folder)

    def rows(self, statement: str) -> Rows:
        """The answer of a store opened just now."""
        with self.open() as store:
            return store.connection.execute(statement).fetchall()


def problems(root: Root) -> Rows:
    """Severity, file and line of each problem, in order."""
    return root.rows(PROBLEMS)


def snapshot(store: Store) -> dict[str, list[str]]:
    """Every public relation as sorted rows."""
    answer = {}
    for relation in (*PUBLIC_RELATIONS, *JSONL_VIEWS):
        found = store.connection.execute(f"select * from {relation}").fetchall()
        answer[relation] = sorted(map(repr, found))
    return answer


def opened(root: Root) -> dict[str, list[str]]:
    """What a store opened just now says of every public relation."""
    with root.open() as store:
        return snapshot(store)


def python(code: str, *arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the code in a process of its own."""
    path = os.pathsep.join([str(SOURCE), str(Path(__file__).parent)])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )
