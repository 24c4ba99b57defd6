"""The four charts of Home in Chromium: what they draw is what SQL says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from playwright.sync_api import expect

from driftline.charts import style
from driftline.charts.panels import left_of
from home_charts import charts, marked, spot
from roots import Root, metrics, prediction
from shown import BASELINE, FOCUS, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched
    from console import Run

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser", "console", "home_charts", "hostile")
FAILING = "runs/demo_paragraph_v0.5"


def test_a_and_b_draw_every_episode_of_the_runs(home: Watched, connection: duckdb.DuckDBPyConnection) -> None:
    drawn = charts(home.page)
    points = drawn["A"]["sources"]["points"]
    rows = connection.execute(
        "select list_position($1, run) - 1, episode_id, output_tokens, latency_s from episodes"
        " where list_contains($1, run)",
        [[BASELINE, FOCUS, OTHER]],
    ).fetchall()

    names = ("at", "episode", "tokens", "latency")
    assert sorted(zip(*(points[name] for name in names), strict=True)) == sorted(rows)
    assert len(rows) == 36
    assert drawn["A"]["dots"] == drawn["B"]["dots"], "one source for both"
    boxes = drawn["A"]["sources"]["boxes"]
    quartiles = connection.execute(
        "select quantile_cont(output_tokens, 0.25), median(output_tokens), quantile_cont(output_tokens, 0.75)"
        " from episodes where list_contains($1, run) group by run order by list_position($1, run)",
        [[BASELINE, FOCUS, OTHER]],
    ).fetchall()
    assert list(zip(*(boxes[name] for name in ("q1_tokens", "median_tokens", "q3_tokens")), strict=True)) == quartiles
    assert drawn["A"]["sources"]["median"]["x"] == [quartiles[0][1]]
    lines = drawn["B"]["sources"]["pairs"]
    pair = connection.execute(
        "select episode_id, b.output_tokens, b.latency_s, c.output_tokens, c.latency_s"
        " from episodes as b inner join episodes as c using (episode_id) where b.run = $1 and c.run = $2",
        [BASELINE, FOCUS],
    ).fetchall()
    assert sorted(zip(*(lines[name] for name in ("episode", "x0", "y0", "x1", "y1")), strict=True)) == sorted(pair)


@pytest.mark.parametrize(
    ("chart", "names"),
    [
        ("C", {"map_tokens": "Map", "reduce_input_tokens": "Reduce input", "final_tokens": "Final"}),
        ("D", {"rougeL_f1": "ROUGE-L", "rouge1_f1": "ROUGE-1", "rouge2_f1": "ROUGE-2"}),
    ],
)
def test_c_and_d_draw_every_episode_of_the_pair_on_one_scale(
    home: Watched, connection: duckdb.DuckDBPyConnection, chart: str, names: dict[str, str]
) -> None:
    pairs = charts(home.page)[chart]["sources"]["pairs"]
    for at, (metric, name) in enumerate(names.items()):
        rows = {
            episode: (baseline, candidate)
            for episode, baseline, candidate in connection.execute(
                "select episode_id, baseline, candidate"
                f" from episode_deltas('{BASELINE}', '{FOCUS}') where metric = $1",
                [metric],
            ).fetchall()
        }
        drawn = {
            pairs["episode"][index]: (pairs["x0"][index] - left_of(at), pairs["x1"][index] - left_of(at))
            for index, of_panel in enumerate(pairs["name"])
            if of_panel == name and pairs["episode"][index]
        }
        assert len(rows) == 12
        assert set(drawn) == set(rows)
        scales = {
            round(x / value, 9) for episode in rows for x, value in zip(drawn[episode], rows[episode], strict=True)
        }
        assert len(scales) == 1, "one scale from zero"


def test_the_statements_of_the_charts_give_what_is_drawn(home: Watched, shipped: Served, driftline: Run) -> None:
    page, drawn = home.page, charts(home.page)
    statements = [head.text_content() or "" for head in page.locator("main .hd pre").all()][-5:-1]
    counted = ";".join(f"select count(*) as n from ({text})" for text in statements)
    answers = driftline("shell", "--root", shipped.root, "-json", "-c", counted)
    counts = [json.loads(line)[0]["n"] for line in answers.out.splitlines()]

    points = len(drawn["A"]["sources"]["points"]["episode"])
    flow, scores = (drawn[name]["sources"]["pairs"]["episode"] for name in "CD")
    not_drawn = 12  # reduce's input in characters, where tokens are known
    assert counts == [points, points, sum(map(bool, flow)) + not_drawn, len(scores)]


def test_a_failed_episode_is_told_and_has_no_dot(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at(base=BASELINE, cand=FAILING))
    drawn = charts(page)
    points, pairs = drawn["A"]["sources"]["points"], drawn["D"]["sources"]["pairs"]

    lost = [name for name, tokens, at in zip(*(points[key] for key in ("episode", "tokens", "at")), strict=True)
            if tokens is None and at == 1]  # fmt: skip
    assert lost == ["ep10_cave_survey"]
    assert drawn["D"]["sources"]["rows"]["episode"][-1] == lost[0]
    assert all(x is None for name, x in zip(pairs["episode"], pairs["x1"], strict=True) if name == lost[0])
    assert "failed" in drawn["D"]["sources"]["texts"]["text"]
    expect(page.locator("h3", has_text="ROUGE-L")).to_contain_text("1 failed without a score")


def test_the_charts_of_the_dark_theme_have_its_colours(shipped: Served, watch: Watch) -> None:
    watched = watch(theme="dark")
    page = watched.open(shipped.at())
    watched.settle()
    assert {chart["ground"] for chart in charts(page).values()} == {style.DARK["bg"]}
    page.keyboard.press("t")
    watched.settle()
    assert {chart["ground"] for chart in charts(page).values()} == {style.LIGHT["bg"]}


def test_one_column_on_a_phone_and_two_on_a_desk(shipped: Served, watch: Watch) -> None:
    for width, columns in ((1440, 2), (900, 1), (390, 1)):
        watched = watch(width)
        page = watched.open(shipped.at())
        lefts = page.evaluate(
            "() => [...Bokeh.index.query(view => view.model.tags?.[0] === 'quality')]"
            ".map(view => Math.round(view.el.getBoundingClientRect().x))"
        )
        assert len(set(lefts)) == columns, width
        assert watched.width_beyond() <= 0


def run_without_diagnostics(number: int, **artifacts: Any) -> dict[str, Any]:
    said = [
        prediction(f"e{at}", "word " * (20 + at * number), processing_time_seconds=at + number) for at in range(1, 25)
    ]
    score = {"rouge1_f1": 0.4, "rouge2_f1": 0.2, "rougeL_f1": 0.3 - number / 20}
    run = {
        "metrics": metrics(24, references={"gone": score}),
        "predictions": said,
        "diagnostics": None,
        "fingerprint": {"task": "t", "run_context": {"run_id": f"2026-01-0{number}T00:00:00Z", "dataset_id": "d"}},
    }
    return run | artifacts


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """Two runs without diagnostics, whose reference is not there; and two that have the sizes of map and reduce."""
    root = Root(tmp_path_factory.mktemp("bare") / "root")
    for number, key in enumerate(("baselines/a", "runs/b"), 1):
        root.whole_run(key, **run_without_diagnostics(number))
    for number, key in enumerate(("runs/c", "runs/d"), 3):
        sizes = [
            {
                "episode_id": f"e{at}",
                "map_tokens": 50 + at,
                "reduce_input_tokens": 400,
                "final_tokens": 100 + at * number,
            }
            for at in range(1, 25)
        ]
        root.whole_run(key, **run_without_diagnostics(number, diagnostics=sizes))
    return serve(root.folder)


def test_without_diagnostics_c_is_left_out_and_a_line_says_why(bare: Served, watch: Watch) -> None:
    page = watch().open(bare.at(base="baselines/a", cand="runs/b"))

    assert set(charts(page)) == {"A", "B", "D"}
    expect(page.locator(".why")).to_contain_text("neither the baseline nor the candidate in focus has diagnostics")
    page.goto(bare.at(base="runs/c", cand="runs/d"))
    expect(page.locator("h3", has_text="Final")).to_be_visible()
    expect(page.locator(".why")).to_have_count(0)


def test_without_scores_of_episodes_the_means_alone_are_drawn(bare: Served, watch: Watch) -> None:
    page = watch().open(bare.at(base="baselines/a", cand="runs/b"))
    pairs = charts(page)["D"]["sources"]["pairs"]

    assert sorted(pairs["name"]) == ["ROUGE-1", "ROUGE-2", "ROUGE-L"]
    assert set(pairs["kind"]) == {"mean"}
    expect(page.locator("main .cap", has_text="Only means")).to_contain_text("F1 against gone")


def test_of_many_episodes_the_worst_are_drawn_and_a_link_leads_to_all(bare: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(bare.at(base="runs/c", cand="runs/d"))

    assert len(charts(page)["C"]["sources"]["rows"]["episode"]) == 12
    assert len(charts(page)["A"]["sources"]["points"]["episode"]) == 48
    page.get_by_role("link", name="all 24").first.click()
    page.wait_for_url(re.compile("page=episodes"))
    watched.settle()


def test_hostile_names_are_drawn_and_told_as_text(hostile: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(hostile.at())
    drawn = charts(page)
    points = drawn["A"]["sources"]["points"]

    for index, episode in enumerate(points["episode"]):
        if points["tokens"][index] is None or points["at"][index] != 1:
            continue
        page.mouse.move(*spot(page, "A", episode, "tokens", "row", 1))
        expect(page.locator(".bk-Tooltip").filter(has_text=" ".join(episode.split())).first).to_be_visible()
    assert watched.count_smuggled() == 0
    assert not any("\u202e" in name for name in points["episode"])
    page.mouse.click(*spot(page, "A", points["episode"][points["at"].index(1)], "tokens", "row", 1))
    page.wait_for_url(re.compile("page=episodes"))
    watched.settle()
    assert watched.count_smuggled() == 0


def test_the_snapshot_holds_the_charts_and_they_mark(
    driftline: Run, shipped_root: Path, tmp_path: Path, watch: Watch
) -> None:
    target = tmp_path / "snapshot.html"
    assert driftline("snapshot", target, "--root", shipped_root).code == 0
    watched = watch()
    page = watched.open(target.as_uri())

    assert set(charts(page)) == {"A", "B", "C", "D"}
    page.mouse.move(*spot(page, "C", "ep02_tide_pools", "x1", "y"))
    watched.until(lambda: all("ep02_tide_pools" in found for found in marked(page).values()), "marked")
    assert watched.faults == []
