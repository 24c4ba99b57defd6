"""The dashboard on the shipped root, in Chromium: what it shows is what SQL says, and the URL holds the screen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import duckdb
import pytest
from playwright.sync_api import expect

from driftline import queries
from shown import BASELINE, FOCUS, OTHER, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched
    from console import Run

    Watch = Callable[..., Watched]

pytest_plugins = ("browser", "console")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_draws_without_a_fault(shipped: Served, watch: Watch, width: int, theme: str) -> None:
    watched = watch(width, theme)
    for name in ("home", "performance", "problems"):
        page = watched.open(shipped.at(name))
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.locator('nav a[aria-current="page"]')).to_have_text(re.compile(f"^{name}", re.IGNORECASE))
        assert watched.width_beyond() <= 0, name
        assert watched.count_smuggled() == 0, name
        assert page.title() == "driftline"
    assert watched.faults == []


def test_home_opens_with_an_answer_that_sql_gives(
    shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection
) -> None:
    page = watch().open(shipped.at())
    pair = "default_baseline, default_candidate"
    baseline, candidate = connection.execute(f"select {pair} from comparison_groups where is_default").fetchall()[0]
    row = next(row for row in queries.deltas(connection, baseline, candidate).rows if row["metric"] == "rougeL_f1")

    expect(page.locator("h1")).to_contain_text(
        f"v0.6 raises ROUGE-L from {row['baseline']:.3f} to {row['candidate']:.3f}"
    )
    expect(page.locator("h1 span")).to_have_text("Better.")
    expect(page.locator(".ctx")).to_contain_text("Baseline v0.1 (newest baseline before the newest run")


def test_the_tiles_are_the_deltas_of_sql(shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection) -> None:
    page = watch().open(shipped.at(base=BASELINE, cand=[FOCUS, OTHER]))
    registry = queries.registry(connection)
    for name in ("rougeL_f1", "avg_output_tokens", "avg_latency_s"):
        statement = f"select candidate, baseline from deltas('{BASELINE}', '{{}}') where metric = '{name}'"
        (value, was), (other, _) = (connection.execute(statement.format(run)).fetchall()[0] for run in (FOCUS, OTHER))
        tile = page.locator(".tile", has=page.get_by_text(registry[name].label, exact=True))
        expect(tile.locator(".v")).to_contain_text(registry[name].shown(value))
        expect(tile.locator(".was")).to_have_text(f"baseline {registry[name].shown_with_unit(was)}")
        expect(tile.locator(".o")).to_contain_text(registry[name].shown(other))


def test_the_delta_table_is_that_of_sql(shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection) -> None:
    page = watch().open(shipped.at(base=BASELINE, cand=FOCUS))
    registry = queries.registry(connection)
    moved = [row for row in queries.deltas(connection, BASELINE, FOCUS).rows if row["delta"] not in (None, 0)]

    shown = [
        [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
        for row in page.locator("table.forest:not(.sure) tbody tr").all()
    ]
    assert len(moved) > 5
    assert [cells[0] for cells in shown] == [
        f"{registry[row['metric']].label} {registry[row['metric']].told_unit}".strip() for row in moved
    ]
    for number, side in ((1, "baseline"), (2, "candidate")):
        assert [cells[number] for cells in shown] == [registry[row["metric"]].shown(row[side]) for row in moved]


@pytest.mark.parametrize("name", ["home", "performance", "problems"])
def test_the_sql_that_is_shown_gives_what_is_drawn(shipped: Served, watch: Watch, driftline: Run, name: str) -> None:
    watched = watch()
    page = watched.open(shipped.at(name))
    drawn = [
        (head.locator("pre").text_content() or "", head.locator("xpath=following-sibling::*").first)
        for head in page.locator(".hd").all()
    ]
    statements = [statement for statement, _ in drawn]
    answers = driftline(
        "shell",
        "--root",
        shipped.root,
        "-json",
        "-c",
        ";".join(f"select count(*) as n from ({text})" for text in statements),
    )
    counts = [json.loads(line)[0]["n"] for line in answers.out.splitlines()]

    assert (answers.code, len(counts)) == (0, len(statements))
    assert statements
    if name == "home":
        folded = sum(int(re.findall(r"\d+", text)[0]) for text in texts(page, "details.more summary"))
        # Those of the figures are held to what is drawn beside the figures' own tests.
        assert counts[:2] == [
            page.locator("table.forest tbody tr").count() + folded,
            page.locator("table.ep-rows tbody tr").count(),
        ]
    elif name == "performance":
        left_out = page.locator("table.st").first.locator(".hc").count()  # episodes processed are a tile
        assert counts[0] == page.locator("table.st td.dc").count() + left_out
        assert counts[1] >= page.locator("table.sure tbody tr").count() > 0
        assert counts[2] == page.locator("table.wf tbody tr").count()
        assert counts[3] == sum(x is not None for x in watched.trends()["wall_time_s"]["line"]["x"])
    else:
        assert counts == [page.locator("table.problems tbody tr").count()]


def test_the_trends_draw_the_grid_of_sql(shipped: Served, watch: Watch, connection: duckdb.DuckDBPyConnection) -> None:
    watched = watch()
    watched.open(shipped.at("performance"))
    trends = watched.trends()

    assert set(trends) == {"wall_time_s", "peak_rss_mb"}
    assert len({trend["axis"] for trend in trends.values()}) == 1
    assert len({trend["marker"] for trend in trends.values()}) == 1
    for metric, trend in trends.items():
        frame = queries.trend(connection, metric)
        line = trend["line"]
        for stage, rows in frame.groupby("stage"):
            at = [index for index, name in enumerate(trend["dots"]["stage"]) if name == stage]
            assert [trend["dots"]["label"][index] for index in at] == list(rows.sort_values("release_order")["release"])
            assert [line["x"][index] for index in at] == list(range(len(rows)))
            assert [line["y"][index] is None for index in at] == list(rows["value"].isna())
            assert line["x"][at[-1] + 1] is None, "the line of a stage ends before the next begins"
        assert len(trend["gaps"]["x"]) == int(frame["value"].isna().sum())
    assert any(y is None for y, x in zip(line["y"], line["x"], strict=True) if x is not None)


def test_pointing_at_a_dot_tells_its_value_and_a_tap_focuses_its_release(shipped: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(shipped.at("performance"))
    shown = watched.trends()["wall_time_s"]["dots"]
    at = next(
        i
        for i, (stage, label) in enumerate(zip(shown["stage"], shown["label"], strict=True))
        if (stage, label) == ("(totals)", "v0.2")
    )
    point = watched.point("wall_time_s", "(totals)", "v0.2")

    page.mouse.move(*point)
    expect(page.locator(".bk-Tooltip").filter(has_text="v0.2")).to_contain_text(shown["shown"][at])
    page.mouse.click(*point)
    expect(page.locator(".ctx")).to_contain_text("In focus v0.2")
    expect(page).to_have_url(re.compile("pfocus=v0.2"))
    expect(page.locator("h1")).to_contain_text("v0.2 against v0.5")
    watched.settle()
