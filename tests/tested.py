"""A project of someone else that runs its tests with the plugin, in this process. Tests take it by
`pytest_plugins = ("pytester", "tested")`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Loaded here, so that a session in this process neither loads it anew nor takes it along when it ends: compiled modules
# do not bear to be loaded twice.
import duckdb  # noqa: F401
import numpy  # noqa: F401
import pandas  # noqa: F401
import psutil  # noqa: F401
import pytest
import yaml  # noqa: F401

import driftline.tested_session

assert driftline.tested_session.close
PLATFORM = "M1_Mac_16GB"
LIMITS = "REGRESSION_THRESHOLD", "BENCHMARK_MODE", "ENABLE_PERFORMANCE_RECORDING", "PERFORMANCE_RUN_TYPE"


@dataclass(frozen=True)
class Session:
    """What a session left behind: its exit status and all that it printed."""

    code: int
    out: str
    err: str

    @property
    def section(self) -> list[str]:
        """The lines of driftline."""
        lines = self.out.splitlines()
        start = next(number for number, line in enumerate(lines) if line.strip("= ") == "driftline")
        return [line for line in lines[start + 1 :] if line]

    def row(self, metric: str) -> str:
        """The line of a metric, its blanks as one."""
        return " ".join(next(line for line in self.section if line.startswith(f"{metric} ")).split())


@dataclass(frozen=True)
class Project:
    """A folder with tests."""

    pytester: pytest.Pytester
    platform: str = PLATFORM

    @property
    def folder(self) -> Path:
        return self.pytester.path

    def write(self, source: str, name: str = "test_it.py") -> Project:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(f"import pytest\n\n{source}\n")
        return self

    def measures(self, **values: float) -> Project:
        """Its one test takes these numbers."""
        records = f"for item in {values!r}.items(): performance.record(*item)"
        return self.write(f"from math import inf, nan\ndef test_it(performance):\n    {records}")

    def run(self, *options: Any) -> Session:
        arguments = ["-p", "driftline.pytest_plugin", "-p", "no:cacheprovider", *map(str, options)]
        ended = self.pytester.runpytest_inprocess(*arguments)
        return Session(int(ended.ret), ended.stdout.str(), ended.stderr.str())

    def record(self, times: int = 1, **values: float) -> Session:
        """Records sessions of a test that takes these numbers."""
        self.measures(**values)
        for _ in range(times):
            session = self.run("--performance-record")
        return session

    def records(self, folder: str = "data/history") -> list[dict[str, Any]]:
        files = sorted((self.folder / folder).glob("*"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def baselines(self, file: str = "data/performance_baselines.json", **values: Any) -> Project:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(json.dumps({PLATFORM: values}))
        return self


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PERFORMANCE_PLATFORM", PLATFORM)
    for name in (*LIMITS, "PERFORMANCE_DB_PATH", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)
