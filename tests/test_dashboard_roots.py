"""The dashboard on roots of every kind: empty, one-sided, growing while it is served, large, with gaps, and hostile."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.panel import LISTED
from hostile import ADDRESS, BIDI, IMAGE, QUOTES, assert_is_text
from roots import Root, metrics, profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser", "hostile")
MIXED_STAGES = {"v1": 3.0, "v2": None, "v3": 2.0, "v4": None, "v5": None, "v6": 4.0, "v7": 5.0}


def measured(release: str, number: int, **stages: float | None) -> dict[str, Any]:
    """A profile of the release with those stages that have a wall time."""
    rows = {name: {"wall_time_s": value, "peak_rss_mb": 100.0} for name, value in stages.items() if value is not None}
    when = f"2026-01-{1 + number // 24:02}T{number % 24:02}:00:00Z"
    return profile(release, when, stages=rows, totals={"wall_time_s": 10.0 + number, "peak_rss_mb": 200.0})


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """A served root that is empty at first."""
    return serve(Root(tmp_path_factory.mktemp("growing") / "root").folder)


def emptied(served: Served) -> Root:
    for name in ("eval", "profiles"):
        shutil.rmtree(served.root / name, ignore_errors=True)
    return Root(served.root)


def says(page: Page, heading: str, reason: str) -> None:
    expect(page.locator("h1")).to_have_text(heading)
    expect(page.locator(".empty")).to_contain_text(reason)


def test_what_is_not_there_is_said_and_what_is_added_appears_on_reload(growing: Served, watch: Watch) -> None:
    watched, nothing = watch(), "Nothing to compare yet."
    root = emptied(growing)
    says(watched.open(growing.at()), nothing, "No runs below eval/.")
    says(watched.open(growing.at("performance")), nothing, "No profiles below profiles/.")
    expect(watched.open(growing.at("problems")).locator("h1")).to_contain_text("No problems.")

    root.profile("v1", measured("v1", 0, load=1.0))
    page = watched.open(growing.at("performance"))
    expect(page.locator("h1")).to_contain_text("v1 took")
    expect(page.locator(".side")).to_contain_text(re.compile(r"v1, \w+ \d+ \d\d:\d\d"))
    expect(page.locator("table.runs")).to_have_count(0)
    expect(page.locator("table.breakdown tbody tr").first).to_contain_text("load")
    root.profile("v2", measured("v2", 1, load=2.0))
    page = watched.open(growing.at("performance"))
    expect(page.locator("h1")).to_contain_text("v2 against v1")
    expect(page.get_by_text("Past fail:")).to_contain_text("(Wall time)")
    expect(page.get_by_text("A trend begins with 3 profiles.")).to_be_visible()
    expect(page.get_by_role("heading", name="No release has both sides")).to_be_visible()
    assert watched.trends() == {}
    expect(page.locator(".jumps")).to_have_text("StagesWhat the change is made ofQuality against costCoverage")
    root.profile("v3", measured("v3", 2, load=2.0))
    watched.open(growing.at("performance"))
    assert watched.trends()["wall_time_s"]["dots"]["label"].count("v2") == 2
    says(watched.open(growing.at()), nothing, "No runs below eval/.")

    root = emptied(growing)
    root.whole_run("baselines/b", metrics=metrics(2, latency_ms=1000.0))
    says(watched.open(growing.at()), nothing, "1 run is here")
    later = {"run_context": {"run_id": "2026-01-02T00:00:00Z"}}
    root.whole_run("runs/c", metrics=metrics(2, latency_ms=3000.0), fingerprint=later)
    expect(watched.open(growing.at()).locator("h1")).to_contain_text("No answer yet. c: latency")
    says(watched.open(growing.at("performance")), nothing, "No profiles below profiles/.")

    root.file("eval/runs/c/predictions.jsonl", "{not json\n")
    page.goto(growing.at("problems"))
    expect(page.locator("table.problems").first).to_contain_text("eval/runs/c/predictions.jsonl")
    watched.settle()


def test_a_gap_breaks_the_line_and_a_lone_point_is_drawn(growing: Served, watch: Watch) -> None:
    root = emptied(growing)
    for number, (release, value) in enumerate(MIXED_STAGES.items()):
        root.profile(release, measured(release, number, steady=1.0, sometimes=value))
    watched = watch()
    watched.open(growing.at("performance"))
    trend = watched.trends()["wall_time_s"]

    at = [index for index, stage in enumerate(trend["dots"]["stage"]) if stage == "sometimes"]
    assert [trend["dots"]["label"][index] for index in at] == list(MIXED_STAGES)
    for source in ("line", "dots"):
        assert [trend[source]["y"][index] is None for index in at] == [value is None for value in MIXED_STAGES.values()]
    assert trend["dots"]["shown"][at[2]] == "2.00 s"
    assert sorted(trend["gaps"]["x"]) == [1, 3, 4]
    lowest, highest = (trend["line"]["y"][at[index]] for index in (2, 6))
    floor = int(lowest) + 0.16
    assert (highest - floor) / (lowest - floor) == pytest.approx(5 / 2), "rows are scaled from zero"


@pytest.mark.parametrize(("releases", "stages"), [(50, 2), (200, 10)])
def test_many_releases_are_drawn(growing: Served, watch: Watch, releases: int, stages: int) -> None:
    root = emptied(growing)
    for number in range(releases):
        took: dict[str, float | None] = {f"stage{at}": 1.0 + (number + at) % 7 for at in range(stages)}
        root.profile(f"v{number}", measured(f"v{number}", number, **took))
    watched = watch()
    page = watched.open(growing.at("performance"))
    trend = watched.trends()["wall_time_s"]

    assert max(x for x in trend["line"]["x"] if x is not None) == releases - 1
    assert f"v{releases - 1}" in trend["labels"].values()
    assert len(set(filter(None, trend["dots"]["stage"]))) == stages + 1
    chosen, others = page.locator("table.runs tbody tr:not(.off)"), page.locator("table.runs tbody tr.off")
    count = chosen.count()
    expect(others).to_have_count(min(releases - count, LISTED))
    assert watched.width_beyond() <= 0
    page.get_by_label("Search releases").fill("V7")
    expect(others).to_have_text([re.compile("v7")] if releases == 50 else [re.compile("v7")] * 11)
    expect(chosen).to_have_count(count)
    others.first.get_by_role("radio").click()
    expect(page.locator(".ctx")).to_contain_text("v7")
    page.get_by_label("Search releases").fill("nowhere")
    expect(page.get_by_text("No other has “nowhere”.")).to_be_visible()
    expect(others).to_have_count(0)
    watched.settle()


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_names_stay_text_on_every_page(hostile: Served, watch: Watch, width: int) -> None:
    watched = watch(width)
    shown = ""
    for name in ("home", "performance", "problems"):
        page = watched.open(hostile.at(name))
        shown += "\n".join(page.locator("h1, h3, p, td, th, summary, pre, .ctx, .tile, .ban").all_inner_texts())
        assert watched.count_smuggled() == 0, name
        assert watched.width_beyond() <= 0, name
    assert_is_text(shown)


def test_hostile_names_can_be_chosen_pointed_at_and_shared(hostile: Served, watch: Watch) -> None:
    watched = watch()
    page = watched.open(hostile.at())
    page.get_by_role("radio").nth(1).click()
    expect(page.locator(".ctx")).to_contain_text("chosen by you")
    page.locator("summary", has_text="Show SQL").first.click()
    expect(page.locator("pre").first).to_be_visible()
    assert watched.count_smuggled() == 0

    page = watched.open(hostile.at(find=BIDI, task=f"task {QUOTES}"))
    expect(page.locator('[data-param="find"]')).to_have_value(BIDI)
    expect(page.locator('[data-param="task"]')).to_have_value(f"task {QUOTES}")
    assert watched.count_smuggled() == 0

    page = watched.open(hostile.at("performance", pfocus=QUOTES))
    dots = watched.trends()["wall_time_s"]["dots"]
    assert ADDRESS in dots["stage"]
    page.mouse.move(*watched.point("wall_time_s", IMAGE, dots["label"][1]))
    expect(page.locator(".bk-Tooltip").filter(has_text=IMAGE)).to_be_visible()
    page.mouse.click(*watched.point("wall_time_s", IMAGE, dots["label"][0]))
    watched.settle()
    assert watched.count_smuggled() == 0
    assert BIDI not in dots["stage"]
    assert "\\u202egnp.\\x1b[31m" in dots["stage"]
