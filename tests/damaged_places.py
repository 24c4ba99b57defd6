"""Things that stand where a file or a directory should."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from damage import (
    BAD,
    Damage,
    error,
    kpi,
    status,
    text,
)
from roots import Root, prediction


def link(target: str, rel: str) -> Callable[[Root], Any]:
    def write(root: Root) -> None:
        path = root.folder / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return write


def pipe(rel: str) -> Callable[[Root], Any]:
    def write(root: Root) -> None:
        path = root.folder / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    return write


def directory(rel: str) -> Callable[[Root], Any]:
    return lambda root: (root.folder / rel).mkdir(parents=True)


PLACES = [
    Damage(
        "a link to nowhere",
        lambda root: (root.whole_run("runs/bad", metrics=None), link("nowhere", f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
        status(),
        [("degraded",)],
    ),
    Damage(
        "a file that links to itself",
        lambda root: (root.whole_run("runs/bad", metrics=None), link("metrics.json", f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
    ),
    Damage("a directory that links to itself", link("loop", "eval/runs/loop"), [("warning", "eval/runs/loop", None)]),
    Damage(
        "a link back to the root",
        link("..", "eval/runs/up"),
        [("warning", "eval/runs/up", None)],
        "select count(*) from runs",
        [(1,)],
    ),
    Damage("a dangling directory", link("/nonexistent/x", "eval/runs/gone"), [("warning", "eval/runs/gone", None)]),
    Damage(
        "a link to a run that is read already",
        link("good", "eval/runs/alias"),
        [("info", "eval/runs/alias", None)],
        "select run from runs",
        [("runs/good",)],
    ),
    Damage(
        "a pipe",
        lambda root: (root.whole_run("runs/bad", predictions=None), pipe(f"{BAD}/predictions.jsonl")(root)),
        error("predictions.jsonl"),
        kpi("episodes"),
        [(2,)],
    ),
    Damage("a pipe as profile", pipe("profiles/bad.yaml"), [("error", "profiles/bad.yaml", None)]),
    Damage(
        "a directory named metrics.json",
        lambda root: (root.whole_run("runs/bad", metrics=None), directory(f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
    ),
    Damage(
        "a file in place of a directory",
        lambda root: root.file("eval/baselines", "x"),
        [("warning", "eval/baselines", None)],
    ),
    Damage(
        "a run of one broken file",
        text(f"{BAD}/fingerprint.json", "{"),
        [
            *error("fingerprint.json", 1),
            ("info", f"{BAD}/diagnostics.jsonl", None),
            ("info", f"{BAD}/run_summary.json", None),
            ("warning", f"{BAD}/metrics.json", None),
            ("warning", f"{BAD}/predictions.jsonl", None),
        ],
        status(),
        [("broken",)],
    ),
    Damage(
        "a run of one file",
        lambda root: root.run("runs/bad", predictions=[prediction("e1")]),
        [
            ("info", f"{BAD}/diagnostics.jsonl", None),
            ("info", f"{BAD}/run_summary.json", None),
            ("warning", f"{BAD}/fingerprint.json", None),
            ("warning", f"{BAD}/metrics.json", None),
        ],
        status(),
        [("degraded",)],
    ),
    Damage(
        "an archived run",
        lambda root: root.run("runs/_old/bad", predictions=[prediction("e1")]),
        [],
        "select archived from runs where run = 'runs/_old/bad'",
        [(True,)],
    ),
]
