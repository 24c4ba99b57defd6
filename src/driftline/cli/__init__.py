"""The command line: thin commands. The only place that catches `UserError` and sets exit codes."""

from __future__ import annotations

import sys

from driftline.errors import UserError


def main() -> None:
    """Runs one command; exits 2 with a message and its remedy where the caller has to mend something."""
    from driftline.cli.commands import app
    from driftline.cli.tables import visible

    try:
        app(prog_name="driftline")
    except UserError as error:
        print("\n".join(visible(line) for line in f"driftline: {error}".split("\n")), file=sys.stderr)
        sys.exit(2)
