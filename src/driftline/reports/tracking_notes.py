"""What the panels of a history cannot say: why something is not compared, what is inferred, missing or not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from driftline.charts.tracking_layout import Tracks
from driftline.queries import Row
from driftline.reports import html
from driftline.reports.html import esc
from driftline.reports.tracking_answer import NOT_COMPARABLE, NOT_JUDGED, Registry, has_drifted

# The metrics that the tracking guide draws, in its order.
GUIDE = (
    "query_latency_no_vllm", "embedding_throughput", "vector_search_latency", "peak_memory_gb", "cache_hit_rate",
    "db_insertion_throughput", "avg_mrr", "tokens_per_second",
)  # fmt: skip


def is_committed(row: Row) -> bool:
    """Whether the baseline of a row of queries.tracked is one that was committed."""
    return bool(row["baseline_source"]) and not str(row["baseline_source"]).startswith("median of")


def render(
    series: str,
    rows: Sequence[Row],
    every: Sequence[Row],
    tracks: Tracks,
    scale: tuple[float, float],
    registry: Registry,
) -> str:
    """The notes below the panels of a series. `rows` are drawn, `every` has also what lies out of the window."""
    notes = [*_reasons(rows), *_baselines(rows)]
    inferred = [row["label"] for row in rows if row["is_inferred"]]
    unjudged = [row["label"] for row in rows if row["status"] == NOT_JUDGED]
    absent = _absent(rows, every, registry)
    if inferred:
        notes.append(f"Direction inferred from the name: {_names(inferred)}")
    if unjudged:
        notes.append(f"No direction is known, so shown and never judged: {_names(unjudged)}")
    if absent:
        notes.append(f"Not recorded here: {_names(absent)}")
    drawn = [tracks.records[panel.y] for panel in tracks.panels]
    if any(values.isna().any() for values in drawn):
        notes.append("A bar under the axis marks records without a usable value; the line is not joined over it")
    if any(((values < scale[0]) | (values > scale[1])).any() for values in drawn):
        notes.append("A triangle marks a value beyond the scale: point at it to read it")
    if tracks.undated:
        are = (
            "records do not say when they were made, and are"
            if tracks.undated > 1
            else "record does not say when, and is"
        )
        notes.append(f"{tracks.undated:,} {are} not drawn")
    lines = html.join(f"<li>{esc(note)}.</li>" for note in notes)
    return f'<ul class="tk-notes" aria-label="Notes on {esc(series)}">{lines}</ul>' if notes else ""


def _names(names: Iterable[str]) -> str:
    """Some names have a comma of their own."""
    return " · ".join(names)


def _reasons(rows: Sequence[Row]) -> list[str]:
    """Why metrics are not compared, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        if row["status"] == NOT_COMPARABLE or has_drifted(row):
            by_reason.setdefault(str(row["note"]), []).append(row["label"])
    return [
        f"{f'All {len(names)} metrics' if len(names) == len(rows) > 1 else _names(names)}: {reason}"
        for reason, names in by_reason.items()
    ]


def _baselines(rows: Sequence[Row]) -> list[str]:
    rolling = [row["label"] for row in rows if row["baseline_source"] and not is_committed(row)]
    if not rolling:
        return []
    if len(rolling) == len(rows):
        return ["No baseline is committed here: dashes are the median of the 5 records before the newest"]
    return [f"No baseline is committed, so held against the median of the 5 records before: {_names(rolling)}"]


def _absent(rows: Sequence[Row], every: Sequence[Row], registry: Registry) -> list[str]:
    """The guide's metrics that no record shown here has, and what the series has outside of the window."""
    here = {row["metric"] for row in rows}
    wanted = dict.fromkeys([*(GUIDE if here & set(GUIDE) else ()), *(row["metric"] for row in every)])
    return [registry[name].label for name in wanted if name not in here and name in registry]
