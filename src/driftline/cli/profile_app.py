"""The commands below `driftline profile`; the modules that define them add themselves."""

from __future__ import annotations

import typer

app = typer.Typer(help="Measure what a command costs, and compare and keep what was measured.", no_args_is_help=True)
