"""Rows as text for a terminal, JSON and Markdown. Control characters of artifacts are shown, never sent."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

Rows = Sequence[Sequence[Any]]

# Bidi controls reorder what stands beside them, so they count as control characters here.
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


def visible(value: Any) -> str:
    """The value as one line of text with every control character as an escape."""
    if value is None:
        return ""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(_escape(char) for char in text)


def _escape(char: str) -> str:
    if ord(char) in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
        return char.encode("unicode_escape", "surrogatepass").decode()
    return char


def as_table(columns: Sequence[str], rows: Rows, right: Collection[str] = ()) -> str:
    """A table that is as wide as its content; numbers, and the columns named in `right`, to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, name in enumerate(columns):
        is_number = name in right or any(isinstance(row[index], (int, float)) for row in rows)
        table.add_column(Text(visible(name)), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(value)) for value in row))
    output = io.StringIO()
    terminal = Console()
    width = terminal.width if terminal.is_terminal else 10_000
    Console(file=output, width=width, no_color=True, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in output.getvalue().rstrip("\n").split("\n"))


def as_json(columns: Sequence[str], rows: Rows) -> str:
    """A JSON list of objects, ASCII only."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2, default=str)


def as_markdown(columns: Sequence[str], rows: Rows) -> str:
    """A Markdown table whose cells cannot end the table, link, mention or hold HTML."""
    lines = ["| " + " | ".join(map(markdown, columns)) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(map(markdown, row)) + " |" for row in rows]
    return "\n".join(lines)


def markdown(value: Any) -> str:
    """The value as one line of Markdown that is text and nothing else."""
    text = visible(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for char in "\\`*_{}[]()#!|~":
        text = text.replace(char, "\\" + char)
    return _ADDRESS.sub(lambda found: f"{found[0][0]}\u200b{found[0][1:]}", text).replace("@", "@\u200b")
