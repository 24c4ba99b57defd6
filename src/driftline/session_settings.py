"""What the options and variables of the pytest plugin say. Loads nothing but pytest and the standard library."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from driftline.errors import UserError
from driftline.variables import is_recording, threshold_of

MODE = "BENCHMARK_MODE"
MODES = ("quick", "standard", "comprehensive")
WITHOUT_SLOW = MODES[:2]
# Who gives one of these expects to be told something.
ASKING = ("--performance-record", "--performance-baselines", "--performance-threshold", "--performance-no-fail")
OPTIONS = (*ASKING, "--performance-root", "--performance-mode")

Understood = TypeVar("Understood")


@dataclass(frozen=True)
class Settings:
    """What options and variables say. They are read once: tests may change the environment and the folder."""

    is_recorded: bool
    root: Path | None
    history: Path | None
    baselines: Path | None
    # None where the variable means nothing.
    threshold: float | None
    leaves_out_slow: bool
    is_failing: bool
    # Whether the session is meant to measure something.
    is_asked: bool
    # Whether any option of ours is given.
    is_used: bool
    times_marked: bool
    # What is wrong with variables, which may be meant for others.
    faults: tuple[UserError, ...]
    environ: dict[str, str]


def read_settings(config: pytest.Config, times_marked: bool) -> Settings:
    """Raises UserError for an option that means nothing; variables that mean nothing are kept as faults."""
    option, environ, here = config.getoption, dict(os.environ), config.invocation_params.dir

    def told(name: str) -> str:
        return environ.get(name, "").strip()

    def place(named: str) -> Path | None:
        return Path(os.path.abspath(here / named)) if named else None

    faults: list[UserError] = []

    def understood(read: Callable[[], Understood], name: str | None, otherwise: Understood) -> Understood:
        try:
            return read()
        except UserError as fault:
            if name and option(name) not in (None, ""):
                raise
            faults.append(fault)
            return otherwise

    baselines = place(option("--performance-baselines") or "")
    if baselines and not baselines.is_file():
        raise UserError(f"no file {baselines}", "name the file of the baselines, or leave out --performance-baselines")
    recording = understood(lambda: is_recording(environ), None, False)
    limit, named = option("--performance-threshold"), option("--performance-mode")
    return Settings(
        option("--performance-record") or recording,
        place(option("--performance-root") or told("DRIFTLINE_ROOT")),
        place(told("PERFORMANCE_DB_PATH")),
        baselines,
        understood(lambda: threshold_of(limit), "--performance-threshold", None),
        understood(lambda: _mode(named or told(MODE)), "--performance-mode", "") in WITHOUT_SLOW,
        not option("--performance-no-fail"),
        recording or any(option(name) not in (None, False) for name in ASKING),
        any(option(name) not in (None, False) for name in OPTIONS),
        times_marked,
        tuple(faults),
        environ,
    )


def _mode(told: str) -> str:
    """Raises UserError for one that is unknown."""
    mode = told.lower()
    if mode and mode not in MODES:
        raise UserError(f"there is no mode {mode!r} (--performance-mode, {MODE})", f"name one of {', '.join(MODES)}")
    return mode
