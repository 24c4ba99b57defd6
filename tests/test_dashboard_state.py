"""The URL of a screen: what is written into it is read out of it, and what it does not know it leaves out."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import PAGES, Selection

keys = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20)
several = st.lists(keys, unique=True, max_size=4).map(tuple)
or_none = st.lists(keys | st.just(""), unique=True, max_size=4).map(tuple)
shapes = {
    "page": st.sampled_from(sorted(PAGES)),
    "theme": st.sampled_from(["", "light", "dark"]),
    "trend": st.sampled_from(["", "cpu"]),
    "days": st.sampled_from(["", "30", "90", "all"]),
    "hosts": or_none,
    "run_types": or_none,
    "profile_datasets": or_none,
}
selections = st.builds(
    Selection,
    **{
        field.name: shapes.get(field.name, several if isinstance(field.default, tuple) else keys | st.just(""))
        for field in fields(Selection)
    },
)


@given(selections)
def test_a_screen_comes_back_from_its_query(selection: Selection) -> None:
    assert Selection.from_query(selection.query()) == selection


@given(selections, keys)
def test_a_change_changes_that_alone(selection: Selection, key: str) -> None:
    changed = Selection.from_query(selection.query(focus=key, page="problems"))

    assert (changed.focus, changed.page) == (key, "problems")
    assert Selection.from_query(changed.query(focus=selection.focus, page=selection.page)) == selection


@given(st.text())
def test_no_query_breaks_it(query: str) -> None:
    selection = Selection.from_query(query)

    assert selection.page in PAGES
    assert selection.theme in ("", "light", "dark")


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("?page=<script>", "page", "home"),
        ("?ref=%00", "reference", ""),
        ("?host=a%00&host=b&host=", "hosts", ("b", "")),
        ("?theme=blue", "theme", ""),
        ("?days=31", "days", ""),
        ("?platform=a&platform=b&platform=", "platforms", ("a", "b")),
        ("?cand=a&cand=b&cand=a", "candidates", ("a", "b")),
        ("?base=a&base=b", "baseline", "a"),
        ("", "page", "home"),
    ],
)
def test_what_it_does_not_know_it_leaves_out(query: str, field: str, value: object) -> None:
    assert getattr(Selection.from_query(query), field) == value


def test_a_query_of_too_many_fields_is_the_default_screen() -> None:
    assert Selection.from_query("?" + "&".join(["cand=x"] * 3000)) == Selection()
