"""Given two runs, the cause that is named: each rule where it holds, and where it nearly does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cause_cases import CASES, MAIN_MAX, MAP_MAX, REDUCE_MAX, REDUCE_MIN, Settings
from driftline import queries
from driftline.store import Store, open_store
from hostile import NAMES, hostile_root
from roots import Root, metrics
from two_runs import B, C, Side

FIRST = "baselines/demo_paragraph_v0.1"


def fingerprint(settings: Settings) -> dict[str, Any]:
    """Dotted keys as the nested object of fingerprint.json."""
    nested: dict[str, Any] = {"task": "summarization"}
    for key, value in settings.items():
        *folders, name = key.split(".")
        place = nested
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return nested


def run(root: Root, key: str, side: Side, settings: Settings) -> None:
    """A run of ten episodes. `flow`: map tokens and reduce input characters; `repeats`: its texts repeat themselves."""
    side = dict(side)
    flow = side.pop("flow", None)
    text = "one two three four " * 5 if side.pop("repeats", False) else "one two three four five six seven eight"
    predictions = [{"episode_id": f"e{n}", "output": {"summary_final": text}} for n in range(10)]
    parts: dict[str, Any] = {}
    if flow:
        parts["diagnostics"] = [
            {"episode_id": f"e{n}", "chunks": 4, "avg_map_tokens": flow[0], "reduce_input_chars": flow[1]}
            for n in range(10)
        ]
    failed = [f"e{n}" for n in range(side.pop("failed", 0))]
    boilerplate = side.pop("boilerplate", None)
    stated = metrics(10, failed=failed, **{"tokens": 100.0, "latency_ms": 1000.0, **side})
    if boilerplate is not None:
        stated["intrinsic"]["gates"]["boilerplate_leak_rate"] = boilerplate
    root.run(key, metrics=stated, predictions=predictions, fingerprint=fingerprint(settings), **parts)


def two(root: Root, baseline: Side, candidate: Side, before: Settings, after: Settings) -> Root:
    run(root, B, baseline, before)
    run(root, C, candidate, after)
    return root


def found(root: Root, names: str = "rule", where: str = "direction = 'worse'") -> list[Any]:
    rows = root.rows(f"select {names} from causes('{B}', '{C}') where {where} order by rank")
    return [row[0] if len(row) == 1 else row for row in rows]


@pytest.mark.parametrize(("rule", "baseline", "candidate", "before", "after", "evidence"), CASES)
def test_a_rule_holds_or_is_silent(
    root: Root, rule: str, baseline: Side, candidate: Side, before: Settings, after: Settings, evidence: str | None
) -> None:
    two(root, baseline, candidate, before, after)
    told = [text.replace("\u202f", " ") for name, text in found(root, "rule, evidence") if name == rule]
    assert told == ([] if evidence is None else [evidence])
    back = root.rows(f"select rule from causes('{C}', '{B}') where direction = 'worse' and rule = '{rule}'")
    assert back == []


def test_the_numbers_of_a_cause_belong_together(root: Root) -> None:
    two(root, {"flow": (100, 4000)}, {"flow": (80, 3000), "tokens": 25.0}, {}, {REDUCE_MIN: 100, MAP_MAX: 90})
    columns = "rule, label, rank, metric, baseline, candidate, limit_value"
    # reduce first: 25 % of the output is left, of its input 75 %
    assert found(root, columns, "rule <> 'length'") == [
        ("reduce_starved", "reduce starved", 1, "avg_output_tokens", 100.0, 25.0, 100.0),
        ("map_compressive", "map too compressive", 2, "avg_map_tokens", 100.0, 80.0, 90.0),
    ]
    assert found(root, "explains, level", "rule <> 'length'") == [(["avg_output_tokens"], "fail")] * 2
    columns = "label, direction, limit_value, split_part(evidence, ', ', -1)"
    assert root.rows(f"select {columns} from causes('{C}', '{B}') where rule = 'reduce_starved'") == [
        ("reduce less starved", "better", 100.0, "the baseline at a quarter of its minimum of 100")
    ]


def test_the_limit_is_that_of_the_side_that_met_it(root: Root) -> None:
    two(root, {"tokens": 59.0}, {}, {REDUCE_MAX: 60}, {REDUCE_MAX: 140})
    columns = "rule, direction, label, limit_value, evidence"
    assert found(root, columns, "rule = 'output_capped'") == [
        ("output_capped", "better", "output cap raised", 60.0,
         "the output rose from 59.0 to 100 tokens, its maximum from 60 to 140"),
    ]  # fmt: skip


def test_a_failure_comes_before_a_warning(root: Root) -> None:
    two(root, {"flow": (100, 4000)}, {"flow": (80, 3000), "tokens": 89.0, "failed": 1}, {}, {})
    assert found(root, "rule, level")[0] == ("failed_episodes", "fail")
    assert ("map_compressive", "warn") in found(root, "rule, level")


def test_what_got_worse_comes_before_what_got_better(root: Root) -> None:
    two(root, {"tokens": 50.0}, {"latency_ms": 1200.0}, {"seed": 1}, {"seed": 2})
    assert found(root, "rule, direction", "true") == [
        ("latency", "worse"),
        ("configuration", "worse"),
        ("length", "better"),
    ]


def test_a_difference_that_changes_nothing_is_neutral(root: Root) -> None:
    two(root, {}, {}, {"seed": 1}, {"seed": 2})
    assert found(root, "rule, direction, metric, baseline, candidate, explains, level", "true") == [
        ("configuration", "neutral", None, None, None, None, None)
    ]


def test_a_gate_is_known_from_counts_where_there_is_no_rate(root: Root) -> None:
    for key, count in ((B, 0), (C, 2)):
        root.run(key, predictions=[{"episode_id": n, "output": "a b"} for n in "wxyz"])
        root.run(key, run_summary={"gate_failures": {"truncation": count}})
    assert found(root, "rule, metric, evidence") == [
        ("truncation", "truncation_failures", "2 of 4 episodes are cut off, none in the baseline")
    ]


def test_runs_of_other_shapes_are_told_apart_by_their_models(root: Root) -> None:
    names = ("pipeline.stages.main.model.model_name", "pipeline.stages.map.model.model_name")
    two(root, {}, {}, {names[0]: "one"}, {names[1]: "two"})
    assert found(root, "evidence", "true") == ["model went from one to two"]
    two(root, {}, {}, {names[0]: "one"}, {names[0]: "two"})
    assert found(root, "evidence", "true") == [f"{names[0]} went from one to two"]


def test_a_side_without_a_value_makes_no_cause(root: Root) -> None:
    root.run(
        B, metrics=metrics(2, tokens=200.0, references={"r1": {"rougeL_f1": 0.9}}), fingerprint=fingerprint({"seed": 1})
    )
    root.run(C, metrics=metrics(2, latency_ms=9000.0, references={"r2": {"rougeL_f1": 0.1}}))
    assert found(root, "*", "true") == []
    assert root.rows(f"from causes('{C}', '{B}')") == []


def test_a_level_that_the_root_sets_decides(root: Root) -> None:
    root.file("driftline.toml", "[metrics.avg_latency_s]\nwarn_pct = 60\n")
    two(root, {}, {"latency_ms": 1500.0}, {}, {})
    assert found(root) == []


def test_limits_as_the_fingerprint_states_them(root: Root) -> None:
    stated = {MAP_MAX: 200, REDUCE_MAX: 650, REDUCE_MIN: 220, "tokenization.reduce_max_input_tokens": 4096}
    run(root, B, {}, {**stated, "pipeline.stages.map.generation_params.min_new_tokens": "omitted"})
    run(root, C, {}, {MAIN_MAX: 800, "pipeline.stages.main.generation_params.max_new_tokens": "9" * 400})
    assert root.rows("from flow_limits order by run, stage") == [
        (B, "map", 200.0, None, None),
        (B, "reduce", 650.0, 220.0, 4096.0),
        (C, "main", 800.0, None, None),
    ]


side = st.fixed_dictionaries(
    {
        "tokens": st.sampled_from([0.0, 20.0, 50.0, 56.0, 100.0]),
        "latency_ms": st.sampled_from([0.0, 1000.0, 1500.0]),
        "truncation": st.sampled_from([0.0, 0.2]),
        "flow": st.none() | st.tuples(st.sampled_from([0, 40, 100]), st.sampled_from([0, 1600, 4000])),
        "references": st.sampled_from([None, {"r": {"rougeL_f1": 0.3}}, {"r": {"rougeL_f1": 0.1}}, {"s": {"wer": 1}}]),
    }
)  # fmt: skip
chosen = st.fixed_dictionaries(
    {},
    optional={
        REDUCE_MAX: st.sampled_from([0, 60, 140]),
        REDUCE_MIN: st.sampled_from([0, 100]),
        "preprocessing.x": st.sampled_from([1, 2]),
    },
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Root:
    return Root(tmp_path_factory.mktemp("shared"))


@settings(max_examples=10)
@given(side, side, chosen, chosen)
def test_no_worsening_is_reported_both_ways(
    shared: Root, baseline: Side, candidate: Side, before: Settings, after: Settings
) -> None:
    two(shared, baseline, candidate, before, after)
    with shared.open() as store:
        forth, back = (queries.causes(store.connection, *keys).rows for keys in ((B, C), (C, B)))
        same = queries.causes(store.connection, B, B).rows
    assert same == []
    for rows in (forth, back):
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        assert all(row["evidence"] for row in rows)
    worse = [
        {(row["rule"], metric) for row in rows if row["direction"] == "worse" for metric in row["explains"]}
        for rows in (forth, back)
    ]
    assert worse[0] & worse[1] == set()


@pytest.mark.parametrize(("sides", "named"), [(("ghost", C), "ghost"), ((B, "it''s gone"), "it's gone")])
def test_an_unknown_run_is_an_error_that_names_it(root: Root, sides: tuple[str, str], named: str) -> None:
    two(root, {}, {}, {}, {})
    with root.open() as store, pytest.raises(duckdb.Error, match=f"no run {named} in this root"):
        store.connection.execute(f"select * from causes('{sides[0]}', '{sides[1]}')").fetchall()


def test_hostile_names_are_plain_text(tmp_path: Path, root: Root) -> None:
    with hostile_root(tmp_path / "hostile").open() as store:
        keys = [run for (run,) in store.connection.execute("select run from runs order by run").fetchall()]
        for baseline in keys:
            for candidate in keys:
                queries.causes(store.connection, baseline, candidate)
    before = {"seed": "\n".join(NAMES)}
    two(root, {}, {}, before, {"seed": "'; drop table runs; --"})
    (evidence,) = found(root, "evidence", "true")
    # One line, cut after 60 characters, and otherwise as written
    assert evidence == f"seed went from {' '.join(NAMES)[:60]} … to '; drop table runs; --"


def test_all_candidates_in_one_statement(root: Root) -> None:
    two(root, {}, {"failed": 1}, {}, {})
    statement = (
        f"select r.run, c.rule from runs as r, lateral (select * from causes('{B}', r.run)) as c order by c.rank"
    )
    assert root.rows(statement) == [(C, "failed_episodes")]


@pytest.fixture(scope="module")
def shipped(shipped_links: Path) -> Iterator[Store]:
    with open_store(shipped_links) as store:
        yield store


STORY = {
    "v0.2": [("latency", "worse"), ("configuration", "worse")],
    "v0.3": [("configuration", "neutral")],
    "v0.4": [(rule, "worse") for rule in ("map_compressive", "reduce_starved", "length", "configuration")],
    "v0.6": [("output_capped", "better"), ("length", "better"), ("configuration", "better")],
}  # fmt: skip


@pytest.mark.parametrize("release", STORY)
def test_each_release_of_the_shipped_data_tells_its_story(shipped: Store, release: str) -> None:
    rows = queries.causes(shipped.connection, FIRST, f"runs/demo_paragraph_{release}").rows
    assert [(row["rule"], row["direction"]) for row in rows] == STORY[release]


def test_the_release_with_the_failed_episode_names_it_and_the_gate(shipped: Store) -> None:
    rows = queries.causes(shipped.connection, FIRST, "runs/demo_paragraph_v0.5").rows
    # The latency of v0.5 is near the warn level: measured again it may be on the other side.
    assert [row["rule"] for row in rows if row["rule"] != "latency"] == [
        "failed_episodes",
        "speaker_label",
        "preprocessing_drift",
    ]


def test_the_same_configuration_run_again_has_no_cause(shipped: Store) -> None:
    for number in range(1, 6):
        assert queries.causes(shipped.connection, FIRST, f"runs/aa/demo_paragraph_v0.1_aa{number}").rows == []


def test_numbers_are_written_as_on_the_pages(shipped: Store) -> None:
    registry = queries.registry(shipped.connection)
    for value in (0, 0.004, 0.0435, 0.25, 0.999, 1, 4.81, 9.96, 54.2, 99.95, 217.2, 2357.8, 1234567.5):
        for name in (
            "rougeL_f1",
            "success_rate",
            "avg_output_tokens",
            "avg_latency_s",
            "avg_reduce_input_chars",
            "wer",
        ):
            metric = registry[name]
            text = shipped.connection.execute(
                "select written(value, unit, decimals) || written_unit(unit)"
                f" from (select {value}::double as value, unit, decimals from metrics where metric = '{name}')"
            ).fetchall()
            assert text == [(metric.shown_with_unit(value).strip(),)], (name, value)
