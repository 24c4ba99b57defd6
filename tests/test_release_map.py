"""`driftline releases map`: one line of releases.yaml changes, all else stays; what cannot be done is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from driftline.release_map import with_mapping
from roots import Root, profile, python

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)
COMMENTED = """# Which release is which.
runs/a: v1  # the first

runs/b:   'v2'   # quoted
# the end
"""


@pytest.fixture
def root(tmp_path: Path) -> Root:
    root = Root(tmp_path / "root")
    for run in ("runs/a", "runs/b", "baselines/b", "runs/c"):
        root.run(run, predictions=[])
    named = {"run_context": {"release": "v9"}}
    return root.run("runs/named", predictions=[], fingerprint=named)


def content(root: Root) -> str:
    return (root.folder / "releases.yaml").read_bytes().decode()


def test_a_new_file_has_the_line_and_the_run_its_release(root: Root, driftline: Run) -> None:
    done = driftline("releases", "map", "runs/a", "2.10", "--root", root.folder)

    assert (done.code, done.out, done.err) == (0, "", "runs/a is release 2.10; no profile has this release\n")
    assert content(root) == "runs/a: '2.10'\n"
    assert root.rows("select release, release_source from runs where run = 'runs/a'") == [("2.10", "mapping")]
    root.profile("v1", profile("v1", totals={"wall_time_s": 1.0}))
    said = driftline("releases", "map", "runs/a", "v1", "--root", root.folder).err
    assert said == "runs/a is release v1, no longer 2.10\n"


@pytest.mark.parametrize(
    ("run", "release", "after"),
    [
        ("runs/a", "v1.1", COMMENTED.replace("v1 ", "v1.1 ")),
        ("runs/b", "v3", COMMENTED.replace("'v2'", "v3")),
        ("c", "v4", COMMENTED + "runs/c: v4\n"),
    ],
)
def test_one_line_changes_and_all_else_stays(root: Root, driftline: Run, run: str, release: str, after: str) -> None:
    root.file("releases.yaml", COMMENTED)
    assert driftline("releases", "map", run, release, "--root", root.folder).code == 0
    assert content(root) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "runs/a: v1\n"),
        ("# nothing yet\n", "# nothing yet\nruns/a: v1\n"),
        ("runs/b: v2", "runs/b: v2\nruns/a: v1\n"),
        ("runs/b: v2\r\n", "runs/b: v2\r\nruns/a: v1\r\n"),
        ("  runs/b: v2\n", "  runs/b: v2\n  runs/a: v1\n"),
        ("\ufeffruns/b: v2\n", "\ufeffruns/b: v2\nruns/a: v1\n"),
        ("runs/a:\n", "runs/a: v1\n"),
        ("runs/a: v0\nruns/a: v00\n", "runs/a: v0\nruns/a: v1\n"),
        ('"runs/a": |\n  v0\nruns/b: v2\n', '"runs/a": v1\nruns/b: v2\n'),
        ("---\nruns/b: v2\n", "---\nruns/b: v2\nruns/a: v1\n"),
        ("{runs/a: v0, runs/b: v2}\n", "{runs/a: v1, runs/b: v2}\n"),
    ],
)
def test_files_as_people_write_them(root: Root, driftline: Run, before: str, after: str) -> None:
    root.file("releases.yaml", before)
    done = driftline("releases", "map", "runs/a", "v1", "--root", root.folder)
    assert (done.code, content(root)) == (0, after), done.err


@pytest.mark.parametrize(
    "before",
    [
        "{runs/b: v2}\n",
        "runs/b: v2\n...\n",
        "- runs/b\n",
        "runs/b: [\n",
        "runs/b: v2\n--- \nruns/c: v3\n",
        b"\xff\xfer\x00",
    ],
)
def test_what_cannot_be_changed_in_one_place_is_left_as_it_is(root: Root, driftline: Run, before: str | bytes) -> None:
    root.file("releases.yaml", before)
    done = driftline("releases", "map", "runs/a", "v1", "--root", root.folder)
    assert done.code == 2
    assert "releases.yaml" in done.err
    assert (root.folder / "releases.yaml").read_bytes() == (before if isinstance(before, bytes) else before.encode())


@pytest.mark.parametrize(
    ("run", "release", "why"),
    [
        ("runs/aa", "v1", "did you mean runs/a"),
        ("zzzzzz", "v1", "no run zzzzzz in this root"),
        ("b", "v1", "name one: baselines/b, runs/b"),
        ("runs/named", "v1", "names release v9, which counts more"),
        ("runs/a", " ", "is no release"),
        ("runs/a", "v1\nruns/b: v2", "is no release"),
    ],
)
def test_a_wrong_word_is_refused_and_nothing_is_written(
    root: Root, driftline: Run, run: str, release: str, why: str
) -> None:
    done = driftline("releases", "map", run, release, "--root", root.folder)
    assert done.code == 2
    assert why in done.err
    assert not (root.folder / "releases.yaml").exists()


@pytest.mark.parametrize(
    "before",
    ["runs/b: v1\t# laptop\n", "a:\tv\n", "a: &x v1\nruns/a: *x\n", "{runs/b: v1}\n", "{}\n", "runs/b: v1\n...\n"],
)
def test_what_cannot_be_changed_in_one_place_is_said_to_be_so(root: Root, driftline: Run, before: str) -> None:
    root.file("releases.yaml", before)
    done = driftline("releases", "map", "runs/a", "v9", "--root", root.folder)
    assert (done.code, content(root)) == (2, before)
    assert "cannot be changed in one place" in done.err


@pytest.mark.parametrize(("run", "why"), [("references/silver/s", "a reference"), ("runs/_old", "an archived run")])
def test_what_stands_for_no_release_is_told(root: Root, driftline: Run, run: str, why: str) -> None:
    root.run(run, predictions=[])
    done = driftline("releases", "map", run, "v1", "--root", root.folder)
    assert (done.code, done.err) == (0, f"{run} is release v1; as {why} it stands for none on Performance\n")


def test_to_say_it_again_changes_nothing(root: Root, driftline: Run) -> None:
    root.file("releases.yaml", COMMENTED)
    written = os.stat(root.folder / "releases.yaml").st_mtime_ns
    done = driftline("releases", "map", "runs/a", "v1", "--root", root.folder)
    assert (done.code, done.err) == (0, "runs/a is release v1 already\n")
    assert os.stat(root.folder / "releases.yaml").st_mtime_ns == written


def test_permissions_stay_and_a_link_stays_a_link(root: Root, driftline: Run, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.yaml"
    target.write_text("runs/b: v2\n")
    target.chmod(0o640)
    (root.folder / "releases.yaml").symlink_to(target)
    assert driftline("releases", "map", "runs/a", "v1", "--root", root.folder).code == 0
    assert (root.folder / "releases.yaml").is_symlink()
    assert target.read_text() == "runs/b: v2\nruns/a: v1\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.suffix] == []


def test_two_at_a_time_are_both_written(root: Root) -> None:
    code = """
import subprocess, sys
run = "from driftline.cli import main; main()"
started = [subprocess.Popen([sys.executable, "-c", run, "releases", "map", name, "v1", "--root", sys.argv[1]])
           for name in ("runs/a", "runs/b", "runs/c", "baselines/b")]
print([each.wait() for each in started])
"""
    done = python(code, str(root.folder))
    assert done.stdout.strip() == "[0, 0, 0, 0]", done.stderr
    assert sorted(yaml.safe_load(content(root))) == ["baselines/b", "runs/a", "runs/b", "runs/c"]


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1).filter(
    lambda word: word == word.strip()
)


@given(st.dictionaries(words, words, max_size=4), words, words)
def test_what_is_written_is_read_again(others: dict[str, str], run: str, release: str) -> None:
    before = yaml.safe_dump(others, allow_unicode=True) if others else ""
    assert yaml.safe_load(with_mapping(before, run, release)) == {**others, run: release}
