"""`driftline profile archive`: a profile is hidden, never lost, and found by the key that it had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from driftline.errors import UserError
from driftline.lifecycle import profile_text
from driftline.lifecycle.archive import archive
from profile_roots import files, frozen, profiles
from roots import Root

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)


def test_a_profile_moves_with_its_companions_and_says_why(root: Root, driftline: Run) -> None:
    frozen(root, "references/v1", promoted={"promoted_id": "v1"}).file("profiles/references/v1.monitor.log", b"\xff\n")
    frozen(root, "v2", day=2)
    before = profiles(root)
    done = driftline("profile", "archive", "v1", "--reason", "too old", "--root", root.folder)

    assert (done.code, done.out) == (0, ""), done.err
    after = profiles(root)
    assert set(after) == {
        "README.md", "v2.yaml", "v2.stage_truth.json", "_archive/references/v1.yaml",
        "_archive/references/v1.stage_truth.json", "_archive/references/v1.monitor.log",
    }  # fmt: skip
    for suffix in ("stage_truth.json", "monitor.log"):
        assert after[f"_archive/references/v1.{suffix}"] == before[f"references/v1.{suffix}"]
    assert after["_archive/references/v1.yaml"].startswith(before["references/v1.yaml"])
    block = yaml.safe_load(after["_archive/references/v1.yaml"])["archived"]
    assert (list(block), block["reason"]) == (["at", "reason"], "too old")
    assert (
        f"| v1 | v1 | 2026-01-01T00:00:00Z | d | laptop |  |  | {block['at']}: too old |" in after["README.md"].decode()
    )
    rows = root.rows("select profile, archived from profiles order by profile")
    assert rows == [("_archive/references/v1", True), ("v2", False)]


def test_a_past_comparison_is_found_by_the_old_key(root: Root, driftline: Run) -> None:
    frozen(root, "references/v1", 10.0)
    frozen(root, "old/v0", 20.0)
    frozen(root, "v2", 10.0, day=2)

    def compared(*keys: str) -> list[object]:
        answers = [
            json.loads(driftline("profile", "diff", key, "v2", "--root", root.folder, "--format", "json").out)
            for key in keys
        ]
        return [answer["rows"] for answer in answers]

    keys = ("references/v1", "references/v1.yaml", "v1", "old/v0")
    before = compared(*keys)
    for key in ("references/v1", "old/v0"):
        assert driftline("profile", "archive", key, "--reason", "x", "--root", root.folder).code == 0
    assert compared(*keys) == before
    told = driftline("profile", "diff", "v1", "v2", "--root", root.folder).out
    assert "baseline v1: release v1, 2026-01-01 00:00 UTC, dataset d, host laptop, archived" in told


def test_an_exact_key_comes_before_an_id(root: Root) -> None:
    frozen(root, "v1")
    frozen(root, "references/v1")
    archive(root.folder, "v1", "x")
    assert {"_archive/v1.yaml", "references/v1.yaml"} <= set(profiles(root))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nosuch", "no profile nosuch"),
        ("../profiles/v1", "no profile"),
        ("/etc/passwd", "no profile"),
        ("gone", "gone is archived already: _archive/references/gone"),
        ("_archive/references/gone", "is archived already"),
        ("v1.partial", "no profile"),
        ("broken", "is no profile: not usable YAML"),
        ("regression_rules", "no profile"),
        ("x" * 5000, "no profile xxx"),
    ],
)
def test_what_cannot_be_archived_stays(root: Root, name: str, why: str) -> None:
    frozen(root, "v1").file("profiles/v1.partial.yaml", "a: 1\n").file("profiles/broken.yaml", "release: [")
    frozen(root, "_archive/references/gone").file("profiles/regression_rules.yaml", "release: a\nstages: {}\n")
    before = profiles(root)
    with pytest.raises(UserError, match=why) as refused:
        archive(root.folder, name, "x")
    assert len(refused.value.message) < 300
    with pytest.raises(UserError, match="the reason is empty"):
        archive(root.folder, "v1", " ")
    assert profiles(root) == before


def test_another_profile_of_that_key_is_not_replaced(root: Root) -> None:
    frozen(root, "v1", 10.0)
    frozen(root, "_archive/v1", 20.0, archived={"at": "2026-01-01T00:00:00Z", "reason": "x"})
    before = profiles(root)
    with pytest.raises(UserError, match="is there already"):
        archive(root.folder, "v1", "x")
    assert profiles(root) == before


def test_a_dry_run_writes_nothing(root: Root, driftline: Run) -> None:
    frozen(root, "v1")
    before = files(root.folder)
    done = driftline("profile", "archive", "v1", "--reason", "x", "--dry-run", "--root", root.folder)

    folder = root.folder / "profiles"
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        f"would move {folder / 'v1.yaml'} to {folder / '_archive/v1.yaml'}",
        f"would write {folder / 'README.md'}",
    ]
    assert files(root.folder) == before
    assert sorted(path.name for path in root.folder.iterdir()) == ["profiles"]


def test_what_cannot_be_written_leaves_the_profile_where_it_was(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(root, "v1")
    before = profiles(root)

    def fail(path: Path, _text: str) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr(profile_text, "write_new", fail)
    with pytest.raises(UserError, match="No space left"):
        archive(root.folder, "v1", "x")
    assert profiles(root) == before


@pytest.mark.parametrize("stop_at", range(6))
def test_wherever_it_is_stopped_it_is_somewhere_and_can_be_finished(
    root: Root, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    """Every change of a file is a place to be killed at."""
    frozen(root, "v1").file("profiles/v1.monitor.log", "log")
    changes: list[str] = []

    class Killed(BaseException):
        pass

    unlink = Path.unlink

    def change(path: Path, missing_ok: bool = False) -> None:
        if path.name in ("v1.yaml", "v1.monitor.log", "v1.stage_truth.json") and path.exists():
            changes.append(path.name)
            if len(changes) > stop_at:
                raise Killed
        unlink(path, missing_ok=missing_ok)

    write_new = profile_text.write_new

    def write(path: Path, text: str) -> None:
        changes.append(path.name)
        if len(changes) > stop_at:
            raise Killed
        write_new(path, text)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", change)
        patched.setattr(profile_text, "write_new", write)
        with pytest.raises(Killed):
            archive(root.folder, "v1", "x")
    there = {name for name in ("v1.yaml", "_archive/v1.yaml") if name in profiles(root)}
    assert "v1.yaml" in there
    archive(root.folder, "v1", "x")
    assert set(profiles(root)) == {
        "README.md", "_archive/v1.yaml", "_archive/v1.stage_truth.json", "_archive/v1.monitor.log",
    }  # fmt: skip
    assert profiles(root)["_archive/v1.monitor.log"] == b"log"


def test_a_profile_that_cannot_be_removed_is_told_and_is_there(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(root, "v1")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "v1.yaml":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(UserError, match="cannot be removed: Permission denied"):
            archive(root.folder, "v1", "x")
    assert {"v1.yaml", "_archive/v1.yaml"} <= set(profiles(root))
    assert archive(root.folder, "v1", "x")[0].startswith("moved ")
    assert "v1.yaml" not in profiles(root)
