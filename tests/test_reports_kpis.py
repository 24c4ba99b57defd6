"""The table of KPIs: its rows are the statement's, its marks the registry's, its file runs nothing in a spreadsheet."""

from __future__ import annotations

import csv as standard
import io
import re
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline import queries
from driftline.reports import csv, kpis
from driftline.reports.choice import Comparison, choose_runs
from hostile import IMAGE, SCRIPT, hostile_root
from roots import Root, metrics
from test_html import Reader

PLAIN = kpis.View()
BASELINE, FIRST, SECOND = "baselines/b", "runs/c1", "runs/c2"


def scored(value: float | None, reference: str = "silver") -> dict[str, Any] | None:
    return None if value is None else {reference: {"rougeL_f1": value}}


def three(root: Root) -> Root:
    """A baseline and two candidates; the second is faster, fails an episode and has no score."""
    told = {
        BASELINE: metrics(4, tokens=100.0, latency_ms=2000.0, references=scored(0.5)),
        FIRST: metrics(4, tokens=200.0, latency_ms=2000.0, references=scored(0.25)),
        SECOND: metrics(4, tokens=100.0, latency_ms=1000.0, failed=["e1"]),
    }
    for number, (key, content) in enumerate(told.items()):
        dated = {"run_context": {"run_id": f"2026-01-0{number + 1}T00:00:00Z"}}
        model = {"pipeline": {"stages": {"reduce": {"model": {"model_name": f"model-{number}"}}}}}
        root.run(key, metrics=content, fingerprint=dated | model)
    return root


def comparison(connection: duckdb.DuckDBPyConnection) -> Comparison:
    choice = choose_runs(connection)
    assert choice is not None
    labels = {row["run"]: row["label"] for row in queries.selectable_runs(connection)}
    return Comparison(choice.baseline, choice.focus, choice.others, labels)


def table(root: Root, **asked: Any) -> list[queries.Row]:
    """The rows for the three runs."""
    with root.open() as store:
        options: dict[str, Any] = {"group": False, "search": "", "sort": "", **asked}
        return queries.kpi_table(store.connection, [BASELINE, FIRST, SECOND], **options).rows


def runs(root: Root, **asked: Any) -> list[str]:
    return [row["run"] for row in table(root, **asked)]


def page(root: Root, view: kpis.View = PLAIN) -> str:
    with root.open() as store:
        return kpis.render(store.connection, comparison(store.connection), view)


def cells(html: str) -> list[list[str]]:
    """What the cells of every row of the body say."""
    rows = html.partition("<tbody>")[2].split("</tr>")[:-1]
    return [[Reader(cell).text for cell in re.findall(r"<t[hd] .*?</t[hd]>", row)] for row in rows]


def file_of(html: str) -> list[dict[str, str]]:
    found = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)
    assert found
    return list(standard.DictReader(io.StringIO(unquote(found[1]), newline="")))


def test_a_row_shows_what_run_kpis_says_with_its_marks_and_gaps(root: Root) -> None:
    assert cells(page(three(root))) == [
        ["model-0baseline", "4", "0.500▲ best", "100", "0", "100", "2.00", *["not stated"] * 3, "0", "0", "0"],
        [
            "model-2in focus", "4", "no score", "75▼ worst", "1▼ worst", "100", "1.00▲ best", *["not stated"] * 3,
            "0", "0", "0",
        ],
        ["model-1", "4", "0.250▼ worst", "100", "0", "200▲ best", "2.00", *["not stated"] * 3, "0", "0", "0"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", [BASELINE, FIRST, SECOND]),
        ("rougeL_f1", [FIRST, BASELINE, SECOND]),
        ("-rougeL_f1", [BASELINE, FIRST, SECOND]),
        ("avg_latency_s", [SECOND, BASELINE, FIRST]),
        ("-avg_latency_s", [BASELINE, FIRST, SECOND]),
        ("-label", [SECOND, FIRST, BASELINE]),
        ("-failed_episodes", [SECOND, BASELINE, FIRST]),
        ("run; drop table runs", [BASELINE, FIRST, SECOND]),
    ],
)
def test_a_column_sorts_with_its_gaps_last_and_equals_as_given(root: Root, sort: str, expected: list[str]) -> None:
    assert runs(three(root), sort=sort) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("model", [BASELINE, FIRST, SECOND]),
        ("MODEL-1", [FIRST]),
        ("runs model-2", [SECOND]),
        ("runs baselines", []),
        ("' or 1=1 --", []),
        ("%", []),
    ],
)
def test_the_search_keeps_the_rows_that_hold_every_word(root: Root, search: str, expected: list[str]) -> None:
    assert runs(three(root), search=search) == expected


