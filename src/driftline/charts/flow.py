"""Chart C: what map hands over, what reduce reads and what it writes, an episode a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from driftline.charts import style
from driftline.charts.panels import EPISODE, MEAN, Limit, Panel, Panels, head_lines, lay_out_panels, scale_top
from driftline.metrics import Metric

NAMES = {
    "map_tokens": "Map",
    "reduce_input_tokens": "Reduce input",
    "reduce_input_chars": "Reduce input",
    "final_tokens": "Final",
}


def flow_metrics(rows: pd.DataFrame) -> list[str]:
    """The metrics that are there: reduce's input in tokens, in characters only where no tokens are known."""
    known = set(rows["metric"])
    order = ("map_tokens", "reduce_input_tokens", "reduce_input_chars", "final_tokens")
    return [
        name for name in order if name in known and (name != "reduce_input_chars" or "reduce_input_tokens" not in known)
    ]


def has_flow(rows: pd.DataFrame) -> bool:
    """Whether either run says what map or reduce handed over; a final text alone is chart A."""
    return bool(rows["metric"].isin(["map_tokens", "reduce_input_tokens", "reduce_input_chars"]).any())


def flow_episodes(rows: pd.DataFrame) -> list[str]:
    """The episodes that are drawn: all, or the worst where there are many. `rows` is queries.flow, worst first."""
    episodes = list(dict.fromkeys(rows["episode_id"]))
    return episodes if len(episodes) <= style.EACH_UP_TO else episodes[: style.WORST_SHOWN]


def lay_out_flow(
    rows: pd.DataFrame, limits: Mapping[str, Sequence[Limit]], registry: Mapping[str, Metric], names: Mapping[str, str]
) -> Panels:
    """`rows` is queries.flow; `limits` those of a panel by its metric; `names` what an episode is called."""
    metrics = flow_metrics(rows)
    drawn = flow_episodes(rows)
    known = rows[rows["metric"].isin(metrics)]
    means = known.drop_duplicates("metric").assign(
        episode_id="", baseline=lambda row: row["mean_baseline"], candidate=lambda row: row["mean_candidate"]
    )
    values = pd.concat([means, known[known["episode_id"].isin(drawn)]], ignore_index=True)
    values = values.rename(columns={"episode_id": "key"})[["key", "metric", "baseline", "candidate"]]
    shown = pd.DataFrame(
        {
            "key": ["", *drawn],
            "episode": ["", *(names[episode] for episode in drawn)],
            "label": ["mean", *(names[episode] for episode in drawn)],
            "kind": [MEAN, *[EPISODE] * len(drawn)],
        }
    )
    panels = [
        _panel(name, means[means["metric"] == name].iloc[0], values, limits.get(name, ()), registry[name])
        for name in metrics
    ]
    return lay_out_panels(panels, shown, values, {name: registry[name].shown_with_unit for name in metrics})


def _panel(name: str, mean: Any, values: pd.DataFrame, limits: Sequence[Limit], metric: Metric) -> Panel:
    of_panel = values[values["metric"] == name]
    highest = float(of_panel[["baseline", "candidate"]].max().max())
    # A limit far beyond all values would press them against zero: its line is left out, and so is its label.
    near = tuple(limit for limit in limits if limit.value <= 2 * highest)
    top = scale_top([highest, *(limit.value for limit in near)])
    head = head_lines(mean[["mean_baseline", "mean_candidate", "mean_pct"]], metric)
    return Panel(name, NAMES[name], top, metric.shown(top), head, near)
