"""What the charts of Home are given to draw: swarms, boxes, pairs, panels; and the glyphs that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.models import GlyphRenderer, Plot
from hypothesis import given
from hypothesis import strategies as st

from driftline.charts import distribution, flow, latency, scores, style
from driftline.charts.panels import Limit, Panels, draw_panels, left_of
from driftline.metrics import Metric

RUNS = ["base", "focus", "other"]


def metric(name: str, unit: str = "tokens", decimals: int = 0) -> Metric:
    return Metric(name, name, unit, "lower", "log", "length", False, 10, 25, None, None, None, decimals, "")


TOKENS, LATENCY = metric("output_tokens"), metric("latency_s", "s", 2)
REGISTRY = {
    **{name: metric(name) for name in ("map_tokens", "reduce_input_tokens", "final_tokens")},
    **{name: metric(name, "score", 3) for name in scores.METRICS},
    "reduce_input_chars": metric("reduce_input_chars", "characters"),
}


def episodes(**runs: list[tuple[str, float | None, float | None]]) -> pd.DataFrame:
    """The frame of queries.episode_points from (episode, tokens, latency); without tokens it failed."""
    rows = [
        {"run": run, "episode_id": name, "status": "ok" if tokens is not None else "failed", "output_tokens": tokens,
         "latency_s": seconds}
        for run, points in runs.items()
        for name, tokens, seconds in points
    ]  # fmt: skip
    frame = pd.DataFrame(rows).astype({"output_tokens": float, "latency_s": float})
    tokens = frame.groupby("run")["output_tokens"]
    for name, value in (
        ("min_tokens", tokens.transform("min")),
        ("q1_tokens", tokens.transform(lambda of: of.quantile(0.25))),
        ("median_tokens", tokens.transform("median")),
        ("q3_tokens", tokens.transform(lambda of: of.quantile(0.75))),
        ("max_tokens", tokens.transform("max")),
        ("mean_tokens", tokens.transform("mean")),
    ):
        frame[name] = value
    return frame


def laid_out(frame: pd.DataFrame, runs: list[str] | None = None) -> distribution.Points:
    runs = runs or RUNS
    return distribution.lay_out_points(frame, runs, [f"run {name}" for name in runs], TOKENS, LATENCY)


SOME = episodes(
    base=[("e1", 100, 1.0), ("e2", 120, 2.0), ("e3", None, None)],
    focus=[("e1", 50, 0.5), ("e2", 60, None), ("e4", 55, 0.7)],
)


def glyphs(drawn: Plot, kind: str, tag: str = "") -> list[GlyphRenderer]:
    return [
        found
        for found in drawn.renderers
        if type(found.glyph).__name__ == kind and (not tag or tag in found.data_source.tags)
    ]


def column(renderer: Any, name: str) -> list[Any]:
    return [None if value != value else value for value in renderer.data_source.data[name]]


def test_a_run_without_episodes_keeps_its_row_and_a_failed_episode_has_no_dot() -> None:
    points = laid_out(SOME)
    dots = points.dots.set_index(["at", "episode"])

    assert list(points.runs["y"]) == [2.5, 1.5, 0.5]
    assert list(points.runs["mean_shown"]) == ["110", "55", "–"]
    assert list(points.runs["failed"]) == [1, 0, 0]
    assert np.isnan(dots["row"][0, "e3"])
    assert np.isnan(dots["tokens"][0, "e3"])
    assert dots["row"][0, "e1"] == pytest.approx(2.5)
    assert dots["latency_shown"][1, "e2"] == "–"


def test_boxes_are_the_quartiles_of_the_frame_and_the_dashed_line_the_median_of_the_baseline() -> None:
    points = laid_out(SOME)
    drawn = distribution.draw_distribution(points, style.source_of(points.dots), style.LIGHT)
    [box] = [found for found in glyphs(drawn, "HBar") if "boxes" in found.data_source.tags]
    [median] = glyphs(drawn, "Segment", "median")

    assert column(box, "q1_tokens") == [105, 52.5]
    assert column(box, "q3_tokens") == [115, 57.5]
    assert column(median, "x") == [110]
    words = column(glyphs(drawn, "Text")[0], "text")
    assert {"baseline median 110", "run base", "1 failed", "no output tokens"} <= set(words)


def test_the_candidate_in_focus_lies_on_top_and_the_baseline_over_the_others() -> None:
    frame = episodes(base=[("e1", 1, 1)], focus=[("e1", 1, 1)], other=[("e1", 1, 1)])
    assert list(laid_out(frame).dots["role"]) == [distribution.OTHER, distribution.BASELINE, distribution.FOCUS]


@given(st.lists(st.floats(0, 1000, allow_subnormal=False), max_size=60), st.booleans())
def test_a_swarm_stays_in_its_row_and_is_the_same_every_time(values: list[float], is_strip: bool) -> None:
    places = distribution.swarm(np.array(values), 4.0, 15.0, is_strip)

    assert (np.abs(places) <= 15).all()
    assert list(places) == list(distribution.swarm(np.array(values), 4.0, 15.0, is_strip))


def test_dots_of_a_swarm_make_room_for_each_other_until_the_row_is_full() -> None:
    assert len(set(distribution.swarm(np.array([7.0] * 5), 1.0, 15.0, False))) == 5
    assert list(distribution.swarm(np.array([0.0, 100.0, 200.0]), 1.0, 15.0, False)) == [0, 0, 0]
    assert len(set(distribution.swarm(np.array([7.0] * 9), 1.0, 15.0, False))) == 5
    assert len(set(distribution.swarm(np.array([7.0] * 30), 1.0, 15.0, True))) == 30


def test_above_twenty_episodes_the_swarm_is_a_faint_strip() -> None:
    few, many = (
        laid_out(episodes(base=[("e", 1, 1)], focus=[("e", 1, 1)], other=[(f"e{at}", at, 1) for at in range(count)]))
        for count in (20, 21)
    )
    assert (few.is_strip, many.is_strip) == (False, True)
    assert set(few.dots["alpha"]) == {1}
    assert many.dots.loc[many.dots["role"] == distribution.OTHER, "alpha"].unique() == [0.35]


def test_rows_get_lower_with_many_runs_but_not_too_low_for_a_name() -> None:
    runs = ["base", "focus", *(f"r{at}" for at in range(18))]
    points = laid_out(SOME, runs)
    drawn = distribution.draw_distribution(points, style.source_of(points.dots), style.LIGHT)

    assert points.row_height == distribution.LOW_ROW >= 24
    assert drawn.height > 20 * 24
    assert len(points.runs) == 20


def test_lines_join_only_episodes_that_both_runs_have_in_both_numbers() -> None:
    pairs = latency.pair_lines(laid_out(SOME).dots)
    assert pairs.to_dict("records") == [{"episode": "e1", "x0": 100, "y0": 1.0, "x1": 50, "y1": 0.5}]


def test_names_of_clusters_never_lie_on_each_other() -> None:
    close = [(f"e{at}", 100.0 + at, 1.0) for at in range(5)]
    names = latency.place_names(laid_out(episodes(base=close, focus=close, other=close)))
    spots = list(zip(names["x"], names["y"], names["dx"], names["dy"], strict=True))

    assert names["label"][0] == "run focus"
    assert "run base (baseline)" in set(names["label"])
    assert len(set(spots)) == len(names)


def test_with_many_runs_only_baseline_and_focus_are_named() -> None:
    runs = ["base", "focus", *(f"r{at}" for at in range(8))]
    frame = episodes(**{run: [("e", 10.0 * at, 10.0 * at)] for at, run in enumerate(runs, 1)})
    assert len(latency.place_names(laid_out(frame, runs))) == 2


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


@pytest.mark.parametrize(
    ("low", "high", "ends"), [(10, 100, (0, True)), (95, 100, (94.25, True)), (0, 0, (0, True)), (5, 5, (4.5, True))]
)
def test_an_axis_begins_at_zero_unless_all_values_are_far_from_it(low: float, high: float, ends: Any) -> None:
    start, end = style.value_range(low, high)
    assert (start, end > high) == (pytest.approx(ends[0]), ends[1])
