"""The command line: thin commands. The only place that catches `UserError` and sets exit codes."""

from __future__ import annotations

import sys

from driftline.errors import UserError


def main() -> None:
    """Runs one command; exits 2 with a message and its remedy where the caller has to mend something."""
    from driftline.cli.commands import app

    try:
        app()
    except UserError as error:
        print(f"driftline: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
