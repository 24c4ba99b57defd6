"""The pieces of a diff as the HTML of two columns. Every text goes through `esc`; `texts.diff` decides what to mark."""

from __future__ import annotations

import re
from collections.abc import Iterable

from driftline.reports.html import esc
from driftline.texts.diff import Kind, Piece, is_longer_than

STRUCK_WORDS = 8
MARKS = {"deleted": ("del", "−"), "added": ("ins", "+"), "changed": ("mark", "~")}
NEWLINE_TOKEN = '<span class="diff-n" title="literal &lt;n&gt; in the text">&lt;n&gt;</span>'
PARAGRAPH = re.compile(r"\n(?:[ \t]*\n)+")


def render(pieces: Iterable[Piece]) -> tuple[str, str]:
    """The baseline's and the candidate's paragraphs, to stand in the two `article`s of a `div.diff`.

    A run that crosses paragraphs is marked, sign included, in each of them. An empty text has no paragraph.
    """
    baseline, candidate = _Column(), _Column()
    for piece in pieces:
        if piece.baseline:
            baseline.add(piece.kind, piece.baseline)
        if piece.candidate:
            candidate.add(piece.kind, piece.candidate)
    return baseline.html(), candidate.html()


def key() -> str:
    """What the signs mean, in the signs."""
    words = {"deleted": "only in baseline", "added": "only in candidate", "changed": "changed"}
    marks = " ".join(_marked(kind, text, is_long=True) for kind, text in words.items())
    return (
        f'<p class="diff-key">{marks} More than {STRUCK_WORDS} words in a row are marked, '
        "not struck through or underlined.</p>"
    )


class _Column:
    """One text, paragraph by paragraph."""

    def __init__(self) -> None:
        self._paragraphs: list[list[str]] = [[]]

    def add(self, kind: Kind, text: str) -> None:
        is_long = kind != "same" and is_longer_than(text, STRUCK_WORDS)
        for number, part in enumerate(PARAGRAPH.split(text)):
            if number:
                self._paragraphs.append([])
            self._paragraphs[-1].append(_text(part) if kind == "same" else _marked(kind, part, is_long))

    def html(self) -> str:
        texts = ("".join(parts) for parts in self._paragraphs)
        return "".join(f'<p class="diff-text" dir="auto">{text}</p>' for text in texts if text)


def _marked(kind: str, text: str, is_long: bool) -> str:
    """The run with its sign; white space around it stays unmarked."""
    words = text.strip()
    if not words:
        return _text(text)
    before, _, after = text.partition(words)
    element, sign = MARKS[kind]
    css = f"diff-{kind} diff-long" if is_long else f"diff-{kind}"
    inner = f'<i class="diff-sign">{sign}\u00a0</i><span class="diff-words">{_text(words)}</span>'
    return f'{_text(before)}<{element} class="{css}">{inner}</{element}>{_text(after)}'


def _text(text: str) -> str:
    return esc(text).replace("&lt;n&gt;", NEWLINE_TOKEN)
