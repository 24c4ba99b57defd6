"""The word diff and its two columns: nothing is lost, nothing is raw, and a person can read it."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.reports.diff import key, render
from driftline.reports.html import STYLE, visible
from driftline.texts import diff
from driftline.texts.diff import COMMON, Piece, word_diff
from hostile import NAMES

WORDS = [
    "the", "of", "Riders", "riders", "brake", "earlier", "it’s", "it's", "1,000.5", "42", "<n>", ".", ",", "...",
    "\\\\", "-", "café", "cafe\u0301", "汉字", "ไทย", "مرحبا", "👩‍👩‍👧", "\u0301", "\ud800", "<b>", *NAMES,
]  # fmt: skip
SPACES = ["", " ", "  ", "\n", "\n\n", " \n \n ", "\r\n", "\u00a0", "\t", "\u2028"]
PROSE = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SPACES)), max_size=30)
TEXTS = PROSE.map(lambda parts: "".join(word + space for word, space in parts)) | st.text(max_size=40)
SWAPPED = {"same": "same", "changed": "changed", "deleted": "added", "added": "deleted"}


class Reader(HTMLParser):
    """Elements, attributes and texts as a browser would find them, signs apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.paragraphs: list[str] = []
        self.signs: list[str] = []
        self._is_sign = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.update(attrs)
        self._is_sign = tag == "i"
        if tag == "p":
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._is_sign = False

    def handle_data(self, data: str) -> None:
        if self._is_sign:
            self.signs.append(data.strip())
        else:
            self.paragraphs[-1] += data


def kinds(pieces: list[Piece]) -> list[str]:
    return [piece.kind for piece in pieces]


def read(baseline: str, candidate: str) -> tuple[Reader, Reader]:
    ours, theirs = render(word_diff(baseline, candidate))
    return Reader(ours), Reader(theirs)


def letters(text: str) -> str:
    return "".join(char for char in text if not char.isspace())


@given(TEXTS, TEXTS)
def test_the_pieces_are_the_texts(baseline: str, candidate: str) -> None:
    pieces = word_diff(baseline, candidate)

    assert "".join(piece.baseline for piece in pieces) == baseline
    assert "".join(piece.candidate for piece in pieces) == candidate


@given(TEXTS, TEXTS)
def test_a_kind_says_which_text_has_the_words(baseline: str, candidate: str) -> None:
    pieces = word_diff(baseline, candidate)

    for piece in pieces:
        has = (bool(piece.baseline.strip()), bool(piece.candidate.strip()))
        if piece.kind != "same":
            assert has == {"deleted": (True, False), "added": (False, True), "changed": (True, True)}[piece.kind]
        elif piece is not pieces[0]:
            assert has == (True, True)
    assert ("same", "same") not in pairwise(kinds(pieces))
    assert ("added", "deleted") not in pairwise(kinds(pieces))


@given(TEXTS)
def test_a_text_is_the_same_as_itself_whatever_its_white_space(text: str) -> None:
    assert {*kinds(word_diff(text, text))} <= {"same"}
    assert {*kinds(word_diff(text, "\n\n" + text.replace(" ", "\n ") + " "))} <= {"same"}


@given(TEXTS, TEXTS)
def test_swapping_the_texts_swaps_the_pieces(baseline: str, candidate: str) -> None:
    forth = word_diff(baseline, candidate)
    back = [Piece(SWAPPED[kind], ours, theirs) for kind, theirs, ours in word_diff(candidate, baseline)]  # type: ignore[arg-type]

    assert sorted(forth) == sorted(back)
    assert [piece for piece in forth if piece.kind == "same"] == [piece for piece in back if piece.kind == "same"]


@pytest.mark.parametrize(("baseline", "candidate"), [("a b", "b a"), ("x y z x", "z x y"), ("1 2 3 4", "4 3 2 1")])
def test_of_words_in_another_order_either_way_keeps_the_same(baseline: str, candidate: str) -> None:
    forth, back = word_diff(baseline, candidate), word_diff(candidate, baseline)

    assert [piece.baseline for piece in forth if piece.kind == "same"] == [
        piece.candidate for piece in back if piece.kind == "same"
    ]


