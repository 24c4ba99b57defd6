"""Trends drawn in the terminal, by plotext: a figure a series and metric, gaps not joined over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports.tables import visible

Row = queries.Row
HEIGHT, LABELS = 12, 8


def drawn(rows: Sequence[Row], registry: dict[str, Metric], width: int) -> str:
    """Every series and metric of queries.benchmark_trends, one below the other, `width` letters wide."""
    groups = groupby(rows, key=itemgetter("series", "metric"))
    return "\n\n".join(
        _figure(visible(series), registry[metric], list(points), width) for (series, metric), points in groups
    )


def _figure(series: str, metric: Metric, points: Sequence[Row], width: int) -> str:
    # Nothing else in the command line draws, and it takes a while to import.
    import plotext

    values = [row["value"] for row in points]
    told = [value for value in values if value is not None]
    unit = f", {metric.shown_unit}" if metric.shown_unit else ""
    title = f"{visible(metric.label)}{unit} · {series} · {_change(told, metric)}"
    if len(told) < 2:
        one = f"{visible(points[0]['x'])}: {metric.shown_with_unit(told[0])}" if told else "no usable value"
        return f"{title}\n  {one}"
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, HEIGHT)
    for stretch in _stretches(values):
        places, heights = zip(*stretch, strict=True)
        if len(stretch) > 1:
            plotext.plot(places, [_shown(height, metric) for height in heights], marker="braille")
        plotext.scatter(places, [_shown(height, metric) for height in heights], marker="●")
    last = len(points) - 1
    ticks = sorted({0, last, *range(0, len(points), max(1, -(-len(points) // LABELS)))})
    ticks = [at for at in ticks if at == last or at + 1 < last or last < LABELS]
    plotext.xlim(0, last)
    plotext.xticks(ticks, [visible(points[at]["x"]) for at in ticks])
    return f"{title}\n{plotext.uncolorize(plotext.build()).rstrip()}"


def _shown(value: float, metric: Metric) -> float:
    return value * metric.shown_factor


def _stretches(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of neighbours that have a value."""
    found: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append((at, value))
    return [stretch for stretch in found if stretch]


def _change(told: Sequence[float], metric: Metric) -> str:
    if not told:
        return "no value"
    better = "" if metric.better == "neutral" else f", {metric.better} is better"
    return f"newest {metric.shown_with_unit(told[-1])}{better}"


def as_objects(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For programs: a series and metric an object, its points oldest first."""
    found = []
    for (series, metric), points_ in groupby(rows, key=itemgetter("series", "metric")):
        points = list(points_)
        found.append(
            {
                "series": series,
                "metric": metric,
                "unit": points[0]["unit"],
                "better": points[0]["better"],
                "points": [
                    {
                        "x": point["x"],
                        "at": f"{point['at'].isoformat()}Z" if point["at"] else None,
                        "value": point["value"],
                        "source": point["source"],
                    }
                    for point in points
                ],
            }
        )
    return found
