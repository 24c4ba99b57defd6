"""The text of `performance_baselines.json`: what an update changes in it, and that all else stays as it is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import Problems, UserError
from driftline.lifecycle.flat_baselines import Upgraded, upgraded
from driftline.lifecycle.platform_baselines import Document, read_document, read_updates, updated, write

GUIDE = """{
  "M1_Mac_16GB": {
    "embedding_throughput": 67.0,
    "vector_search_latency": 1e-7,
    "tokens": 123456789012345678901234567890,
    "metadata": {
      "notes": "caf\\u00e9"
    }
  },
  "Other": {"a_ms": 5, "huge": 1E400,  "metadata": {"notes": [1,  2]}}
}
"""


def test_only_the_lines_that_change_are_other_lines() -> None:
    metadata = {"last_updated": "now", "git_commit": None, "updates": [{"metric": "x", "to": 70.5}]}
    after = updated(GUIDE, "M1_Mac_16GB", {"embedding_throughput": 70.5, "é_ms": 1.0}, metadata)

    assert after.splitlines() == [
        "{",
        '  "M1_Mac_16GB": {',
        '    "embedding_throughput": 70.5,',
        '    "vector_search_latency": 1e-7,',
        '    "tokens": 123456789012345678901234567890,',
        '    "\\u00e9_ms": 1.0,',
        '    "metadata": {',
        '      "notes": "caf\\u00e9",',
        '      "last_updated": "now",',
        '      "updates": [',
        '        {"metric": "x", "to": 70.5}',
        "      ]",
        "    }",
        "  },",
        '  "Other": {"a_ms": 5, "huge": 1E400,  "metadata": {"notes": [1,  2]}}',
        "}",
    ]
    assert after.endswith("}\n")


def test_the_list_of_updates_grows_and_a_gap_replaces_what_no_longer_holds() -> None:
    once = updated(GUIDE, "Other", {"a_ms": 4.0}, {"git_commit": "abc", "updates": [{"n": 1}]})
    twice = updated(once, "Other", {"a_ms": 3.5}, {"git_commit": None, "updates": [{"n": 2}, {"n": 3}]})

    other = json.loads(twice)["Other"]
    assert other["metadata"] == {"notes": [1, 2], "git_commit": None, "updates": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert ('"a_ms": 4,' in once, '"a_ms": 3.5,' in twice) == (True, True)


def test_line_ends_byte_order_mark_and_a_missing_last_newline_stay() -> None:
    text = "\ufeff" + GUIDE.rstrip("\n").replace("\n", "\r\n")
    after = updated(text, "M1_Mac_16GB", {"new_s": 1.0}, {"updates": [{}]})

    assert after.startswith("\ufeff{\r\n")
    assert after.endswith("\r\n}")
    assert after.count("\n") == after.count("\r\n")


layouts = st.sampled_from(
    [{"indent": 2}, {"indent": 4}, {"indent": "\t"}, {"separators": (",", ":")}, {"separators": (", ", ": ")}]
)
# Beside a platform: what the file uses a name for that nobody here knows.
unknown = st.recursive(
    st.none() | st.booleans() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=4
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(min_size=1).filter(lambda name: name not in ("metadata", "thresholds", "limits", "P"))
entries = st.dictionaries(names, numbers | unknown)
documents = st.dictionaries(names, entries | st.lists(unknown), min_size=1)


@given(documents, entries, st.dictionaries(st.text(), unknown), layouts, st.booleans(), st.sampled_from(["", "\n"]))
def test_a_file_that_json_laid_out_is_laid_out_by_it_afterwards(
    others: Any, own: Any, metadata: Any, layout: Any, is_ascii: bool, end: str
) -> None:
    """So every value of another platform or name, the order, the indentation and the last newline are as before."""
    own.pop("né_ms", None)
    metadata.pop("updates", None)
    before = {**others, "P": own | {"metadata": metadata}}
    text = json.dumps(before, **layout, ensure_ascii=is_ascii) + end
    after = updated(text, "P", {"né_ms": 1.5}, {"last_updated": "now"})

    expected = {**others, "P": own | {"né_ms": 1.5, "metadata": metadata | {"last_updated": "now"}}}
    dumped = json.dumps(expected, **layout, ensure_ascii=is_ascii) + end
    assert after == (dumped.replace("né_ms", "n\\u00e9_ms") if text.isascii() else dumped)


@given(st.dictionaries(names, numbers, min_size=1), st.dictionaries(names, st.text()), layouts)
def test_an_old_flat_file_loses_nothing(flat: Any, metadata: Any, layout: Any) -> None:
    flat = {name: value for name, value in flat.items() if not name.startswith("$") and not name.endswith("version")}
    metadata |= {"platform": "M1 Mac 16GB"}
    text = json.dumps(flat | {"metadata": metadata}, **layout)

    expected = {"M1_Mac_16GB": flat | {"metadata": metadata}} if flat else {"metadata": metadata}
    assert upgraded(text).text == json.dumps(expected, **layout)


def test_flat_and_nested_numbers_are_merged_and_none_is_lost() -> None:
    text = json.dumps(
        {
            "version": 2, "q_ms": 8.0, "r_ms": 5, "same_ms": 1, "gap_ms": None, "about": "text",
            "P_1": {"q_ms": 12.0, "same_ms": 1, "metadata": {"notes": "nested"}},
            "metadata": {"platform": "P 1", "notes": "flat"}, "Q": {"q_ms": 3},
        }
    )  # fmt: skip
    known = "q_ms", "r_ms", "same_ms", "gap_ms"
    after = upgraded(text, known=known)

    assert json.loads(after.text) == {
        "version": 2,
        "about": "text",
        "P_1": {
            "q_ms": 12.0, "same_ms": 1, "r_ms": 5, "gap_ms": None,
            "metadata": {
                "notes": "nested", "platform": "P 1", "flat": {"q_ms": 8.0, "metadata.notes": "flat"}
            },
        },
        "Q": {"q_ms": 3},
    }  # fmt: skip
    assert [note for note in after.notes if "q_ms" in note] == [
        "q_ms stands below P_1 as 12.0, which counts, and flat as 8.0, which is kept in its metadata as flat"
    ]
    assert upgraded(after.text, known=known) == type(after)(after.text)


def test_what_stays_is_laid_out_as_it_was_when_what_came_first_moves() -> None:
    text = '{"q_ms": 8.0, "P": {"r_ms": 1}, "metadata": {"platform": "P"}}'

    assert upgraded(text, known=["q_ms"]).text == '{"P": {"r_ms": 1, "q_ms": 8.0, "metadata": {"platform": "P"}}}'


@pytest.mark.parametrize("entries", [{}, {"q_ms": 1}, {"metadata": {}}, {"thresholds": {}}])
def test_numbers_beside_platforms_stay_unless_they_are_known_metrics(entries: Any) -> None:
    text = json.dumps({"P": entries, "revision": 7, "q_ms": 8.0, "metadata": {"platform": "P"}})

    assert upgraded(text) == Upgraded(text)
    after = json.loads(upgraded(text, known=["q_ms"]).text)
    assert (after["revision"], after["P"]["q_ms"]) == (7, entries.get("q_ms", 8.0))
    assert "q_ms" not in after


def test_an_object_without_a_number_makes_no_file_of_platforms() -> None:
    text = json.dumps({"q_ms": 8.0, "about": {"author": "x"}, "metadata": {"platform": "P"}})

    assert json.loads(upgraded(text).text)["P"]["q_ms"] == 8.0


def test_limits_of_a_flat_file_go_below_its_platform_and_those_beside_platforms_stay() -> None:
    limits = {"q_ms": 0.3}
    flat = json.dumps({"thresholds": limits, "q_ms": 8.0, "metadata": {"platform": "P"}}, indent=2)
    moved = {"P": {"q_ms": 8.0, "thresholds": limits, "metadata": {"platform": "P"}}}
    mixed = json.dumps({"P": {"q_ms": 8.0}, "thresholds": limits})

    assert upgraded(flat).text == json.dumps(moved, indent=2)
    assert json.loads(updated(mixed, "P", {"q_ms": 7.0}, {}))["thresholds"] == limits


def test_a_flat_file_of_no_platform_is_of_the_given_one_or_of_none() -> None:
    text = '{"q_ms": 8.0, "metadata": {"notes": "x"}}'

    assert upgraded(text, "P").text == '{"P": {"q_ms": 8.0, "metadata": {"notes": "x"}}}'
    with pytest.raises(UserError, match="does not say of which platform"):
        upgraded(text)


@pytest.mark.parametrize(
    ("text", "platform", "said"),
    [
        ('{"P": 1, "Q": {}}', "metadata", "no platform can be called metadata"),
        ('{"P": "text"}', "P", "what the file says of P is no object"),
        ('{"P": {"metadata": 5}}', "P", "the metadata of P are no object"),
        ('{"P": {"metadata": {"updates": {}}}}', "P", "metadata.updates of P is no list"),
        ('{"GitHub_Actions_Darwin": {}, "GitHub_Actions_macOS": {}}', "GitHub_Actions_macOS", "Darwin and as GitHub"),
    ],
)
def test_what_would_be_overwritten_is_refused(text: str, platform: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        updated(text, platform, {"q_ms": 1.0}, {"updates": [{}]})


def test_a_platform_keeps_its_older_name() -> None:
    after = updated('{"GitHub_Actions_Darwin": {"q_ms": 2}}', "GitHub_Actions_macOS", {"q_ms": 1.0}, {})

    assert json.loads(after) == {"GitHub_Actions_Darwin": {"q_ms": 1, "metadata": {}}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is not JSON: line 1"),
        (b'{\n"a": 1,\n}', "it is not JSON: line 3"),
        (b"[1]", "it holds no JSON object"),
        (b'{"P": {"q": 1, "q": 2}}', "it names 'q' twice in one object"),
        (b'{"P": {"q": NaN}}', "NaN is no JSON number"),
        (b'{"P": {"q": -Infinity}}', "-Infinity is no JSON number"),
        (b'{"P": "\xff"}', "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_file_that_could_not_be_kept_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content)

    with pytest.raises(UserError, match=said):
        read_document(path)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    for name in ("pipe", "folder", "nowhere", "loop"):
        with pytest.raises(UserError, match=f"cannot read .*{name}"):
            read_document(tmp_path / name)


def test_the_file_behind_a_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/b.json").write_text("{}")
    (tmp_path / "b.json").symlink_to("real/b.json")
    write(read_document(tmp_path / "b.json"), '{"P": {}}')

    assert (tmp_path / "b.json").is_symlink()
    assert (tmp_path / "real/b.json").read_text() == '{"P": {}}'


def test_a_write_that_fails_leaves_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.json"
    path.write_text("{}")

    def fail(*_names: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UserError, match="No space left"):
        write(read_document(path), '{"P": {}}')
    assert ([entry.name for entry in tmp_path.iterdir()], path.read_text()) == (["b.json"], "{}")


def test_a_file_that_others_made_or_removed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    for document in (Document(path, "{}"), Document(path, '{"P": {}}')):
        with pytest.raises(UserError, match="changed meanwhile"):
            write(document, "{}")
        assert not path.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write(Document(tmp_path / "file/b.json", None), "{}")


def test_updates_that_are_none_are_told_and_the_others_are_read() -> None:
    good = {"at": "2026-11-22T12:00:00Z", "metric": "q_ms", "from": None, "to": 5, "runs": 5, "reason": "why"}
    text = json.dumps(
        {
            "P": {"metadata": {"updates": [good, 5, {"metric": ""}, {"metric": "r_ms", "to": "x", "at": "soon"}]}},
            "Q": {"metadata": {"updates": "none"}},
            "R": {"metadata": []},
            "metadata": {"metadata": {"updates": [good]}},
        }
    )
    problems = Problems()
    found = read_updates(text, problems)

    assert [(told["platform"], told["metric"], told["at"], told["to"], told["reason"]) for told in found] == [
        ("P", "q_ms", "2026-11-22 12:00:00", 5.0, "why"), ("P", "r_ms", None, None, None)
    ]  # fmt: skip
    assert len(list(problems)) == 3
