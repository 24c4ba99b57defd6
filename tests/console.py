"""The command line for tests, called in this process. A test module takes it by `pytest_plugins = ("console",)`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from driftline.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def driftline(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Runs a command in this process, from an empty directory unless one is given."""

    def call(*arguments: Any, cwd: Path | None = None) -> Outcome:
        monkeypatch.chdir(cwd or tmp_path_factory.mktemp("elsewhere"))
        monkeypatch.setattr(sys, "argv", ["driftline", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        told = capfd.readouterr()
        return Outcome(int(end.value.code or 0), told.out, told.err)

    return call
