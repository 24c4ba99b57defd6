"""Names and numbers that only one of two texts has: text in, words out. Rules, not a model.

A number is a run of digits with its separators: `1,000.5`, `3:30`, `1/2`, `1.2.3`, `1990s`, `$5`, `42 %`, `-3`, and
also a date: `2024-01-05`, `5 March 2024`, `March 5`. Digits inside a word (`GPT-4`, `p05`) are part of the word, and
those of a speaker's label (`Speaker 2`) of the label.
Thousands commas, a currency, the space before a unit, "percent" for `%` and the order of a date make no difference.

A name is a run of capitalised words, over particles ("Bank of America", "Frame & Light"), of at most NAME_WORDS words
and more than one letter. The first word of a sentence, line, label or quotation counts only if it is capitalised
elsewhere too, or if another capitalised word follows it and it is no function word. Titles, articles, the kind of
hyphen and apostrophe and a possessive ending, which ends the run, make no difference. A name is not lost if its
words, or one of them as a name of its own, stand capitalised in the other text ("Daniel Kahneman" and later
"Kahneman"). Not found: names only in a Markdown heading, where capitals prove nothing, names in scripts without
capitals, and names that begin with a small letter ("iPhone"). German nouns count as names.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

NAME_WORDS = 6
MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
DAY = r"\d{1,2}(?:st|nd|rd|th)?\b"
YEAR = r"\d{4}\b"
DATE = rf"{MONTH} {DAY}(?:,? {YEAR})?|{DAY} {MONTH}(?:,? {YEAR})?|{MONTH},? {YEAR}|{YEAR}-\d{{2}}-\d{{2}}\b"
UNIT = r"[^\S\n]?(?:%|‰|(?:percent|per cent)\b|°[CF]?)"
NUMBER = re.compile(
    r"(?<!\w)(?<!\d[.,:/])(?<![^\W\d_][-‐‑])(?<!(?i:\bspeaker) )"
    rf"(?:(?P<date>{DATE})|(?:(?<![\w)\]-])[-−+](?=[$€£¥\d]))?[$€£¥]?"
    rf"\d+(?:[.,:/]\d+)*(?:[^\W\d_]{{1,3}}\b|(?![^\W_])(?:{UNIT})?))"
)
WORD = re.compile(r"[^\W\d_][\w]*(?:['’‐‑-][^\W_]\w*)*(?:['’](?!\w))?")
POSSESSIVE = re.compile(r"['’][sS]?$")
HEADING = re.compile(r"^#.*", re.MULTILINE)
PARTICLES, TITLES, NEVER_FIRST, FUNCTION_WORDS = (
    frozenset(words.split())
    for words in (
        "of the de da di do du del della des van von der den la le al el bin ibn y",
        "mr mrs ms dr prof st sir lord lady jr sr rev hon gen capt col sgt",
        "i i'd i'll i'm i've a an the",
        """
        a about above after again all also although always an and another any are as at be because before but by can
        could did do does don't each either even every few finally first for from had has have he here hers his her
        how however i i'd i'll i'm i've if in instead into is it it's its just last later let let's like many maybe me
        meanwhile more most much must my never next no nor not now of often oh ok okay on once one only or other our
        out over perhaps please s she should since so some sometimes still such than thank thanks that that's the
        their them then there there's these they they're this those though through thus to today together tomorrow too
        two under until up very was we we'll we're we've welcome well were what what's when where whether which while
        who who's whose why will with within without would yes yesterday yet you you'll you're you've your
        """,
    )
)


@dataclass(frozen=True)
class Facts:
    """What either text has alone, each once, as written, in the order of first appearance."""

    names_lost: tuple[str, ...]
    names_added: tuple[str, ...]
    numbers_lost: tuple[str, ...]
    numbers_added: tuple[str, ...]


def lost_and_added(baseline: str, candidate: str) -> Facts:
    """Names and numbers of the baseline that the candidate lacks, and the other way round."""
    ours, theirs = _Text(baseline), _Text(candidate)
    proven = ours.proven | theirs.proven
    return Facts(
        tuple(_lacking(ours.names(proven), theirs, proven)),
        tuple(_lacking(theirs.names(proven), ours, proven)),
        tuple(shown for key, shown in ours.numbers.items() if key not in theirs.numbers),
        tuple(shown for key, shown in theirs.numbers.items() if key not in ours.numbers),
    )


@dataclass(frozen=True)
class _Word:
    """A capitalised word or a particle, and whether capitals prove nothing where it stands."""

    shown: str
    key: str
    start: int
    end: int
    is_capital: bool
    is_first: bool


class _Text:
    """The numbers and the capitalised words of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._dates: list[tuple[int, int]] = []
        self.numbers: dict[str, str] = {}
        for found in NUMBER.finditer(text):
            if found["date"]:
                self._dates.append(found.span())
            self.numbers.setdefault(_number_key(found[0], bool(found["date"])), found[0])

    @cached_property
    def runs(self) -> list[list[_Word]]:
        """Capitalised words that follow one another, particles only between two of them."""
        runs: list[list[_Word]] = [[]]
        for word in self._words():
            if runs[-1] and (word.is_first or self._is_apart(runs[-1][-1].end, word.start)):
                runs.append([])
            if (word.is_capital and word.key not in TITLES) or (runs[-1] and word.key in PARTICLES):
                runs[-1].append(word)
            elif word.key not in TITLES:
                runs.append([])
        return [trimmed for run in runs if (trimmed := _trimmed(run))]

    @cached_property
    def sure(self) -> list[list[_Word]]:
        """The runs that can be names for their place and length."""
        headings = [found.span() for found in HEADING.finditer(self._text)]
        return [run for run in self.runs if len(run) <= NAME_WORDS and not _is_in(headings, run[0].start)]

    @cached_property
    def proven(self) -> frozenset[str]:
        """Words that are capitalised where a small letter could stand."""
        return frozenset(word.key for run in self.sure for word in run if word.is_capital and not word.is_first)

    def names(self, proven: frozenset[str]) -> dict[tuple[str, ...], str]:
        """Each name once, as written, by its words."""
        names: dict[tuple[str, ...], str] = {}
        for run in self.sure:
            if len(run) > 1 or (len(run[0].shown) > 1 and (not run[0].is_first or run[0].key in proven)):
                names.setdefault(tuple(word.key for word in run), self._shown(run))
        return names

    def phrases(self, lengths: Iterable[int]) -> set[tuple[str, ...]]:
        """All words of runs that stand side by side, by their number."""
        keys = [[word.key for word in run] for run in self.runs]
        return {tuple(run[at : at + size]) for size in lengths for run in keys for at in range(len(run) - size + 1)}

    def _shown(self, run: list[_Word]) -> str:
        return self._text[run[0].start : run[-1].start] + run[-1].shown

    def _is_apart(self, end: int, start: int) -> bool:
        between = self._text[end:start]
        return between.strip(" .&\u00a0") != "" or len(between) > 3

    def _words(self) -> Iterator[_Word]:
        end, was_title = 0, False
        for found in WORD.finditer(self._text):
            if _is_in(self._dates, found.start()):
                continue
            between = self._text[end : found.start()]
            is_first = not end or (_ends_sentence(between) and not (was_title and between.strip() == "."))
            shown = POSSESSIVE.sub("", found[0])
            key = _word_key(shown)
            is_capital = shown[0].isupper() or shown[0].istitle()
            yield _Word(shown, key, found.start(), found.start() + len(shown), is_capital, is_first)
            end, was_title = found.end(), key in TITLES or (len(shown) == 1 and is_capital)


