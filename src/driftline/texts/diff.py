"""Which words two texts share, and which only one of them has: text in, pieces out.

Words are compared exactly, case and all, apart from Unicode composition. White space belongs to the token before it
and is never compared, so that another line break colours nothing. Runs of 8, 4 and 2 words that each text has once hold
the texts together, in the order that keeps most of them; between them a longest common subsequence is taken. Above
CELLS pairs of words it is taken slice by slice, in equal shares: no longer the longest, but within a table of 2 MB.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate, islice
from math import ceil, sqrt
from typing import Literal, NamedTuple

from rapidfuzz.distance import LCSseq

Kind = Literal["same", "deleted", "added", "changed"]
Pair = tuple[int, int]

CELLS = 2**24
PHRASES = (8, 4, 2)
CHANGED_WORDS, CLOSING_WORDS, ISLAND_CONTENT_WORDS = 24, 4, 3
# How many words two changes need to swallow a shared word between them.
CONTENT, LIGHT = 8, 2
ALONE, BREAK, LINE, SENTENCE = 10, 3, 2, 1
COMMON = """
about after also although another because been before being between both could does during each even every from have
having here into itself just like many more most much must only other over same should some such than that their them
then there these they this those through under until upon very were what when where which while will with would your
"""
COMMON_WORDS = frozenset(COMMON.split())

# Scripts that put no space between words: one token a character, or a paragraph would be one word.
UNSPACED = (
    "\u0e01-\u0e30\u0e40-\u0e46\u0e81-\u0eb0\u0ec0-\u0ec6\u1000-\u102a\u1780-\u17b3\u3040-\u3098\u309b-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)


class Piece(NamedTuple):
    """A run of words; the text that `kind` does not have is empty. All baseline texts together are the baseline."""

    kind: Kind
    baseline: str
    candidate: str


class Side(NamedTuple):
    """One text as tokens with their white space: equal `ids` are equal words, `counts` the number of words before."""

    lead: str
    tokens: list[str]
    words: list[str]
    ids: list[int]
    counts: list[int]

    def text(self, start: int, end: int) -> str:
        return "".join(self.tokens[start:end])

    def size(self, start: int, end: int) -> int:
        return self.counts[end] - self.counts[start]


class Block(NamedTuple):
    """`size` shared tokens from `start` of the one text and `at` of the other."""

    start: int
    at: int
    size: int


def word_diff(baseline: str, candidate: str) -> list[Piece]:
    """The pieces in reading order; of what replaces each other, the baseline's comes first.

    A few common words between two long changes count as changed too. A run that replaces another is "changed" if both
    have at most CHANGED_WORDS words and neither has far more than twice the words of the other, else "deleted" and
    "added". A "same" piece may differ in white space. Swapping the texts swaps the pieces.
    """
    is_swapped = (len(baseline), baseline) > (len(candidate), candidate)
    numbers: dict[str, int] = {}
    sides = [_side(text, numbers) for text in ((candidate, baseline) if is_swapped else (baseline, candidate))]
    blocks = _without_islands(_slid(_blocks(_matched(sides[0].ids, sides[1].ids), sides), sides), sides)
    if is_swapped:
        sides, blocks = sides[::-1], [Block(block.at, block.start, block.size) for block in blocks]
    return list(_pieces(blocks, *sides))


def is_longer_than(text: str, words: int) -> bool:
    """Whether the text has more than that many words; punctuation is none."""
    return next(islice((1 for token in _pattern().finditer(text) if _is_word(token[0])), words, None), None) is not None


@cache
def _pattern() -> re.Pattern[str]:
    marks = "\u200c\u200d" + "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
    letter, latin = rf"[^\W{UNSPACED}]", r"[^\W\u0300-\U0010ffff]"
    word = rf"{letter}(?:{latin}+|{letter}+|[{marks}]+|['’](?={letter})|(?<=\d)[.,:](?=\d))*"
    symbol = rf"([^\w\s])(?:(?!<n>)\1)*(?:[{marks}\U0001f3fb-\U0001f3ff]|(?<=\u200d)[^\w\s])*"
    return re.compile(rf"(?:<n>|{word}|[{UNSPACED}][{marks}]*|{symbol})\s*")


def _side(text: str, numbers: dict[str, int]) -> Side:
    body = text.lstrip()
    tokens = [found[0] for found in _pattern().finditer(body)]
    words = [token.rstrip() for token in tokens]
    if not text.isascii():
        words = [word if word.isascii() else unicodedata.normalize("NFC", word) for word in words]
    ids = [numbers.setdefault(word, len(numbers)) for word in words]
    is_word = {word: _is_word(word) for word in set(words)}
    return Side(text[: len(text) - len(body)], tokens, words, ids, [0, *accumulate(map(is_word.__getitem__, words))])


def _is_word(token: str) -> bool:
    return token[0].isalnum() or (any(map(str.isalnum, token)) and not token.startswith("<n>"))


def _matched(ours: list[int], theirs: list[int], phrases: tuple[int, ...] = PHRASES) -> Iterator[Pair]:
    """Pairs of positions, ascending in both, that hold the same word."""
    head = _common(ours, theirs)
    yield from zip(range(head), range(head), strict=True)
    ours, theirs = ours[head:], theirs[head:]
    tail = _common(ours[::-1], theirs[::-1])
    ends = (len(ours) - tail, len(theirs) - tail)
    yield from ((head + i, head + j) for i, j in _between(ours[: ends[0]], theirs[: ends[1]], phrases))
    yield from ((head + ends[0] + at, head + ends[1] + at) for at in range(tail))


def _common(ours: list[int], theirs: list[int]) -> int:
    """How many words the two have in common from the start."""
    shorter = min(len(ours), len(theirs))
    return next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)


def _between(ours: list[int], theirs: list[int], phrases: tuple[int, ...]) -> Iterator[Pair]:
    if not ours or not theirs:
        return
    anchors: list[Pair] = []
    while phrases and not anchors:
        anchors, phrases = _anchors(ours, theirs, phrases[0]), phrases[1:]
    if not anchors:
        yield from _longest(ours, theirs)
        return
    i = j = 0
    for next_i, next_j in [*anchors, (len(ours), len(theirs))]:
        if next_i > i and next_j > j:
            yield from ((i + x, j + y) for x, y in _matched(ours[i:next_i], theirs[j:next_j], phrases))
        i, j = next_i, next_j


def _longest(ours: list[int], theirs: list[int]) -> Iterator[Pair]:
    """A longest common subsequence, or those of slices of equal shares where it would be too dear."""
    shared = set(ours) & set(theirs)
    starts = [at for at, word in enumerate(ours) if word in shared]
    ends = [at for at, word in enumerate(theirs) if word in shared]
    parts = ceil(sqrt(len(starts) * len(ends) / CELLS)) or 1
    for part in range(parts):
        i, j = len(starts) * part // parts, len(ends) * part // parts
        a = [ours[at] for at in starts[i : len(starts) * (part + 1) // parts]]
        b = [theirs[at] for at in ends[j : len(ends) * (part + 1) // parts]]
        for block in LCSseq.editops(a, b).as_matching_blocks():
            for offset in range(block.size):
                yield starts[i + block.a + offset], ends[j + block.b + offset]


def _anchors(ours: list[int], theirs: list[int], length: int) -> list[Pair]:
    """Where phrases of that length start which either text has once; as many as stand in the same order in both."""
    places = _places(theirs, length)
    found = ((i, places.get(phrase, -1)) for phrase, i in _places(ours, length).items())
    pairs = [(i, j) for i, j in found if i >= 0 <= j and ours[i : i + length] == theirs[j : j + length]]
    ends, last = list[int](), list[int]()
    before = [-1] * len(pairs)
    for number, (_, at) in enumerate(pairs):
        place = bisect_left(ends, at)
        before[number] = last[place - 1] if place else -1
        ends[place : place + 1] = [at]
        last[place : place + 1] = [number]
    chain, number = list[Pair](), last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _places(words: list[int], length: int) -> dict[int, int]:
    """Where each phrase starts, by its hash, which is far smaller than the phrase; -1 if it occurs again."""
    places: dict[int, int] = {}
    for at, phrase in enumerate(map(hash, zip(*(words[offset:] for offset in range(length)), strict=False))):
        places[phrase] = -1 if phrase in places else at
    return places


def _blocks(pairs: Iterable[Pair], sides: list[Side]) -> list[Block]:
    """Runs of pairs, with an empty block at either end of the texts."""
    blocks = [Block(0, 0, 0)]
    for i, j in pairs:
        start, at, size = blocks[-1]
        if (i, j) == (start + size, at + size):
            blocks[-1] = Block(start, at, size + 1)
        else:
            blocks.append(Block(i, j, 1))
    return [*blocks, Block(len(sides[0].ids), len(sides[1].ids), 0)]


def _slid(blocks: list[Block], sides: list[Side]) -> list[Block]:
    """Moves what only one text has to where a reader would cut it: `a [b a] c` is `[a b] a c` if that cut is better."""
    moved = [blocks[0]]
    for after in blocks[1:]:
        before = moved[-1]
        gaps = [after.start - before.start - before.size, after.at - before.at - before.size]
        if 0 in gaps and any(gaps):
            side = 0 if gaps[0] else 1
            by = _slide(sides[side], after[side] - gaps[side], after[side], before.size, after.size)
            moved[-1] = Block(before.start, before.at, before.size + by)
            after = Block(after.start + by, after.at + by, after.size - by)
        if not moved[-1].size and len(moved) > 1:
            moved.pop()
        moved.append(after)
    return moved


def _slide(side: Side, start: int, end: int, back: int, forth: int) -> int:
    """By how many tokens to move the cut from `start` to `end`, at most so far back and forth."""
    ids, low, high = side.ids, 0, 0
    while -low < back and ids[start + low - 1] == ids[end + low - 1]:
        low -= 1
    while high < forth and ids[start + high] == ids[end + high]:
        high += 1
    joins = {-back, forth} if back and forth else set()
    return max(range(low, high + 1), key=lambda by: (_boundary(side, start + by) + ALONE * (by in joins), -abs(by)))


def _boundary(side: Side, at: int) -> int:
    """How well a cut before that token reads: at a paragraph, a line, a sentence, or within one."""
    if at == 0 or side.tokens[at - 1].count("\n") > 1:
        return BREAK
    if side.words[at - 1] == "<n>" or (at < len(side.words) and side.words[at] == "<n>") or "\n" in side.tokens[at - 1]:
        return LINE
    return SENTENCE if side.words[at - 1][0] in ".!?…。！？" else 0


def _without_islands(blocks: list[Block], sides: list[Side]) -> list[Block]:
    """Leaves out shared words that say less than the changes beside them, and the full stop after a long last one."""
    kept: list[Block] = []
    for block in blocks:
        while len(kept) > 1 and _is_island(kept[-2], kept[-1], block, sides):
            kept.pop()
        kept.append(block)
    is_closed = len(kept) > 2 and not sides[0].size(kept[-2].start, kept[-1].start)
    if is_closed and _gap(kept[-3], kept[-2], sides) >= CLOSING_WORDS:
        del kept[-2]
    return kept


def _is_island(before: Block, block: Block, after: Block, sides: list[Side]) -> bool:
    if block.size > CONTENT * (ISLAND_CONTENT_WORDS + 1):
        return False
    weight, content = 1, 0
    for word in sides[0].words[block.start : block.start + block.size]:
        if _is_word(word):
            is_light = (len(word) <= 3 or word.lower() in COMMON_WORDS) and not any(map(str.isdigit, word))
            weight += LIGHT if is_light else CONTENT
            content += not is_light
    return content <= ISLAND_CONTENT_WORDS and weight <= min(_gap(before, block, sides), _gap(block, after, sides))


def _gap(before: Block, after: Block, sides: list[Side]) -> int:
    """The words of a change: those of its longer side."""
    ours, theirs = sides
    return max(ours.size(before.start + before.size, after.start), theirs.size(before.at + before.size, after.at))


def _pieces(blocks: list[Block], baseline: Side, candidate: Side) -> Iterator[Piece]:
    i = j = 0
    for block in blocks:
        yield from _change(baseline, (i, block.start), candidate, (j, block.at))
        i, j = block.start + block.size, block.at + block.size
        ours, theirs = baseline.text(block.start, i), candidate.text(block.at, j)
        if block is blocks[0]:
            ours, theirs = baseline.lead + ours, candidate.lead + theirs
        if ours or theirs:
            yield Piece("same", ours, theirs)


def _change(baseline: Side, ours: Pair, candidate: Side, theirs: Pair) -> Iterator[Piece]:
    deleted, added = baseline.text(*ours), candidate.text(*theirs)
    if deleted and added:
        shorter, longer = sorted((baseline.size(*ours), candidate.size(*theirs)))
        if longer <= min(CHANGED_WORDS, 2 * shorter + 1):
            yield Piece("changed", deleted, added)
            return
    if deleted:
        yield Piece("deleted", deleted, "")
    if added:
        yield Piece("added", "", added)
