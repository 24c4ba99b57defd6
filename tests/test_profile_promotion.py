"""`driftline profile promote`: an immutable copy of a profile with its reason, whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems, UserError
from driftline.lifecycle import profile_text
from driftline.lifecycle.promotion import Promotion, promote
from profile_roots import files, frozen, profiles
from roots import Root

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)
WRITTEN = """# frozen by hand
release: 2.10   # as written
date: '2026-01-01T00:00:00Z'
dataset_id: d
stages:
  load: {wall_time_s: 1.50, peak_rss_mb: 0x10, odd: .nan}
totals: {wall_time_s: 1.50}
note: "a \\u202e # b"
"""


def asked(source: str = "v1-wip", promoted_id: str = "v1", reason: str = "first", **options: Any) -> Promotion:
    return Promotion(source, promoted_id, reason, **options)


def content(data: bytes) -> dict[Any, Any]:
    document = load_mapping(data, Problems())
    assert document is not None
    return document.content


def test_a_reference_is_the_source_and_a_block(root: Root, driftline: Run) -> None:
    frozen(root, "v1-wip").file("profiles/v1-wip.monitor.log", b"# x monitor (a)\n\xff\r\n")
    before = profiles(root)
    done = driftline(
        "profile", "promote", "v1-wip", "--as", "v1", "--reason", "  it is: #1\nof all ", "--root", root.folder
    )

    assert (done.code, done.out) == (0, ""), done.err
    after = profiles(root)
    assert {name: after[name] for name in before} == before
    assert after["references/v1.stage_truth.json"] == before["v1-wip.stage_truth.json"]
    assert after["references/v1.monitor.log"] == before["v1-wip.monitor.log"]
    assert after.keys() - before.keys() == {
        "README.md", "references/v1.yaml", "references/v1.stage_truth.json", "references/v1.monitor.log",
    }  # fmt: skip
    assert after["references/v1.yaml"].startswith(before["v1-wip.yaml"])
    block = yaml.safe_load(after["references/v1.yaml"])["promoted"]
    assert list(block) == ["promoted_id", "promoted_from", "promoted_at", "reason"]
    assert (block["promoted_id"], block["promoted_from"], block["reason"]) == ("v1", "v1-wip", "it is: #1\nof all")
    rows = root.rows("select profile, release, promoted_id from profiles order by profile")
    assert rows == [("references/v1", "v1-wip", "v1"), ("v1-wip", "v1-wip", None)]
    assert root.rows("select count(*) from problems where artifact = 'profile'") == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        WRITTEN.rstrip("\n"),
        WRITTEN.replace("\n", "\r\n"),
        "\ufeff" + WRITTEN,
        "---\n" + WRITTEN + "# the end\n",
        "".join(f"  {line}\n" for line in WRITTEN.splitlines()),
        "  " + WRITTEN.replace("\n", "\n  ").rstrip(" ") + "\n\n",
    ],
)
def test_the_text_of_the_source_stays_as_it_was_written(root: Root, text: str) -> None:
    root.file("profiles/v1-wip.yaml", text)
    promote(root.folder, asked(needs_truth=False))

    written = profiles(root)["references/v1.yaml"]
    assert written.startswith(text.encode())
    found = content(written)
    assert found.pop("promoted")["promoted_id"] == "v1"
    assert repr(found) == repr(content(text.encode()))
    assert written.count(b"\r\n") == (written.count(b"\n") if "\r\n" in text else 0)
    assert root.rows("select release from profiles where promoted_id = 'v1'") == [("2.10",)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "{" + ", ".join(WRITTEN.splitlines()[2:4]) + ", release: a, stages: {}, totals: {}}\n",
            "nothing can be added",
        ),
        (WRITTEN + "...\n", "nothing can be added"),
        (WRITTEN + "promoted: {promoted_id: a}\n", "has a block promoted already"),
        (WRITTEN + "promoted:\n", "has a block promoted already"),
        (WRITTEN + "partial: {reason: killed}\n", "was broken off"),
        (WRITTEN.replace("dataset_id: d", "dataset_id:"), "states no dataset_id"),
        (
            WRITTEN.replace("date: '2026-01-01T00:00:00Z'\n", "").replace("dataset_id: d\n", ""),
            "states no date, dataset_id",
        ),
        (WRITTEN.replace("totals: {wall_time_s: 1.50}", "totals: 5"), "totals of "),
        ("release: [", "is no profile: not usable YAML"),
        ("- a\n", "is no profile: a mapping was expected"),
        ("a: 1\n", "is no profile: it needs a release"),
        (WRITTEN.encode() + b"x: \xe9\n", "is not UTF-8"),
        (WRITTEN.encode("utf-16"), "is not UTF-8"),
    ],
)
def test_a_source_that_will_not_do_is_refused(root: Root, text: str | bytes, why: str) -> None:
    root.file("profiles/v1-wip.yaml", text)
    before = files(root.folder / "profiles")
    with pytest.raises(UserError, match=why):
        promote(root.folder, asked(needs_truth=False))
    assert files(root.folder / "profiles") == before


@pytest.mark.parametrize(
    "promoted_id",
    [
        "../x", "/x", "a/b", "a\\b", "..", ".", "", " ", ".hidden", "-x", "_x", "a b", "a\u202eb", "a\x1b", "x" * 101,
        "é" * 60, "x" * 5000, "v1.yaml", "v1.partial", "regression_rules", "v1-WIP", "wip", "a\n", "a\0",
    ],
)  # fmt: skip
def test_an_id_is_a_plain_name_and_no_work_in_progress(root: Root, promoted_id: str) -> None:
    frozen(root, "v1-wip")
    before = files(root.folder)
    with pytest.raises(UserError, match=r"is no id|work in progress") as refused:
        promote(root.folder, asked(promoted_id=promoted_id), is_dry_run=True)
    assert len(refused.value.message) < 200
    with pytest.raises(UserError):
        promote(root.folder, asked(promoted_id=promoted_id))
    assert {path: data for path, data in files(root.folder).items() if ".driftline" not in path} == before


def test_an_id_that_a_terminal_would_obey_is_shown(root: Root, driftline: Run) -> None:
    frozen(root, "v1-wip")
    done = driftline("profile", "promote", "v1-wip", "--as", "\u202ewip\x1b", "--reason", "x", "--root", root.folder)
    assert (done.code, "\u202e" in done.err, "\\u202ewip\\x1b" in done.err) == (2, False, True)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nosuch", "no profile nosuch"),
        ("../profiles/v1-wip", "no profile"),
        ("_archive/old", "_archive/old is archived"),
        ("references/r", "has a block promoted already"),
    ],
)
def test_a_source_is_an_active_profile(root: Root, source: str, why: str) -> None:
    frozen(root, "v1-wip")
    frozen(root, "_archive/old")
    frozen(root, "references/r", promoted={"promoted_id": "r"})
    with pytest.raises(UserError, match=why):
        promote(root.folder, asked(source))


def test_checks_come_in_the_order_of_the_contract(root: Root) -> None:
    def refused() -> str:
        with pytest.raises(UserError) as error:
            promote(root.folder, asked("v1", "wip" if steps[:1] == ["wip"] else "v0"))
        return error.value.message

    steps = ["wip"]
    frozen(root, "references/v0")
    assert "no profile v1" in refused()
    root.file("profiles/v1.yaml", "release: v1\nstages: {}\n")
    assert "work in progress" in refused()
    steps.clear()
    assert "is there already: a reference never changes" in refused()
    (root.folder / "profiles/references/v0.yaml").unlink()
    assert "v1.stage_truth.json is not there" in refused()
    root.file("profiles/v1.stage_truth.json", "[]")
    assert "v1.stage_truth.json cannot be used: a JSON object was expected" in refused()
    root.file("profiles/v1.stage_truth.json", "{}")
    assert "states no date, dataset_id, totals" in refused()


def test_what_was_broken_off_is_refused_by_its_name(root: Root) -> None:
    path = root.file("profiles/v1.partial.yaml", WRITTEN).folder / "profiles/v1.partial.yaml"
    with pytest.raises(UserError, match="was broken off"):
        promote(root.folder, asked(str(path), needs_truth=False))


def test_an_id_is_given_once_for_good(root: Root) -> None:
    frozen(root, "v1-wip")
    promote(root.folder, asked())
    before = profiles(root)
    with pytest.raises(UserError, match="is there already"):
        promote(root.folder, asked(reason="again"))
    folder = root.folder / "profiles"
    (folder / "_archive/references").mkdir(parents=True)
    (folder / "references/v1.yaml").rename(folder / "_archive/references/v1.yaml")
    with pytest.raises(UserError, match="was archived under that id"):
        promote(root.folder, asked(reason="again"))
    (folder / "_archive/references/v1.yaml").rename(folder / "references/v1.yaml")
    assert profiles(root) == before
    (folder / "references/v2.yaml").symlink_to("nowhere")
    with pytest.raises(UserError, match="is there already"):
        promote(root.folder, asked(promoted_id="v2"))


def test_a_file_from_elsewhere_is_named_without_its_folder(root: Root, tmp_path: Path) -> None:
    frozen(Root(tmp_path / "other"), "away", day=3)
    promote(root.folder, asked(str(tmp_path / "other/profiles/away.yaml")))
    assert content(profiles(root)["references/v1.yaml"])["promoted"]["promoted_from"] == "away.yaml"
    assert "references/v1.stage_truth.json" in profiles(root)


def test_a_reason_is_text_and_says_something(root: Root) -> None:
    frozen(root, "v1-wip")
    with pytest.raises(UserError, match="the reason is empty"):
        promote(root.folder, asked(reason=" \n"))
    hostile = "]: {a\u2028'\"\x00\x85\udce9 !!python/object #\n---\n..."
    promote(root.folder, asked(reason=hostile))
    kept = content(profiles(root)["references/v1.yaml"])["promoted"]["reason"]
    assert kept == hostile.replace("\x00", "\ufffd").replace("\udce9", "\ufffd")


def test_a_dry_run_tells_all_and_writes_nothing(root: Root, driftline: Run) -> None:
    frozen(root, "v1-wip")
    before = files(root.folder), sorted(path for path, _, _ in os.walk(root.folder))
    done = driftline("profile", "promote", "v1-wip", "--as", "v1", "--reason", "x", "--dry-run", "--root", root.folder)

    folder = root.folder / "profiles"
    names = ("references/v1.stage_truth.json", "references/v1.yaml", "README.md")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [f"would write {folder / name}" for name in names]
    assert (files(root.folder), sorted(path for path, _, _ in os.walk(root.folder))) == before


@pytest.mark.parametrize("fault", [OSError(28, "No space left"), FileExistsError(17, "there"), KeyboardInterrupt()])
def test_what_cannot_be_written_whole_leaves_nothing(
    root: Root, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    frozen(root, "v1-wip")
    before, seen = profiles(root), []
    write_new = profile_text.write_new

    def fail(path: Path, text: str) -> None:
        if path.suffix == ".yaml":
            seen.append(sorted(profiles(root).keys() - before.keys()))
            raise fault
        write_new(path, text)

    monkeypatch.setattr(profile_text, "write_new", fail)
    with pytest.raises((UserError, KeyboardInterrupt)):
        promote(root.folder, asked())
    assert seen == [["references/v1.stage_truth.json"]]
    assert profiles(root) == before


def test_what_a_killed_promotion_left_is_replaced(root: Root, tmp_path: Path) -> None:
    frozen(root, "v1-wip").file("profiles/references/v1.stage_truth.json", "half")
    (tmp_path / "foreign").write_text("foreign")
    (root.folder / "profiles/v1-wip.monitor.log").write_text("log")
    (root.folder / "profiles/references/v1.monitor.log").symlink_to(tmp_path / "foreign")
    promote(root.folder, asked())

    assert json.loads(profiles(root)["references/v1.stage_truth.json"]) == {"release": "v1-wip"}
    assert profiles(root)["references/v1.monitor.log"] == b"log"
    assert (tmp_path / "foreign").read_text() == "foreign"
