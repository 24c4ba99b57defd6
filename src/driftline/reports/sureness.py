"""How sure a page may be: what is known of the noise, and what would settle what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.artifacts.profile import TOTALS
from driftline.metrics import Metric, percent
from driftline.reports import html, marks
from driftline.reports.html import esc
from driftline.verdicts.words import UNDECIDED

Row = dict[str, Any]
# The metric that a chip tells the noise of.
TOLD = {"run": ("latency_s", "latency"), "profile": ("wall_time_s", "wall time")}
SOURCES = {"measured": "measured", "assumed": "assumed", "none": "of these pairs alone"}


def chip(connection: queries.Connection, side: str, baseline: str, candidates: Sequence[str]) -> str:
    """What is known of the noise of the pair in focus, the first candidate: plain text."""
    metric, name = TOLD[side]
    rows = queries.weighed(connection, side, baseline, candidates).rows
    sources = {row["noise_source"] for row in rows if row["candidate_key"] == candidates[0] and row["q"] is not None}
    if "measured" in sources:
        machine = queries.machines(connection, side)[baseline]
        for row in queries.noise(connection, side):
            if (row["platform"], row["metric"], row["stage"] or TOTALS) == (machine["platform"], metric, TOTALS):
                repeated = "pairs of repeated runs" if side == "run" else "pairs of repeated captures"
                return f"{name} noise ±{percent(row['spread_pct']).removeprefix('+')}, {row['n_pairs']} {repeated}"
    if "assumed" in sources:
        return "noise assumed"
    # Of outcomes nobody asks for the noise.
    return "captured in turns" if side == "profile" and sources else "noise unknown"


def panel(connection: queries.Connection, side: str, baseline: str, candidates: Sequence[str]) -> str:
    """A section: of each primary metric that is open in the first candidate what its verdict rests on and what would
    settle it. Empty where nothing was judged."""
    registry = queries.registry(connection)
    found = queries.primary_verdicts(queries.weighed(connection, side, baseline, candidates), candidates[0])
    if not found.rows:
        return ""
    open_ = [row for row in found.rows if row["verdict"] in UNDECIDED]
    same = [row for row in found.rows if row["verdict"] == "no change" and row["effect_pct"] in (0, None)]
    settled = [row for row in found.rows if row not in open_ and row not in same]
    said = f"{len(open_)} of {len(found.rows)} primary metrics {'is' if len(open_) == 1 else 'are'} open"
    title = f"How sure are we: {said if open_ else 'all that was compared is settled'}"
    caption = "Sees from: the smallest change that would be reported nine times of ten. " if open_ else ""
    # Of scores no repetition tells: what answers the same is scored the same.
    if any(row["noise_source"] == "assumed" and row["reference"] is None for row in open_):
        caption += "Noise is assumed until it is measured: driftline calibrate --runs 10 -- COMMAND."
    unit = "Episodes" if side == "run" else "Captures"
    head = [("", "Metric"), ("", "Verdict"), ("n", unit), ("", "Noise"), ("n", "Sees from"), ("", "To settle it")]
    table = html.table(head, [("", _cells(row, registry, side)) for row in open_], "forest sure") if open_ else ""
    parts = (("Settled", settled), ("The same in both", same))
    told = " ".join(f"{word}: {_labels(rows, registry)}." for word, rows in parts if rows)
    heading = html.heading(title, caption, found.sql)
    return f'<section class="sureness">{heading}{table}<p class="cap">{esc(told)}</p></section>'


def _labels(rows: Sequence[Row], registry: dict[str, Metric]) -> str:
    return ", ".join(registry[row["metric"]].label for row in rows)


def _cells(row: Row, registry: dict[str, Metric], side: str) -> list[str]:
    seen = percent(row["mde_pct"]).removeprefix("+")
    return [
        f'<span title="{esc(row["reason"])}">{esc(registry[row["metric"]].label)}</span>',
        marks.verdict(row["verdict"]),
        "–" if row["n_pairs"] is None else esc(row["n_pairs"]),
        esc(SOURCES[row["noise_source"]] if row["q"] is not None else "not known"),
        esc(seen or "–"),
        esc(_settling(row, side)),
    ]


def _settling(row: Row, side: str) -> str:
    """What would settle what is open."""
    n, needed = row["n_pairs"] or 0, row["pairs_needed"] or 0
    if needed > n:
        return f"about {needed} {'episodes' if side == 'run' else 'captures in turns'}"
    if side == "profile":
        return "captures in turns: driftline profile freeze --against"
    if row["verdict"] == "threshold only":
        return "predictions of both runs, to pair their episodes"
    return "another run of the candidate" if row["verdict"] == "suspect" else "more runs: episodes alone do not"