def _is_in(spans: list[tuple[int, int]], at: int) -> bool:
    number = bisect_right(spans, (at, sys.maxsize)) - 1
    return number >= 0 and at < spans[number][1]


def _ends_sentence(between: str) -> bool:
    return any(char in '.!?…:;\n>"“„«‘•*#|[{(。！？' for char in between)


def _word_key(shown: str) -> str:
    if shown.endswith("s") and len(shown) > 2 and shown[:-1].isupper():
        shown = shown[:-1]
    key = unicodedata.normalize("NFKC", shown).casefold()
    return key if key.isascii() else re.sub("[‐‑]", "-", key.replace("’", "'"))


def _trimmed(run: list[_Word]) -> list[_Word]:
    """The run without what cannot begin or end a name; a function word can, capitalised within a sentence."""
    start, end = 0, len(run)
    while start < end and (
        not run[start].is_capital or run[start].key in (FUNCTION_WORDS if run[start].is_first else NEVER_FIRST)
    ):
        start += 1
    while end > start and (run[end - 1].key in FUNCTION_WORDS or not run[end - 1].is_capital):
        end -= 1
    return run[start:end]


def _lacking(names: dict[tuple[str, ...], str], other: _Text, proven: frozenset[str]) -> Iterator[str]:
    known = other.phrases({len(name) for name in names})
    alone = {name[0] for name in other.names(proven) if len(name) == 1}
    for name, shown in names.items():
        if name not in known and alone.isdisjoint(name):
            yield shown


def _number_key(shown: str, is_date: bool) -> str:
    key = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in shown).casefold()
    if is_date:
        parts = re.findall(r"[a-z]{3,}|\d+", key)
        return " ".join(sorted(part[:3] if part.isalpha() else part.lstrip("0") for part in parts))
    key = re.sub(r"[$€£¥\s+]", "", key.replace("−", "-")).replace("percent", "%")
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", key)
