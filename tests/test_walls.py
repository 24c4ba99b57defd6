"""What may import what, what the SQL files look like, and that every public relation says what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.store import PUBLIC_RELATIONS
from roots import JSONL_VIEWS, SOURCE, Root, python

PACKAGE = SOURCE / "driftline"
SQL = sorted(PACKAGE.glob("sql/*.sql"))
PLOTTING = {"panel", "holoviews", "hvplot", "bokeh", "matplotlib", "plotly", "param"}
SCORING = {"nltk", "rapidfuzz"}
LAYERS = {
    # a part of the package: what it must not import
    "artifacts": {"driftline.store", "driftline.queries", "driftline.refresh", "driftline.cache", "driftline.sql"},
    "store": {"driftline.queries", "driftline.verdicts", "driftline.reports", "driftline.cli", "driftline.charts"},
    "refresh": {"driftline.store", "driftline.queries"},
    "cache": {"driftline.store", "driftline.refresh", "driftline.queries"},
    "errors": {"driftline.artifacts", "driftline.store"},
    "queries": {"driftline.cli", "driftline.reports", "driftline.charts", "driftline.verdicts"},
    "verdicts": {"driftline.store", "driftline.cli", "driftline.charts", "driftline.reports", "duckdb"},
    "charts": {"driftline.store", "driftline.cli", "duckdb"},
    "reports": {"driftline.cli"},
    "capture": {"driftline.store", "driftline.queries", "driftline.cli", "duckdb"},
    "texts": {
        *("driftline.artifacts", "driftline.sql", "driftline.store", "driftline.refresh", "driftline.cache"),
        *("driftline.queries", "driftline.reports", "driftline.charts", "driftline.cli", "duckdb"),
    },
}


def modules(part: str = "") -> list[Path]:
    place = PACKAGE / part if part else PACKAGE
    return (
        sorted(place.rglob("*.py"))
        if place.is_dir()
        else [path for path in [place.with_suffix(".py")] if path.exists()]
    )


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def below(name: str, walls: set[str]) -> bool:
    return any(name == wall or name.startswith(f"{wall}.") for wall in walls)


def test_nothing_below_driftline_imports_the_dashboard() -> None:
    assert len(modules()) > 10
    assert [path for path in modules() for name in imported(path) if below(name, {"dashboard"})] == []


def test_only_charts_and_the_pages_drawn_with_them_import_plotting_libraries() -> None:
    for path in modules():
        plots = {name for name in imported(path) if below(name, PLOTTING)}
        place = path.relative_to(PACKAGE).parts[0]
        assert not plots or place in ("charts", "reports"), (path, plots)


@pytest.mark.parametrize("part", LAYERS)
def test_dependencies_run_one_way(part: str) -> None:
    found = [(path.name, name) for path in modules(part) for name in imported(path) if below(name, LAYERS[part])]
    assert found == []


LOADED = [
    ("driftline", {"numpy", "duckdb", "pandas", "yaml", *PLOTTING, *SCORING}),
    ("driftline.artifacts.reading", {"driftline.store", "driftline.queries", "pandas", *PLOTTING}),
    ("driftline.store", {"pandas", "driftline.queries", *PLOTTING, *SCORING}),
    ("driftline.cli", {*PLOTTING, *SCORING}),
    ("driftline.pytest_plugin", {"numpy", "duckdb", "pandas", "yaml", "psutil", *PLOTTING, *SCORING}),
    ("driftline.texts.rouge", {"nltk", "duckdb", "pandas", *PLOTTING}),
]


@pytest.mark.parametrize(("module", "unwanted"), LOADED)
def test_what_an_import_loads(module: str, unwanted: set[str]) -> None:
    asked = python(f"import sys, {module}; print(*sorted(sys.modules))")
    loaded = set(asked.stdout.split())
    assert module in loaded, asked.stderr
    assert loaded & unwanted == set()


def test_opening_a_root_loads_no_frames_and_no_plots(root: Root) -> None:
    root.whole_run("runs/a")
    code = "import sys; from driftline.store import open_store; open_store(sys.argv[1]); print(*sorted(sys.modules))"
    asked = python(code, str(root.folder))
    loaded = set(asked.stdout.split())
    assert "duckdb" in loaded, asked.stderr
    assert loaded & {"pandas", *PLOTTING} == set()


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.name)
def test_each_sql_file_says_purpose_grain_and_null(path: Path) -> None:
    head = path.read_text().split("\n")
    comments = [line for index, line in enumerate(head) if line.startswith("--") and index < 6]
    assert re.match(r"-- [A-Z].+\.$", comments[0])
    assert comments[1].startswith("-- grain: ")
    assert comments[2].startswith("-- null: ")
    assert re.match(r"\d{3}_[a-z_]+\.sql$", path.name)


def statements(path: Path) -> str:
    """The SQL of a file without comments and without what stands in quotes."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--[^\n]*", "", path.read_text()))


def without_parentheses(text: str) -> str:
    """The outermost level of a text: windows, aggregates and subqueries are gone."""
    while True:
        shorter = re.sub(r"\([^()]*\)", "", text)
        if shorter == text:
            return text
        text = shorter


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.name)
def test_no_view_is_ordered_and_no_final_select_takes_every_column(path: Path) -> None:
    text = statements(path)
    assert "order by" not in without_parentheses(text)
    for body in re.findall(r"\bas \(\s*((?:select|from)\b(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", text):
        assert "order by" not in without_parentheses(body), path.name
    final = without_parentheses(text)
    assert not re.search(r"select\s+\*|\.\*", final)
    assert not re.search(r"coalesce\([^()]*value[^()]*, 0\)", text)


def test_every_public_relation_says_what_it_is(root: Root) -> None:
    with root.open() as store:
        rows = store.connection.execute(
            "select view_name, comment from duckdb_views() where not internal union all"
            " select table_name, comment from duckdb_tables() where not internal"
        ).fetchall()
    comments = dict(rows)
    silent = [name for name in (*PUBLIC_RELATIONS, *JSONL_VIEWS) if not comments[name]]
    assert silent == []


def test_columns_of_a_key_are_named_alike(root: Root) -> None:
    """So that `using (run)` and `using (profile)` join every relation that has one."""
    with root.open() as store:
        for relation, key in (
            ("runs", "run"),
            ("run_kpis", "run"),
            ("episodes", "run"),
            ("profiles", "profile"),
            ("captures", "profile"),
        ):
            described = store.connection.execute(f"describe {relation}").fetchall()
            assert described[0][0] == key


def test_times_have_no_zone_of_their_own(root: Root) -> None:
    with root.open() as store:
        for relation in (*PUBLIC_RELATIONS, *JSONL_VIEWS):
            types = [row[1] for row in store.connection.execute(f"describe {relation}").fetchall()]
            assert types
            assert not any("WITH TIME ZONE" in type_ for type_ in types)


def test_modules_say_their_contract() -> None:
    silent = [
        path.name for path in modules() if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
