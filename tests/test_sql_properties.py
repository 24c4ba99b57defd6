"""Properties of deltas that hold for any two runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.store import Store
from roots import Root, metrics
from two_runs import B, C, Side, pair

value = st.none() | st.floats(0, 1e6, allow_subnormal=False).map(lambda number: round(number, 3))
sides = st.fixed_dictionaries(
    {"tokens": value, "latency_ms": value, "truncation": st.floats(0, 1).map(lambda number: round(number, 2))},
    optional={
        "references": st.dictionaries(
            st.sampled_from(["r1", "r2"]),
            st.fixed_dictionaries({"rougeL_f1": st.none() | st.floats(0, 1).map(lambda number: round(number, 3))}),
        )
    },
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Root, Store]]:
    root = pair(Root(tmp_path_factory.mktemp("shared")), {}, {})
    with root.open() as store:
        yield root, store


def ask(store: Store, baseline: str, candidate: str) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    rows = store.connection.execute(
        "select metric, reference, delta, good, level, status, baseline, candidate"
        f" from deltas('{baseline}', '{candidate}')"
    ).fetchall()
    return {row[:2]: row[2:] for row in rows}


@settings(max_examples=8)
@given(sides, sides, sides)
def test_properties_of_deltas(shared: tuple[Root, Store], baseline: Side, candidate: Side, other: Side) -> None:
    root, store = shared
    pair(root, baseline, candidate)
    store.refresh()
    forth, back = ask(store, B, C), ask(store, C, B)
    assert forth.keys() == back.keys()
    for key, (change, good, level, status, *values) in forth.items():
        if None in values:
            assert (change, good, level) == (None, None, None)
            assert status not in ("compared", "zero baseline")
        else:
            assert back[key][0] == -change
            if change != 0 and good is not None:
                assert back[key][1] is not good
            assert level in ("ok", None) or good is False
    root.run("runs/unrelated", metrics=metrics(9, **other))
    store.refresh()
    assert ask(store, B, C) == forth
