"""The matrix of stages: its cells are those of `stage_deltas`, what changed most first, gaps as words."""

from __future__ import annotations

from typing import Any

import pytest

from driftline import queries
from driftline.metrics import MINUS
from driftline.reports import stages
from driftline.reports.choice import Comparison
from roots import Root, profile
from test_html import Reader
from test_reports_delta import cells

HOSTILE = "<script>v1</script>"


def three(root: Root, **stages_of: dict[str, Any]) -> Root:
    """Profiles by name with their stages; the totals are 10, 20, 30 … s in their order."""
    for number, (name, content) in enumerate(stages_of.items()):
        totals = {"wall_time_s": 10.0 * (number + 1)}
        root.profile(name, profile(name, f"2026-01-0{number + 1}T00:00:00Z", stages=content, totals=totals))
    return root


def page(root: Root, *candidates: str) -> str:
    labels = {name: name for name in ("a", *candidates)}
    with root.open() as store:
        table = queries.stage_matrix(store.connection, "a", list(candidates))
        compared = Comparison("a", candidates[0], candidates[1:], labels, lambda **to: f"?{to}")
        return stages.render(table, compared, queries.registry(store.connection))


def wall(seconds: float, **more: float) -> dict[str, float]:
    return {"wall_time_s": seconds, **more}


def test_a_cell_says_value_percent_level_and_change_of_every_candidate(root: Root) -> None:
    three(root, a={"load": wall(4), "store": wall(1)}, b={"load": wall(5), "store": wall(3)}, c={"load": wall(4)})
    found = cells(page(root, "b", "c"))
    assert found == {
        "Totals Wall time, s": ["10.0", "20.0 ▲ +100 % past fail +10.0", "30.0 ▲ +200 % past fail +20.0"],
        "store Wall time, s": ["1.00", "3.00 ▲ +200 % past fail +2.00", "only in baseline"],
        "load Wall time, s": ["4.00", "5.00 ▲ +25 % past fail +1.00", "4.00 = 0"],
    }
    assert list(found) == ["Totals Wall time, s", "store Wall time, s", "load Wall time, s"]


def test_the_candidate_in_focus_gives_the_order_and_the_title(root: Root) -> None:
    three(root, a={"load": wall(4), "store": wall(1)}, b={"load": wall(5), "store": wall(3)}, c={"load": wall(1)})
    assert "<h3>store moved most: +2.00 s</h3>" in page(root, "b", "c")
    turned = page(root, "c", "b")
    assert f"<h3>load moved most: {MINUS}3.00 s</h3>" in turned
    assert list(cells(turned))[1:] == ["load Wall time, s", "store Wall time, s"]


def test_gaps_are_words(root: Root) -> None:
    three(
        root,
        a={"quick": wall(0.01, peak_rss_mb=0, avg_cpu_pct=0), "none": wall(0)},
        b={"quick": wall(0.02, peak_rss_mb=70, avg_cpu_pct=9), "none": wall(2), "new": wall(1)},
        c={"quick": wall(0.02, peak_rss_mb=0, avg_cpu_pct=0)},
    )
    found = cells(page(root, "b", "c"))
    assert found["quick Peak RSS, MB"] == ["no sample", "70 no sample in the baseline", "no sample on either side"]
    assert found["none Wall time, s"][1] == "2.00 ▲ +2.00 past fail +2.00"
    assert found["new Wall time, s"] == ["–", "1.00 only in candidate", "–"]


def test_rows_beyond_the_first_are_folded(root: Root) -> None:
    names = [f"s{number:02}" for number in range(15)]
    three(root, a=dict.fromkeys(names, wall(1)), b=dict.fromkeys(names, wall(2)))
    shown = page(root, "b")
    assert "4 more rows" in shown
    assert len(cells(shown)) == stages.ROWS_SHOWN


@pytest.mark.parametrize("content", [{}, {"load": wall(1)}])
def test_nothing_that_moved_is_said(root: Root, content: dict[str, Any]) -> None:
    assert "<h3>No stage moved</h3>" in page(three(root, a=content, b=content), "b")


def test_names_are_text(root: Root) -> None:
    shown = Reader(page(three(root, a={HOSTILE: wall(1)}, b={HOSTILE: wall(2)}), "b"))
    assert "script" not in shown.elements
    assert HOSTILE in shown.text
