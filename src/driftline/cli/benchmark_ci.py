"""Exit codes of `driftline benchmark compare --ci`: 0 pass, 1 warning, 2 failure, 3 error, as F-139 has them."""

from __future__ import annotations

import traceback
from typing import Any

import typer
from typer.core import TyperCommand

from driftline.cli.tables import say
from driftline.errors import UserError

WARNING, FAILURE, ERROR = 1, 2, 3


class CiCommand(TyperCommand):
    """A command whose every error exits 3 with --ci: those of its options, of what they name, and those of driftline,
    which would otherwise look like a warning or a failure."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_ci = "--ci" in args
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            # What is wrong with options carries the code it exits with; what --help leaves by is no error.
            if is_ci and hasattr(error, "exit_code") and not isinstance(error, typer.Exit):
                error.exit_code = ERROR
            raise

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if not ctx.params.get("ci"):
                raise
            if isinstance(error, UserError):
                say(*f"driftline: {error}".split("\n"))
            else:
                traceback.print_exception(error)
            raise typer.Exit(ERROR) from None
