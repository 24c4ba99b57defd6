"""Reading in bulk and reading line by line: the same rows, whichever way a file takes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.artifacts.bulk import Asked, copy_plain, literal
from driftline.artifacts.rows import Batch, columns
from driftline.artifacts.run_lines import read_diagnostics, read_predictions
from driftline.errors import Problems
from roots import Root, lines, prediction

READERS = {"predictions": read_predictions, "diagnostics": read_diagnostics}


def tolerant(artifact: str, data: bytes) -> tuple[list[dict[str, Any]], Problems]:
    batch, problems = Batch(), Problems()
    READERS[artifact](data, "runs/a", 7, batch, problems)
    return batch.rows.get(artifact, []), problems


def in_bulk(artifact: str, data: bytes) -> list[dict[str, Any]] | None:
    """The rows read in bulk; None where the tolerant reader has to do it."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, f"{artifact}.jsonl"), Path(folder, "out.parquet")
        source.write_bytes(data)
        with duckdb.connect() as connection:
            if copy_plain(connection, artifact, [Asked(str(source), "runs/a", 7)], target):
                return None
            names = list(columns(artifact))
            found = connection.execute(
                f"select {', '.join(names)} from read_parquet({literal(str(target))}) order by line"
            ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def assert_alike(artifact: str, data: bytes) -> None:
    """What is read in bulk is what the tolerant reader reads, and it has no fault to report."""
    rows = in_bulk(artifact, data)
    if rows is not None:
        expected, problems = tolerant(artifact, data)
        assert list(problems) == []
        assert rows == expected


CLEAN = {
    "summary_final": {"episode_id": "e", "output": {"summary_final": "a b"}, "metadata": {"output_tokens": 3}},
    "summary_long after a blank one": {"episode_id": "e", "output": {"summary_final": "", "summary_long": "x"}},
    "summary": {"episode_id": "e", "dataset_id": "d", "output": {"summary": "ünï 🤦🏼‍♂️"}},
    "text": {"episode_id": "e", "output": "plain", "metadata": {"processing_time_seconds": 1.25, "cost_usd": 1e-7}},
    "nothing": {"episode_id": "e", "output": {}},
    "null": {"episode_id": "e", "output": None, "metadata": {"input_length_chars": 0}},
    "failed": {"episode_id": "e", "error": "boom", "output": None},
    "maps": {
        "episode_id": "e",
        "output": {"summary": "s"},
        "intermediate": {"map_summaries": [{"chunk_id": 1, "text": "aé"}, {"text": ""}], "reduce_input_chars": 9},
    },
    "no maps": {"episode_id": "e", "output": "s", "intermediate": {"map_summaries": []}},
    "text of many lines": {"episode_id": "e", "output": {"summary_final": 'a\nb\t"c"\\'}},
    "wholly foreign text": {"episode_id": "e", "output": {"summary_final": "日本語"}},
}


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_clean_predictions_are_read_in_bulk(name: str, ascii_only: bool) -> None:
    data = (json.dumps(CLEAN[name], ensure_ascii=ascii_only) + "\r\n\n").encode()
    expected, problems = tolerant("predictions", data)
    assert in_bulk("predictions", data) == expected
    assert not problems


def test_clean_diagnostics_are_read_in_bulk() -> None:
    data = lines([{"episode_id": "a", "chunks": 3, "avg_map_tokens": 1.5}, {"episode_id": "b", "final_tokens": None}])
    expected, problems = tolerant("diagnostics", data.encode())
    assert in_bulk("diagnostics", data.encode()) == expected
    assert not problems


ODD = {
    "number as text": '{"episode_id": "e", "metadata": {"output_tokens": "5"}}',
    "boolean": '{"episode_id": "e", "metadata": {"output_tokens": true}}',
    "negative": '{"episode_id": "e", "metadata": {"cost_usd": -1}}',
    "overflow": '{"episode_id": "e", "metadata": {"cost_usd": 1e999}}',
    "NaN": '{"episode_id": "e", "metadata": {"cost_usd": NaN}}',
    "nan": '{"episode_id": "e", "other": nan}',
    "trailing comma": '{"episode_id": "e",}',
    "trailing comma in a list": '{"episode_id": "e", "a": [1,]}',
    "numeric id": '{"episode_id": 1e16}',
    "id with spaces": '{"episode_id": "\u00a0e"}',
    "error of another kind": '{"episode_id": "e", "error": {"a": 1}}',
    "error in metadata": '{"episode_id": "e", "metadata": {"error": "x"}}',
    "keys twice": '{"episode_id": "e", "output": "a", "output": "b"}',
    "escaped key": '{"episode_id": "e", "metadata": {"output\\u005ftokens": "5"}}',
    "structured": '{"episode_id": "e", "output": {"entities": [1e16]}}',
    "NUL": '{"episode_id": "e", "output": "\\u0000"}',
    "lone surrogate": '{"episode_id": "e", "output": "\\ud800"}',
    "only a no-break space": '{"episode_id": "e", "output": "\u00a0"}',
    "summary is a number": '{"episode_id": "e", "output": {"summary": 5}}',
    "map text is a number": '{"episode_id": "e", "intermediate": {"map_summaries": [{"text": 5}]}}',
    "map text twice": '{"episode_id": "e", "intermediate": {"map_summaries": [{"text": "a", "text": "bb"}]}}',
    "no id": '{"output": "x"}',
    "garbage": "garbage",
    "garbage after": '{"episode_id": "e"} x',
    "spaces": "  ",
    "two of a name": '{"episode_id": "e"}\n{"episode_id": "e"}',
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_clean_goes_to_the_tolerant_reader(name: str) -> None:
    assert in_bulk("predictions", (ODD[name] + "\n").encode()) is None


@pytest.mark.parametrize("line", ["garbage", '{"episode_id": "e", "map_summaries"', '{"episode_id": "\\ud800"}', "[]"])
def test_a_bad_line_sends_its_own_file_alone_to_the_tolerant_reader(tmp_path: Path, line: str) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(lines([prediction("e")]))
    bad.write_text(lines([prediction("e")]) + line + "\n")
    with duckdb.connect() as connection:
        asked = [Asked(str(good), "runs/good", 1), Asked(str(bad), "runs/bad", 2)]
        for artifact in ("predictions", "diagnostics"):
            assert copy_plain(connection, artifact, asked, tmp_path / "out.parquet") == {2}


def test_an_output_elsewhere_is_not_the_output() -> None:
    assert_alike("predictions", b'{"episode_id": "e", "output": {"a": 1}, "metadata": {"output": "x"}}')


names = st.text(max_size=6) | st.none() | st.integers() | st.floats() | st.booleans()
numbers = st.floats() | st.integers() | st.none() | st.text("0123456789.eE+- nNaAiIfF", max_size=5) | st.booleans()
texts = st.text(max_size=20) | st.none()
outputs = st.one_of(
    texts,
    numbers,
    st.dictionaries(
        st.sampled_from(["summary_final", "summary_long", "summary", "entities", "x"]), texts | numbers, max_size=3
    ),
)
metadata = st.dictionaries(
    st.sampled_from(
        [
            "output_tokens",
            "output_length_chars",
            "processing_time_seconds",
            "input_length_chars",
            "cost_usd",
            "error",
            "output",
        ]
    ),
    numbers | texts,
    max_size=4,
)
intermediate = st.fixed_dictionaries(
    {},
    optional={
        "map_summaries": st.lists(
            st.fixed_dictionaries({}, optional={"text": texts | numbers, "chunk_id": numbers}), max_size=3
        ),
        "reduce_input_chars": numbers,
    },
)
predictions = st.fixed_dictionaries(
    {"episode_id": names},
    optional={
        "output": outputs,
        "metadata": metadata,
        "intermediate": intermediate,
        "error": texts | numbers,
        "dataset_id": names,
    },
)
diagnostics = st.fixed_dictionaries(
    {"episode_id": names}, optional={"chunks": numbers, "avg_map_tokens": numbers, "final_tokens": numbers, "x": texts}
)


@given(st.lists(predictions, min_size=1, max_size=3), st.booleans())
def test_any_predictions_are_read_alike(items: list[Any], ascii_only: bool) -> None:
    text = "\n".join(json.dumps(item, ensure_ascii=ascii_only) for item in items)
    assert_alike("predictions", text.encode("utf-8", "replace"))


@given(st.lists(diagnostics, min_size=1, max_size=3))
def test_any_diagnostics_are_read_alike(items: list[Any]) -> None:
    assert_alike("diagnostics", "\n".join(map(json.dumps, items)).encode())


@given(st.lists(predictions, min_size=1, max_size=2), st.data())
def test_damaged_bytes_are_read_alike(items: list[Any], data: st.DataObject) -> None:
    whole = "\n".join(map(json.dumps, items)).encode()
    at = data.draw(st.integers(0, len(whole)))
    assert_alike("predictions", whole[:at] + data.draw(st.binary(max_size=2)) + whole[at:])


def test_the_way_a_file_takes_shows_nowhere(root: Root) -> None:
    """The same episodes, in one run beside a line that only the tolerant reader can report."""
    items = [*(item | {"episode_id": f"e{index}"} for index, item in enumerate(CLEAN.values()))]
    root.run("runs/bulk", predictions=items).file("eval/runs/tolerant/predictions.jsonl", lines(items) + "garbage\n")
    with root.open() as store:
        both = [
            store.connection.execute(
                f"select * exclude (run) from episodes where run = '{run}' order by position"
            ).fetchall()
            for run in ("runs/bulk", "runs/tolerant")
        ]
    assert both[0] == both[1]
    assert len(both[0]) == len(CLEAN)


def test_the_views_over_the_files_agree_with_episodes(root: Root) -> None:
    items = [prediction("a", "x"), {"episode_id": "b", "error": "boom"}, {"episode_id": "c", "output": "text"}]
    root.run("runs/a", predictions=items, diagnostics=[{"episode_id": "a", "chunks": 2, "avg_map_tokens": 5}])
    root.file("eval/runs/odd/predictions.jsonl", "garbage\n" + lines(items))
    assert root.rows(
        "select run, file, line, episode_id, coalesce(output ->> '$.summary_final', output ->> '$'), error"
        " from predictions_jsonl order by line"
    ) == root.rows(
        "select run, 'eval/runs/a/predictions.jsonl', position, episode_id, text, error from episodes"
        " where run = 'runs/a' order by position"
    )
    assert root.rows(
        "select run, episode_id, chunks::double, avg_map_tokens::double from diagnostics_jsonl"
    ) == root.rows("select run, episode_id, chunks, map_tokens from episodes where chunks is not null")
    assert root.rows("select record from predictions_jsonl where line = 1") == [(json.dumps(items[0]),)]
