"""Options that many commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
