"""Runs and profiles of which it is known what changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftline.judging import judge
from driftline.store import Store
from roots import Root, metrics, prediction

EPISODES = 12
B, C = "baselines/base", "runs/cand"


def predictions(factor: float = 1.0, seed: int = 1, episodes: int = EPISODES, noise: float = 0.02) -> list[Any]:
    """Episodes of very different latency, times the factor, with a little noise of their own."""
    sizes = np.random.default_rng(0).lognormal(0, 0.8, episodes)
    wobble = np.exp(noise * np.random.default_rng(seed).standard_normal(episodes))
    return [
        prediction(f"e{place:02}", processing_time_seconds=float(value), output_tokens=100 + place)
        for place, value in enumerate(sizes * wobble * factor)
    ]


def fingerprint(day: int, **configuration: Any) -> dict[str, Any]:
    """A clean commit on a known machine."""
    return {
        "run_context": {"run_id": f"2026-01-{day:02}T00:00:00Z", "git": {"commit": "c0ffee", "dirty": False}},
        "environment": {"hostname": "box"},
        "preprocessing": configuration,
    }


def run(root: Root, key: str, factor: float = 1.0, seed: int = 1, **parts: Any) -> Root:
    """A run with everything that a comparison reads."""
    rows = predictions(factor, seed, parts.pop("episodes", EPISODES), parts.pop("noise", 0.02))
    return root.run(key, predictions=rows, metrics=metrics(len(rows)), **parts)


def pair(root: Root, factor: float, noise: float = 0.02) -> Root:
    """A baseline, and a candidate whose episodes take so many times as long."""
    run(root, B, 1.0, 1, noise=noise, fingerprint=fingerprint(1))
    return run(root, C, factor, 2, noise=noise, fingerprint=fingerprint(2, cleaner="new"))


def repeated(root: Root, times: int = 7, drift: float = 0.0) -> Root:
    """Repetitions of one configuration, each slower than the one before by `drift`."""
    for day in range(1, times + 1):
        run(root, f"runs/again{day}", 1 + drift * (day % 2), 10 + day, fingerprint=fingerprint(day))
    return root


def captured(
    root: Root,
    key: str,
    wall_s: list[float],
    rss_mb: float = 100.0,
    rounds: str | None = None,
    canary_s: list[float] | None = None,
) -> Root:
    """A profile with these captures, taken in these rounds, with a stage `canary` that took so long."""
    middle = float(np.median(wall_s))
    captures = [
        {"totals": {"wall_time_s": wall, "peak_rss_mb": rss_mb}, "stages": {"load": {"wall_time_s": wall / 2}}}
        for wall in wall_s
    ]
    for capture, seconds in zip(captures, canary_s or [], strict=False):
        capture["stages"]["canary"] = {"wall_time_s": seconds}
    stages = {"load": {"wall_time_s": middle / 2}}
    if canary_s:
        stages["canary"] = {"wall_time_s": float(np.median(canary_s))}
    return root.profile(
        key,
        {
            "release": key, "date": "2026-01-01T00:00:00Z", "environment": {"hostname": "box"},
            "stages": stages,
            "totals": {"wall_time_s": middle, "peak_rss_mb": rss_mb}, "captures": captures,
            "measurement": {"rounds": rounds},
        },
    )  # fmt: skip


def verdict(store: Store, metric: str = "avg_latency_s", baseline: str = B, candidate: str = C) -> tuple[str, ...]:
    """The verdict of a metric of the whole, and where its noise is known from."""
    judge(store, "profile" if baseline.startswith("v") else "run", baseline, [candidate])
    found = store.connection.execute(
        "select verdict, noise_source from verdicts(?, ?) where metric = ? and coalesce(stage = '(totals)', true)",
        [baseline, candidate, metric],
    ).fetchall()
    assert len(found) == 1, found
    return tuple(found[0])
