"""Chart D: ROUGE-L, -1 and -2 of both runs, the means of each reference first, then an episode a row."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from driftline.charts import style
from driftline.charts.panels import EPISODE, FAILED, MEAN, Panel, Panels, head_lines, lay_out_panels, scale_top
from driftline.metrics import Metric

METRICS = ("rougeL_f1", "rouge1_f1", "rouge2_f1")
NAMES = {"rougeL_f1": "ROUGE-L", "rouge1_f1": "ROUGE-1", "rouge2_f1": "ROUGE-2"}


def chosen_reference(rows: pd.DataFrame) -> str | None:
    """The reference that scores most episodes of both runs; None where none scores any."""
    pairs = rows[rows["episode_id"].notna() & rows["delta"].notna() & (rows["metric"] == "rougeL_f1")]
    counts = pairs.groupby("reference").size()
    return None if counts.empty else str(min(counts.index, key=lambda name: (-counts[name], name)))


def drawn_episodes(rows: pd.DataFrame, reference: str | None) -> list[tuple[str, bool]]:
    """Episodes that are drawn and whether each failed: the largest loss first, failed ones last.

    `rows` is queries.scores."""
    failed = list(rows.loc[rows["status"] == "failed", "episode_id"])
    scored = rows[rows["episode_id"].notna() & (rows["reference"] == reference)]
    kept = [name for name in dict.fromkeys(scored["episode_id"]) if name not in set(failed)]
    if len(kept) + len(failed) > style.EACH_UP_TO:
        failed = failed[: style.WORST_SHOWN]
        kept = kept[: style.WORST_SHOWN - len(failed)]
    return [(name, False) for name in kept] + [(name, True) for name in failed]


def lay_out_scores(
    rows: pd.DataFrame,
    reference: str | None,
    registry: Mapping[str, Metric],
    names: Mapping[str, str],
    references: Mapping[str, str],
) -> Panels:
    """`rows` is queries.scores; `names` and `references` say what episodes and references are called."""
    means = rows[rows["episode_id"].isna()]
    against = sorted(means["reference"].unique(), key=lambda name: (name != reference, name))
    episodes = drawn_episodes(rows, reference)
    scored = rows[(rows["reference"] == reference) & rows["episode_id"].notna()]
    values = pd.concat(
        [means.assign(key="mean " + means["reference"]), scored.assign(key="episode " + scored["episode_id"])],
        ignore_index=True,
    )
    shown = pd.DataFrame(
        {
            "key": [f"mean {name}" for name in against] + [f"episode {name}" for name, _ in episodes],
            "episode": [""] * len(against) + [names[name] for name, _ in episodes],
            "label": (["mean"] if len(against) == 1 else [references[name] for name in against])
            + [names[name] for name, _ in episodes],
            "kind": [MEAN] * len(against) + [FAILED if has_failed else EPISODE for _, has_failed in episodes],
        }
    )
    drawn = values[values["key"].isin(list(shown["key"]))]
    panels = [
        _panel(name, means, against, drawn, registry[name]) for name in METRICS if (means["metric"] == name).any()
    ]
    columns = drawn[["key", "metric", "baseline", "candidate"]]
    return lay_out_panels(panels, shown, columns, {name: registry[name].shown for name in METRICS})


def _panel(name: str, means: pd.DataFrame, against: list[str], values: pd.DataFrame, metric: Metric) -> Panel:
    of_panel = values.loc[values["metric"] == name, ["baseline", "candidate"]]
    top = scale_top(of_panel.to_numpy(float).ravel())
    head: tuple[str, ...] = ("", "")
    if len(against) == 1:
        head = head_lines(means.loc[means["metric"] == name, ["baseline", "candidate", "delta_pct"]].iloc[0], metric)
    return Panel(name, NAMES[name], top, metric.shown(top), head)
