"""What the commands print with: data to stdout, and rows as text."""

from __future__ import annotations

import os
import sys

from driftline.reports.tables import as_json, as_markdown, as_table, visible

__all__ = ["as_json", "as_markdown", "as_table", "put", "say", "visible"]


def put(text: str) -> None:
    """Writes data to stdout. A reader that has seen enough (`| head`) is no fault: the rest goes nowhere."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(*lines: object) -> None:
    """Writes talk to stderr, a line each."""
    for line in lines:
        print(visible(line), file=sys.stderr)
