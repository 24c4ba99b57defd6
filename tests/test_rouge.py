"""ROUGE is that of the `rouge-score` package to the last digit, and hostile texts neither crash it nor fill memory."""

from __future__ import annotations

import random
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftline.texts.rouge import Scores, score_pairs
from roots import python

PROSE = [
    "The guests argue that cheaper batteries, not better panels, decide how fast homes switch to solar. They expect "
    "prices to fall by 40% before 2030, and warn that permits still take longer than the installation itself.",
    "Cheaper batteries decide how quickly households are switching to solar power, the guest argued; prices may fall "
    "40 percent by 2030. Permitting takes longer than installing. Permitting, she repeated, is the bottleneck.",
    "- Batteries matter more than panels\n- Prices fall 40% by 2030\n- Permits take longer than the installation\n",
    "* batteries\n* BATTERIES\n* Battery’s\n\n1. permits 2. permitted 3. permitting",
    "Host: Welcome back! Guest: Thanks for having me. [music] The market's up 3.5%, i.e. $1,250,000 — we're relieved.",
    "Die Gäste streiten über Batterien, Zulassungen und Preise; die Größe zählt, sagt sie, naïve Schätzungen täuschen.",
    "Гости обсуждают батареи и цены. 电池价格下跌，许可证很慢。 البطاريات أرخص",
    "relational conditional rationalization hopefulness formalize electrical triplicate adjustment replacement",
    "relate conditioned rationalize hopeful formal electricity triplicates adjusts replaced adopting",
    "flies dies mules denied died agreed owned humbled sized meeting stating siezing itemization traditional",
    "skies dying lying tying news innings outings cannings howe proceed exceed succeed sky die lie tie inning",
    "aing oing eing aed oed ied ies sss ssss eed feed bleed fulli logi ion ions tion spy sky enjoy syzygy yes yyyy",
    "a an at ate ates to too tool s ss t's can’t I'm x-ray COVID-19 GPT-4o v0.6.1 3.14159 1e-9 0x7f snake_case aB",
]
HOSTILE = [
    "",
    " \t\r\n",
    "!!! … — ??? 🙂🙂 «»",
    "\x00",
    "one\x00two\x00three",
    "\ud800",
    "one \udfff two\udc80three \ud83d",
    "\u202eeno\u202c two \u2066three\u2069 \u200bfo\u200bur\ufeff",
    "İstanbul ISTANBUL ıstanbul İİİİ",
    "K Å ſ ß ﬁ ① ² ٣ ३ Ⅷ ａｂｃ",
    "e\u0301tude étude",
    "one\vtwo\x0cthree\x1cfour\x1dfive\x85six\u2028seven\u2029eight\xa0nine",
    "<script>alert('one')</script> ../../etc/passwd '; drop table two; -- {three} %s %n",
    "y" * 3_000,
    "ay" * 500 + "ing " + "y" * 700 + "ness",
    "x" * 5_000 + "ational",
    "one " * 300,
    "one two " * 150,
    "one",
]
WORDS = (
    "a y fly hop control relat happi sky oper adjust x9 ss at bl iz troubl conflat tann fall hiss fail fil agre",
    " ed eed ies ied ing ly ness ational tional izer ful ement ion ance able ous ive ize ll y ying s sses al 7",
)

inflected = st.tuples(*(st.sampled_from(parts.split(" ")) for parts in WORDS)).map("".join)
word = inflected | st.text("aeiouyslz01", min_size=1, max_size=9)
separator = st.sampled_from([" ", "  ", "\n", "-", "’", ", ", "\x00", "\ud800", "İ", "é"])
worded = st.lists(st.tuples(word, separator), max_size=40).map(lambda parts: "".join(map("".join, parts)))
anything = st.text(st.characters(exclude_categories=()), max_size=60)


@cache
def package_scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)


def package(reference: str, prediction: str) -> Scores:
    scored = package_scorer().score(reference, prediction)
    return Scores(scored["rouge1"].fmeasure, scored["rouge2"].fmeasure, scored["rougeL"].fmeasure)


def rewritten(text: str, source: random.Random) -> str:
    """The text as another model would have it: words gone, words doubled, a part moved."""
    words = [word for word in text.split() for _ in range(source.choice((0, 1, 1, 1, 1, 2)))]
    place = source.randrange(len(words) + 1)
    return " ".join(words[place:] + words[:place])


def test_real_looking_and_hostile_texts_score_as_in_the_package() -> None:
    pairs = list(product(PROSE + HOSTILE[:13], repeat=2))

    assert score_pairs(pairs) == [package(*pair) for pair in pairs]


