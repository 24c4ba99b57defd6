"""The list of episodes: in which order, on which page, and which of them."""

from __future__ import annotations

from typing import Any

import pytest

from driftline import queries
from roots import Root, prediction
from two_runs import B, C, of_episodes


def many(root: Root) -> Root:
    """43 episodes that lose more and more, one that failed, one whose text is gone, one of the candidate only."""
    names = [f"e{number}" for number in range(43)]
    return of_episodes(
        root,
        [*(prediction(name, output_tokens=1000) for name in names), prediction("gone"), prediction("broke")],
        [
            *(prediction(name, output_tokens=1000 - number) for number, name in enumerate(names)),
            {"episode_id": "gone", "output": {}},
            {"episode_id": "broke", "output": {}, "error": "RuntimeError: out of it"},
            prediction("new", "a needle in a haystack"),
        ],
    )


def listed(root: Root, **asked: Any) -> list[dict[str, Any]]:
    with root.open() as store:
        given = {"only": "", "search": "", "page": 1, "episode": ""} | asked
        return queries.listed_episodes(store.connection, B, C, **given).rows


def test_the_list_begins_with_the_failed_then_with_what_lost_most(root: Root) -> None:
    rows = listed(many(root))
    assert [row["episode_id"] for row in rows[:4]] == ["broke", "gone", "e42", "e41"]
    assert [row["place"] for row in rows] == list(range(1, 21))
    assert (rows[0]["previous"], rows[0]["next"], rows[19]["next"]) == (None, "gone", "e24")
    last = listed(root, page=3)
    assert [row["place"] for row in last] == list(range(41, 47))
    assert last[-1]["episode_id"] == "new"
    assert last[0]["previous"] == listed(root, page=2)[-1]["episode_id"]


def test_the_page_is_the_one_that_holds_the_open_episode(root: Root) -> None:
    rows = listed(many(root), episode="e0", page=1)
    assert "e0" in [row["episode_id"] for row in rows]
    assert rows[0]["place"] == 41
    assert listed(root, episode="e0", only="failed")[0]["episode_id"] == "broke"


def test_filters_and_words_choose_and_the_counts_agree(root: Root) -> None:
    with many(root).open() as store:
        counts = queries.episode_counts(store.connection, B, C, "").rows[0]
        for only in queries.EPISODE_FILTERS:
            rows = queries.listed_episodes(store.connection, B, C, only=only, search="", page=1, episode="").rows
            assert len(rows) == counts[only], only
        found = queries.episode_counts(store.connection, B, C, "NEEDLE in").rows[0]
    assert (counts["found"], counts["failed"], counts["unpaired"], counts["regressed"]) == (46, 1, 1, 1)
    assert (counts["by_output_tokens"], counts["lost_output_tokens"]) == (43, 42)
    assert (found["found"], found["unpaired"], found["failed"], found["all_episodes"]) == (1, 1, 0, 46)


@pytest.mark.parametrize(
    ("search", "expected"),
    [("NEEDLE", ["new"]), ("out of it", ["broke"]), ("E4", ["e4", "e40", "e41", "e42"]), ("it's % _ \\ \"", [])],
)
def test_words_are_found_as_they_stand_in_ids_errors_and_texts(root: Root, search: str, expected: list[str]) -> None:
    assert sorted(row["episode_id"] for row in listed(many(root), search=search)) == expected
