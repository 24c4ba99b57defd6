"""Show SQL: every statement that a page shows runs unchanged in the duckdb shell and gives the rows that are drawn."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from browser import COMMAND
from shown import BASELINE, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

pytest_plugins = ("browser",)

PAGES = ("home", "kpis", "delta", "episodes", "performance", "tracking", "problems")
# Every statement of the page, and what each row of its tables says; figures are read back elsewhere.
SHOWN = """
() => {
  const everywhere = (node) => [...node.querySelectorAll("*")].flatMap(
    (element) => [element, ...(element.shadowRoot ? everywhere(element.shadowRoot) : [])]);
  const elements = everywhere(document.querySelector("main"));
  const chosen = (selector) => elements.filter((element) => element.matches(selector));
  return {
    statements: chosen("details.sql pre").map((found) => found.textContent),
    rows: chosen("tbody tr").map((found) => [...found.cells].map((cell) => cell.textContent).find(Boolean)),
    tables: chosen("table").length,
  };
}
"""


@pytest.mark.parametrize("page", PAGES)
def test_every_statement_runs_in_the_shell_and_finds_what_is_drawn(
    shipped: Served, watch: Callable[..., Watched], page: str
) -> None:
    opened = watch().open(shipped.at(page, base=BASELINE, cand=OTHER))
    shown: dict[str, Any] = opened.evaluate(SHOWN)
    found: list[dict[str, Any]] = []
    for statement in shown["statements"]:
        command = [*COMMAND, "shell", "--root", str(shipped.root), "-json", "-c", statement]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stderr
        found += json.loads(asked.stdout or "[]")

    assert len(shown["statements"]) >= shown["tables"]
    lost = [row for row in shown["rows"] if not any(is_of(row, each) for each in found)]
    assert lost == []


def is_of(drawn: str, row: dict[str, Any]) -> bool:
    """Whether a name of the row is what the drawn row begins with; labels are the tails of keys."""
    head = drawn.strip().lower().removeprefix("baseline · ")
    if head == "delta":
        return any(name.endswith("delta") for name in row)
    names = [value.lower().strip("()") for value in row.values() if isinstance(value, str) and value]
    return any(head.startswith(name) or name.endswith(head) for name in names)
