"""The page of episodes as HTML: what its titles say, what it shows of each output, and what it never lets through."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from driftline.reports import episodes
from driftline.reports.choice import Comparison
from driftline.reports.episode_texts import by_line, written
from driftline.scoring import score
from driftline.texts.diff import word_diff
from hostile import IMAGE, NAMES, hostile_root
from roots import Root, metrics, prediction
from two_runs import B, C

OTHER = "runs/other"
FAILED = {"episode_id": "e", "output": {}, "error": "RuntimeError: out of memory\nat line 7"}


def page(root: Root, others: tuple[str, ...] = (), runs: tuple[str, str] = (B, C), **asked: str) -> str:
    """The page's HTML, its episodes scored."""
    given = {"only": "", "search": "", "at": "", "episode_id": "", "view": ""} | asked
    with root.open() as store:
        score(store, runs)
        labels = {run: run.rpartition("/")[2] for run in (*runs, *others)}
        comparison = Comparison(*runs, others, labels, lambda **changes: "?" + urlencode(changes))
        connection = store.cursor()
        listed = episodes.read(connection, comparison, episodes.Asked.from_text(**given))
        return episodes.render(connection, comparison, (runs[1], *others), listed)


def words(markup: str) -> str:
    """What a person reads of it, apart from the statements."""
    without_sql = re.sub(r'<details class="sql">.*?</details>', "", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", without_sql)).split())


def heading(markup: str) -> str:
    found = re.search(r"<h2.*?<span[^>]*>(.*?)</span>", markup, flags=re.DOTALL)
    assert found
    return html.unescape(found[1])


def pair(root: Root, baseline: dict[str, Any], candidate: dict[str, Any]) -> Root:
    return root.run(B, predictions=[baseline]).run(C, predictions=[candidate])


def said(text: str, **metadata: Any) -> dict[str, Any]:
    return prediction("e", text, **metadata)


ASKED = [
    (("", "", "", "", ""), episodes.Asked()),
    (("failed", "a b", "3", "x", "plain"), episodes.Asked("failed", "a b", 3, "x", "plain")),
    (("' or 1=1", "", "0", "", "<script>"), episodes.Asked()),
    (("", "", "-1", "", ""), episodes.Asked()),
    (("", "", "9" * 20, "", ""), episodes.Asked()),
    (("", "", "²", "", ""), episodes.Asked()),
    (("", "a\0b", "1.5", "c\0", ""), episodes.Asked(search="ab", episode="c")),
]


@pytest.mark.parametrize(("given", "expected"), ASKED)
def test_what_a_url_may_hold(given: tuple[str, str, str, str, str], expected: episodes.Asked) -> None:
    assert episodes.Asked.from_text(*given) == expected


COUNTS = {
    f"{name}_{metric}": 0
    for metric in ("rougeL_f1", "output_tokens")
    for name in ("by", "lost", "gained", "regressed", "improved")
} | {"all_failed": 0}
TITLES = [
    ({}, "No two texts to compare"),
    ({"all_failed": 2}, "No two texts to compare; 2 episodes failed"),
    ({"by_rougeL_f1": 5, "lost_rougeL_f1": 5, "all_failed": 1}, "5 of 5 pairs lost ROUGE-L; one episode failed"),
    (
        {
            "by_rougeL_f1": 5,
            "lost_rougeL_f1": 4,
            "gained_rougeL_f1": 1,
            "regressed_rougeL_f1": 3,
            "improved_rougeL_f1": 1,
        },
        "4 of 5 pairs lost ROUGE-L, 3 past the warn level; 1 improved",
    ),
    (
        {"by_output_tokens": 3, "gained_output_tokens": 2, "improved_output_tokens": 2, "regressed_output_tokens": 1},
        "2 of 3 pairs gained output tokens, all past the warn level; 1 regressed",
    ),
    ({"by_rougeL_f1": 1}, "ROUGE-L: no change in 1 pair"),
]


@pytest.mark.parametrize(("counts", "expected"), TITLES)
def test_the_title_says_what_happened_to_the_pairs(counts: dict[str, int], expected: str) -> None:
    assert episodes.title(COUNTS | counts) == expected


HEADINGS = [
    (said("a b c d"), said("a b c d"), "e says the same, word for word"),
    (said("x", output_tokens=100), said("y", output_tokens=20), "e is 80\u202f% shorter"),
    (said("x", output_tokens=100), said("y", output_tokens=150), "e is 50\u202f% longer"),
    (said("x", output_tokens=100), said("y", output_tokens=700), "e is ×7.0 as long"),
    (said("x", output_tokens=100), said("y", output_tokens=100), "e is as long as it was, in other words"),
    (
        said("Then we met Ada Lovelace in Paris.", output_tokens=10),
        said("Then we met nobody.", output_tokens=5),
        "e is 50\u202f% shorter and no longer names Ada Lovelace and Paris",
    ),
    (said("a b"), FAILED, "e failed: RuntimeError: out of memory"),
    (FAILED, said("a b"), "e had failed in the baseline"),
    (said("a b"), {"episode_id": "e", "output": {}}, "e has no text any more"),
]


@pytest.mark.parametrize(("baseline", "candidate", "expected"), HEADINGS)
def test_the_heading_says_what_happened_to_the_episode(
    root: Root, baseline: dict[str, Any], candidate: dict[str, Any], expected: str
) -> None:
    assert heading(page(pair(root, baseline, candidate))) == expected


def test_a_scored_episode_says_what_it_lost_and_against_which_reference(root: Root) -> None:
    root.run("references/silver/_archive/ref", predictions=[said("one two three four")])
    scores = {"ref": {"rougeL_f1": 0.5}}
    pair(root, said("one two three four"), said("one two five six"))
    for run in (B, C):
        root.run(run, metrics=metrics(1, references=scores))
    shown = page(root)
    assert heading(shown).startswith("e loses 0.500 ROUGE-L")
    assert "Scored against ref." in words(shown)
    assert "one two three four 4 characters" not in words(shown)
    reference = words(page(root, view="reference"))
    assert "Reference ref references/silver/_archive/ref one two three four" in reference


def test_a_small_change_of_length_is_told_only_where_there_is_nothing_else_to_tell(root: Root) -> None:
    content = metrics(1)
    content["intrinsic"]["gates"]["episode_gate_failures"] = {"e": ["speaker_label_leak", "truncation"]}
    pair(root, said("x", output_tokens=100), said("y", output_tokens=96))
    assert heading(page(root)) == "e is 4.0\u202f% shorter"
    root.run(C, metrics=content)
    assert heading(page(root)) == "e is 4.0\u202f% shorter and fails the speaker label, truncation gates"
    root.run("references/silver/ref", predictions=[said("x")])
    for run in (B, C):
        root.run(run, metrics={**content, "vs_reference": {"ref": {"rougeL_f1": 0.5}}})
    assert heading(page(root)) == "e loses 1.000 ROUGE-L and fails the speaker label, truncation gates"


def test_what_is_missing_is_said(root: Root) -> None:
    root.run(B, predictions=[prediction("a", "only here")]).run(C, predictions=[prediction("b", "only there")])
    shown = words(page(root, episode_id="a", view="reference"))
    assert "a is only in baseline" in shown
    assert "This run does not have the episode." in shown
    assert "Neither run was scored against a reference." in shown
    assert "No diagnostics: map and reduce sizes are not known." in shown
    assert "No episode ghost in either run" in words(page(root, episode_id="ghost"))
    assert "No episode is left." in words(page(root, search="nowhere"))


def test_without_any_episode_the_page_says_what_is_missing(root: Root) -> None:
    root.run(B, metrics=metrics(2)).run(C, metrics=metrics(2))
    assert "No episodes to compare" in words(page(root))


def test_a_reference_without_texts_is_named(root: Root) -> None:
    pair(root, said("a b"), said("a c"))
    root.run(C, metrics=metrics(1, references={"gone": {"rougeL_f1": 0.1}}))
    assert "Reference gone Its texts are not in this root." in words(page(root, view="reference"))


def test_a_failed_episode_shows_its_error_in_place_of_a_text(root: Root) -> None:
    shown = page(pair(root, said("a b c"), FAILED))
    assert re.search(r'<tr class="on failed".*?failed · RuntimeError: out of memory', shown, re.DOTALL)
    assert 'class="w diff-text">failed · RuntimeError: out of memory\nat line 7<' in shown
    assert "<del" not in shown


def test_other_candidates_are_tabs_that_say_when_there_is_nothing_new(root: Root) -> None:
    pair(root, said("a b c"), said("a d c"))
    root.run(OTHER, predictions=[said("a b c")]).run("runs/broke", predictions=[FAILED])
    root.run("runs/without", predictions=[prediction("z")])
    tabs = re.findall(
        r'<a href="([^"]*)" data-go[^>]*>([^<]*)(?:<span[^>]*>([^<]*))?',
        page(root, (OTHER, "runs/broke", "runs/without")),
    )
    found = {html.unescape(label.strip()): (note, "focus=" in href) for href, label, note in tabs}
    assert found["other"] == ("same text", True)
    assert found["broke"] == ("failed", True)
    assert found["without"] == ("not in run", True)


WRITTEN = [
    (None, ("nothing", "")),
    ({"status": "failed", "text": "half", "structured": None}, ("nothing", "")),
    ({"status": "empty", "text": None, "structured": None}, ("nothing", "")),
    ({"status": "ok", "text": "plain", "structured": None}, ("text", "plain")),
    ({"status": "ok", "text": '{"bullets": ["a  b", "c\\nd"]}', "structured": None}, ("bullets", "a b\nc d")),
    (
        {"status": "ok", "text": '{"bullets": ["a"], "title": "T\\nU"}', "structured": None},
        ("bullets", "T U\na"),
    ),
    ({"status": "ok", "text": '```json\n["x"]\n```', "structured": None}, ("bullets", "x")),
    ({"status": "ok", "text": '["cut off', "structured": None}, ("text", '["cut off')),
    ({"status": "ok", "text": None, "structured": '{"a":[1]}'}, ("json", '{\n  "a": [\n    1\n  ]\n}')),
    ({"status": "ok", "text": None, "structured": "{broken"}, ("json", "{broken")),
]


@pytest.mark.parametrize(("row", "expected"), WRITTEN)
def test_what_can_be_shown_of_an_output(row: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    found = written(row)
    assert (found.kind, found.text) == expected


def test_bullets_stay_bullets_with_their_differences_marked(root: Root) -> None:
    texts = [
        json.dumps({"title": title, "bullets": bullets})
        for title, bullets in (("What was said", ["one two three", "gone"]), ("What is said", ["one six three"]))
    ]
    shown = page(pair(root, said(texts[0]), said(texts[1])))
    lists = re.findall(r'<ul class="ep-bullets">(.*?)</ul>', shown, flags=re.DOTALL)
    assert [column.count("<li>") for column in lists] == [2, 1]
    assert [words(mark) for mark in re.findall(r"<del.*?</del>", lists[0])] == ["− gone"]
    titles = [words(title) for title in re.findall(r'<div class="ep-title">(.*?)</div>', shown)]
    assert titles == ["What ~ was said", "What ~ is said"]
    assert "as written" in words(shown)
    assert texts[0] in html.unescape(shown)


@pytest.mark.parametrize(
    ("baseline", "candidate"), [("a b\nc", "a b c"), ("x\ny\nz", "x\nq\nr\nz"), ("", "a\nb"), ("a\nb", "")]
)
def test_lines_hold_all_of_the_text_of_their_side(baseline: str, candidate: str) -> None:
    pieces = word_diff(baseline, candidate)
    for side, text in enumerate((baseline, candidate)):
        lines = by_line(pieces, side)
        assert "\n".join("".join(piece[1 + side] for piece in line) for line in lines) == text


def test_hostile_words_stay_words_in_every_view(root: Root) -> None:
    hostile_root(root.folder)
    with root.open() as store:
        runs = [
            run
            for (run,) in store.connection.execute("select run from runs where episodes > 0 order by run").fetchall()
        ]
    for view in ("diff", "plain", "reference"):
        for name in NAMES:
            shown = page(root, runs=(runs[0], runs[1]), view=view, episode_id=name, search=name[:3])
            tags = {tag.lower() for tag in re.findall(r"<\s*([a-zA-Z]+)", shown)}
            assert tags.isdisjoint({"script", "img", "svg", "iframe"})
            assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', shown))
            # What is searched for goes back into its field as it is.
            assert "\u202e" not in re.sub(r' value="[^"]*"', "", shown)
            assert "\x1b" not in shown
    assert IMAGE in words(shown)
