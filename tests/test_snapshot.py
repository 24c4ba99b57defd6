"""The snapshot: one file that opens from disk without a network, with everything drawn, or no file at all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from hostile import IMAGE, SCRIPT, hostile_root
from roots import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Watched
    from console import Run

    Watch = Callable[..., Watched]

pytest_plugins = ("browser", "console")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_file_draws_without_a_network(
    shipped_root: Path, driftline: Run, watch: Watch, tmp_path: Path, width: int
) -> None:
    target = tmp_path / "new" / "snapshot.html"
    assert driftline("snapshot", target, "--root", shipped_root).code == 0

    watched = watch(width, offline=True)
    requested: list[str] = []
    watched.page.on("request", lambda request: requested.append(request.url))
    page = watched.open(target.as_uri())
    expect(page.locator("#home h1")).to_contain_text("v0.6")
    expect(page.locator("#performance .bk-Figure")).to_have_count(2)
    assert set(watched.trends()) == {"wall_time_s", "peak_rss_mb"}
    assert watched.width_beyond() <= 0
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    assert watched.faults == []


def test_the_text_of_the_file_asks_for_no_address(shipped_root: Path, driftline: Run, tmp_path: Path) -> None:
    target = tmp_path / "snapshot.html"
    driftline("snapshot", target, "--root", shipped_root)
    text = target.read_text()
    ours = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)

    assert not re.search(r"https?:|(src|href)=.?//", ours)


def test_a_hostile_root_stays_text(driftline: Run, watch: Watch, tmp_path: Path) -> None:
    target = tmp_path / "snapshot.html"
    assert driftline("snapshot", target, "--root", hostile_root(tmp_path / "root").folder).code == 0

    watched = watch(offline=True)
    page = watched.open(target.as_uri())
    assert watched.count_smuggled() == 0
    assert SCRIPT in page.locator("body").inner_text()
    assert IMAGE in watched.trends()["wall_time_s"]["dots"]["stage"]
    assert watched.faults == []


def test_a_root_with_nothing_to_compare_says_so(driftline: Run, watch: Watch, tmp_path: Path) -> None:
    target = tmp_path / "snapshot.html"
    assert driftline("snapshot", target, "--root", Root(tmp_path / "root").whole_run("runs/a").folder).code == 0

    page = watch(offline=True).page
    page.goto(target.as_uri())
    expect(page.locator("#home h1")).to_have_text("Nothing to compare yet.")
    expect(page.locator("#performance h1")).to_have_text("No costs to compare yet.")


def test_the_pair_can_be_named_and_must_exist(shipped_root: Path, driftline: Run, tmp_path: Path) -> None:
    target = tmp_path / "snapshot.html"
    pair = ("--baseline", "runs/demo_paragraph_v0.2", "--candidate", "runs/demo_paragraph_v0.4")
    assert driftline("snapshot", target, "--root", shipped_root, *pair).code == 0
    assert "Baseline <b>v0.2</b> (chosen by you)" in target.read_text()

    unknown = driftline("snapshot", tmp_path / "none.html", "--root", shipped_root, "--baseline", "runs/\x1b[31m")
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err.startswith("driftline: no run runs/\\x1b[31m")
    assert not (tmp_path / "none.html").exists()


def test_an_unwritable_target_leaves_nothing_behind(shipped_root: Path, driftline: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_text("kept")
    for target in (tmp_path / "taken", tmp_path / "file" / "snapshot.html"):
        refused = driftline("snapshot", target, "--root", shipped_root)
        assert (refused.code, refused.out) == (2, "")
        assert f"driftline: cannot write {target}: " in refused.err
    assert sorted(os.listdir(tmp_path)) == ["file", "taken"]
    assert (tmp_path / "file").read_text() == "kept"
