"""`driftline baselines update`: which platform and which file are meant, and what stays in it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from baseline_roots import FILE, PLATFORM, based, baselines, latencies, recorded
from console import Run
from roots import Root
from updating import Update, latency, told, updater

pytest_plugins = ("console",)
BETTER = (7.5, 7.5, 7.5, 7.5, 7.5)


@pytest.fixture
def update(driftline: Run, root: Root, monkeypatch: pytest.MonkeyPatch) -> Update:
    return updater(driftline, root, monkeypatch)


def test_a_platform_without_records_is_told_which_have_some(
    root: Root, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    latencies(root, *BETTER)
    monkeypatch.setenv("PERFORMANCE_PLATFORM", "Elsewhere")
    ended = update(platform=None)

    assert ended.code == 3
    assert f"no record of Elsewhere; records are of {PLATFORM} (5)" in ended.err
    assert f"--platform {PLATFORM}" in ended.err
    monkeypatch.setenv("PERFORMANCE_PLATFORM", PLATFORM)
    assert update(platform=None, says="yes\n").code == 0
    assert latency(root.folder / FILE) == 7.5


def test_records_of_a_workload_are_none_of_the_platform_as_such(root: Root, update: Update) -> None:
    path = based(latencies(root, *BETTER, workload="batch"))
    ended = update(says="yes\n")

    assert (ended.code, latency(path)) == (3, 8.0)
    assert f"the records of {PLATFORM} are all of a workload or a provider" in ended.err


def test_a_file_that_changed_while_it_was_shown_is_not_written(root: Root, update: Update) -> None:
    path = based(latencies(root, *BETTER))

    class Meddler(io.StringIO):
        def readline(self, *_size: Any) -> str:
            path.write_text('{"by": "someone else"}')
            return "yes\n"

    ended = update(says=Meddler())
    assert ended.code == 2
    assert "changed meanwhile" in ended.err
    assert path.read_text() == '{"by": "someone else"}'


def test_the_file_of_the_tests_is_used_where_the_root_has_none(root: Root, update: Update) -> None:
    latencies(root, *BETTER)
    path = baselines(root, {PLATFORM: {"query_latency_no_vllm": 8.0}}, f"tests/{FILE}")
    update(says="yes\n")

    assert latency(path) == 7.5
    assert not (root.folder / FILE).exists()


def test_a_named_file_is_made_with_its_folder(root: Root, update: Update) -> None:
    based(latencies(root, *BETTER), value=1.0)
    path = root.folder / "kept/mine.json"
    ended = update("--baselines", path, says="yes\n")

    assert (ended.code, latency(path), latency(root.folder / FILE)) == (0, 7.5, 1.0)
    assert path.read_text().startswith('{\n  "M1_Mac_16GB": {\n    "query_latency_no_vllm": 7.5,\n')


def test_a_flat_file_without_a_platform_is_held_against_the_one_that_is_named(
    root: Root, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = baselines(latencies(root, *[12.0] * 5), {"query_latency_no_vllm": 8.0})
    monkeypatch.setenv("PERFORMANCE_PLATFORM", PLATFORM)
    unnamed = update(platform=None, says="yes\n")
    worse = update(says="yes\n")

    assert (unnamed.code, worse.code) == (2, 0)
    assert "does not say of which platform" in unnamed.err
    assert "1 of 1 metrics became worse" in worse.err
    assert told(path) == {"query_latency_no_vllm": 8.0}
    latencies(root, *BETTER)
    assert update(says="yes\n").code == 0
    assert list(told(path)) == [PLATFORM]
    assert told(path)[PLATFORM]["metadata"]["updates"][0]["from"] == 8.0


def test_what_stands_below_the_platform_counts_and_not_what_stands_flat(root: Root, update: Update) -> None:
    content = {
        "query_latency_no_vllm": 8.0,
        "metadata": {"platform": "M1 Mac 16GB"},
        PLATFORM: {"query_latency_no_vllm": 12.0},
    }
    path = baselines(latencies(root, *[10.0] * 5), content)
    ended = update(says="yes\n")

    assert "12.0, which counts, and flat as 8.0" in ended.err
    assert list(told(path)) == [PLATFORM]
    assert latency(path) == 10.0
    assert told(path)[PLATFORM]["metadata"]["flat"] == {"query_latency_no_vllm": 8.0}


def test_facts_of_the_file_beside_platforms_stay_where_they_are(
    root: Root, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {PLATFORM: {"query_latency_no_vllm": 8.0}, "revision": 7, "cache_hit_rate": 0.4}
    path = baselines(latencies(root, *BETTER), content)
    monkeypatch.setenv("PERFORMANCE_PLATFORM", PLATFORM)

    assert "does not say of which platform" in update(platform=None, says="yes\n").err
    del content["cache_hit_rate"]
    baselines(root, content)
    ended = update(platform=None, says="yes\n")
    assert (ended.code, "below" in ended.err) == (0, False)
    assert (list(told(path)), told(path)["revision"], latency(path)) == ([PLATFORM, "revision"], 7, 7.5)


def test_what_a_platform_recorded_is_known_to_be_a_metric_of_it(root: Root, update: Update) -> None:
    content = {PLATFORM: {"query_latency_no_vllm": 8.0}, "mine_ms": 10, "metadata": {"platform": PLATFORM}}
    path = baselines(recorded(root, *[{"mine_ms": 9.0}] * 5), content)

    assert update(says="yes\n").code == 0
    assert (told(path)[PLATFORM]["mine_ms"], "mine_ms" in told(path)) == (9, False)


def test_a_metric_is_replaced_under_the_name_that_the_file_has_for_it(root: Root, update: Update) -> None:
    path = baselines(recorded(root, *[{"generation_latency_p95": 70.0}] * 5), {PLATFORM: {"latency_p95_ms": 100}})
    update(says="yes\n")

    assert {name: value for name, value in told(path)[PLATFORM].items() if name != "metadata"} == {"latency_p95_ms": 70}


def test_what_is_no_number_in_the_file_is_left_as_it_is(root: Root, update: Update) -> None:
    content = {PLATFORM: {"query_latency_no_vllm": {"p50": 1}, "peak_memory_gb": 8}}
    path = baselines(recorded(root, *[{"query_latency_no_vllm": 7.5, "peak_memory_gb": 7.0}] * 5), content)
    ended = update(says="yes\n")

    assert "query_latency_no_vllm is left out: the file has an object or a list there" in ended.err
    assert (latency(path), told(path)[PLATFORM]["peak_memory_gb"]) == ({"p50": 1}, 7)


def test_hostile_names_are_shown_and_never_sent(root: Root, update: Update) -> None:
    hostile = "box\x1b[2J\u202e"
    recorded(root, *[{"q\x1b]0;x\x07_ms": 5.0}] * 5, platform=hostile)
    ended = update(platform=hostile, says="yes\n")

    assert ended.code == 0
    assert not any(char in ended.out + ended.err for char in "\x1b\x07\u202e")
    assert told(root.folder / FILE)[hostile]["q\x1b]0;x\x07_ms"] == 5.0
