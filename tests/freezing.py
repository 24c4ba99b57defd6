"""Freezing in tests: a fixture that calls the command, and what it left. A test module takes it by
`pytest_plugins = ("console", "measured", "freezing")`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from console import Outcome, Run
from measured import Program

Freeze = Callable[..., Outcome]

# Two stages of which one is too short for a sample, and a line for every run.
PIPELINE = """
    import os, sys, time, driftline
    with open(sys.argv[0] + ".runs", "a") as runs:
        runs.write("run\\n")
    for number in (1, 2):
        with driftline.episode(f"e{number}", number, 2):
            with driftline.stage("summarization"):
                time.sleep(0.15)
                driftline.count(api_calls=1)
    # In one write, so that nobody looks between the two.
    with open(os.environ["DRIFTLINE_STAGES"], "a") as marks:
        marks.write('{"stage": "short", "event": "start"}\\n{"stage": "short", "event": "end"}\\n')
"""


@pytest.fixture
def freeze(driftline: Run, program: Program, tmp_path: Path) -> Freeze:
    """Freezes a program into the root; options before the command."""

    def call(code: str, *options: Any, version: str = "v1") -> Outcome:
        told = ("--root", tmp_path / "root", "--version", version, "--sample-interval", "0.05", *options)
        return driftline("profile", "freeze", *told, "--", *program(code), cwd=tmp_path)

    return call


def loaded(tmp_path: Path, name: str = "v1.yaml") -> dict[str, Any]:
    content = yaml.safe_load((tmp_path / "root/profiles" / name).read_text())
    assert isinstance(content, dict)
    return content


def runs_of(tmp_path: Path) -> int:
    return len((tmp_path / "program0.py.runs").read_text().splitlines())


def files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "root/profiles"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
