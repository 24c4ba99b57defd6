"""The README names every command, relation and metric; and no committed text holds what belongs to one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer.main

from driftline.cli.commands import app
from driftline.store import PUBLIC_RELATIONS, open_store

REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text()
# What a machine, a home or a registry's mirror would leave behind; written so that this file does not hold it.
PLACES = [
    r"/" + r"work/",
    r"/" + r"home/\w",
    r"/" + r"Users/\w",
    r"/" + r"root/",
    r"pypi\." + r"\w",
    r"index" + r"-url",
    r"files\.python" + r"hosted",
]


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"driftline {command}" in README


@pytest.mark.parametrize("relation", PUBLIC_RELATIONS)
def test_every_relation_is_in_the_readme(relation: str) -> None:
    assert f"`{relation}`" in README


def test_every_metric_is_in_the_readme(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        metrics = [name for (name,) in store.connection.execute("select metric from metrics").fetchall()]

    assert len(metrics) > 20
    assert [name for name in metrics if f"`{name}`" not in README] == []


def test_every_target_of_make_says_what_it_does() -> None:
    lines = (REPOSITORY / "Makefile").read_text().splitlines()
    targets = [line for line in lines if re.match(r"^[a-z][\w-]*:(?!=)", line)]

    assert {line.partition(":")[0] for line in targets} >= {"run", "test", "check", "lint", "shell", "snapshot"}
    assert [line for line in targets if "## " not in line] == []


def test_the_readme_links_to_files_that_are_there() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)

    assert [link for link in links if not (REPOSITORY / link.partition("#")[0]).exists()] == []


def test_no_committed_text_holds_a_registry_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.fail("the working tree is no git checkout")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / name
        if path.is_file() and path.suffix not in (".png", ".gz", ".parquet"):
            text = path.read_text(errors="replace")
            found += [(name, place) for place in PLACES if re.search(place, text)]
    assert found == []
