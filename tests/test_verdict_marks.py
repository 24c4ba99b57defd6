"""How changes and verdicts look: each verdict has a form and a word, intervals stay on their scale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from driftline.metrics import MINUS, THIN, Metric
from driftline.reports import marks
from test_html import Reader


def row(**values: object) -> dict[str, object]:
    return {"status": "compared", "delta": 1.0, "level": "ok", "gain": "ok", **values}


@pytest.mark.parametrize(
    ("values", "form", "words"),
    [
        ({"level": "fail"}, "pf", "past fail"),
        ({"level": "warn"}, "pw", "past warn"),
        ({"gain": "fail"}, "pg", "gain"),
        ({"gain": "warn"}, "pg", "gain"),
        ({"level": None, "gain": None}, "ch", "changed"),
        ({}, "nc", "inside"),
        ({"delta": 0.0}, "nc", "unchanged"),
        ({"status": "only in baseline", "delta": None}, "np", "only in baseline"),
    ],
)
def test_a_chip_says_by_form_and_word_what_a_level_says(values: dict[str, object], form: str, words: str) -> None:
    chip = marks.chip(row(**values))

    assert f'class="chip {form}"' in chip
    assert Reader(chip).text == words


@pytest.mark.parametrize("pct", [-1000.0, -100.0, 0.0, 99.9, 100.0])
def test_a_strip_keeps_its_dot_inside(pct: float) -> None:
    found = Reader(marks.strip({"delta_pct": pct, "warn_at_pct": 10}))

    assert 0 <= float(str(found.attributes["cx"])) <= marks.STRIP_WIDTH


def test_a_strip_without_a_percent_or_beyond_its_scale_says_so() -> None:
    assert Reader(marks.strip({"delta_pct": None, "warn_at_pct": 10})).text == "no percent"
    beyond = Reader(marks.strip({"delta_pct": 900, "warn_at_pct": 10}))
    assert "circle" not in beyond.elements
    assert "path" in beyond.elements


def test_an_interval_is_a_bar_behind_a_dot_that_is_filled() -> None:
    row = {"delta_pct": 90, "effect_pct": 50.0, "ci_low": -300.0, "ci_high": 60.0, "warn_at_pct": 10}
    drawn = marks.strip(row)

    assert 'class="st-ci" x="0.0"' in drawn
    assert 'class="st-dot"' in drawn
    assert 'aria-label="+50' in drawn
    assert "st-ci" not in marks.strip({"delta_pct": 90, "warn_at_pct": 10})


VERDICT = {"status": "compared", "delta": 1.0, "good": False, "reason": "Because <b>.", "mde_pct": 35.0}


@pytest.mark.parametrize(
    ("verdict", "level", "good", "form", "words"),
    [
        ("regressed", "fail", False, "rf", "regressed"),
        ("regressed", "warn", False, "rw", "regressed"),
        ("improved", "ok", True, "bt", "improved"),
        ("changed", "ok", None, "ch", "changed"),
        ("no change", "ok", True, "eq", "✓ no change"),
        ("suspect", "warn", False, "sp", "suspect"),
        ("suspect", "ok", True, "sb", "suspect"),
        ("inconclusive", None, False, "in", "inconclusive"),
        ("not comparable", None, False, "np", "not comparable"),
    ],
)
def test_each_verdict_has_a_form_and_a_word_of_its_own(
    verdict: str, level: str | None, good: bool | None, form: str, words: str
) -> None:
    chip = marks.chip(VERDICT | {"verdict": verdict, "verdict_level": level, "good": good})
    assert chip == f'<span class="chip {form}" title="Because &lt;b&gt;.">{words}</span>'


def test_what_is_open_says_from_which_size_on_it_would_be_seen() -> None:
    assert "sees ≥ 35" in marks.sees(VERDICT | {"verdict": "inconclusive"})
    assert "sees ≥ 35" in marks.sees(VERDICT | {"verdict": "suspect", "effect_pct": -20.0})
    assert marks.sees(VERDICT | {"verdict": "suspect", "effect_pct": -90.0}) == ""
    assert marks.sees(VERDICT | {"verdict": "regressed"}) == ""
    assert marks.sees({"status": "compared"}) == ""


TOKENS = Metric(
    "avg_output_tokens", "Output tokens", "tokens", "higher", "log", "length", True, 10, 25, None, None, None, 0, ""
)
FAILED = replace(TOKENS, metric="failed_episodes", unit="episodes")


def test_the_paired_effect_is_the_percent_and_takes_the_colour_of_its_verdict() -> None:
    row = {"delta": -3.0, "delta_pct": -3.0, "effect_pct": -8.0, "ci_low": -9.0, "ci_high": -7.0, "good": False}
    assert Reader(marks.moved(row | {"verdict": "regressed"}, TOKENS)).text == f"▼ {MINUS}8.0{THIN}%"
    assert 'class="w"' in marks.moved(row | {"verdict": "regressed"}, TOKENS)
    assert 'class="w"' in marks.moved(row | {"verdict": "suspect"}, TOKENS)
    assert 'class="b"' in marks.moved(row | {"verdict": "improved"}, TOKENS)
    # One episode can turn the difference of both means; most of them go the way that is told.
    turned = row | {
        "verdict": "suspect",
        "delta": 3.0,
        "delta_pct": 3.0,
        "good": True,
        "verdict_level": "warn",
        "reason": "",
    }
    assert marks.moved(turned, TOKENS).startswith('<span class="w">▼')
    assert 'class="chip sp"' in marks.chip(turned | {"status": "compared"})
    for quiet in ("no change", "inconclusive", "changed", "threshold only"):
        assert "class" not in marks.moved(row | {"verdict": quiet}, TOKENS)


def test_numbers_of_episodes_are_told_by_their_difference() -> None:
    row = {"delta": 1.0, "delta_pct": None, "effect_pct": 8.0, "ci_low": 1.0, "ci_high": 9.0, "good": False}
    assert Reader(marks.moved(row | {"verdict": "suspect"}, FAILED)).text == "▲ +1"


def test_a_small_strip_says_the_same_as_the_large_one() -> None:
    row = {"delta_pct": 9.0, "effect_pct": 50.0, "ci_low": 40.0, "ci_high": 160.0, "warn_at_pct": 10, "good": True}
    told = f"+50{THIN}%, from +40{THIN}% to +160{THIN}%"
    assert f'aria-label="{told}"' in marks.strip(row)
    assert f'aria-label="{told}"' in marks.small_strip(row)
    assert 'style="left:70.0%;width:30.0%"' in marks.small_strip(row)
    assert marks.ends(row) == f"+40{THIN}% … +160{THIN}%"
    assert not marks.is_beyond(row)
    assert marks.is_beyond(row | {"effect_pct": 160.0})
    assert Reader(marks.small_strip(row | {"ci_low": None, "delta_pct": None})).text == "baseline is 0"
