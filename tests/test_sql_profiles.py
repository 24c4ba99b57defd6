"""Given rows, expected rows: profiles, stages over releases, captures, monitor samples, releases."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roots import Root, metrics, profile


def test_a_profile_says_what_its_file_says(root: Root) -> None:
    root.profile(
        "references/a",
        profile(
            " v2 ",
            "2026-03-01T12:00:00+02:00",
            dataset_id="d",
            episodes_processed=3,
            environment={"hostname": "h", "os": "Linux", "device": None, "git_sha": "abc", "git_dirty": False},
            totals={"wall_time_s": 9.5, "peak_rss_mb": 512, "avg_wall_time_per_episode_s": 3.167},
            promoted={"promoted_id": "gold"},
        ),
    )
    assert root.rows(
        "select profile, release, captured_at::varchar, dataset_id, hostname, platform, device, episodes_processed,"
        " wall_time_s, peak_rss_mb, avg_wall_time_per_episode_s, promoted_id, git_sha, git_dirty, has_monitor, status,"
        " path, archived from profiles"
    ) == [
        ("references/a", "v2", "2026-03-01 10:00:00", "d", "h", "Linux", None, 3.0, 9.5, 512.0, 3.167, "gold", "abc",
         False, False, "ok", "profiles/references/a.yaml", False),
    ]  # fmt: skip


def test_natural_order_and_dates(root: Root) -> None:
    for name in ("v2.10", "v2.9", "v2.9.1"):
        root.profile(name, profile(name, "2026-01-01"))
    root.profile("late", profile("v1", "2026-06-01")).profile("undated", profile("v9", None))
    assert root.rows("select profile from profiles order by release_order") == [
        ("undated",), ("v2.9",), ("v2.9.1",), ("v2.10",), ("late",),
    ]  # fmt: skip


def test_the_same_release_twice_keeps_both(root: Root) -> None:
    root.profile("m1", profile("v1", "2026-01-01")).profile("m2", profile("v1", "2026-01-02"))
    assert root.rows("select profile, release_order from profiles order by 2") == [("m1", 1), ("m2", 2)]


def test_the_trend_is_a_full_grid_with_its_gaps(root: Root) -> None:
    root.profile("a", profile("v1", "2026-01-01", stages={"transcription": {"wall_time_s": 1.0, "peak_rss_mb": 5}}))
    root.profile("b", profile("v2", "2026-01-02", stages={"own": {"wall_time_s": 2.0}}))
    root.profile("_archive/c", profile("v0", "2027-01-01", stages={"gone": {"wall_time_s": 2.0}}))
    assert root.rows(
        "select profile, stage, stage_order, metric, value, present from stage_trend order by 1, 3, 4"
    ) == [
        ("a", "transcription", 4, "peak_rss_mb", 5.0, True),
        ("a", "transcription", 4, "wall_time_s", 1.0, True),
        ("a", "own", 11, "peak_rss_mb", None, False),
        ("a", "own", 11, "wall_time_s", None, False),
        ("b", "transcription", 4, "peak_rss_mb", None, False),
        ("b", "transcription", 4, "wall_time_s", None, False),
        ("b", "own", 11, "peak_rss_mb", None, False),
        ("b", "own", 11, "wall_time_s", 2.0, True),
    ]


def test_a_total_that_is_missing_is_a_gap(root: Root) -> None:
    root.profile("a", profile(totals={"wall_time_s": 0}))
    assert root.rows("select metric, value, present from totals_trend order by metric") == [
        ("avg_wall_time_per_episode_s", None, False),
        ("peak_rss_mb", None, False),
        ("wall_time_s", 0.0, True),
    ]


stage = st.dictionaries(st.sampled_from(["wall_time_s", "peak_rss_mb", "own"]), st.floats(0, 9), min_size=1)
stages = st.dictionaries(st.sampled_from(["transcription", "summarization", "x", "y"]), stage)


@settings(max_examples=8)
@given(st.lists(stages, min_size=1, max_size=4))
def test_the_grid_has_profiles_by_stages_by_metrics(documents: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        root = Root(Path(folder))
        for index, document in enumerate(documents):
            root.profile(f"p{index}", profile(f"v{index}", stages=document))
        with root.open() as store:
            found = store.connection.execute(
                "select count(*), count(distinct (profile, stage, metric)), count(*) filter (where present)"
                " from stage_trend"
            ).fetchone()
    names = {name for document in documents for name in document}
    measured = {metric for document in documents for values in document.values() for metric in values}
    stated = sum(len(values) for document in documents for values in document.values())
    grid = len(documents) * len(names) * len(measured)
    assert found == (grid, grid, stated)


def test_captures(root: Root) -> None:
    root.profile("one", profile("v1", "2026-01-01", stages={"a": {"wall_time_s": 1.0}}, totals={"wall_time_s": 2.0}))
    root.profile(
        "two",
        profile(
            "v2",
            stages={"a": {"wall_time_s": 4.0}},
            captures=[
                {"started_at": "2026-02-01T00:00:00Z", "stages": {"a": {"wall_time_s": 3.0, "peak_rss_mb": 0}}},
                {"stages": {"a": {"wall_time_s": 5.0}}, "totals": {"wall_time_s": 6.0}},
            ],
        ),
    )
    assert root.rows(
        "select profile, capture, started_at::varchar, stage, metric, value from captures order by 1, 2, 4, 5"
    ) == [
        ("one", 1, "2026-01-01 00:00:00", "(totals)", "wall_time_s", 2.0),
        ("one", 1, "2026-01-01 00:00:00", "a", "wall_time_s", 1.0),
        ("two", 1, "2026-02-01 00:00:00", "a", "peak_rss_mb", None),
        ("two", 1, "2026-02-01 00:00:00", "a", "wall_time_s", 3.0),
        ("two", 2, None, "(totals)", "wall_time_s", 6.0),
        ("two", 2, None, "a", "wall_time_s", 5.0),
    ]
    assert root.rows("select stage, value from stage_metrics where profile = 'two'") == [("a", 4.0)]


LOG = """
# podcast_scraper monitor (freeze; append log) session_start=2026-01-01T00:00:00Z
2026-01-01T00:00:01Z pid=7 stage=starting episodes=0/2 rss_mb=10 peak_rss_mb=11 cpu_pct=99.5 elapsed_s=1.0

