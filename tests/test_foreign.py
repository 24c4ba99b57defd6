"""What every import of another tool's file does: kinds, names, ids, times, and files that are no such thing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from driftline.artifacts.foreign import read_foreign
from driftline.artifacts.foreign_records import FIELDS, apart, metric_name
from driftline.errors import Problems, UserError
from foreign_files import FILES, changed, imported, metrics_of, real, written

REAL = sorted(path.name for path in FILES.glob("*.json"))


@pytest.mark.parametrize("name", REAL)
def test_every_field_is_there_and_the_time_is_in_utc(name: str) -> None:
    ((record,), _) = imported(FILES / name)
    assert tuple(record) == FIELDS
    assert record["recorded_at"].startswith("20")
    assert record["recorded_at"].endswith("Z")
    assert record["run_type"] == "imported"
    assert record["metrics"]


def test_the_kind_is_told_by_the_content_and_the_id_does_not_depend_on_name_time_or_layout(tmp_path: Path) -> None:
    for name in REAL:
        path = tmp_path / "results.txt"
        path.write_text(json.dumps(real(name), indent=7))
        os.utime(path, (1, 1))
        assert imported(path)[0][0]["record_id"] == imported(FILES / name)[0][0]["record_id"]


def test_no_two_files_give_the_same_id(tmp_path: Path) -> None:
    ids = {imported(FILES / name)[0][0]["record_id"] for name in REAL}
    again = changed(tmp_path, "hyperfine.json", lambda content: content["results"][0]["times"].reverse())
    assert len(ids | {imported(again)[0][0]["record_id"]}) == len(REAL) + 1


def test_a_latin_1_file_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "latin"
    path.write_bytes((FILES / "hyperfine.json").read_bytes().replace(b"count words", b"z\xe4hlen"))
    ((record,), problems) = imported(path)
    assert "zählen_median_ms" in record["metrics"]
    assert problems[0].startswith("warning: the file is not UTF-8")


def test_of_keys_given_twice_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "twice"
    path.write_text('{"results": 5, "results": [{"command": "a", "mean": 9, "mean": 2}]}')
    assert metrics_of(path)["a_mean_ms"] == 2000.0


NO_KIND = {
    "empty": (b"", "the file is empty"),
    "text": (b"name,mean\na,1\n", "line 1: not JSON"),
    "broken on a line": (b'{\n"results":\n', "line 3: not JSON"),
    "list": (b"[1]", "a JSON object was expected, the file holds a list"),
    "nesting": (b"[" * 5_000_000, "nested too deeply"),
    "nested objects": (b'{"benchmarks":' * 400_000, "nested too deeply"),
    "object": (b"{}", "is of no kind"),
    "results of another tool": (b'{"results": [{"name": "a", "mean": 1}]}', "is of no kind"),
    "commands of another tool": (b'{"results": [{"command": "a", "score": 1}]}', "is of no kind"),
    "no results": (b'{"results": []}', "is of no kind"),
    "benchmarks without their machine": (b'{"benchmarks": [{"name": "a"}]}', "is of no kind"),
    "context that is text": (b'{"benchmarks": [], "context": "x"}', "is of no kind"),
    "no text at all": (bytes(range(256)), "not JSON"),
}


@pytest.mark.parametrize("case", NO_KIND)
def test_what_is_of_no_kind_is_refused_by_name(case: str, tmp_path: Path) -> None:
    content, why = NO_KIND[case]
    path = tmp_path / "strange"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_foreign(path, Problems())
    assert str(path) in refused.value.message
    assert why in refused.value.message
    for kind in ("performance.db", "pytest-benchmark", "hyperfine", "Google Benchmark"):
        assert kind in refused.value.remedy


def test_what_is_no_file_is_refused_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("link")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "link", tmp_path / "missing"):
        with pytest.raises(UserError, match="cannot be read") as refused:
            read_foreign(path, Problems())
        assert str(path) in refused.value.message


def test_a_file_of_an_impossible_time_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, real("hyperfine.json"))
    late = SimpleNamespace(stat=lambda _: SimpleNamespace(st_mtime=2.0**40))
    monkeypatch.setattr("driftline.artifacts.foreign.os", late)
    with pytest.raises(UserError, match="is in no calendar"):
        read_foreign(path, Problems())


@pytest.mark.parametrize("name", ["pytest_benchmark.json", "google_benchmark.json"])
def test_a_file_without_measurements_gives_no_record_and_a_warning(name: str, tmp_path: Path) -> None:
    path = changed(tmp_path, name, lambda content: content["benchmarks"].clear())
    assert imported(path) == ([], ["warning: the file holds no measurement"])


NAMES = {
    "a  b\t\nc": "a_b_c",
    "test_x[10-a b]": "test_x[10-a_b]",
    "BM_sum/100": "BM_sum/100",
    " zählen ": "zählen",
    "\x1b[31mred\u202e\x00": "\\x1b[31mred\\u202e\\x00",
    "half\ud800": "half\\ud800",
}


@pytest.mark.parametrize("label", NAMES)
def test_a_name_has_no_white_space_and_nothing_that_cannot_be_seen(label: str) -> None:
    assert metric_name(label) == NAMES[label]


def test_long_names_stay_apart_and_keep_both_ends() -> None:
    names = [metric_name(f"first{'x' * 300}{middle}{'y' * 300}_median_ms") for middle in "ab"]
    assert names[0] != names[1]
    for name in names:
        assert len(name) == 200
        assert name.startswith("firstx")
        assert name.endswith("y_median_ms")
    assert metric_name("z" * 200) == "z" * 200


def test_names_that_would_be_one_are_told_apart() -> None:
    names = apart(["a b", "a  b", "c", "d", "d"])
    assert len(set(names)) == 5
    assert names[2] == "c"
    assert all(name.startswith(start) for name, start in zip(names, ("a_b_", "a_b_", "c", "d_", "d_"), strict=True))
    assert apart(["a b"]) == ["a_b"]


BAD: dict[str, tuple[Any, str]] = {
    "NaN": (float("nan"), "not finite"),
    "infinite": (float("inf"), "not finite"),
    "too large in ms": (1e308, "not finite"),
    "negative": (-1, "outside its range"),
    "text": ("0.5", "is text, not a number: '0.5'"),
    "boolean": (True, "is not a number"),
    "list": ([1], "is not a number: a list"),
    "digits": (10**350, "not finite"),
    "thousands of digits": (10**399, "not finite"),
}
PLACES = {
    "pytest_benchmark_saved.json": ("benchmarks", "stats", "median", "test_sum[10]_median_ms"),
    "hyperfine.json": ("results", None, "user", "count_words_user_ms"),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_value_is_a_problem_and_a_gap(case: str, name: str, tmp_path: Path) -> None:
    value, why = BAD[case]
    entries, below, field, metric = PLACES[name]

    def spoil(content: Any) -> None:
        entry = content[entries][0]
        (entry[below] if below else entry)[field] = value

    ((record,), problems) = imported(changed(tmp_path, name, spoil))
    sound = metrics_of(FILES / name)
    assert sound[metric] is not None
    assert record["metrics"] == {**sound, metric: None}
    told = [problem for problem in problems if problem.startswith("warning: ")]
    assert len(told) == 1
    assert metric in told[0]
    assert why in told[0]


@pytest.mark.parametrize("name", PLACES)
def test_a_missing_value_is_a_gap_and_no_problem(name: str, tmp_path: Path) -> None:
    entries, below, field, metric = PLACES[name]

    def remove(content: Any) -> None:
        entry = content[entries][0]
        del (entry[below] if below else entry)[field]

    ((record,), problems) = imported(changed(tmp_path, name, remove))
    assert record["metrics"] == {**metrics_of(FILES / name), metric: None}
    assert [problem for problem in problems if problem.startswith("warning: ")] == []
