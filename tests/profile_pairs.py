"""Two profiles between which all happens that may happen to a row, and their diff as an object.

A test module takes them by `pytest_plugins = ("console", "profile_pairs")`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from profile_roots import by_name, frozen
from roots import Root

if TYPE_CHECKING:
    from console import Run

Diff = Callable[..., dict[str, Any]]


@pytest.fixture
def pair(root: Root) -> Root:
    """What may become of a row: worse, better, gone, new, never sampled, grown from 0, of no known direction."""
    before = {
        "load": {"wall_time_s": 10.0, "peak_rss_mb": 200, "avg_cpu_pct": 0.0},
        "clean": {"wall_time_s": 4.0, "peak_rss_mb": 100, "odd_score": 1.0},
        "gone": {"wall_time_s": 1.0},
        "short": {"wall_time_s": 0.01, "peak_rss_mb": 0, "avg_cpu_pct": 0.0},
    }
    after = {
        "load": {"wall_time_s": 11.5, "peak_rss_mb": 100, "avg_cpu_pct": 5.0},
        "clean": {"wall_time_s": 6.0, "peak_rss_mb": 100, "odd_score": 9.0},
        "new": {"wall_time_s": 2.0},
        "short": {"wall_time_s": 0.01, "peak_rss_mb": 50, "avg_cpu_pct": 2.0},
    }
    frozen(root, "v1", stages=before, totals={"wall_time_s": 15.0, "peak_rss_mb": 200})
    return frozen(root, "v2", day=2, stages=after, totals={"wall_time_s": 15.0})


@pytest.fixture
def diff(driftline: Run) -> Diff:
    """The diff of v1 and v2 as its JSON object."""

    def call(root: Root, *options: Any) -> dict[str, Any]:
        asked = ("--format", "json", "--fail-on-regression", "--root", root.folder)
        done = driftline("profile", "diff", "v1", "v2", *asked, *options)
        answer: dict[str, Any] = json.loads(done.out)
        return {**answer, "code": done.code, "err": done.err, "by": by_name(answer["rows"])}

    return call