def test_nothing_found_says_so_and_keeps_the_search(root: Root) -> None:
    text = page(three(root), kpis.View(search="<nothing>"))

    assert "<h1>No run found.</h1>" in text
    assert 'value="&lt;nothing&gt;"' in text
    assert "<table" not in text


def test_the_whole_group_is_shown_when_asked_for(root: Root) -> None:
    three(root).run("runs/other", metrics=metrics(4, tokens=1.0, dataset_id="elsewhere"))
    with root.open() as store:
        asked: dict[str, Any] = {"search": "", "sort": ""}
        pair = [FIRST, SECOND]
        chosen = queries.kpi_table(store.connection, pair, group=False, **asked).rows
        everyone = queries.kpi_table(store.connection, pair, group=True, **asked).rows

    assert [row["run"] for row in chosen] == pair
    assert [row["run"] for row in everyone] == [*pair, BASELINE]


def test_scores_against_different_references_are_not_ranked_against_each_other(root: Root) -> None:
    three(root).run(FIRST, metrics=metrics(4, references=scored(0.25, "gold")))

    assert [row["run"] for row in table(root) if "rougeL_f1" in row["best"] + row["worst"]] == []
    assert "0.250gold" in [cell for row in cells(page(root)) for cell in row]


def test_what_all_or_most_share_is_not_marked(root: Root) -> None:
    marked = {row["run"]: (row["best"], row["worst"]) for row in table(three(root))}

    assert marked[BASELINE] == (["rougeL_f1"], [])
    assert marked[SECOND] == (["avg_latency_s"], ["failed_episodes", "success_rate"])
    assert not any("truncation_rate" in best + worst for best, worst in marked.values())


def test_a_reference_ranks_only_where_it_was_chosen(root: Root) -> None:
    gold = "references/gold/g"
    three(root).run(gold, metrics=metrics(4, tokens=900.0))
    with root.open() as store:
        asked: dict[str, Any] = {"group": True, "search": "", "sort": ""}
        beside = queries.kpi_table(store.connection, [BASELINE, FIRST, SECOND], **asked).rows
        chosen = queries.kpi_table(store.connection, [BASELINE, FIRST, gold], **asked).rows

    assert [row["run"] for row in beside if "avg_output_tokens" in row["best"]] == [FIRST]
    assert [row["run"] for row in chosen if "avg_output_tokens" in row["best"]] == [gold]


def named(*best: list[str], label: str = "r") -> list[queries.Row]:
    return [{"label": f"{label}{at}", "best": found, "worst": []} for at, found in enumerate(best)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (named([]), "r0 alone: nothing to rank it against."),
        (named([], []), "No column tells the 2 runs apart."),
        (named(["avg_latency_s", "rougeL_f1"], []), "r0 is best in ROUGE-L and latency."),
        (named(["a"] * 4, ["b"]), "r0 is best in 4 columns."),
        (named(["a"], ["b"], []), "r0 and r1 are best in 1 column each."),
        (named(["a"], ["b"], ["c"], ["d"]), "4 runs are best in 1 column each."),
    ],
)
def test_the_title_says_who_leads(rows: list[queries.Row], expected: str) -> None:
    assert kpis.insight(rows) == expected


