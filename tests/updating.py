"""Calls `driftline baselines update` for tests, with what stdin holds."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baseline_roots import PLATFORM
from console import Outcome, Run
from driftline import baselining
from roots import Root

Update = Callable[..., Outcome]
NOW = "2026-11-22T12:00:00Z"


def updater(driftline: Run, root: Root, monkeypatch: pytest.MonkeyPatch) -> Update:
    """Updates the baselines of the root; `says` is what stdin holds, None where it is closed."""
    monkeypatch.setattr(baselining, "utc_seconds", lambda _moment: NOW)

    def call(*options: Any, says: io.StringIO | str | None = "", platform: str | None = PLATFORM) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(says) if isinstance(says, str) else says)
        named = ("--platform", platform) if platform else ()
        return driftline("baselines", "update", "--root", root.folder, *named, *options)

    return call


def told(path: Path) -> Any:
    return json.loads(path.read_text())


def latency(path: Path) -> Any:
    return told(path)[PLATFORM]["query_latency_no_vllm"]
