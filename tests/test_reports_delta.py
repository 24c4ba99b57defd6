"""The matrix of deltas: its cells are those of `deltas`, what differs first, the unchanged named, gaps as words."""

from __future__ import annotations

import csv as standard
import io
import re
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest

from driftline import queries
from driftline.metrics import MINUS, THIN
from driftline.reports import delta
from driftline.reports.choice import Comparison, choose_runs
from hostile import IMAGE, hostile_root
from roots import Root, metrics, prediction
from test_html import Reader

BASELINE, BETTER, WORSE = "baselines/b", "runs/better", "runs/worse"


def told(rouge: float, tokens: float, reference: str = "silver", **more: Any) -> dict[str, Any]:
    return metrics(4, tokens=tokens, latency_ms=1000.0, references={reference: {"rougeL_f1": rouge}}, **more)


def three(root: Root, **more: dict[str, Any]) -> Root:
    """A baseline, a candidate that is better and a newer one that is worse and fails an episode."""
    content = {BASELINE: told(0.5, 100), BETTER: told(0.75, 100), WORSE: told(0.25, 350, failed=["e1"]), **more}
    for number, (key, metric) in enumerate(content.items()):
        dated = {"run_context": {"run_id": f"2026-01-0{number + 1}T00:00:00Z"}}
        model = {"pipeline": {"stages": {"reduce": {"model": {"model_name": key.partition("/")[2]}}}}}
        root.run(key, metrics=metric, fingerprint=dated | model)
    return root


def comparison(connection: duckdb.DuckDBPyConnection, focus: str = "") -> Comparison:
    choice = choose_runs(connection, focus=focus)
    assert choice is not None
    labels = {row["run"]: row["label"] for row in queries.selectable_runs(connection)}
    return Comparison(choice.baseline, choice.focus, choice.others, labels, lambda **to: f"?{to}")


def page(root: Root, focus: str = "", shows_all: bool = False) -> str:
    with root.open() as store:
        return delta.render(store.connection, comparison(store.connection, focus), shows_all)


def cells(html: str) -> dict[str, list[str]]:
    """What every row of the body says, by its head."""
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    said = [
        [
            " ".join(Reader(re.sub(r"<(div|span)", r" <\1", cell)).text.split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row)
        ]
        for row in rows
    ]
    return {row[0].partition(" baseline ")[0]: row[1:] for row in said}


def _words(cell: str) -> str:
    """What a cell says, with one plain space between its parts and for each thin one."""
    return " ".join(Reader(re.sub(r"<(div|span)", r" <\1", cell)).text.split())


def folds(html: str) -> list[str]:
    return [Reader(summary).text for summary in re.findall(r"<summary>(.*?)</summary>", html)[1:]]


def title(html: str) -> str:
    return Reader(html.partition("</h1>")[0]).text


def test_a_cell_says_value_change_and_level_of_the_candidate_in_focus_first(root: Root) -> None:
    text = page(three(root))

    assert cells(text) == {
        "Failed episodes": ["0 any rise", "1 ▲ +1 past fail baseline is 0", "0 = 0"],
        "Output tokens": ["100 10 / 25 %", "350 ▲ +250 % gain beyond scale", "100 = 0"],
        "ROUGE-L F1 silver": [
            "0.500 0.020 / 0.050", f"0.250 ▼ {MINUS}50 % past fail", "0.750 ▲ +50 % gain",
        ],
        "Success rate %": ["100 any loss", f"75 ▼ {MINUS}25 points past fail", "100 = 0"],
    }  # fmt: skip
    assert title(text) == (
        "Seems mixed. worse seems better in output tokens but seems worse in ROUGE-L and failed episodes; "
        "better seems better."
    )


def test_the_candidate_in_focus_decides_what_comes_first(root: Root) -> None:
    three(root)

    assert next(iter(cells(page(root)))) == "Failed episodes"
    assert next(iter(cells(page(root, BETTER)))) == "ROUGE-L F1 silver"
    assert title(page(root, BETTER)).startswith("Seems better. better seems better in ROUGE-L; worse seems mixed.")


