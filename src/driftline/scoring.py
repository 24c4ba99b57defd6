"""Scores the episodes of runs against their references: only of the runs that are shown, and once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from driftline import queries
from driftline.store import Store
from driftline.texts.rouge import Scores, score_pairs

if TYPE_CHECKING:
    from driftline.artifacts.rows import Row

# A file written a moment ago is read once more by the next refresh, and its scores went with the first reading.
PASSES = 5


def score(store: Store, runs: Iterable[str]) -> bool:
    """Computes what `episode_metrics` lacks of ROUGE for these runs, and keeps it. Returns whether anything was new."""
    asked, is_new = list(runs), False
    for _ in range(PASSES):
        with store.cursor() as connection:
            rows = [row for pair in queries.unscored(connection, asked) for row in _scored(connection, pair)]
        if not rows:
            break
        before = store.sources
        store.add("scores", rows)
        is_new |= store.refresh()
        if store.sources == before:
            break
    return is_new


def _scored(connection: queries.Connection, pair: queries.Row) -> list[Row]:
    texts = queries.texts_to_score(connection, pair["run"], pair["reference_run"])
    scores = score_pairs((row["reference_text"], row["text"]) for row in texts)
    same = {name: pair[name] for name in ("file_id", "reference_file_id", "run", "reference")}
    return [
        {**same, "episode_id": row["episode_id"], "metric": metric, "value": value}
        for row, found in zip(texts, scores, strict=True)
        for metric, value in zip(Scores._fields, found, strict=True)
    ]
