"""Monitor traces: which profiles have one, which is shown, and what is drawn of it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from drawn import column, glyphs, metric
from driftline import queries
from driftline.charts import monitor as charts
from driftline.charts import style
from driftline.reports import monitors
from driftline.reports.choice import ProfileComparison
from release_roots import released
from roots import Root

START = "# some tool monitor (test; append log) session_start=2026-01-01T00:00:00Z"


@pytest.fixture
def root(tmp_path: Path) -> Root:
    root = Root(tmp_path / "root")
    for day in (1, 2, 3):
        released(root, f"v{day}", day, wall_s=1.0)
    return root


def tick(second: float, stage: str, rss_mb: float = 100, cpu_pct: float = 50) -> str:
    return (
        f"2026-01-01T00:00:{int(second):02}Z pid=1 stage={stage} rss_mb={rss_mb:.0f} peak_rss_mb={rss_mb:.0f}"
        f" cpu_pct={cpu_pct:.1f} elapsed_s={second:.1f} stage_elapsed_s=0.1"
    )


def log(root: Root, profile: str, *sections: list[str]) -> Root:
    text = "".join("\n".join(["", START, *ticks, ""]) for ticks in sections)
    return root.file(f"profiles/{profile}.monitor.log", text)


def rendered(root: Root, asked: str = "", focus: str = "v3") -> str:
    with root.open() as store:
        rows = {row["profile"]: row for row in queries.profile_list(store.connection)}
        comparison = ProfileComparison(
            "v1", focus, tuple({"v2", "v3"} - {focus}), {key: key for key in rows}, profiles=rows,
            query=lambda **changes: f"?{changes}",
        )  # fmt: skip
        return monitors.render(store.connection, comparison, "light", asked)


def titles(page: str) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", page)


def test_without_a_trace_it_says_which_command_makes_one(root: Root) -> None:
    page = rendered(root)
    assert titles(page) == ["No monitor traces"]
    assert "<code>driftline profile freeze --version V --monitor -- COMMAND</code>" in page


def test_every_section_is_listed_and_the_last_of_the_focus_is_shown(root: Root) -> None:
    log(root, "v1", [tick(1, "load")])
    log(root, "v3", [tick(1, "load"), tick(2, "load", 300)], [tick(1, "load"), tick(5, "store", 200)])
    page = rendered(root)

    assert titles(page) == ["2 profiles have a monitor trace", "v3: at most 200 MB sampled, 103 MB frozen"]
    assert "Section 2." in page
    assert len(re.findall(r"<tr ", page)) == 3
    assert titles(rendered(root, "v3#1"))[1] == "v3: at most 300 MB sampled, 103 MB frozen"
    assert titles(rendered(root, "v1#1"))[1].startswith("v1:")
    assert titles(rendered(root, "v9#1"))[1].startswith("v3:")


def test_a_torn_last_line_costs_its_own_tick(root: Root) -> None:
    log(root, "v3", [tick(1, "load"), tick(2, "load", 300), tick(3, "load")[:40]])
    page = rendered(root)
    assert titles(page)[1] == "v3: at most 300 MB sampled, 103 MB frozen"
    assert ">2</td>" in page


def test_a_trace_that_is_only_spoken_of_is_listed(root: Root) -> None:
    root.file("profiles/v2.stage_truth.json", '{"rfc065_monitor": {"lines": 42, "bytes": 100}}')
    page = rendered(root)
    assert titles(page) == ["1 profile has a monitor trace"]
    assert "no log here, 42 lines noted" in page
    assert "No tick can be drawn." in page


def test_a_log_without_a_whole_tick_is_there_all_the_same(root: Root) -> None:
    log(root, "v3", [tick(3, "load")[:40]])
    page = rendered(root)
    assert "no whole tick in the log" in page
    assert "No tick can be drawn." in page


def test_every_tick_can_be_taken_along_and_of_very_many_the_command(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(root, "v3", [tick(1, "load"), tick(2, "store", 300)])
    page = rendered(root)
    assert 'download="trace.csv"' in page
    assert "load%2C100.0" in page
    monkeypatch.setattr(queries, "TICKS_TAKEN_ALONG", 1)
    assert "driftline sql --format csv" in rendered(root)
    assert "download=" not in rendered(root)


def test_a_long_trace_is_drawn_in_steps_that_keep_its_peak(root: Root) -> None:
    ticks = [tick(at / 100, "load", 900 if at == 777 else 100) for at in range(3000)]
    log(root, "v3", ticks)
    with root.open() as store:
        drawn = queries.trace(store.connection, "v3", 1)

    assert 300 < len(drawn) <= 600
    assert drawn["rss_mb"].max() == 900
    assert drawn["elapsed_s"].is_monotonic_increasing


def points(*rows: tuple[float, str, float | None, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["elapsed_s", "stage", "rss_mb", "cpu_pct"])
    return frame.astype({"rss_mb": float, "cpu_pct": float})


def test_a_band_lasts_until_another_stage_begins() -> None:
    found = charts.bands(points((0, "a", 1, 1), (1, "a", 1, 1), (2, "b", 1, 1), (4, "a", 1, 1), (6, "a", 1, 1)))
    assert list(found.itertuples(index=False, name=None)) == [("a", 0, 2), ("b", 2, 4), ("a", 4, 6)]


def test_what_was_frozen_lies_beside_what_was_sampled_on_one_scale() -> None:
    frozen = pd.DataFrame({"stage": ["a", "b"], "peak_rss_mb": [400.0, None], "avg_cpu_pct": [None, 50.0]})
    trace = charts.Trace(
        points((0, "a", 100, 10), (1, "b", None, 100), (2, "b", 200, 20)), frozen, metric("peak_rss_mb", "MB"),
        metric("avg_cpu_pct", "%", 1),
    )  # fmt: skip
    drawn = charts.draw_trace(trace, style.LIGHT)
    memory, cpu = glyphs(drawn, "Line")
    (level,) = glyphs(drawn, "Segment", "frozen peak_rss_mb")

    assert column(memory, "y") == [1 + charts.GAP + 0.25, None, 1 + charts.GAP + 0.5]
    assert column(cpu, "y") == [0.1, 1.0, 0.2]
    assert (column(level, "left"), column(level, "right"), column(level, "y")) == ([0], [1], [2 + charts.GAP])


def test_where_no_memory_was_readable_the_scale_is_that_of_what_was_frozen() -> None:
    frozen = pd.DataFrame({"stage": ["a"], "peak_rss_mb": [400.0], "avg_cpu_pct": [None]})
    trace = charts.Trace(
        points((0, "a", None, None), (1, "a", None, None)), frozen, metric("peak_rss_mb", "MB"),
        metric("avg_cpu_pct", "%", 1),
    )  # fmt: skip
    (level,) = glyphs(charts.draw_trace(trace, style.LIGHT), "Segment", "frozen peak_rss_mb")
    assert column(level, "y") == [2 + charts.GAP]
