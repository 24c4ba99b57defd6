"""`driftline benchmark clean`: what may go, what stays whatever is asked, and that somebody says yes."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from benchmarked import Benchmark
from driftline.errors import UserError
from driftline.lifecycle.stored_benchmarks import names_in, naming_files, removable, remove_captures

pytest_plugins = ("console", "benchmarked")


@pytest.fixture
def folder(measured_project: Path) -> Path:
    """Captures whose age is not the order of their names."""
    found = measured_project / "root/benchmarks"
    found.mkdir(parents=True)
    for name, day in (("v3", 1), ("v1", 2), ("v10", 3), ("v2", 4)):
        (found / f"{name}.yaml").write_text(f"captured_at: '2026-01-0{day}T00:00:00Z'\nworkloads: {{}}\n")
    return found


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


def test_the_newest_are_kept_by_when_they_were_captured(folder: Path) -> None:
    assert names(removable(folder, 1, None, set())) == ["v3", "v1", "v10"]
    assert names(removable(folder, 3, None, set())) == ["v3"]
    assert removable(folder, 4, None, set()) == []
    assert removable(folder, 40, None, set()) == []


def test_the_newest_never_goes(folder: Path) -> None:
    assert "v2" not in names(removable(folder, 0, None, set()))
    with pytest.raises(UserError, match="the newest capture"):
        removable(folder, None, "v2", set())


def test_what_a_file_names_never_goes(folder: Path) -> None:
    assert names(removable(folder, 1, None, {"v1"})) == ["v3", "v10"]
    with pytest.raises(UserError, match="named by another file"):
        removable(folder, None, "v1", {"v1"})


def test_a_name_that_is_none_is_refused_with_those_that_are(folder: Path) -> None:
    assert names(removable(folder, None, "v10", set())) == ["v10"]
    with pytest.raises(UserError, match="v1, v10, v2, v3"):
        removable(folder, None, "../v1", set())


def test_what_tells_no_time_goes_only_by_its_name(folder: Path) -> None:
    (folder / "notes.yaml").write_text("captured_at: '2020-01-01'\n")
    (folder / "broken.yaml").write_text("{")
    (folder / "link.yaml").symlink_to(folder)
    (folder / "old.yaml").write_text("captured: 2019-01-01\nworkloads: {}\n")

    assert names(removable(folder, 4, None, set())) == ["old"]
    (folder / "undated.yaml").write_text("metrics: {total: {peak_mb: 3}}\n")
    assert names(removable(folder, None, "undated", set())) == ["undated"]


@pytest.mark.parametrize("text", ["site_name: mine\n", "{", "- a list\n", "", "workloads: [1]\n"])
def test_what_is_no_capture_never_goes(folder: Path, benchmark: Benchmark, text: str) -> None:
    (folder / "mkdocs.yaml").write_text(text)
    ended = benchmark("clean", "--name", "mkdocs", "--yes", "--root", "root")

    assert (ended.code, "mkdocs.yaml is no capture: it stays" in ended.err) == (2, True)
    assert benchmark("clean", "--keep", 1, "--yes", "--root", "root").code == 0
    assert sorted(os.listdir(folder)) == ["mkdocs.yaml", "v2.yaml"]


def test_a_capture_that_holds_metrics_as_a_whole_has_an_age(folder: Path) -> None:
    (folder / "v0.yaml").write_text("captured_at: '2025-01-01'\nmetrics: {total: {peak_mb: 3}}\n")
    assert names(removable(folder, 4, None, set())) == ["v0"]


def test_the_help_says_which_files_are_searched_for_names(
    folder: Path, measured_project: Path, benchmark: Benchmark
) -> None:
    told = " ".join(benchmark("clean", "--help").out.split())
    for path in naming_files(measured_project / "root", measured_project):
        assert path.name in told
    assert ".github/workflows/" in told
    (measured_project / "Makefile").write_text("bench:\n\tdriftline benchmark compare --baseline v3\n")
    assert "v3.yaml" not in benchmark("clean", "--keep", 1, "--yes", "--root", "root").out


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert removable(tmp_path / "none", 1, None, set()) == []


def test_names_are_found_as_whole_words(tmp_path: Path) -> None:
    told = tmp_path / "ci.yml"
    told.write_text("compare --baseline baselines/v1.yaml and v2.1. Not v30,v4\n")
    found = names_in([told, tmp_path / "missing"], ["v1", "v2.1", "v2", "v3", "v30", "v4", "v5"])
    assert found == {"v1", "v2.1", "v30", "v4"}
    with pytest.raises(UserError, match="cannot read"):
        names_in([tmp_path], ["v1"])


def test_what_cannot_be_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "v1.yaml").mkdir()
    with pytest.raises(UserError, match="cannot remove"):
        remove_captures([tmp_path / "v1.yaml"])


def answered(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    monkeypatch.setattr(sys, "stdin", None if answer is None else io.StringIO(answer))


@pytest.mark.parametrize(("answer", "is_removed"), [("y\n", True), ("Yes\n", True), ("\n", False), ("n\n", False)])
def test_it_lists_and_asks(
    folder: Path, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch, answer: str, is_removed: bool
) -> None:
    answered(monkeypatch, answer)
    ended = benchmark("clean", "--keep", 3, "--root", "root")

    assert (ended.code, ended.out) == (0, f"{folder}/v3.yaml\n")
    assert "Remove this? [y/N] " in ended.err
    assert (folder / "v3.yaml").exists() is not is_removed
    assert len(list(folder.iterdir())) == 4 - is_removed


@pytest.mark.parametrize("answer", ["", None])
def test_a_closed_stdin_says_no(
    folder: Path, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    answered(monkeypatch, answer)
    ended = benchmark("clean", "--keep", 1, "--root", "root")

    assert (ended.code, "nothing was removed" in ended.err) == (0, True)
    assert len(list(folder.iterdir())) == 4


def test_it_does_not_ask_where_yes_is_given(folder: Path, measured_project: Path, benchmark: Benchmark) -> None:
    workflows = measured_project / ".github/workflows"
    workflows.mkdir(parents=True)
    (workflows / "ci.yml").write_text("run: driftline benchmark compare --baseline v1\n")
    (measured_project / "root/gate.yaml").write_text("baseline: benchmarks/v10.yaml\n")
    ended = benchmark("clean", "--keep", 1, "--yes", "--baselines-dir", folder, "--root", "root")

    assert (ended.code, ended.out) == (0, f"{folder}/v3.yaml\n")
    assert sorted(os.listdir(folder)) == ["v1.yaml", "v10.yaml", "v2.yaml"]


@pytest.mark.parametrize("options", [(), ("--keep", 1, "--name", "v1"), ("--keep", 0)])
def test_it_needs_to_know_what_may_go(folder: Path, benchmark: Benchmark, options: tuple[object, ...]) -> None:
    assert benchmark("clean", *options, "--root", "root", "--yes").code == 2
    assert len(list(folder.iterdir())) == 4
