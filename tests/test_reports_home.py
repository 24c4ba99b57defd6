"""Home as HTML: the paragraph under the answer names the cause and links the episodes, the list is worst first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from driftline import queries
from driftline.judging import judge
from driftline.reports import home
from driftline.reports.choice import Comparison, choose_runs, labels_of
from driftline.scoring import score
from roots import Root, metrics, prediction
from test_html import Reader
from two_runs import B, C, of_episodes

FAILED: dict[str, Any] = {"output": {}, "error": "RuntimeError: the kettle is out of water"}


def page(root: Root, candidate: str = C, is_judged: bool = False) -> str:
    with root.open() as store:
        choice = choose_runs(store.connection, "", (), candidate)
        assert choice is not None
        if is_judged:
            score(store, [choice.baseline, choice.focus])
            judge(store, "run", choice.baseline, choice.candidates)
        runs = queries.selectable_runs(store.connection)
        labels = labels_of(runs, (choice.baseline, *choice.candidates))
        compared = Comparison(
            choice.baseline, choice.focus, choice.others, labels, lambda **changes: "?" + urlencode(changes)
        )
        return home.render(store.connection, compared)


def said(markup: str) -> str:
    return " ".join(Reader(re.sub(r"<(div|span|p|td)", r" <\1", markup)).text.split())


def lead(markup: str) -> str:
    """The paragraph under the answer, as HTML."""
    return markup.partition('<p class="lead">')[2].partition("</p>")[0]


def opened(markup: str) -> list[str]:
    """The episodes that its links open."""
    asked = [parse_qs(query) for query in re.findall(r'href="\?([^"]*)"', markup.replace("&amp;", "&"))]
    return [query["episode"][0] for query in asked if query.get("page") == ["episodes"] and "episode" in query]


def of(name: str, tokens: float) -> dict[str, Any]:
    return prediction(name, output_tokens=tokens)


def test_the_paragraph_links_the_episodes_to_look_at(root: Root) -> None:
    names = ["a", "b", "c", "d", "e"]
    after = [of("a", 90), of("b", 20), of("c", 80), of("d", 10), {**FAILED, "episode_id": "e"}]
    of_episodes(root, [of(name, 100) for name in names], after)
    root.run(C, metrics=metrics(5, failed=["e"]))
    root.run(B, metrics=metrics(5))
    shown = page(root)
    # The worst first, at most three of a kind.
    assert "Look first at d, b, c and 1 more; e failed; 4 of 5 outputs are shorter." in said(lead(shown))
    assert opened(lead(shown)) == ["d", "b", "c", "e"]


def test_an_episode_that_fails_a_gate_is_to_be_looked_at(root: Root) -> None:
    of_episodes(root, [of("a", 100), of("b", 100)], [of("a", 100), of("b", 101)])
    root.run(B, metrics=metrics(2))
    content = metrics(2)
    content["intrinsic"]["gates"]["episode_gate_failures"] = {"b": ["truncation"]}
    root.run(C, metrics=content)
    assert said(lead(page(root))).endswith("Look first at b.")


def test_the_list_opens_each_episode_and_says_what_stands_in_place_of_a_change(root: Root) -> None:
    after = [of("a", 50), {**FAILED, "episode_id": "b"}, prediction("only", "new")]
    of_episodes(root, [of("a", 100), of("b", 100)], after)
    table = page(root).partition('<table class="ep-rows bare">')[2]
    rows = table.partition("<tbody>")[2].split("</tr>")[:-1]
    assert [said(row) for row in rows] == [
        "b failed · RuntimeError: the kettle is out of water",
        "a ▼ −50 % 100 → 50",
        "only only in candidate – → 1",
    ]
    assert [opened(row) for row in rows] == [["b"], ["a"], ["only"]]


@pytest.mark.parametrize("count", [12, 13])
def test_of_many_episodes_the_worst_are_listed_and_a_link_leads_to_all(root: Root, count: int) -> None:
    names = [f"e{number:02}" for number in range(count)]
    of_episodes(root, [of(name, 100) for name in names], [of(name, 99 - at) for at, name in enumerate(names)])
    shown = page(root)
    assert shown.count('<tr class="" data-ep=') == 12
    assert ("The 12 worst are listed: all 13." in said(shown)) == (count == 13)


def test_what_a_better_run_costs_is_no_cause_of_it(root: Root) -> None:
    speed, again = {"latency_ms": 1000.0}, " ".join(["the same four words"] * 9)
    root.run(B, metrics=metrics(1, latency_ms=9000.0), predictions=[prediction("a", "each word is here just once")])
    root.run(C, metrics=metrics(1, **speed), predictions=[prediction("a", again, output_tokens=7)])
    shown = page(root)
    assert said(shown.partition("<h1>")[2]).startswith("Seems better.")
    assert "At the cost of: repetition. Repeated word 4-grams rose" in said(lead(shown))
    assert "Likely" not in said(lead(shown))


STORY = {
    "v0.2": ("Worse. v0.2 raises latency", "configuration differs. pipeline.stages.map.similarity went from indexed"),
    "v0.3": ("No change. v0.3 is as its baseline on all 9 primary metrics.", "Configured differently: pipeline.kg"),
    "v0.4": ("Worse. v0.4 halves ROUGE-L", "map too compressive and reduce starved."),
    "v0.5": ("No answer yet. v0.5: failed episodes 0 → 1 is suspect: run it again", "ep10_cave_survey failed."),
    "v0.6": ("Better. v0.6 raises ROUGE-L", "output cap raised. The output rose from"),
}  # fmt: skip


@pytest.mark.parametrize("release", STORY)
def test_each_release_of_the_shipped_data_is_named_by_its_story(shipped_links: Path, release: str) -> None:
    shown = page(Root(shipped_links), f"runs/demo_paragraph_{release}", is_judged=True)
    answer, why = STORY[release]
    assert said(shown.partition("<h1>")[2]).startswith(answer)
    assert why in said(lead(shown))
