"""What the headings of the charts of Home say: facts and thresholds of the rows that are drawn, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from driftline.charts.flow import NAMES, flow_metrics
from driftline.metrics import Metric
from driftline.queries import Row
from driftline.reports.choice import Comparison

Registry = Mapping[str, Metric]
DOTS_CAPTION = "Output tokens, an episode a dot. Box: middle half, bar: median."
STRIP_CAPTION = "Output tokens, an episode a dot, spread in a strip. Box: middle half, bar: median."
LATENCY_CAPTION = "Latency against output length, an episode a dot. Lines join the two runs of an episode."
NO_FLOW = (
    "Map, reduce input and final text are not drawn: neither the baseline nor the candidate in focus has diagnostics "
    "or intermediate sizes."
)
# A change of less per cent is told as none where the registry has no level for it.
MOVED_PCT = 10.0
# Limits count the tokens of a model, lengths are often characters / 4: only a mean this far below a limit is below it.
CLEARLY_BELOW = 0.8


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _first(frame: pd.DataFrame, run: str) -> Any:
    rows = frame[frame["run"] == run]
    return None if rows.empty else rows.iloc[0]


def tokens_title(frame: pd.DataFrame, comparison: Comparison) -> str:
    """Whether the outputs of the candidate in focus are longer or shorter, all of them or how many of the pairs."""
    focus, baseline = (_first(frame, run) for run in (comparison.focus, comparison.baseline))
    name = comparison.labels[comparison.focus]
    if focus is None or baseline is None or focus["min_tokens"] != focus["min_tokens"]:
        return f"{name} has no output tokens to compare"
    if focus["min_tokens"] > baseline["max_tokens"]:
        return f"Every {name} episode is longer than every baseline episode"
    if focus["max_tokens"] < baseline["min_tokens"]:
        return f"Every {name} episode is shorter than every baseline episode"
    sides = [
        frame.loc[frame["run"] == run, ["episode_id", "output_tokens"]].dropna()
        for run in (comparison.baseline, comparison.focus)
    ]
    pairs = sides[0].merge(sides[1], on="episode_id", suffixes=("_baseline", "_focus"))
    longer = int((pairs["output_tokens_focus"] > pairs["output_tokens_baseline"]).sum())
    shorter = int((pairs["output_tokens_focus"] < pairs["output_tokens_baseline"]).sum())
    if not len(pairs):
        return f"No episode has output tokens in both {name} and the baseline"
    counts = {"longer than": longer, "shorter than": shorter, "as long as": len(pairs) - longer - shorter}
    word = max(counts, key=lambda word: counts[word])
    return f"{counts[word]} of {len(pairs)} {name} episodes are {word} in the baseline"


def latency_title(frame: pd.DataFrame, comparison: Comparison, registry: Registry) -> str:
    """How long a mean episode takes for how many tokens, in both runs."""
    focus, baseline = (_first(frame, run) for run in (comparison.focus, comparison.baseline))
    name = comparison.labels[comparison.focus]
    if focus is None or _number(focus["mean_latency_s"]) is None:
        return f"No latency is known of {name}"
    told = _cost(focus, registry)
    if baseline is None or _number(baseline["mean_latency_s"]) is None:
        return f"{name} takes {told}; no latency is known of the baseline"
    pace = _word(focus["latency_pct"], registry["avg_latency_s"], ("Faster", "Slower", "As fast"))
    length = _word(focus["tokens_pct"], registry["avg_output_tokens"], ("shorter", "longer", "as long"))
    return f"{pace} and {length}: {told}, baseline {_cost(baseline, registry)}"


def _word(pct: Any, metric: Metric, words: tuple[str, str, str]) -> str:
    level = metric.warn_pct or MOVED_PCT
    size = _number(pct)
    return words[2] if size is None or abs(size) < level else words[0] if size < 0 else words[1]


def _cost(row: Any, registry: Registry) -> str:
    latency, tokens = registry["latency_s"], registry["output_tokens"]
    return (
        f"{latency.shown_with_unit(_number(row['mean_latency_s']))} for "
        f"{tokens.shown_with_unit(_number(row['mean_tokens']))}"
    )


def flow_title(rows: pd.DataFrame, limits: Sequence[Row], comparison: Comparison, registry: Registry) -> str:
    """Which step moved most, and whether the final text stays clearly below what reduce should write."""
    means = rows.drop_duplicates("metric").set_index("metric")
    moved = [
        (metric, _number(means["mean_pct"][metric]))
        for metric in flow_metrics(rows)
        if abs(_number(means["mean_pct"][metric]) or 0) >= MOVED_PCT
    ]
    if not moved:
        sided = means["mean_pct"].isna().all()
        return (
            "Only one of the two runs has map and reduce sizes"
            if sided
            else "Map, reduce input and final text stay close to the baseline"
        )
    metric, pct = max(moved, key=lambda item: abs(item[1] or 0))
    was = registry[metric].shown(_number(means["mean_baseline"][metric]))
    now = registry[metric].shown_with_unit(_number(means["mean_candidate"][metric]))
    said = f"{NAMES[metric]} {'falls' if (pct or 0) < 0 else 'rises'} from {was} to {now}"
    return said + (_below_least(means, limits, comparison, registry) or _steady(means, flow_metrics(rows), moved))


def _below_least(means: pd.DataFrame, limits: Sequence[Row], comparison: Comparison, registry: Registry) -> str:
    stated = [row["min_tokens"] for row in limits if (row["run"], row["stage"]) == (comparison.focus, "reduce")]
    final = _number(means["mean_candidate"].get("final_tokens"))
    if not stated or stated[0] is None or final is None or final >= CLEARLY_BELOW * stated[0]:
        return ""
    return f"; the final text stays below its minimum of {registry['final_tokens'].shown(stated[0])}"


def _steady(means: pd.DataFrame, drawn: Sequence[str], moved: Sequence[tuple[str, float | None]]) -> str:
    left = [name for name in drawn if name not in dict(moved)]
    names = list(dict.fromkeys(NAMES[name] for name in left if _number(means["mean_pct"][name]) is not None))
    return f"; {' and '.join(names).lower()} {'stay' if len(names) > 1 else 'stays'} close" if names else ""


def flow_caption(comparison: Comparison) -> str:
    baseline, focus = comparison.labels[comparison.baseline], comparison.labels[comparison.focus]
    return (
        f"Map output of a mean chunk, reduce's input, final text. Ring: {baseline}, dot: {focus}. "
        "Dotted: limits of the configuration."
    )


def scores_title(rows: pd.DataFrame, reference: str | None, registry: Registry) -> str:
    """Where ROUGE-L went, and on how many episodes."""
    means = rows[rows["episode_id"].isna() & (rows["metric"] == "rougeL_f1") & rows["delta"].notna()]
    failed = int((rows["status"] == "failed").sum())
    lost = f"; {failed} failed without a score" if failed else ""
    if means.empty:
        shared = rows[rows["episode_id"].isna()]["status"].isin(["not comparable"]).any()
        return (
            "The two runs are scored against different references" if shared else "Only one of the two runs has ROUGE"
        ) + lost
    mean = means[means["reference"] == reference].iloc[0] if (means["reference"] == reference).any() else means.iloc[0]
    metric = registry["rougeL_f1"]
    verb = "falls" if mean["delta"] < 0 else "rises" if mean["delta"] > 0 else "stays"
    pairs = rows[
        rows["episode_id"].notna()
        & (rows["reference"] == reference)
        & (rows["metric"] == "rougeL_f1")
        & rows["delta"].notna()
    ]
    said = (
        f"ROUGE-L {verb} from {metric.shown(mean['baseline'])} to {metric.shown(mean['candidate'])}"
        if verb != "stays"
        else f"ROUGE-L stays at {metric.shown(mean['candidate'])}"
    )
    if pairs.empty:
        return said + lost
    along = int((pairs["delta"] < 0).sum() if mean["delta"] < 0 else (pairs["delta"] > 0).sum())
    return f"{said}, on {along} of {len(pairs)} pairs{lost}" if verb != "stays" else said + lost


def scores_caption(rows: pd.DataFrame, reference: str | None) -> str:
    """What is compared with which reference, or why there are only means."""
    if reference is not None:
        return f"F1 against {reference}, the largest loss of ROUGE-L first. Ring: baseline, dot: in focus."
    against = ", ".join(sorted(set(rows["reference"].dropna())))
    return f"F1 against {against}. Only means: no episode of both runs is scored against one reference."
