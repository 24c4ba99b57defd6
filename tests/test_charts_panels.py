"""What the panels of flow and scores are given to draw, and the glyphs that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from drawn import REGISTRY, column, glyphs
from driftline.charts import flow, scores, style
from driftline.charts.panels import Limit, Panels, draw_panels, left_of

FLOW = pd.DataFrame(
    [
        ("e2", "final_tokens", 200.0, 50.0),
        ("e2", "map_tokens", 100.0, 60.0),
        ("e1", "final_tokens", 200.0, 190.0),
        ("e1", "map_tokens", None, 80.0),
        ("e1", "reduce_input_chars", 900.0, 800.0),
    ],
    columns=["episode_id", "metric", "baseline", "candidate"],
).assign(delta=0.0, mean_baseline=150.0, mean_candidate=75.0, mean_pct=-50.0)


def lay_out(rows: pd.DataFrame, limits: dict[str, list[Limit]] | None = None) -> Panels:
    return flow.lay_out_flow(rows, limits or {}, REGISTRY, {name: name for name in rows["episode_id"]})


def test_flow_draws_the_mean_first_and_a_gap_as_a_gap() -> None:
    panels = lay_out(FLOW)
    pairs = panels.pairs.set_index(["name", "episode"])

    assert [panel.name for panel in panels.panels] == ["Map", "Reduce input", "Final"]
    assert list(panels.rows["label"]) == ["mean", "e2", "e1"]
    assert np.isnan(pairs["x0"]["Map", "e1"])
    assert (pairs["was"]["Map", "e1"], pairs["now"]["Map", "e1"]) == ("–", "80 tokens")
    assert pairs["x1"]["Map", "e1"] == pytest.approx(80 / panels.panels[0].top)
    assert pairs["x1"]["Final", "e2"] - left_of(2) == pytest.approx(50 / panels.panels[2].top)
    assert panels.panels[0].head == ("150\u202f→\u202f75", "▼ −50\u202f%")


def test_limits_are_drawn_where_they_belong_and_far_ones_left_out() -> None:
    panels = lay_out(FLOW, {"final_tokens": [Limit(220, "min 220"), Limit(9000, "max 9,000")]})
    drawn = draw_panels(panels, style.LIGHT, "C")
    [limit] = glyphs(drawn, "Segment", "limits")

    assert panels.panels[2].top >= 220
    assert column(limit, "x") == pytest.approx([left_of(2) + 220 / panels.panels[2].top])
    assert "min 220" in column(glyphs(drawn, "Text")[0], "text")


def test_of_many_episodes_the_twelve_worst_are_drawn() -> None:
    rows = pd.concat([FLOW.head(2).assign(episode_id=f"e{at:02}") for at in range(21)], ignore_index=True)
    assert list(lay_out(rows).rows["episode"]) == ["", *(f"e{at:02}" for at in range(12))]
    assert len(lay_out(rows[rows["episode_id"] != "e20"]).rows) == 21


def test_a_final_text_alone_is_no_flow() -> None:
    assert flow.has_flow(FLOW)
    assert not flow.has_flow(FLOW[FLOW["metric"] == "final_tokens"])


def score(
    episode: str | None, name: str | None, reference: str | None, was: Any, now: Any, status: str
) -> dict[str, Any]:
    delta = now - was if was is not None and now is not None else None
    keys = {"episode_id": episode, "metric": name, "reference": reference, "status": status}
    return {**keys, "baseline": was, "candidate": now, "delta": delta, "delta_pct": None}


def score_frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"baseline": float, "candidate": float, "delta": float, "delta_pct": float})


SCORED = score_frame(
    *(score(None, name, "gold", 0.4, 0.3, "compared") for name in scores.METRICS),
    score("e2", "rougeL_f1", "gold", 0.5, 0.1, "compared"),
    score("e1", "rougeL_f1", "gold", 0.4, 0.4, "compared"),
    score("e3", "rougeL_f1", "gold", 0.3, None, "only in baseline"),
    score("e3", None, None, None, None, "failed"),
    score("e4", None, None, None, None, "failed"),
)


def lay_out_scores(rows: pd.DataFrame) -> Panels:
    names = {name: name for name in rows["episode_id"].dropna()}
    references = {name: name for name in rows["reference"].dropna()}
    return scores.lay_out_scores(rows, scores.chosen_reference(rows), REGISTRY, names, references)


def test_a_failed_episode_keeps_its_row_and_says_that_it_has_no_score() -> None:
    panels = lay_out_scores(SCORED)
    drawn = draw_panels(panels, style.LIGHT, "D")
    texts = glyphs(drawn, "Text")[0]
    said = list(zip(column(texts, "text"), column(texts, "y"), column(texts, "colour"), strict=True))

    assert list(panels.rows["label"]) == ["mean", "e2", "e1", "e3", "e4"]
    assert list(panels.rows["kind"]) == ["mean", "episode", "episode", "failed", "failed"]
    assert sum(text == "failed: no score" and y == 0.5 for text, y, _ in said) == 3
    assert ("failed", 1.5, style.LIGHT["worse"]) in said
    lost = panels.pairs[panels.pairs["episode"] == "e3"]
    assert lost["x0"].notna().all()
    assert lost["x1"].isna().all()


def test_scores_are_of_the_reference_that_scores_most_pairs() -> None:
    other = [score(f"e{at}", "rougeL_f1", "other", 0.1, 0.2, "compared") for at in range(3)]
    rows = pd.concat([SCORED, score_frame(*other)], ignore_index=True)

    assert scores.chosen_reference(SCORED) == "gold"
    assert scores.chosen_reference(rows) == "other"
    assert list(lay_out_scores(rows).rows["episode"]) == ["", "e0", "e1", "e2", "e3", "e4"]


def test_without_scores_of_episodes_the_means_of_each_reference_are_drawn() -> None:
    rows = score_frame(
        score(None, "rougeL_f1", "gold", 0.4, None, "not comparable"),
        score(None, "rougeL_f1", "silver", None, 0.3, "not comparable"),
    )
    panels = lay_out_scores(rows)

    assert list(panels.rows["label"]) == ["gold", "silver"]
    assert list(panels.pairs["x1"].isna()) == [True, False]
    assert [panel.name for panel in panels.panels] == ["ROUGE-L"]


def test_of_many_episodes_the_worst_and_the_failed_ones_are_drawn() -> None:
    scored = [score(f"e{at:02}", "rougeL_f1", "gold", 0.5, 0.1 + at / 100, "compared") for at in range(25)]
    rows = pd.concat([SCORED.head(3), score_frame(*scored), SCORED.tail(2)], ignore_index=True)
    drawn = scores.drawn_episodes(rows, "gold")

    assert drawn == [*((f"e{at:02}", False) for at in range(10)), ("e3", True), ("e4", True)]


def test_long_names_stand_above_their_rows_and_are_never_cut() -> None:
    name = "an episode whose name is longer than any room beside a plot"
    rows = score_frame(
        score(None, "rougeL_f1", "gold", 0.4, 0.3, "compared"), score(name, "rougeL_f1", "gold", 0.4, 0.3, "compared")
    )
    panels = lay_out_scores(rows)
    drawn = draw_panels(panels, style.LIGHT, "D")

    assert drawn.min_border_left < 20
    assert name in column(glyphs(drawn, "Text")[0], "text")
