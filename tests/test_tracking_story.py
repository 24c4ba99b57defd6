"""A project that knows nothing of driftline: it measures, records, sees, accepts a baseline, and is stopped by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from roots import SOURCE

# How long it takes is counted in steps: what is tested is what becomes of a number, not the machine.
PROGRAM = "def search(steps={steps}):\n    return steps\n"
TESTS = """
from search import search

def test_search_is_fast(performance):
    performance.record("search_ms", search() / 1000)
"""
PLUGIN = "-p", "driftline.pytest_plugin", "-p", "no:cacheprovider"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (folder / "search.py").write_text(PROGRAM.format(steps=1000))
    (folder / "test_speed.py").write_text(TESTS)
    return folder


def run(project: Path, *words: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"PERFORMANCE_PLATFORM": "Laptop", "PYTHONPATH": str(SOURCE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=project, input=text, capture_output=True, text=True, check=False,
        env={**os.environ, **variables, **environment},
    )  # fmt: skip


def driftline(project: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    code = "import sys; from driftline.cli import main; sys.argv = ['driftline', *sys.argv[1:]]; main()"
    (project.parent / "run_driftline.py").write_text(code)
    return run(project, "run_driftline", *words, text=text, PYTHONPATH=f"{SOURCE}{os.pathsep}{project.parent}")


def test_a_project_that_becomes_30_percent_slower_is_stopped_by_the_exit_code(project: Path) -> None:
    for _ in range(3):
        recorded = run(project, "pytest", *PLUGIN, ENABLE_PERFORMANCE_RECORDING="1")
        assert recorded.returncode == 0, recorded.stdout
    assert "driftline baselines update --platform Laptop" in recorded.stdout

    trends = driftline(project, "benchmark", "trends")
    assert trends.returncode == 0, trends.stderr
    assert "search_ms, ms · Laptop · newest 1.00 ms, lower is better" in trends.stdout

    updated = driftline(project, "baselines", "update", "--min-runs", "3", text="yes\n")
    assert updated.returncode == 0, updated.stderr
    assert '"search_ms": 1.0' in (project / "data/performance_baselines.json").read_text()
    assert run(project, "pytest", *PLUGIN).returncode == 0

    (project / "search.py").write_text(PROGRAM.format(steps=1300))
    stopped = run(project, "pytest", *PLUGIN, ENABLE_PERFORMANCE_RECORDING="1")
    assert stopped.returncode == 1
    assert "search_ms   1.30 ms    1.00 ms   ▲ +30" in stopped.stdout
    assert "1 passed" in stopped.stdout
    reported = driftline(project, "report")
    assert reported.returncode == 1
    assert "REGRESSION" in reported.stdout
