"""The atoms of the pages: nothing that comes from an artifact or a URL leaves the text it stands in."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from driftline.reports import html

CONTROLS = [0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x200E, 0x200F, 0x061C]


FRAGMENTS = (
    "<b>",
    "</p>",
    "<script>",
    '" onclick="x',
    "' onclick='x",
    "&lt;",
    "&",
    "<!--",
    "]]>",
    "=",
    "a",
    "\u202e",
    "\x1b",
)
MARKUP = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), min_size=1, max_size=6).map("".join)


class Reader(HTMLParser):
    """Elements, attributes and text as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(MARKUP)
def test_escaped_text_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    found = Reader(f'<p title="{html.esc(text)}">{html.esc(text)}</p>')

    assert found.elements == ["p"]
    assert list(found.attributes) == ["title"]
    assert found.text == found.attributes["title"]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"))))
def test_printable_text_arrives_unchanged(text: str) -> None:
    assert Reader(f"<p>{html.esc(text)}</p>").text == text


@given(st.text(st.sampled_from([chr(point) for point in CONTROLS] + ["\x00", "\x1b", "\x9b", "\u2028", "\ud800", "a"])))
def test_control_and_bidi_characters_are_shown_not_sent(text: str) -> None:
    escaped = html.esc(text)

    assert not [char for char in escaped if unicodedata.category(char) in ("Cc", "Cs", "Cf", "Zl", "Zp")]
    assert escaped.count("a") >= text.count("a")


def test_line_breaks_stay_and_nothing_is_no_text() -> None:
    assert html.esc("a\n\tb") == "a\n\tb"
    assert html.esc(None) == ""
    assert html.esc(0) == "0"
    assert html.esc("\u202egnp.exe") == "\\u202egnp.exe"


@given(MARKUP, MARKUP)
def test_a_link_holds_its_address_and_no_more(query: str, name: str) -> None:
    found = Reader(html.link("?" + query, html.esc(name)))

    assert found.elements == ["a"]
    assert set(found.attributes) == {"href", "data-go"}
    assert str(found.attributes["href"]).startswith("?")


@given(MARKUP, MARKUP, MARKUP)
def test_a_heading_holds_three_texts(title: str, caption: str, sql: str) -> None:
    assert Reader(html.heading(title, caption, sql)).elements == [
        "div",
        "h3",
        "details",
        "summary",
        "driftline-fold",
        "pre",
        "p",
    ]


def test_a_change_of_nothing_is_grey_and_a_gap_is_a_dash() -> None:
    assert html.change(None, "") == '<span class="m">–</span>'
    assert html.change(0, "0") == '<span class="m">= 0</span>'
    assert html.change(-0.1, "−0.1") == "▼ −0.1"
    assert html.change(0.001, "<0.1") == "▲ &lt;0.1"
