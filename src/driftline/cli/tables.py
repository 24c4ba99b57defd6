"""What the commands print with: data to stdout, and rows as text."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from driftline.errors import UserError
from driftline.reports.tables import as_json, as_markdown, as_table, visible

__all__ = ["as_json", "as_markdown", "as_table", "put", "put_or_write", "say", "visible"]


def put(text: str) -> None:
    """Writes data to stdout. A reader that has seen enough (`| head`) is no fault: the rest goes nowhere."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def put_or_write(text: str, output: Path | None) -> None:
    """Writes data to the file, whose folder is made, or to stdout where none is named; it ends with one line break.

    Raises UserError where the file cannot be written.
    """
    from driftline.files import write_atomically

    text = text.rstrip("\n")
    if output is None:
        return put(text)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output, text + "\n")
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}", "name a file that you may write") from None
    say(f"wrote {visible(output)}")


def say(*lines: object) -> None:
    """Writes talk to stderr, a line each."""
    for line in lines:
        print(visible(line), file=sys.stderr)
