"""What the titles above the charts say: only of what is drawn, and nothing that its numbers contradict."""

from __future__ import annotations

import pandas as pd
import pytest

from drawn import metric
from driftline.reports.choice import Comparison
from driftline.reports.figure_titles import flow_title

REGISTRY = {
    name: metric(name, "tokens") for name in ("map_tokens", "reduce_input_tokens", "reduce_input_chars", "final_tokens")
}


@pytest.mark.parametrize(
    ("means", "title"),
    [
        (
            {"map_tokens": (5, 86), "reduce_input_tokens": (28, 448), "reduce_input_chars": (114, 1790)},
            "Map rises from 5 to 86 tokens",
        ),
        (
            {"map_tokens": (5, 86), "reduce_input_tokens": (440, 448), "final_tokens": (100, 100)},
            "Map rises from 5 to 86 tokens; reduce input and final stay close",
        ),
        (
            {"map_tokens": (86, 85), "reduce_input_chars": (1790, 114)},
            "Reduce input falls from 1,790 to 114 tokens; map stays close",
        ),
    ],
)
def test_what_stays_close_is_what_is_drawn_and_did_not_move(means: dict[str, tuple[float, float]], title: str) -> None:
    rows = pd.DataFrame(
        [
            {"metric": name, "mean_baseline": was, "mean_candidate": now, "mean_pct": 100 * (now - was) / was}
            for name, (was, now) in means.items()
        ]
    )
    comparison = Comparison("b", "c", (), {"b": "b", "c": "c"})
    assert flow_title(rows, [], comparison, REGISTRY) == title