def test_what_is_unchanged_everywhere_is_named_in_one_line_and_shown_among_all(root: Root) -> None:
    first, everything = page(three(root)), page(root, shows_all=True)

    (line,) = folds(first)
    assert re.match(r"\d+ unchanged in both: .*Latency", line)
    assert "Latency s" not in cells(first)
    assert cells(everything)["Latency s"] == ["1.00 10 / 100 %", "1.00 = 0", "1.00 = 0"]
    assert list(cells(everything))[:4] == list(cells(first))
    assert folds(everything) == []
    assert len(cells(everything)) == len(cells(first)) + int(line.split()[0])


def test_a_gap_is_a_word_and_a_primary_one_is_seen_at_once(root: Root) -> None:
    flow = [{"episode_id": "e1", "chunks": 3}]
    three(root, **{WORSE: told(0.25, 100, "gold")}).run(BASELINE, diagnostics=flow, predictions=[prediction("e1")])
    root.run(BETTER, diagnostics=[{"episode_id": "e1", "chunks": 4}], predictions=[prediction("e1")])
    found = cells(page(root))

    assert found["ROUGE-L F1 silver"][1:] == ["not comparable scored against gold", "0.750 ▲ +50 % gain"]
    assert found["Chunks"][1:] == ["no diagnostics", "4.0 ▲ +33 % changed"]
    assert "1 not compared: ROUGE-L F1 (gold)" in folds(page(root))
    everything = cells(page(root, shows_all=True))
    assert everything["ROUGE-L F1 gold"] == ["– 0.020 / 0.050", "not comparable scored against gold", "not measured"]


def test_a_metric_of_one_side_only_says_which(root: Root) -> None:
    root.run(BASELINE, metrics=told(0.5, 100), fingerprint={"run_context": {"run_id": "2026-01-01T00:00:00Z"}})
    root.run("runs/c", metrics=metrics(4), fingerprint={"run_context": {"run_id": "2026-01-02T00:00:00Z"}})
    found = cells(page(root))

    assert found["ROUGE-L F1 silver"][1] == "only in baseline"
    assert found["Output tokens"][1] == "only in baseline"


def test_only_diagnostics_that_are_missing_are_said_to_be(root: Root) -> None:
    flow = [{"episode_id": "e1", "chunks": 3, "final_tokens": 7}], [{"episode_id": "e1", "chunks": 4}], None
    three(root)
    for key, diagnostics in zip((BASELINE, BETTER, WORSE), flow, strict=True):
        root.run(key, diagnostics=diagnostics)
    found = cells(page(root, shows_all=True))

    assert found["Final output tokens"][1:] == ["no diagnostics", "only in baseline"]


def test_every_number_is_one_of_the_statement_and_of_deltas(root: Root) -> None:
    with three(root).open() as store:
        chosen = comparison(store.connection)
        text = delta.render(store.connection, chosen, True)
        shown = re.search(r'<pre tabindex="0">(.*?)</pre>', text, re.DOTALL)
        assert shown
        rows = queries.ask(store.connection, Reader(shown[1]).text).rows
        alone = [
            {"run": run, **row}
            for run in (WORSE, BETTER)
            for row in queries.deltas(store.connection, BASELINE, run).rows
        ]

    measured = ("run", "metric", "reference", "baseline", "candidate", "delta", "delta_pct", "level", "gain", "status")
    key = lambda row: tuple(map(str, (row["run"], row["metric"], row["reference"])))  # noqa: E731
    assert [[row[name] for name in measured] for row in sorted(rows, key=key)] == [
        [row[name] for name in measured] for row in sorted(alone, key=key)
    ]
    found = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', text)
    assert found
    saved = list(standard.DictReader(io.StringIO(unquote(found[1]), newline="")))
    assert [(row["run"], row["metric"], row["delta"]) for row in saved] == [
        (row["run"], row["metric"], "" if row["delta"] is None else str(row["delta"])) for row in rows
    ]


