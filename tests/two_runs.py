"""Two runs, what their aggregates are, and the deltas between them."""

from __future__ import annotations

from typing import Any

from roots import Root, Rows, metrics

B, C = "baselines/b", "runs/c"
Side = dict[str, Any]


def pair(root: Root, baseline: Side, candidate: Side) -> Root:
    """A baseline and a candidate of two episodes each, with these aggregates."""
    return root.run(B, metrics=metrics(2, **baseline)).run(C, metrics=metrics(2, **candidate))


def delta(root: Root, metric: str, names: str = "baseline, candidate, delta, delta_pct, good, level, status") -> Rows:
    """The rows of one metric in the deltas of the pair."""
    return root.rows(f"select {names} from deltas('{B}', '{C}') where metric = '{metric}' order by reference")


def rounded(rows: Rows) -> Rows:
    """The rows with every number to six decimals."""
    return [tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows]


def of_episodes(root: Root, baseline: list[dict[str, Any]], candidate: list[dict[str, Any]]) -> Root:
    """A baseline and a candidate that wrote these predictions."""
    return root.run(B, predictions=baseline).run(C, predictions=candidate)
