"""The four charts of Home: distribution, latency, flow and scores, under headings that say what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from bokeh.models import CustomJS, HoverTool, TapTool

from driftline import queries
from driftline.charts import distribution, flow, latency, scores, style
from driftline.charts.panels import Limit, Panels, draw_panels
from driftline.metrics import Metric
from driftline.reports import figure_titles, html
from driftline.reports.choice import Comparison
from driftline.reports.figures import embedded

Registry = dict[str, Metric]
LISTED = 8
POINT_TIP = "@episode · @label: @tokens_shown, @latency_shown"
PAIR_TIP = "@episode · @name: @was → @now"


@dataclass(frozen=True)
class _Sheet:
    """What all charts of a page share; `targets` is what a click opens."""

    comparison: Comparison
    registry: Registry
    palette: style.Palette
    targets: dict[str, Any]


def figures(connection: queries.Connection, comparison: Comparison, theme: str) -> str:
    """The charts that the runs have data for, and a line for each that they have none for."""
    palette = style.DARK if theme == "dark" else style.LIGHT
    sheet = _Sheet(comparison, queries.registry(connection), palette, _targets(comparison))
    drawn, missing = _points(connection, sheet)
    for build in (_flow, _scores):
        titled, why = build(connection, sheet)
        drawn += titled
        missing += [why] if why else []
    lines = html.join(f'<p class="cap why">{html.esc(why)}</p>' for why in missing)
    return f'<div class="sec2"></div>{embedded(drawn) if drawn else ""}{lines}'


def _targets(comparison: Comparison) -> dict[str, Any]:
    """What a click on an episode opens: placeholders stand for the episode and for the run to focus."""
    return {
        "runs": [comparison.baseline, *comparison.candidates],
        "focus": 1,
        "focusing": comparison.query(page="episodes", episode="~episode~", focus="~run~"),
        "staying": comparison.query(page="episodes", episode="~episode~"),
    }


def _points(connection: queries.Connection, sheet: _Sheet) -> tuple[list[tuple[str, Any]], list[str]]:
    runs = [sheet.comparison.baseline, *sheet.comparison.candidates]
    sql = queries.episode_points_sql(runs)
    frame = queries.episode_points(connection, runs)
    if frame["output_tokens"].notna().sum() == 0:
        return [], ["Output tokens are not drawn: no run of the selection has predictions with text."]
    names = _visible(frame["episode_id"])
    labels = [html.visible(sheet.comparison.labels[run]) for run in runs]
    visible = frame.assign(episode_id=[names[name] for name in frame["episode_id"]])
    points = distribution.lay_out_points(
        visible, runs, labels, sheet.registry["output_tokens"], sheet.registry["latency_s"]
    )
    source = style.source_of(points.dots.drop(columns=["failed"]), style.MARKED, "points")
    caption = figure_titles.STRIP_CAPTION if points.is_strip else figure_titles.DOTS_CAPTION
    heading = html.heading(figure_titles.tokens_title(frame, sheet.comparison), caption, sql)
    titled = [(heading, distribution.draw_distribution(points, source, sheet.palette))]
    if points.dots[["tokens", "latency"]].notna().all(axis=1).any():
        heading = html.heading(
            figure_titles.latency_title(frame, sheet.comparison, sheet.registry), figure_titles.LATENCY_CAPTION, sql
        )
        titled.append((heading, latency.draw_latency(points, source, sheet.palette)))
    for _, figure in titled:
        _link(figure, POINT_TIP, sheet.targets, names)
    why = [] if len(titled) == 2 else ["Latency is not drawn: no prediction says how long it took."]
    return titled, why


def _flow(connection: queries.Connection, sheet: _Sheet) -> tuple[list[tuple[str, Any]], str]:
    rows = queries.flow(connection, sheet.comparison.baseline, sheet.comparison.focus)
    if not flow.has_flow(rows):
        return [], figure_titles.NO_FLOW
    names = _visible(rows["episode_id"])
    limits = queries.flow_limits(connection, [sheet.comparison.baseline, sheet.comparison.focus])
    panels = flow.lay_out_flow(rows, _limits(limits, sheet.comparison, sheet.registry), sheet.registry, names)
    said = figure_titles.flow_title(rows, limits, sheet.comparison, sheet.registry)
    note = _all_episodes(sheet.comparison, rows["episode_id"].nunique(), panels)
    sql = queries.flow_sql(sheet.comparison.baseline, sheet.comparison.focus)
    heading = html.heading(said, figure_titles.flow_caption(sheet.comparison), sql, note)
    return [(heading, _linked(panels, sheet.palette, "C", sheet.targets, names))], ""


def _scores(connection: queries.Connection, sheet: _Sheet) -> tuple[list[tuple[str, Any]], str]:
    rows = queries.scores(connection, sheet.comparison.baseline, sheet.comparison.focus)
    if not (rows["episode_id"].isna()).any():
        return [], "ROUGE is not drawn: neither run is scored against a reference."
    names = _visible(rows["episode_id"].dropna())
    references = _visible(rows["reference"].dropna())
    chosen = scores.chosen_reference(rows)
    panels = scores.lay_out_scores(rows, chosen, sheet.registry, names, references)
    sql = queries.scores_sql(sheet.comparison.baseline, sheet.comparison.focus)
    note = _all_episodes(sheet.comparison, len(names), panels)
    heading = html.heading(
        figure_titles.scores_title(rows, chosen, sheet.registry), figure_titles.scores_caption(rows, chosen), sql, note
    )
    return [(heading, _linked(panels, sheet.palette, "D", sheet.targets, names))], ""


def _visible(names: pd.Series) -> dict[str, str]:
    return {name: html.visible(name) for name in dict.fromkeys(names)}


def _limits(rows: list[queries.Row], comparison: Comparison, registry: Registry) -> dict[str, list[Limit]]:
    """The limits of the candidate in focus, and those of the baseline where they are others."""
    found: dict[str, list[Limit]] = {}
    places = (
        ("map", "max_tokens", "map_tokens", "max"),
        ("map", "min_tokens", "map_tokens", "min"),
        ("reduce", "max_input_tokens", "reduce_input_tokens", "reads"),
        ("reduce", "max_tokens", "final_tokens", "max"),
        ("reduce", "min_tokens", "final_tokens", "min"),
    )
    for stage, column, metric, word in places:
        value = {row["run"]: row[column] for row in rows if row["stage"] == stage and row[column] is not None}
        focus, baseline = value.get(comparison.focus), value.get(comparison.baseline)
        if focus is not None:
            found.setdefault(metric, []).append(Limit(focus, f"{word} {registry[metric].shown(focus)}"))
        if baseline is not None and baseline != focus:
            found.setdefault(metric, []).append(Limit(baseline, f"{word} was {registry[metric].shown(baseline)}"))
    return found


def _all_episodes(comparison: Comparison, count: int, panels: Panels) -> str:
    """The way to the rest, where only the worst episodes are drawn."""
    shown = int((panels.rows["episode"] != "").sum())
    if shown >= count or not shown:
        return ""
    return f" The {shown} worst are drawn: " + html.link(comparison.query(page="episodes"), f"all {count}") + "."


def _linked(panels: Panels, palette: style.Palette, tag: str, targets: dict[str, Any], names: dict[str, str]) -> Any:
    figure = draw_panels(panels, palette, tag)
    _link(figure, PAIR_TIP, targets, names)
    return figure


def _link(figure: Any, tip: str, targets: dict[str, Any], names: dict[str, str]) -> None:
    """Pointing tells and marks everywhere, a click opens the episode."""
    dots = [renderer for name in ("dots", "rings") for renderer in figure.renderers if renderer.name == name]
    told = CustomJS(args={"figure": figure}, code="window.driftlineCharts?.point(figure, cb_data)")
    is_row = tip == PAIR_TIP
    hover = HoverTool(
        renderers=dots[:1], tooltips=[("", tip)], mode="hline" if is_row else "mouse", limit=LISTED, callback=told,
        point_policy="snap_to_data", attachment="above" if is_row else "horizontal",
    )  # fmt: skip
    changed = {shown: name for name, shown in names.items() if shown != name}
    args = {"figure": figure, "targets": {**targets, "names": changed}}
    opened = CustomJS(args=args, code="window.driftlineCharts?.open(figure, cb_data, targets)")
    tap = TapTool(renderers=dots, behavior="inspect", callback=opened)
    figure.add_tools(hover, tap)
    figure.js_on_event("mouseleave", CustomJS(code="window.driftlineCharts?.leave()"))
