"""Names, numbers and bullets found in texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.texts.bullets import Bullets, bullets
from driftline.texts.facts import Facts, lost_and_added

TOKENS = [
    "Nora", "Daniel", "Daniel's", "of", "the", "The", "Bank", "I", "42", "42 %", "3:30", "$5", "May 5", ".", ":", "<n>",
    "# ", "\n", "“", "Dr.", "École", "said", "\x1b", "\u202e", "ǅ", "İ", "ß", "٣", "²", "½", "-", "'",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=25).map(" ".join)


def names(text: str) -> tuple[str, ...]:
    return lost_and_added(text, "").names_lost


def numbers(text: str) -> tuple[str, ...]:
    return lost_and_added(text, "").numbers_lost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000.5 of 42 % at 3:30", ("1,000.5", "42 %", "3:30")),
        ("on 2024-01-05, 5 March 2024, March 7 and in May 2023", ("2024-01-05", "5 March 2024", "March 7", "May 2023")),
        ("in 1999, the 1990s, 3rd and 10am", ("1999", "1990s", "3rd", "10am")),
        ("10–20 or -3 or −4 or 1/2", ("10", "20", "-3", "−4", "1/2")),
        ("$5 and €1,200", ("$5", "€1,200")),
        ("GPT-4, p05_e01, v2 and mp3", ()),
        ("Speaker 2: no. SPEAKER 12: a loudspeaker 4 for 3 speakers", ("4", "3")),
        ("5, 5 and 5.", ("5",)),
        ("٣ and 3", ("٣",)),
    ],
)
def test_numbers_as_written(text: str, expected: tuple[str, ...]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [
        ("1,000 people", "1000 people"),
        ("42 %", "42%"),
        ("42 percent", "42%"),
        ("$5", "5 dollars"),
        ("March 5, 2024", "5th of it: 5 March 2024"),
        ("Jan. 3", "3 January"),
        ("−4", "-4"),
    ],
)
def test_a_number_written_another_way_is_not_lost(baseline: str, candidate: str) -> None:
    assert lost_and_added(baseline, candidate).numbers_lost == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Nora and Daniel. Then Nora left.", ("Nora", "Daniel")),
        ("Yesterday was fine. Considerations are boring.", ()),
        ("Daniel left. We like Daniel.", ("Daniel",)),
        ("Daniel Kahneman left.", ("Daniel Kahneman",)),
        ("The Federal Reserve said so.", ("Federal Reserve",)),
        ("welcome to Below the Surface, from Frame & Light", ("Below the Surface", "Frame & Light")),
        ("at the Bank of America of course", ("Bank of America",)),
        ("he asked Dr. Jane O’Brien and J. K. Rowling", ("Jane O’Brien", "J. K. Rowling")),
        ("A: Welcome back. B: Thanks, I’m glad I came.", ()),
        ("an École trip with Jean-Luc's Øresund map", ("École", "Jean-Luc", "Øresund")),
        ("# All About Trails\n\nsome text", ()),
        ("all of it in March 2024", ()),
        ("WHY DO YOU ALWAYS SHOUT SO VERY LOUDLY TODAY", ()),
        ("line.<n>Most of it", ()),
    ],
)
def test_names_as_written(text: str, expected: tuple[str, ...]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [
        ("I like Daniel's book", "I like Daniel"),
        ("I like Daniel", "That is Daniel’s."),
        ("I like Daniel", "Daniel is fine."),
        ("by Daniel Kahneman", "so Kahneman wrote"),
        ("by Dr. Smith", "by Smith"),
        ("with Jean‑Luc", "with Jean-Luc"),
        ("a clear RFC", "two RFCs"),
        ("in The Guardian", "in the Guardian"),
    ],
)
def test_a_name_written_another_way_is_neither_lost_nor_added(baseline: str, candidate: str) -> None:
    assert lost_and_added(baseline, candidate) == Facts((), (), (), ())


def test_a_name_that_shares_a_word_with_another_is_still_lost() -> None:
    assert lost_and_added("in New York", "in New Jersey") == Facts(("New York",), ("New Jersey",), (), ())


@given(TEXTS, TEXTS)
def test_what_one_text_loses_the_other_way_round_adds(baseline: str, candidate: str) -> None:
    forth, back = lost_and_added(baseline, candidate), lost_and_added(candidate, baseline)

    assert (forth.names_lost, forth.names_added) == (back.names_added, back.names_lost)
    assert (forth.numbers_lost, forth.numbers_added) == (back.numbers_added, back.numbers_lost)


@given(TEXTS)
def test_a_text_loses_nothing_to_itself_and_every_fact_is_in_it_once(text: str) -> None:
    assert lost_and_added(text, text) == Facts((), (), (), ())
    found = lost_and_added(text, "")
    for facts in (found.names_lost, found.numbers_lost):
        assert len({*facts}) == len(facts)
        assert all(fact in text for fact in facts)
        first = [text.index(fact) for fact in facts if text.count(fact) == 1]
        assert first == sorted(first)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ('["a", "b"]', ()),
        ('{"title": null, "bullets": ["a", "b"]}', ()),
        ('```json\n{"title": "T", "bullets": ["a", "b"]}\n```', ("T",)),
        ('```\n["a", "b"]```\n', ()),
        ('```JSON\n["a", "b"]', ()),
        ('\n {"points":\n ["a", "b"], "n": 2, "end": "E"}', ("E",)),
    ],
)
def test_bullets_in_their_forms(text: str, beside: tuple[str, ...]) -> None:
    assert bullets(text) == Bullets(("a", "b"), beside)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b",
        '"a"',
        "3",
        '["a", 3]',
        '{"a": ["x"], "b": ["y"]}',
        '{"bullets": "a"}',
        '{"bullets": ["a"]',
        'Here: ["a"]',
        "[" * 100_000,
        "```json\n```",
    ],
)
def test_anything_else_has_no_bullets(text: str) -> None:
    assert bullets(text) is None


@given(st.lists(st.text()))
def test_bullets_are_read_as_written(items: list[str]) -> None:
    assert bullets(json.dumps(items)) == Bullets(tuple(items))
    fenced = f"```json\n{json.dumps({'bullets': items, 'title': 'T'}, ensure_ascii=False)}\n```"
    assert bullets(fenced) == Bullets(tuple(items), ("T",))
