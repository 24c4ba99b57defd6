"""How sure a page may be: what is told of the noise, and what would settle what is open."""

from __future__ import annotations

import pytest

from driftline import queries
from driftline.judging import judge
from driftline.reports import sureness
from roots import Root
from test_html import Reader
from verdict_roots import B, C, captured, pair, repeated


def told(root: Root, side: str = "run", baseline: str = B, candidate: str = C) -> tuple[str, str]:
    """The chip and the panel as text."""
    with root.open() as store:
        judge(store, side, baseline, [candidate])
        connection = store.connection
        panel = Reader(sureness.panel(connection, side, baseline, [candidate])).text
        return sureness.chip(connection, side, baseline, [candidate]), panel


def test_without_repetitions_noise_is_assumed_and_the_command_is_named(root: Root) -> None:
    chip, panel = told(pair(root, 1.0))
    assert chip == "noise assumed"
    assert "How sure are we: 1 of 7 primary metrics is open" in panel
    assert "driftline calibrate --runs 10" in panel
    assert "The same in both: Output tokens" in panel


def test_what_repetitions_tell_is_told(root: Root) -> None:
    chip, panel = told(repeated(pair(root, 1.0)))
    assert chip.startswith("latency noise ±")
    assert chip.endswith(", 7 pairs of repeated runs")
    assert "all that was compared is settled" in panel
    assert "calibrate" not in panel


@pytest.mark.parametrize(("rounds", "chip"), [("r1", "captured in turns"), (None, "noise assumed")])
def test_captures_in_turns_are_told_from_those_of_two_sessions(root: Root, rounds: str | None, chip: str) -> None:
    captured(captured(root, "v1", [1.0, 1.01, 0.99, 1.0], rounds=rounds), "v2", [1.0, 1.02, 0.98, 1.0], rounds=rounds)
    assert told(root, "profile", "v1", "v2")[0] == chip


def test_single_captures_are_open_and_their_noise_is_not_known(root: Root) -> None:
    chip, panel = told(captured(captured(root, "v1", [1.0]), "v2", [2.0]), "profile", "v1", "v2")
    assert chip == "noise unknown"
    assert "captures in turns: driftline profile freeze --against" in panel


def test_what_was_not_judged_has_no_panel(root: Root) -> None:
    with pair(root, 1.0).open() as store:
        assert sureness.panel(store.connection, "run", B, [C]) == ""


def test_the_statement_of_the_panel_gives_its_rows(root: Root) -> None:
    with pair(root, 1.3).open() as store:
        judge(store, "run", B, [C])
        weighed = queries.weighed(store.connection, "run", B, [C])
        primary = queries.primary_verdicts(weighed, C)
        again = queries.ask(store.connection, primary.sql).rows
    assert len(primary.rows) > 3
    assert sorted(map(str, again)) == sorted(map(str, primary.rows))


def test_rows_with_their_verdicts_are_what_the_statement_gives(root: Root) -> None:
    with pair(root, 1.3).open() as store:
        judge(store, "run", B, [C])
        weighed = queries.weighed(store.connection, "run", B, [C])
        for table in (
            queries.deltas(store.connection, B, C),
            queries.kpi_deltas(store.connection, B, [C]),
            queries.delta_matrix(store.connection, B, [C]),
        ):
            joined = queries.with_verdicts(table, weighed, "run")
            assert queries.ask(store.connection, joined.sql).rows == joined.rows
            assert any(row["verdict"] == "suspect" or row["verdict"] == "regressed" for row in joined.rows)