def test_the_texts_of_other_runs_change_no_cell(root: Root) -> None:
    three(root)
    for key, text in ((BASELINE, "a b c d a b c d"), (BETTER, "a b c d e f g h"), ("runs/old", "x x x x x x x")):
        root.run(key, predictions=[prediction("e1", text)])
    with root.open() as store:
        rows = queries.delta_matrix(store.connection, BASELINE, [BETTER]).rows
        alone = queries.deltas(store.connection, BASELINE, BETTER).rows

    (repeated,) = [row for row in rows if row["metric"] == "repetition"]
    assert (repeated["baseline"], repeated["candidate"]) == pytest.approx((1 / 5, 0))
    assert len(rows) == len(alone)


def test_more_candidates_and_metrics_than_fit_are_told(root: Root) -> None:
    three(root)
    extra = {f"metric_{at:02}": float(at) for at in range(50)}
    more = {f"metric_{at:02}": float(at + 1) for at in range(50)}
    root.run(BASELINE, metrics=metrics(4, references={"silver": extra}))
    for at in range(9):
        root.run(f"runs/n{at}", metrics=metrics(4, references={"silver": more}))
    with root.open() as store:
        labels = {row["run"]: row["label"] for row in queries.selectable_runs(store.connection)}
        others = tuple(f"runs/n{at}" for at in range(1, 9))
        text = delta.render(store.connection, Comparison(BASELINE, "runs/n0", others, labels))

    assert len(cells(text)) == delta.METRICS_SHOWN
    assert {len(row) for row in cells(text).values()} == {1 + delta.CANDIDATES_SHOWN}
    assert "10 more, with less effect, in CSV and SQL: " in folds(text)[0]
    assert "+ 1 more candidates, not in the table: " in Reader(text).text
    assert "metric_49" in unquote(text.partition("data:text/csv")[2])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("rougeL_f1", {}, "0.020 / 0.050"),
        ("failed_episodes", {}, "any rise"),
        ("success_rate", {}, "any loss"),
        ("avg_latency_s", {}, f"10 / 100{THIN}%"),
        ("avg_latency_s", {"warn_pct": None}, f"– / 100{THIN}%"),
        ("avg_chunks", {}, "no level"),
    ],
)
def test_the_levels_of_a_metric_are_in_its_unit(root: Root, name: str, values: dict[str, Any], expected: str) -> None:
    with root.open() as store:
        metric = queries.registry(store.connection)[name]
    row = {level: getattr(metric, level) for level in ("warn_pct", "fail_pct", "warn_abs", "fail_abs")}

    assert delta.levels(row | values, metric) == expected


def test_equal_runs_differ_in_nothing(root: Root) -> None:
    text = page(three(root, **{BETTER: told(0.5, 100), WORSE: told(0.5, 100)}))

    assert title(text) == "No change seen. worse stays inside every level; better stays inside every level."
    assert "Every metric that was compared is the same." in text
    assert cells(text) == {}


def test_runs_without_any_metric_say_so(root: Root) -> None:
    for number, key in enumerate((BASELINE, BETTER)):
        root.run(key, fingerprint={"run_context": {"run_id": f"2026-01-0{number + 1}T00:00:00Z", "dataset_id": "d"}})

    with root.open() as store:
        text = delta.render(store.connection, Comparison(BASELINE, BETTER, (), {BASELINE: "b", BETTER: "c"}))

    assert title(text) == "Nothing to compare."
    assert "driftline check" in text


def test_a_hostile_root_stays_text(root: Root) -> None:
    found = Reader(page(hostile_root(root.folder), shows_all=True))

    assert {"script", "img", "svg"} & set(found.elements) == set()
    assert not [name for name in found.attributes if name.startswith("on")]
    assert IMAGE in found.text
