"""Questions to the person in front of a command."""

from __future__ import annotations

import sys

from driftline.cli.tables import say


def agreed(question: str) -> bool:
    """Whether a person says yes to it. Where nobody can be asked the answer is no.

    Asks on stderr, since stdout is for data: so not by `input`.
    """
    print(f"{question} ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline()
    except (AttributeError, OSError, ValueError):
        answer = ""
    if not answer.endswith("\n"):
        say("")
    return answer.strip().lower() in ("y", "yes")
