"""Tracking as a file of its own: it opens from disk without a network; without any record it says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from driftline.errors import UserError
from driftline.reports.snapshot import write_snapshot
from histories import LATENCY, mock, now, recorded, wobbling
from roots import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Watched

    Watch = Callable[..., Watched]

pytest_plugins = ("browser",)
TRACKING = ("tracking",)


def sections(text: str) -> list[str]:
    return re.findall(r'<section id="(\w+)">', text)


def test_the_page_stands_alone_and_marks_what_is_pointed_at(root: Root, watch: Watch, tmp_path: Path) -> None:
    target = tmp_path / "new" / "tracking.html"
    with mock(root, now()).open() as store:
        write_snapshot(store, target, pages=TRACKING, days=30, platforms=("M1_Mac_16GB",))
    text = target.read_text()
    assert sections(text) == ["tracking"]
    ours = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"https?:|(src|href)=.?//", ours)

    watched = watch(1440, offline=True)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = watched.open(target.as_uri())
    expect(page.locator("h1")).to_contain_text("Query latency regressed on M1_Mac_16GB")
    expect(page.locator(".facts")).to_contain_text("Window 30 days")
    expect(page.locator("h3")).to_have_count(1)
    page.locator("driftline-figures").hover(position={"x": 80, "y": 90})
    expect(page.locator(".tk-now").first).to_have_text(re.compile(r"^[12]\.\d\d "))
    expect(page.locator(".tip")).to_contain_text("nightly · record")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert watched.width_beyond() <= 0
    assert watched.faults == []


def test_where_nothing_was_recorded_there_is_a_stub(root: Root, tmp_path: Path) -> None:
    target = tmp_path / "tracking.html"
    with root.open() as store:
        write_snapshot(store, target, pages=TRACKING, platforms=("M1_Mac_16GB",))
    assert "Nothing was recorded yet." in target.read_text()
    assert "ENABLE_PERFORMANCE_RECORDING=1 pytest" in target.read_text()


def test_without_a_choice_every_page_is_in_the_file_in_its_order(root: Root, tmp_path: Path) -> None:
    target = tmp_path / "all.html"
    with recorded(root, "M1", [{LATENCY: value} for value in wobbling(6, 2.0)]).open() as store:
        write_snapshot(store, target)
        assert sections(target.read_text()) == ["home", "performance", "tracking", "problems"]
        assert "No regression on M1" in target.read_text()
        write_snapshot(store, target, pages=("problems", "tracking"))
    assert sections(target.read_text()) == ["tracking", "problems"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pages": ("kpis",)}, "no page kpis for a snapshot"),
        ({"pages": TRACKING, "platforms": ("M2",)}, "no platform M2 in this root"),
        ({"pages": TRACKING, "days": 0}, "a window of 0 days has no record"),
    ],
)
def test_what_is_unknown_is_refused_and_leaves_no_file(
    root: Root, tmp_path: Path, asked: dict[str, object], told: str
) -> None:
    with recorded(root, "M1", [{LATENCY: 2.0}]).open() as store, pytest.raises(UserError, match=told):
        write_snapshot(store, tmp_path / "none.html", **asked)  # type: ignore[arg-type]
    assert list(tmp_path.glob("*.html")) == []
