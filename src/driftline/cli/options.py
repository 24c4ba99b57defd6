"""Options that many commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from driftline.artifacts.history import history_folder
from driftline.artifacts.scan import Places

RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="The directory that holds eval/ or profiles/; else DRIFTLINE_ROOT, ./data, or here.",
    ),
]
# A command that measures may make the root that it writes to.
WrittenRootOption = Annotated[
    Path | None,
    typer.Option(
        "--root", metavar="DIR", help="The root to write to; else DRIFTLINE_ROOT, ./data, here, or a new ./data."
    ),
]


def _places(file: Path) -> Places:
    return Places(baselines=file.absolute(), history=history_folder())


BaselinesOption = Annotated[
    Places | None,
    typer.Option(
        "--baselines",
        metavar="FILE",
        parser=lambda value: _places(Path(value)),
        help="The baselines; else performance_baselines.json of the root, or the one below its tests/.",
    ),
]