@given(TEXTS, TEXTS, st.sampled_from([1, 4, 20]))
def test_slices_lose_nothing_either(baseline: str, candidate: str, cells: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "CELLS", cells)
        pieces = word_diff(baseline * 3, candidate * 3)

    assert "".join(piece.baseline for piece in pieces) == baseline * 3
    assert "".join(piece.candidate for piece in pieces) == candidate * 3


def test_no_table_is_larger_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[int] = []
    editops = diff.LCSseq.editops

    def note(ours: list[int], theirs: list[int]) -> object:
        tables.append(len(ours) * len(theirs))
        return editops(ours, theirs)

    monkeypatch.setattr(diff.LCSseq, "editops", note)
    monkeypatch.setattr(diff, "CELLS", 10_000)
    word_diff("a . " * 500, ". a " * 700 + "a")

    assert 0 < max(tables) <= 11_000


@pytest.mark.parametrize(
    ("baseline", "candidate", "expected"),
    [
        ("", "", []),
        ("", "b", [("added", "", "b")]),
        ("a", "", [("deleted", "a", "")]),
        (" ", "", [("same", " ", "")]),
        ("one two.", "one  two .", [("same", "one two.", "one  two .")]),
        ("not so it", "not as it", [("same", "not ", "not "), ("changed", "so ", "as "), ("same", "it", "it")]),
        ("end.<n>More", "end. More", [("same", "end.", "end. "), ("deleted", "<n>", ""), ("same", "More", "More")]),
        ("costs 1,000.5 now", "costs 1,000.6 now", [
            ("same", "costs ", "costs "), ("changed", "1,000.5 ", "1,000.6 "), ("same", "now", "now"),
        ]),
        ("a <<n>", "a <", [("same", "a <", "a <"), ("deleted", "<n>", "")]),
        ("a b c.", "a x y.", [("same", "a ", "a "), ("changed", "b c", "x y"), ("same", ".", ".")]),
        ("a b c d e.", "a w x y z.", [("same", "a ", "a "), ("changed", "b c d e.", "w x y z.")]),
        ("it isn't so", "it is so", [("same", "it ", "it "), ("changed", "isn't ", "is "), ("same", "so", "so")]),
        ("中文字", "中国字", [("same", "中", "中"), ("changed", "文", "国"), ("same", "字", "字")]),
        ("cafe\u0301 a", "café a", [("same", "cafe\u0301 a", "café a")]),
    ],
)  # fmt: skip
def test_pieces_of_short_texts(baseline: str, candidate: str, expected: list[tuple[str, str, str]]) -> None:
    assert [tuple(piece) for piece in word_diff(baseline, candidate)] == expected


def test_a_common_word_between_long_changes_belongs_to_the_change() -> None:
    ours, theirs = "alpha bravo charlie delta", "echo foxtrot golf hotel"
    ours_too, theirs_too = "india juliet kilo lima", "mike november oscar papa"

    assert kinds(word_diff(f"{ours} of {ours_too}", f"{theirs} of {theirs_too}")) == ["changed"]
    assert kinds(word_diff(f"{ours} Nora {ours_too}", f"{theirs} Nora {theirs_too}")) == ["changed", "same", "changed"]
    assert kinds(word_diff(f"{ours} 42 {ours_too}", f"{theirs} 42 {theirs_too}")) == ["changed", "same", "changed"]
    assert kinds(word_diff("alpha of india", "echo of mike")) == ["changed", "same", "changed"]


def test_only_what_is_of_comparable_size_is_changed() -> None:
    long = " ".join(f"word{number}" for number in range(25))

    assert kinds(word_diff("alpha", "echo foxtrot golf")) == ["changed"]
    assert kinds(word_diff("alpha", "echo foxtrot golf hotel")) == ["deleted", "added"]
    assert kinds(word_diff("a b c d e f g h i j k l m n o p q r s t u v w x y z", "echo")) == ["deleted", "added"]
    assert kinds(word_diff(long, long.upper())) == ["deleted", "added"]


