"""The atoms of every page. All text that comes from an artifact or a URL goes through `esc`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from typing import Any
from zlib import crc32

from driftline.metrics import arrow

STYLE = (resources.files("driftline") / "reports" / "style.css").read_text()
_VISIBLE = {char: f"\\u{char:04x}" for char in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def esc(value: Any) -> str:
    """The value as text that can stand in an element or a quoted attribute; control and bidi characters are visible."""
    return escape("" if value is None else visible(str(value)), quote=True)


def breakable(value: Any) -> str:
    """The same, and where words are joined by an underscore a line may end."""
    return esc(value).replace("_", "_<wbr>")


def attr(value: str) -> str:
    """The value itself in a quoted attribute, to be handed back: `esc` would change a key that is not printable."""
    return escape(value, quote=True).replace("\r", "&#13;")


def visible(text: str) -> str:
    """The text with its control and bidi characters as marks; for canvases, which know no markup."""
    return text if text.isprintable() else "".join(_mark(char) for char in text)


def _mark(char: str) -> str:
    if ord(char) in _VISIBLE:
        return _VISIBLE[ord(char)]
    if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"):
        return char
    return char.encode("unicode_escape", "surrogatepass").decode()


def join(parts: Iterable[str]) -> str:
    return "".join(parts)


def link(href: str, inner: str, attributes: str = "") -> str:
    """A link that works without script and that the page follows without a reload. `inner` is HTML."""
    return f'<a href="{esc(href)}" data-go {attributes}>{inner}</a>'


def show_sql(statement: str, what: str = "") -> str:
    """The statement that gave what is shown, folded; of several side by side `what` tells which, a word of ours."""
    return fold(f"{what}: show SQL" if what else "Show SQL", f'<pre tabindex="0">{esc(statement)}</pre>', "sql")


def fold(summary: str, inner: str, css: str = "more") -> str:
    """A line that opens, and what it hides, both HTML. The URL tells by a name made of both that it is open."""
    name = crc32(f"{summary}\n{inner}".encode("utf-8", "surrogatepass"))
    hidden = f'<driftline-fold data-fold="{name:08x}">{inner}</driftline-fold>'
    return f'<details class="{css}"><summary>{summary}</summary>{hidden}</details>'


def heading(title: str, caption: str, sql: str, note: str = "") -> str:
    """Title that says the insight, the statement behind it, and a caption. Plain text all three."""
    return f'<div class="hd"><h3>{esc(title)}</h3>{show_sql(sql)}</div><p class="cap">{esc(caption)}{note}</p>'


def change(delta: float | None, size: str, strong: bool = False) -> str:
    """Arrow and size of a change in ink: the arrow says where it went, never whether that is good. `size` is text."""
    if delta is None:
        return '<span class="m">–</span>'
    if delta == 0:
        return '<span class="m">= 0</span>'
    inner = f"{arrow(delta)} {esc(size)}"
    return f"<b>{inner}</b>" if strong else inner


def table(head: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[str]]], name: str) -> str:
    """A table from (class, label) heads and (attributes, cells) rows; cells are HTML, classes ours."""
    heads = join(f'<th scope="col" class="{css}">{label}</th>' for css, label in head)
    body = join(
        f"<tr {attributes}>"
        + join(f'<td class="{css}">{cell}</td>' for (css, _), cell in zip(head, cells, strict=True))
        + "</tr>"
        for attributes, cells in rows
    )
    return (
        f'<div class="scroll"><table class="{name}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def tile(label: str, inner: str) -> str:
    """One of a strip of numbers: its label, plain text, and HTML below it."""
    return f'<div class="tile"><div class="k">{esc(label)}</div>{inner}</div>'


def some(names: Sequence[str], most: int) -> str:
    """The first of the names and how many more there are; plain text."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def select(name: str, label: str, values: Iterable[tuple[str, str]], now: str) -> str:
    """A field of (value, shown) that asks the page's server with what is chosen; plain text all of it."""
    options = join(
        f'<option value="{attr(value)}"{" selected" if value == now else ""}>{esc(shown)}</option>'
        for value, shown in values
    )
    return f'<label>{esc(label)}<select data-param="{name}">{options}</select></label>'


def section(name: str, inner: str, css: str = "") -> str:
    """A part of a page that a link of `jumps` leads to; `inner` is HTML, name and class are ours."""
    return f'<section id="{name}" class="{css}">{inner}</section>'


def jumps(sections: Iterable[tuple[str, str]]) -> str:
    """A row of links to (name, label) sections of the page."""
    links = join(f'<a href="#{name}" data-jump="{name}">{esc(label)}</a>' for name, label in sections)
    return f'<nav class="jumps" aria-label="Sections">{links}</nav>'


def empty(what: str, command: str = "") -> str:
    """A place where something could be: what is missing and the command that makes it."""
    return f'<div class="empty">{esc(what)}{f" <code>{esc(command)}</code>" if command else ""}</div>'


def lead(text: str, small: bool = False) -> str:
    """A paragraph of the answer; `text` is HTML."""
    return f'<p class="lead{" small" if small else ""}">{text}</p>'