# summary
total_wall_s=1.0 peak_rss_mb=11 avg_cpu_pct=99.5
pipeline_exited=1
# driftline monitor (again)
2026-01-01T00:01:00Z pid=8 stage=done rss_mb=12 peak_rss_mb=13 cpu_pct=0.0 elapsed_s=2.0 stage_elapsed_s=0.0
"""


def test_monitor_samples(root: Root) -> None:
    root.profile("a", profile()).file("profiles/a.monitor.log", LOG)
    assert root.rows('select * replace ("at"::varchar as "at") from monitor_samples order by section') == [
        ("a", 1, "2026-01-01 00:00:01", 7, "starting", 10.0, 11.0, 99.5, 1.0),
        ("a", 2, "2026-01-01 00:01:00", 8, "done", 12.0, 13.0, 0.0, 2.0),
    ]
    size = len(LOG.encode())
    assert root.rows("select has_monitor, monitor_lines, monitor_bytes from profiles") == [
        (True, LOG.count("\n"), size)
    ]


def test_lines_and_bytes_of_the_freeze_count_before_the_log(root: Root) -> None:
    root.profile("a", profile()).file("profiles/a.monitor.log", "short\n")
    root.file("profiles/a.stage_truth.json", '{"rfc065_monitor": {"lines": 42, "bytes": 100}}')
    assert root.rows("select has_monitor, monitor_lines, monitor_bytes from profiles") == [(True, 42, 100)]


def test_releases_are_a_full_outer_join(root: Root) -> None:
    root.profile("p1", profile("v1")).profile("p1b", profile("v1")).profile("p3", profile("v3"))
    root.profile("_archive/p", profile("v8"))
    root.file("releases.yaml", "runs/a: v1\nruns/b: v2\nruns/_old/c: v9\n")
    for name in ("a", "b", "_old/c"):
        root.run(f"runs/{name}", metrics=metrics(1))
    assert root.rows("select * from releases order by release, run, profile") == [
        ("v1", "runs/a", "p1", "both"),
        ("v1", "runs/a", "p1b", "both"),
        ("v2", "runs/b", None, "eval_only"),
        ("v3", None, "p3", "profile_only"),
    ]
