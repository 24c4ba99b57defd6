"""Benchmarks in tests: a fixture that calls the command in a folder of its own. A test module takes it by
`pytest_plugins = ("console", "benchmarked")`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console import Outcome, Run
from driftline.cli import benchmarking, commands
from roots import SOURCE

Benchmark = Callable[..., Outcome]
PYTHON = sys.executable
# Cheap, and it leaves a line for every time that it ran.
COUNTING = (PYTHON, "-c", "open('ran', 'a').write('.')")
FAILING = "raise SystemExit(3)"


@pytest.fixture
def measured_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is benchmarked in; nothing around tells a mode or a platform."""
    for name in ("BENCHMARK_MODE", "ENABLE_PERFORMANCE_RECORDING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERFORMANCE_PLATFORM", "Test_Box")
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    # So that no repository further up tells a version.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def benchmark(driftline: Run, measured_project: Path, monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    """Calls `driftline benchmark` in the measured_project."""
    if all(group.name != "benchmark" for group in commands.app.registered_groups):
        monkeypatch.setattr(commands.app, "registered_groups", [*commands.app.registered_groups])
        commands.app.add_typer(benchmarking.app, name="benchmark")

    def call(*arguments: Any, cwd: Path = measured_project) -> Outcome:
        return driftline("benchmark", *arguments, cwd=cwd)

    return call


def times_run(measured_project: Path) -> int:
    """How often COUNTING ran in the measured_project."""
    path = measured_project / "ran"
    return len(path.read_text()) if path.exists() else 0
