"""What a selection mixes that is not the same thing, in one line, and what is done about it."""

from __future__ import annotations

from driftline import queries
from driftline.reports.choice import Comparison
from driftline.reports.html import esc

WORDS = {"tasks": "tasks", "kinds": "kinds", "datasets": "datasets"}


def banner(connection: queries.Connection, comparison: Comparison) -> str:
    """The line as HTML; empty where all runs are of one task, kind and dataset and share a reference."""
    found = queries.mixture(connection, [comparison.baseline, *comparison.candidates])
    mixed = [f"{word} ({', '.join(found[name])})" for name, word in WORDS.items() if len(found[name]) > 1]
    parts = []
    if mixed:
        parts.append(
            f"<b>Different {esc(' and '.join(mixed))}.</b> Means are of different episodes; episodes are compared only"
            " where both runs have them."
        )
    if found["scored_runs"] > 1 and not found["shared_references"]:
        parts.append(
            f"<b>Different references</b> ({esc(', '.join(found['references']))}): scores are compared only where both"
            " runs have the same one."
        )
    return f'<p class="ban" role="status">{" ".join(parts)}</p>' if parts else ""
