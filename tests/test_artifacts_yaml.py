"""YAML as it is read: the values that the safe loader of PyYAML makes, and a word on keys given twice."""

from __future__ import annotations

import pytest
import yaml

from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems

DOCUMENTS = {
    "scalars": "a: 0x1F\nb: 1_000\nc: .inf\nd: ~\ne: yes\nf: 2024-01-01\ng: '2.10'\nh: 2.10\ni: !!str 7\n",
    "nested": "a: [1, {b: [2, 3]}, []]\nc: {d: {e: {}}}\n",
    "keys of every kind": "1: a\n2.5: b\nnull: c\ntrue: d\n2024-01-01: e\n",
    "aliases": "a: &a [1, 2]\nb: *a\nc: {d: *a}\n",
    "merges": "a: &a {k: 1, l: 2}\nb: &b {<<: *a, k: 3}\nc: *b\nd: {<<: [*a, *b], l: 4}\n",
    "rare tags": "a: !!set {x, y}\nb: !!binary aGk=\nc: !!omap [x: 1]\nd: !!pairs [x: 1, x: 2]\n",
}
REFUSED = ["a: !!str [1]", "a: !!int {b: 1}", "a: !!seq x", "a: !!map [1]", "? [1]\n: 2", "a: !!python/name:os.system"]


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_values_are_those_of_the_safe_loader(text: str) -> None:
    problems = Problems()
    document = load_mapping(text.encode(), problems)
    assert document is not None
    assert repr(document.content) == repr(yaml.safe_load(text))
    assert list(problems) == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_safe_loader_refuses_is_refused(text: str) -> None:
    problems = Problems()
    assert load_mapping(text.encode(), problems) is None
    assert [problem.severity for problem in problems] == ["error"]


def test_a_key_given_twice_is_named_wherever_it_stands() -> None:
    problems = Problems()
    document = load_mapping(b"a: 1\nb: {c: 1, d: [{e: 1, e: 2}]}\na: 2\n", problems)
    assert document is not None
    assert document.content == {"a": 2, "b": {"c": 1, "d": [{"e": 2}]}}
    assert [(problem.severity, problem.line) for problem in problems] == [("warning", 3), ("warning", 2)]
