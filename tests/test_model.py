"""The parts of the model: each needs no more than what is said of it, and what fails is not swallowed."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from driftline.cache import Manifest, find_cache
from driftline.kept import CONNECTION
from driftline.model import CREATED, Model, lay, model_of, needs
from roots import Root

ENTRIES = """
select view_name as name from duckdb_views() where not internal
union all select table_name from duckdb_tables() where schema_name = 'main'
union all select distinct function_name from duckdb_functions() where not internal
order by name
"""


@pytest.fixture
def model(root: Root) -> Model:
    return model_of(root.folder, find_cache(root.folder), Manifest())


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=CONNECTION) as connection:
        yield connection


def behind(number: int, needed: dict[int, set[int]]) -> set[int]:
    """The part and all that it needs, and what those need."""
    return {number}.union(*(behind(other, needed) for other in needed[number]))


def test_a_relation_can_be_made_from_what_it_needs_alone(model: Model) -> None:
    needed, parts = needs(model), model.parts
    for number in range(len(model.sources), len(parts)):
        with duckdb.connect(config=CONNECTION) as connection:
            for part in [model.settings, *(parts[each] for each in sorted(behind(number, needed)))]:
                connection.execute(part)


def test_relations_that_do_not_meet_need_not_wait_for_each_other(model: Model) -> None:
    made = {name: number for number, part in enumerate(model.parts) for name in CREATED.findall(part)}
    needed = needs(model)
    assert made["runs"] not in behind(made["stage_trend"], needed)
    assert made["profiles"] not in behind(made["run_kpis"], needed)
    assert made["metrics"] not in behind(made["runs"], needed)


def test_a_run_that_changed_lays_no_history_anew(model: Model) -> None:
    made = {name: number for number, part in enumerate(model.parts) for name in CREATED.findall(part)}
    needed = needs(model)
    of_runs = {made["source_artifacts"], made["source_run_values"]}
    assert of_runs <= behind(made["run_metrics"], needed) | behind(made["runs"], needed)
    for relation in ("history_trend", "perf_baselines"):
        assert of_runs.isdisjoint(behind(made[relation], needed))


def test_the_model_is_the_same_laid_part_by_part_or_as_one_text(
    model: Model, database: duckdb.DuckDBPyConnection
) -> None:
    lay(database, model)
    laid = database.execute(ENTRIES).fetchall()
    with duckdb.connect(config=CONNECTION) as other:
        other.execute(model.text)
        assert other.execute(ENTRIES).fetchall() == laid


@pytest.mark.parametrize("field", ["settings", "sources", "relations", "end"])
def test_a_part_that_fails_is_heard_of(model: Model, database: duckdb.DuckDBPyConnection, field: str) -> None:
    wrong = "select no_such_column"
    parts = wrong if field in ("settings", "end") else [*getattr(model, field), wrong]
    with pytest.raises(duckdb.BinderException, match="no_such_column"):
        lay(database, model._replace(**{field: parts}))
