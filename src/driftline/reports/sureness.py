"""How sure a page may be: what is known of the noise, and what would settle what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.metrics import Metric, percent
from driftline.reports import html
from driftline.reports.html import esc

Row = dict[str, Any]
# The metric that a chip tells the noise of.
TOLD = {"run": ("latency_s", "latency"), "profile": ("wall_time_s", "wall time")}
SOURCES = {"measured": "measured", "assumed": "assumed", "none": "of these pairs alone"}


def chip(connection: queries.Connection, side: str, baseline: str) -> str:
    """What is known of the noise where the baseline was measured: plain text."""
    metric, name = TOLD[side]
    machine = queries.machines(connection, [baseline]).get(baseline)
    here = ((machine["platform"] if machine else None) or "unstated", metric)
    known = [row for row in queries.noise(connection, side) if row["stage"] in (None, "(totals)")]
    found = [row for row in known if (row["platform"], row["metric"]) == here]
    if not found:
        return "noise unknown"
    repeated = "pairs of repeated runs" if side == "run" else "pairs of repeated captures"
    return f"noise of {name} ±{percent(found[0]['spread_pct']).removeprefix('+')}, {found[0]['n_pairs']} {repeated}"


def panel(rows: Sequence[Row], registry: dict[str, Metric], side: str) -> str:
    """A line that opens: for each primary metric what its verdict rests on and what would settle it."""
    primary = [row for row in rows if row["is_primary"] and row.get("verdict")]
    if not primary:
        return ""
    open_ = [row for row in primary if row["verdict"] in ("suspect", "inconclusive", "threshold only")]
    said = f"{len(open_)} of {len(primary)} primary metrics are open" if open_ else "every primary metric is settled"
    unit = "Episodes" if side == "run" else "Captures"
    head = [("", "Metric"), ("", "Verdict"), ("n", unit), ("", "Noise"), ("n", "Sees from"), ("", "To settle it")]
    table = html.table(head, [("", _cells(row, registry, side)) for row in primary], "forest sure")
    return html.fold(f"How sure are we: {said}", table)


def _cells(row: Row, registry: dict[str, Metric], side: str) -> list[str]:
    again = "runs a side" if side == "run" else "captures"
    ways = [f"{row['pairs_needed']} episodes"] if row["pairs_needed"] and side == "run" else []
    ways += [f"{row['runs_needed']} {again}"] if row["runs_needed"] and row["runs_needed"] > 1 else []
    seen = percent(row["mde_pct"]).removeprefix("+")
    return [
        f'<span title="{esc(row["reason"])}">{esc(registry[row["metric"]].label)}</span>',
        html.chip(row),
        "–" if row["n_pairs"] is None else esc(row["n_pairs"]),
        esc(SOURCES.get(row["noise_source"], "")),
        esc(seen or "–"),
        esc(" or ".join(ways) or "–"),
    ]