def test_a_run_of_words_is_kept_together_where_scattered_words_would_be_more() -> None:
    run = "Index investing works because it reduces costs and decision errors"
    scattered = COMMON.split()[:30]
    before, after = (" ".join(f"{name}{at} {word}" for at, word in enumerate(scattered)) for name in "pq")
    pieces = word_diff(f"{before} {run}", f"{run} {after}")

    assert run in [piece.baseline.strip() for piece in pieces if piece.kind == "same"]


def test_a_repeated_sentence_is_cut_at_its_ends() -> None:
    pieces = word_diff("It is late. It is cold. It is dark.", "It is late. It is dark.")

    assert [piece.baseline for piece in pieces if piece.kind == "deleted"] == ["It is cold. "]


@given(TEXTS, TEXTS)
def test_the_columns_show_the_texts_and_no_markup_of_theirs(baseline: str, candidate: str) -> None:
    for text, column in zip((baseline, candidate), read(baseline, candidate), strict=True):
        assert letters("".join(column.paragraphs)) == letters(visible(text))
        assert {*column.elements} <= {"p", "del", "ins", "mark", "i", "span"}
        assert {name for name, _ in column.attributes} <= {"class", "dir", "title"}


@given(TEXTS, TEXTS)
def test_every_run_has_its_sign(baseline: str, candidate: str) -> None:
    ours, theirs = read(baseline, candidate)

    for column in (ours, theirs):
        signs = {"del": "−", "ins": "+", "mark": "~"}
        assert column.signs == [signs[element] for element in column.elements if element in signs]
    found = set(kinds(word_diff(baseline, candidate)))
    assert ("−" in ours.signs, "~" in ours.signs) == ("deleted" in found, "changed" in found)
    assert ("+" in theirs.signs, "~" in theirs.signs) == ("added" in found, "changed" in found)


def test_only_up_to_eight_words_are_struck() -> None:
    short, long = ("one two three four five six seven eight" + end for end in (".", " nine."))

    assert 'class="diff-deleted"' in render(word_diff(short, ""))[0]
    assert 'class="diff-deleted diff-long"' in render(word_diff(long, ""))[0]
    assert 'class="diff-added diff-long"' in render(word_diff("", long))[1]


def test_paragraphs_and_line_breaks_are_kept_and_a_run_is_marked_in_each_paragraph() -> None:
    column = read("first line\nsecond line\n\nthird", "")[0]

    assert column.paragraphs == ["first line\nsecond line", "third"]
    assert column.signs == ["−", "−"]
    assert ("dir", "auto") in column.attributes


def test_a_literal_n_is_shown_as_text_and_no_other_text_as_one() -> None:
    ours, theirs = render(word_diff("a <n> b", "a &lt;n&gt; b"))

    assert ours.count('class="diff-n"') == 1
    assert 'class="diff-n"' not in theirs
    assert Reader(theirs).paragraphs == ["a &lt;n&gt; b"]


def test_control_and_bidi_characters_are_seen() -> None:
    column = read("a\u202eb\x1b[31m\u2067", "a")[0]

    assert "".join(column.paragraphs) == "a\\u202eb\\x1b[31m\\u2067"


def test_every_class_has_a_style() -> None:
    pieces = word_diff("one two <n> three x y", "one zwei three " + "more " * 9)
    columns = [Reader(part) for part in (*render(pieces), key())]
    classes = {
        css for column in columns for name, value in column.attributes if name == "class" for css in str(value).split()
    }

    assert {"diff-deleted", "diff-added", "diff-changed", "diff-long", "diff-sign", "diff-n"} <= classes | {"diff-n"}
    assert [css for css in classes if f".{css}" not in STYLE] == []