def test_rewritten_texts_score_as_in_the_package() -> None:
    source = random.Random(11)
    texts = [" ".join(source.sample(PROSE, k=source.randint(1, 5))) for _ in range(60)]
    pairs = [(text, rewritten(text, source)) for text in texts]
    scores = score_pairs(pairs)

    assert scores == [package(*pair) for pair in pairs]
    assert len(set(scores)) > 50


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_a_hostile_text_scores_as_in_the_package_on_either_side(text: str) -> None:
    for other in (PROSE[0], "one two three", text):
        assert score_pairs([(text, other), (other, text)]) == [package(text, other), package(other, text)]


@given(st.lists(st.tuples(worded, worded), max_size=4))
@settings(max_examples=200)
@example([("aed oed aing", "a o a"), ("", "one")])
@example([("ox" * 30 + "s", "ox" * 30)])
def test_words_of_every_shape_score_as_in_the_package(pairs: list[tuple[str, str]]) -> None:
    assert score_pairs(pairs) == [package(*pair) for pair in pairs]


@given(anything, anything)
@settings(max_examples=200)
def test_any_text_scores_as_in_the_package(reference: str, prediction: str) -> None:
    assert score_pairs([(reference, prediction)]) == [package(reference, prediction)]


def test_scores_that_can_be_counted_by_hand() -> None:
    reference, prediction = "the cats sat on the mats", "The cat is sitting on a mat"

    # 4 stems shared of 6 and 7 (the, cat, on, mat), 1 pair of 5 and 6 (the cat), in the same order
    (scores,) = score_pairs([(reference, prediction)])
    assert scores == (pytest.approx(8 / 13), pytest.approx(2 / 11), pytest.approx(8 / 13))


@pytest.mark.parametrize("empty", ["", "…", "\x00", "\ud800"])
def test_a_text_without_words_scores_zero(empty: str) -> None:
    zeros = score_pairs([(empty, empty), (empty, "one two"), ("one two", empty)])

    assert zeros == [(0.0, 0.0, 0.0)] * 3
    assert {type(value) for scores in zeros for value in scores} == {float}


def test_a_pair_scores_the_same_alone_and_among_others() -> None:
    pairs = list(product(PROSE, HOSTILE[:13]))
    alone = [score_pairs([pair])[0] for pair in pairs]

    assert score_pairs(iter(pairs)) == alone
    assert score_pairs(reversed(pairs)) == alone[::-1]
    assert score_pairs([]) == []


def test_a_million_times_one_word_is_scored() -> None:
    """A table of all pairs of words would have 10^12 cells."""
    million = "word " * 1_000_000

    same, half, once = score_pairs([(million, million), (million, million[: len(million) // 2]), (million, "words")])
    assert same == (1.0, 1.0, 1.0)
    assert half == pytest.approx((2 / 3, 2 / 3, 2 / 3), abs=1e-5)
    assert once == pytest.approx((2e-6, 0.0, 2e-6), rel=1e-5)


def test_texts_of_200_000_characters_are_scored() -> None:
    """A table of all pairs of words would have 10^9 cells; a single word may be as long as the text."""
    numbers = [str(number) for number in range(100_000, 128_000)]
    forth, back = " ".join(numbers), " ".join(reversed(numbers))
    assert 190_000 < len(forth) < 200_000

    scores = score_pairs(
        [(forth, back), (forth, forth + "!"), ("y" * 200_000, "y" * 199_999), ("\ud800" * 200_000, "")]
    )
    assert scores == [(1.0, 0.0, 1 / 28_000), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)]


LISTENING = """
import os, sys
seen = []
def note(event, arguments):
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.system", "os.exec")):
        seen.append(event)
    elif event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith(os.environ["HOME"]):
        seen.append(f"{event} {arguments[0]}")
sys.addaudithook(note)
from driftline.texts.rouge import score_pairs
print(score_pairs([("running dogs", "a dog runs")])[0].rouge1_f1)
print(seen)
open(os.path.join(os.environ["HOME"], "nltk_data", "corpora")).close()
print(len(seen))
"""


def test_scoring_asks_no_network_and_reads_nothing_of_the_person_who_runs_it(tmp_path: Path) -> None:
    data = tmp_path / "nltk_data"
    data.mkdir()
    (data / "corpora").write_text("not to be read")
    asked = python(LISTENING, HOME=str(tmp_path), NLTK_DATA=str(data))

    # The last line proves that the ear hears: it is the one file that was opened on purpose.
    assert asked.stdout.splitlines() == ["0.8", "[]", "1"], asked.stderr
