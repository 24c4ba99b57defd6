"""What the tests of the demo measure once."""

from __future__ import annotations

from typing import Any

import pytest
from demo_samples import FEW, MALFORMED_TIMECODE

from driftline.demo.execution import run_once
from driftline.demo.pipeline import EpisodeResult, execute, score_results
from driftline.demo.releases import RELEASES, release_named


@pytest.fixture(scope="module")
def results() -> dict[str, list[EpisodeResult]]:
    """Every release over two episodes; v0.5 also over the one with a malformed timecode."""
    episodes = {"v0.5": (*FEW, MALFORMED_TIMECODE)}
    results = {release.name: execute(episodes.get(release.name, FEW), release.configuration) for release in RELEASES}
    for found in results.values():
        score_results(found)
    return results


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """v0.5 over three episodes: one clean, one that leaks, one that fails."""
    return run_once(release_named("v0.5"), (*FEW, MALFORMED_TIMECODE), passes=2)
