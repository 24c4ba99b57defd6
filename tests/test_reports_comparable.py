"""The warnings above Performance: machines, datasets, devices, software, and how memory was measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from driftline import queries
from driftline.reports import comparable
from driftline.reports.choice import ProfileComparison
from release_roots import released
from roots import Root, profile


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


def said(root: Root, compared: int = 99) -> list[str]:
    """The lines of the banner without their marks, where the last few profiles are compared."""
    with root.open() as store:
        rows = {row["profile"]: row for row in queries.profile_list(store.connection)}
        first, second, *others = list(rows)[-compared:]
        comparison = ProfileComparison(
            first, second, tuple(others), {key: key for key in rows}, profiles=rows,
            query=lambda **changes: f"?{changes}",
        )  # fmt: skip
        page = comparable.banner(store.connection, comparison)
    return [re.sub("<[^>]*>", "", line) for line in page.split("<br>")] if page else []


def test_alike_profiles_need_no_warning(root: Root) -> None:
    for day in (1, 2):
        released(root, f"v{day}", day, wall_s=1.0, environment={"python": "3.12.1", "device": "cpu"})
    assert said(root) == []


def test_what_made_a_measurement_doubtful_is_said(root: Root) -> None:
    for day, doubts in ((1, []), (2, ["the machine ran on battery", {"no": "text"}, "the CPU <b>throttled</b>"])):
        content = profile(f"v{day}", f"2026-01-0{day}T00:00:00Z", warnings=doubts, totals={"wall_time_s": 1.0})
        root.profile(f"v{day}", content)

    assert said(root) == ["v2 may be off. the machine ran on battery; the CPU &lt;b&gt;throttled&lt;/b&gt;."]


def test_other_machines_and_datasets_are_warned_of_in_the_words_of_the_specification(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0, host="a", environment={"cpu": "arm"})
    released(root, "v2", 2, wall_s=1.0, host="b", dataset="other", environment={"cpu": "intel"})

    machines, datasets = said(root)
    assert machines == (
        "Different machines. a, b. Selected profiles come from different machines — absolute RSS/CPU values are not "
        "directly comparable. Filter by hostname in the sidebar for meaningful comparisons. Keep b"
    )
    assert datasets == (
        "Different datasets. d, other. Profiles use different datasets — wall times are not directly comparable across "
        "different episode counts/sizes."
    )


def test_what_is_drawn_beside_the_compared_ones_is_warned_of_too(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0, host="a", dataset="other")
    for day in (2, 3):
        released(root, f"v{day}", day, wall_s=1.0, host="b")

    assert said(root, compared=2) == [
        "Different machines in the charts. a, b. Those compared are of b; absolute RSS/CPU values are not directly "
        "comparable with the others. Keep b",
        "Different datasets in the charts. d, other. Those compared are of d; wall times are not directly comparable "
        "with the others.",
    ]


def test_a_host_or_a_device_that_only_some_state_is_a_difference(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0, host="a", environment={"device": "mps"})
    released(root, "v2", 2, wall_s=1.0, host="", environment={"device": None})

    machines, devices = said(root)
    assert machines.startswith("Different machines. a, not stated. Selected profiles")
    assert devices == "Different devices. Device mps in v1, not stated in v2."


def test_devices_and_software_are_told_with_who_has_what(root: Root) -> None:
    for day, (device, python, torch) in enumerate(
        (("cpu", "3.11", "2.1"), ("mps", "3.12", "2.10"), ("cpu", "3.11", "2.1"), ("cpu", "3.11", "2.1")), start=1
    ):
        stated = {"device": device, "python": python, "library_versions": {"torch": torch, "numpy": "1.26"}}
        released(root, f"v{day}", day, wall_s=1.0, environment=stated)

    assert said(root) == [
        "Different devices. Device cpu in v1, v3 and 1 more, mps in v2.",
        "Different software. Python 3.11 in v1, v3 and 1 more, 3.12 in v2; torch 2.1 in v1, v3 and 1 more, 2.10 in v2.",
    ]


def test_a_version_is_as_it_is_written(root: Root) -> None:
    for day, version in enumerate(("3.1", "3.10"), start=1):
        text = f"release: v{day}\ndate: 2026-01-0{day}T00:00:00Z\nenvironment: {{python: {version}}}\nstages: {{}}\n"
        root.file(f"profiles/v{day}.yaml", text)
    assert said(root) == ["Different software. Python 3.1 in v1, 3.10 in v2."]


def test_what_one_does_not_state_is_no_difference(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0, environment={"python": "3.11", "device": None})
    released(root, "v2", 2, wall_s=1.0)
    assert said(root) == []


def test_of_many_libraries_a_few_are_named(root: Root) -> None:
    for day in (1, 2):
        versions = {f"lib{at}": f"{day}.0" for at in range(6)}
        released(root, f"v{day}", day, wall_s=1.0, environment={"library_versions": versions})
    (line,) = said(root)
    assert line.startswith("Different software. lib0 1.0 in v1, 2.0 in v2; ")
    assert line.endswith(" and 3 more.")


def test_a_note_on_how_memory_was_measured_is_told(root: Root) -> None:
    released(root, "v1", 1, wall_s=1.0, environment={"rss_measurement_note": "unified memory: RSS leaves the GPU out"})
    released(root, "v2", 2, wall_s=1.0)
    assert said(root) == ["Memory of v1. unified memory: RSS leaves the GPU out."]
