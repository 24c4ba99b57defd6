"""A single profile as HTML: its totals, its stages longest first, and gaps as words."""

from __future__ import annotations

from typing import Any

import pytest

from driftline import queries
from driftline.reports import breakdown
from roots import Root, profile
from test_html import Reader

HOSTILE = "<script>v1</script>"


def page(root: Root) -> str:
    with root.open() as store:
        (row,) = queries.profile_list(store.connection)
        return breakdown.render(store.connection, row, row["profile"])


def cells(markup: str, table: str) -> list[list[str]]:
    body = markup.partition(f'<table class="{table}">')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [[Reader(cell).text for cell in row.split("</td>")[:-1]] for row in body.split("</tr>")[:-1]]


def test_the_stages_stand_by_their_time_and_what_is_missing_is_a_word(root: Root) -> None:
    stages: dict[str, Any] = {
        "transcription": {"wall_time_s": 2.0, "peak_rss_mb": 300, "avg_cpu_pct": 90.5},
        "summarization": {"wall_time_s": 20.0, "peak_rss_mb": 500},
        "own": {"peak_rss_mb": 7},
        "quick": {"wall_time_s": 0.001, "peak_rss_mb": 0, "avg_cpu_pct": 0},
    }
    shown = page(root.profile("v1", profile("v1", stages=stages, totals={"wall_time_s": 22.0, "peak_rss_mb": 500})))
    assert cells(shown, "breakdown") == [
        ["summarization", "20.0", "500", "not stated"],
        ["transcription", "2.00", "300", "90.5"],
        ["quick", "0.0010", "no sample", "no sample"],
        ["own", "not stated", "7", "not stated"],
    ]
    assert "<h3>summarization took longest: 20.0 s</h3>" in shown
    assert "<h1>v1 took 22.0 s and held 500 MB at its peak.</h1>" in shown


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({}, "v1 states no totals."),
        ({"wall_time_s": 3}, "v1 took 3.00 s."),
        ({"peak_rss_mb": 80}, "v1 held 80 MB at its peak."),
    ],
)
def test_totals_that_are_missing_are_not_made_up(root: Root, totals: dict[str, Any], said: str) -> None:
    shown = page(root.profile("v1", profile("v1", totals=totals)))
    assert f"<h1>{said}</h1>" in shown
    assert shown.count("not stated</div>") == 5 - len(totals)
    assert "The profile names no stages." in shown


def test_names_are_text(root: Root) -> None:
    content = profile(HOSTILE, stages={HOSTILE: {"wall_time_s": 1}}, environment={"hostname": HOSTILE})
    shown = Reader(page(root.profile("v1", content)))
    assert "script" not in shown.elements
    assert shown.text.count(HOSTILE) >= 3


def test_the_trace_of_the_only_profile_is_shown(root: Root) -> None:
    root.profile("v1", profile("v1", totals={"wall_time_s": 3})).profile("v2", profile("v2", totals={"wall_time_s": 3}))
    tick = "2026-01-01T00:00:01Z pid=1 stage=a rss_mb=1 peak_rss_mb=2 cpu_pct=3 elapsed_s=4"
    root.file("profiles/v1.monitor.log", f"# x monitor (a) session_start=2026-01-01T00:00:00Z\n{tick}\n")
    with root.open() as store:
        shown = [
            breakdown.trace(store.connection, row, row["profile"], "light")
            for row in queries.profile_list(store.connection)
        ]
    assert "<h3>1 profile has a monitor trace</h3>" in shown[0]
    assert "driftline-figures" in shown[0]
    assert shown[1] == ""
