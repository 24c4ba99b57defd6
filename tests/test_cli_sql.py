"""`driftline sql` and `driftline shell`: the same bytes, the same rows as in Python, from any directory."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftline.store import PUBLIC_RELATIONS, open_store

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)
SHIPPED = Path(__file__).parent.parent / "data"
EVERY_RELATION = "\n".join(f"select '{name}' as relation; from {name} order by all;" for name in PUBLIC_RELATIONS)
FINGERPRINTS = "union all ".join(
    f"select '{name}', count(*), md5(string_agg(r::varchar, '|' order by r::varchar)) from {name} as r "
    for name in PUBLIC_RELATIONS
)


@pytest.fixture(scope="module")
def odd_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped root below a name that every layer has to quote."""
    root = tmp_path_factory.mktemp("odd") / "it's a [root] of *"
    shutil.copytree(SHIPPED, root, ignore=shutil.ignore_patterns(".driftline"))
    return root


@pytest.mark.parametrize("layout", ["csv", "json"])
def test_sql_prints_the_bytes_of_the_shell_for_every_relation(odd_root: Path, driftline: Run, layout: str) -> None:
    sql = driftline("sql", "--root", odd_root, "--format", layout, EVERY_RELATION)
    shell = driftline("shell", "--root", odd_root, f"-{layout}", "-c", EVERY_RELATION)

    assert (sql.code, shell.code) == (0, 0)
    assert sql.out == shell.out
    assert all(name in sql.out for name in PUBLIC_RELATIONS)
    assert len(sql.out) > 50_000


@pytest.mark.parametrize("layout", ["csv", "json"])
def test_nulls_and_empty_texts_are_those_of_the_shell(odd_root: Path, driftline: Run, layout: str) -> None:
    statement = "select null as nothing, '' as empty, 'a,\"b\"\n|' as quoted, [1, null] as list, 0.1 as number"
    sql = driftline("sql", "--root", odd_root, "--format", layout, statement)

    assert sql.out == driftline("shell", "--root", odd_root, f"-{layout}", "-c", statement).out
    if layout == "json":
        assert json.loads(sql.out)[0]["nothing"] is None
        assert json.loads(sql.out)[0]["empty"] == ""


def test_the_shell_has_the_rows_of_python(odd_root: Path, driftline: Run) -> None:
    shell = driftline("sql", "--root", odd_root, "--format", "csv", FINGERPRINTS)
    with open_store(odd_root) as store:
        expected = store.connection.execute(FINGERPRINTS).fetchall()

    found = list(csv.reader(io.StringIO(shell.out)))[1:]
    assert found == [[name, str(count), content or "NULL"] for name, count, content in expected]
    assert [name for name, *_ in found] == list(PUBLIC_RELATIONS)


def test_the_shell_takes_any_option_of_duckdb(odd_root: Path, driftline: Run) -> None:
    shell = driftline("shell", "--root", odd_root, "-noheader", "-list", "-separator", ";", "-c", "select 1, 2")

    assert (shell.code, shell.out) == (0, "1;2\n")


def test_the_deltas_of_a_pair_are_the_same_in_both(odd_root: Path, driftline: Run) -> None:
    statement = (
        "select metric, reference, baseline, candidate, delta, level, status "
        "from deltas('baselines/demo_paragraph_v0.1', 'runs/demo_paragraph_v0.4') order by all"
    )
    shell = driftline("sql", "--root", odd_root, "--format", "json", statement)
    with open_store(odd_root) as store:
        expected = store.connection.execute(statement).fetchall()

    assert [tuple(row.values()) for row in json.loads(shell.out)] == expected


def test_a_table_is_aligned_and_shows_control_characters(odd_root: Path, driftline: Run) -> None:
    statement = "select 'a' as name, 1 as n union all select chr(27) || '[31mred' || chr(8238), 1000 order by n"
    table = driftline("sql", "--root", odd_root, statement)

    assert table.out.splitlines() == [
        "name                   n",
        "────────────────────────",
        "a                      1",
        "\\x1b[31mred\\u202e   1000",
    ]


def test_markdown_cannot_be_broken_out_of(odd_root: Path, driftline: Run) -> None:
    hostile = "|`<b>[a](javascript:x) @team *x* _y_ ~z~ # !"
    table = driftline("sql", "--root", odd_root, "--format", "markdown", f"select '{hostile}' as \"a|b\", null as none")

    assert table.out.splitlines() == [
        "| a\\|b | none |",
        "| --- | --- |",
        "| \\|\\`&lt;b&gt;\\[a\\]\\(javascript:x\\) @\u200bteam \\*x\\* \\_y\\_ \\~z\\~ \\# \\! |  |",
    ]


@pytest.mark.parametrize("layout", ["table", "csv", "json", "markdown"])
@pytest.mark.parametrize("statement", ["from nowhere", "selec 1"])
def test_a_bad_statement_exits_2_with_a_remedy(odd_root: Path, driftline: Run, layout: str, statement: str) -> None:
    bad = driftline("sql", "--root", odd_root, "--format", layout, statement)

    assert (bad.code, bad.out) == (2, "")
    assert bad.err.startswith("driftline: that statement failed: ")
    assert "Loading resources" not in bad.err
    assert "\x1b" not in bad.err
    assert bad.err.endswith('  `driftline sql "show tables"` lists what there is\n')


def test_an_empty_statement_exits_2(odd_root: Path, driftline: Run) -> None:
    empty = driftline("sql", "--root", odd_root, " -- nothing")

    assert (empty.code, empty.out) == (2, "")
    assert empty.err.startswith("driftline: that statement is empty\n")


def test_a_message_that_quotes_an_artifact_sends_no_escape(odd_root: Path, driftline: Run) -> None:
    bad = driftline("sql", "--root", odd_root, "select (chr(27) || ']0;title')::int")

    assert bad.code == 2
    assert "\x1b" not in bad.err
    assert "\\x1b]0;title" in bad.err