def test_a_head_sorts_best_first_then_the_other_way_then_not_at_all(root: Root) -> None:
    with three(root).open() as store:
        asked = comparison(store.connection)
        linked = Comparison(asked.baseline, asked.focus, asked.others, asked.labels, lambda **to: f"?{to}")
        heads = [
            kpis.render(store.connection, linked, kpis.View(sort=sort)).partition("<tbody>")[0]
            for sort in ("", "-rougeL_f1", "rougeL_f1", "avg_latency_s")
        ]

    def following(head: str, label: str) -> tuple[str, str]:
        order, href = re.findall(rf'aria-sort="(\w+)"[^>]*><a href="([^"]*)"[^>]*>{label}', head)[0]
        return order, href.replace("&#x27;", "'")

    assert [following(head, "ROUGE-L F1") for head in heads[:3]] == [
        ("none", "?{'sort': '-rougeL_f1'}"),
        ("descending", "?{'sort': 'rougeL_f1'}"),
        ("ascending", "?{'sort': ''}"),
    ]
    assert following(heads[0], "Latency") == ("none", "?{'sort': 'avg_latency_s'}")
    assert following(heads[3], "Latency") == ("ascending", "?{'sort': '-avg_latency_s'}")


def test_the_file_holds_the_rows_of_the_statement(root: Root) -> None:
    with three(root).open() as store:
        text = kpis.render(store.connection, comparison(store.connection), kpis.View(sort="-avg_output_tokens"))
        shown = re.search(r'<pre tabindex="0">(.*?)</pre>', text, re.DOTALL)
        assert shown
        rows = queries.ask(store.connection, Reader(shown[1]).text).rows

    found = file_of(text)
    assert [row["run"] for row in found] == [row["run"] for row in rows] == [FIRST, BASELINE, SECOND]
    assert [row["rougeL_f1"] for row in found] == ["0.25", "0.5", ""]
    assert found[2]["worst"] == "failed_episodes, success_rate"


def test_a_hostile_root_stays_text(root: Root) -> None:
    text = page(hostile_root(root.folder))
    found = Reader(text)

    assert {"script", "img", "svg"} & set(found.elements) == set()
    assert not [name for name in found.attributes if name.startswith("on")]
    assert IMAGE in found.text
    assert SCRIPT in found.text + "".join(row["dataset_id"] for row in file_of(text))


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-1+1", "@SUM(A1)", "\tx", "\rx", "-", "+", "=", "-1_000", "-1e"])
def test_a_formula_is_told_from_its_text(text: str) -> None:
    found = list(standard.reader(io.StringIO(csv.render([{"a": text}], ["a"]), newline="")))

    assert found == [["a"], ["'" + text]]


@pytest.mark.parametrize("value", [-1.5, "-1.5", "+3", "-1e-05", -3, "1=1", "a@b", "a,b", 'a"b', "a\nb", "a\r\nb", ""])
def test_all_else_arrives_as_it_was(value: Any) -> None:
    found = list(standard.reader(io.StringIO(csv.render([{"a": "x", "b": value}], ["a", "b"]), newline="")))

    assert found == [["a", "b"], ["x", str(value)]]


@given(st.lists(st.text(max_size=6) | st.none() | st.floats(allow_nan=False), min_size=2, max_size=4))
def test_no_cell_of_a_file_is_a_formula(values: list[Any]) -> None:
    names = [f"c{at}" for at in range(len(values))]
    text = csv.render([dict(zip(names, values, strict=True))], names)
    (row,) = list(standard.reader(io.StringIO(text, newline="")))[1:]

    assert len(row) == len(values)
    assert not [cell for cell in row if cell.startswith(csv.FORMULA) and not csv.NUMBER.fullmatch(cell)]
