"""Roots whose releases have a run, a profile, or both."""

from __future__ import annotations

from typing import Any

from roots import Root, metrics, prediction, profile

GOOD, FAIR, BAD = 0.5, 0.4, 0.3


def scored(rouge: float | None, reference: str = "gold", **parts: Any) -> dict[str, Any]:
    """metrics.json of a run that was scored against a reference, or against none."""
    against = {reference: {"rougeL_f1": rouge}} if rouge is not None else None
    return metrics(2, references=against, dataset_id="d", **parts)


def released(
    root: Root, release: str, day: int, *, rouge: float | None = None, wall_s: float | None = None, host: str = "a",
    **options: Any,
) -> Root:  # fmt: skip
    """A release with a run where `rouge` is given or a `run` is asked for, and a profile where `wall_s` is."""
    if rouge is not None or options.get("run"):
        named = {"run_context": {"run_id": f"2026-01-{day:02}T00:00:00Z", "release": release}}
        found = options.get("metrics") or scored(rouge, options.get("reference", "gold"))
        root.run(f"runs/{release}", metrics=found, predictions=[prediction("e1"), prediction("e2")], fingerprint=named)
    if wall_s is not None:
        stages = {"load": {"wall_time_s": wall_s, "peak_rss_mb": 100 + day}, **options.get("stages", {})}
        content = profile(
            release,
            f"2026-01-{day:02}T00:00:00Z",
            dataset_id=options.get("dataset", "d"),
            environment={"hostname": host, **options.get("environment", {})},
            stages=stages,
            totals={"wall_time_s": wall_s, "peak_rss_mb": 100 + day},
        )
        root.profile(release, content)
    return root


def three_releases(root: Root) -> Root:
    """v1 is good and slow, v2 fair and fast, v3 bad and slower than both."""
    for day, (rouge, wall_s) in enumerate(((GOOD, 20.0), (FAIR, 10.0), (BAD, 30.0)), start=1):
        released(root, f"v{day}", day, rouge=rouge, wall_s=wall_s)
    return root
