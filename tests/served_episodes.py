"""A served root of 45 episodes and more, and what its page of episodes shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page

from driftline.store import open_store
from roots import Root, metrics, prediction
from shown import texts
from two_runs import B, C

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served

    Serve = Callable[[Path], Served]

OTHER = "runs/other"
BASE = "The cave was surveyed in May.\n\nNora Quist counted 212 bats, and the river rose."
CAND = "The cave was measured in May.\n\nNora Quist counted bats. A storm came from the north."
# What a column says without its signs, and the words behind each mark.
COLUMN = """
article => {
    const copy = article.cloneNode(true);
    copy.querySelectorAll(".diff-sign").forEach(sign => sign.remove());
    const words = kind => [...copy.querySelectorAll(`.diff-${kind}`)].map(mark => mark.textContent);
    return {
        text: [...copy.querySelectorAll(".diff-text")].map(paragraph => paragraph.textContent).join("\\n\\n"),
        deleted: words("deleted"), added: words("added"), changed: words("changed"),
        signs: [...article.querySelectorAll(".diff-sign")].map(sign => sign.textContent.trim()),
    };
}
"""


@pytest.fixture(scope="session")
def surveyed(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """45 episodes that lose more and more, one that failed, one of the candidate only; two candidates, a reference."""
    root, names = Root(tmp_path_factory.mktemp("episodes") / "root"), [f"e{number:02}" for number in range(45)]
    content = metrics(46, references={"ref": {"rougeL_f1": 0.4}}, failed=["broke"], dataset_id="d")
    content["intrinsic"]["gates"]["episode_gate_failures"] = {"e03": ["truncation"]}
    reference = [prediction(name, BASE) for name in names]
    root.run("references/silver/_archive/ref", predictions=reference)
    whole = metrics(46, references={"ref": {"rougeL_f1": 0.9}}, dataset_id="d")
    root.run(B, predictions=[*reference, prediction("broke", "a text")], metrics=whole)
    said = [prediction(name, CAND + " x" * number) for number, name in enumerate(names)]
    failed = {"episode_id": "broke", "output": {}, "error": "RuntimeError: the kettle is out of water"}
    root.run(C, predictions=[*said, failed, prediction("new", "found a needle here")], metrics=content)
    root.run(OTHER, predictions=reference, metrics=metrics(45, dataset_id="d"))
    return serve(root.folder)


def at(served: Served, **query: Any) -> str:
    return served.at("episodes", base=B, cand=[C, OTHER], focus=C, **query)


def rows(page: Page) -> Locator:
    return page.locator("table.ep-rows tbody tr")


def ids(page: Page) -> list[str]:
    return texts(page, "table.ep-rows td.id a")


def heading(page: Page) -> Locator:
    return page.locator("h2.ep-h")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def asked(served: Served, statement: str) -> list[dict[str, Any]]:
    with open_store(served.root) as store:
        cursor = store.connection.execute(statement)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def statements(page: Page) -> list[str]:
    """The statements behind the filters, the list, the measures and the texts, in this order."""
    return page.locator("details.sql pre").all_text_contents()
