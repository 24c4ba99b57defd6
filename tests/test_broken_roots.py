"""One damage at a time beside good artifacts: the good ones load, and exactly the expected problems are there."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from damage import (
    BAD,
    STAGES,
    Damage,
    warning,
)
from damaged_lines import LINES
from damaged_places import PLACES, link
from damaged_profiles import PROFILES, TOP
from damaged_runs import VALUES, WHOLE_FILE
from roots import PROBLEMS, Root, lines, prediction, problems, profile, python


@pytest.mark.parametrize(
    "damage", [*WHOLE_FILE, *VALUES, *LINES, *PROFILES, *TOP, *PLACES], ids=lambda damage: damage.name
)
def test_damage_costs_itself_and_nothing_else(root: Root, damage: Damage) -> None:
    root.whole_run("runs/good").profile("good", profile("v0", "2026-01-01", stages=STAGES))
    damage.write(root)
    expected = sorted(damage.problems, key=lambda row: (row[1], row[2] is None, row[2] or 0, row[0]))
    with root.open() as store:
        ask = store.connection.execute
        assert ask(PROBLEMS).fetchall() == expected
        assert ask("select run, status, episodes from runs where run = 'runs/good'").fetchall() == [
            ("runs/good", "ok", 2)
        ]
        assert ask("select profile, status from profiles where profile = 'good'").fetchall() == [("good", "ok")]
        assert ask(damage.ask).fetchall() == damage.answer


def test_a_directory_is_read_once_whatever_links_to_it(root: Root) -> None:
    outside = Root(root.folder.with_name("outside"))
    outside.file("inner/metrics.json", "{}")
    root.whole_run("baselines/b")
    link("../baselines", "eval/runs/alias")(root)
    link(str(outside.folder / "inner"), "eval/runs/first")(root)
    link(str(outside.folder), "eval/runs/second")(root)
    assert root.rows("select run from runs order by run") == [("baselines/b",), ("runs/first",)]


def test_lines_end_at_lf_only_for_the_tolerant_reader_too(root: Root) -> None:
    """A text with every other line end, beside a line that must be read with care."""
    odd = "a\u2028b\u0085c\u2029d"
    text = json.dumps({"episode_id": "e1", "output": odd}, ensure_ascii=False)
    root.whole_run("runs/bad").file(f"{BAD}/predictions.jsonl", f"{text}\ngarbage\n{lines([prediction('e2')])}")
    assert problems(root) == warning("predictions.jsonl", 2)
    assert root.rows("select episode_id, text from episodes order by position") == [
        ("e1", odd),
        ("e2", "one two three four five"),
    ]


def test_an_empty_root_answers_every_relation(root: Root) -> None:
    with root.open() as store:
        for relation in ("runs", "episodes", "profiles", "stage_trend", "releases", "comparison_groups", "problems"):
            assert store.connection.execute(f"select count(*) from {relation}").fetchall() == [(0,)]


NAMES = [
    "x'; drop table runs; --",
    'a"b',
    "two\nlines",
    "*?[",
    "[a]",
    " spaces ",
    "back\\slash[x]",
    "__proto__",
    "ü\u2028",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_directories_are_text(root: Root, name: str) -> None:
    root.whole_run("runs/good").whole_run(f"runs/{name}").profile(name, profile("v0"))
    assert problems(root) == []
    expected = sorted([("runs/good", 2), (f"runs/{name}", 2)])
    assert sorted(root.rows("select run, count(*) from episodes group by run")) == expected
    assert root.rows("select run_id from runs where run <> 'runs/good'") == [(name,)]
    assert root.rows("select profile from profiles") == [(name,)]
    if "\\" not in name:
        assert sorted(root.rows("select run, count(*) from predictions_jsonl group by run")) == expected


@pytest.mark.parametrize("name", ['we[ird] r\'oot "q"', "back\\[x]", "q*?", "new\nline"])
def test_the_path_of_the_root_is_text(root: Root, name: str) -> None:
    odd = Root(root.folder / name)
    odd.whole_run("runs/good").profile("p", profile("v0", stages=STAGES))
    assert problems(odd) == []
    assert odd.rows("select count(*) from episodes") == [(2,)]
    assert odd.rows("select count(*) from stage_trend") == [(3,)]


def test_two_names_that_are_no_utf8_stay_two(root: Root) -> None:
    for name in (b"\xff", b"\xfe"):
        root.whole_run("runs/" + os.fsdecode(name))
    assert problems(root) == []
    assert sorted(root.rows("select run, count(*) from episodes group by run")) == [
        ("runs/\\xfe", 2),
        ("runs/\\xff", 2),
    ]


def test_a_root_that_is_no_utf8_opens(root: Root) -> None:
    odd = Root(root.folder / os.fsdecode(b"\xff"))
    odd.whole_run("runs/good")
    assert odd.rows("select run, count(*) from episodes group by run") == [("runs/good", 2)]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def test_an_alias_bomb_answers(root: Root) -> None:
    root.profile("good", profile("v0")).file("profiles/bomb.yaml", f"release: v1\n{BOMB}stages: *j\nhostname: *j\n")
    asked = python(
        "import sys; from driftline.store import open_store;"
        "print(open_store(sys.argv[1]).connection.sql('select severity, file from problems').fetchall())",
        str(root.folder),
        timeout=20,
    )
    assert asked.stdout == "[('error', 'profiles/bomb.yaml')]\n", asked.stderr


def test_an_unreadable_file_is_a_problem() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Root(Path(folder)).whole_run("runs/good").whole_run("runs/bad")
        root.folder.chmod(0o755)
        (root.folder / BAD / "metrics.json").chmod(0)
        asked = python(
            "import encodings.utf_8_sig, os, sys, tempfile\n"
            "from driftline.store import open_store\n"
            "os.getuid() or os.setuid(65534)\n"
            "store = open_store(sys.argv[1])\n"
            "print(store.connection.sql('select severity, file from problems').fetchall())\n"
            "print(store.connection.sql('select count(*) from episodes').fetchall())",
            folder,
            XDG_CACHE_HOME="/nonexistent",
        )
    assert asked.stdout == f"[('error', '{BAD}/metrics.json')]\n[(4,)]\n", asked.stderr


def test_nothing_in_a_file_is_executed(root: Root, tmp_path: Any) -> None:
    witness = tmp_path / "witness"
    root.file("profiles/a.yaml", f"release: !!python/object/apply:pathlib.Path.touch ['{witness}']\nstages: {{}}\n")
    root.file("profiles/b.yaml", f"release: !!python/object/apply:os.system ['touch {witness}']\nstages: {{}}\n")
    root.file("releases.yaml", f"runs/x: !!python/object/new:os.system ['touch {witness}']\n")
    assert {row[0] for row in problems(root)} == {"error"}
    assert not witness.exists()
