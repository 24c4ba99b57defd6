"""Where the change of the total wall time comes from: a bar a step, from the baseline's total to the candidate's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import html
from driftline.reports.choice import Comparison
from driftline.reports.html import esc

Row = dict[str, Any]
# A number stands right of its bar, but left of one that ends beyond this share of the width.
RIGHT_UP_TO = 0.68
# From this share of the largest contribution on, the title tells of a rest that hides it.
HIDES_FROM = 0.25


def render(table: queries.Table, comparison: Comparison, metric: Metric) -> str:
    """`table` is queries.stage_contributions, `metric` the wall time."""
    if not table.rows:
        nothing = html.empty("A total wall time is missing on one side.")
        return html.heading("What the change is made of is not known", "", table.sql) + nothing
    labels = {
        "(baseline)": comparison.labels[comparison.baseline],
        "(candidate)": comparison.labels[comparison.focus],
    }
    caption = (
        f"From {labels['(baseline)']} to {labels['(candidate)']}, seconds of wall time. Filled: more, hollow: less. "
        "Stages run side by side: what their sum does not explain stays unattributed."
    )
    bars = _Scale(table.rows)
    body = html.join(_step(row, labels, bars, metric) for row in table.rows)
    return html.heading(title(table.rows, metric), caption, table.sql) + (
        '<table class="wf"><col class="wf-n"><col><thead><tr><th scope="col">Step</th><th scope="col">Seconds</th></tr>'
        f"</thead><tbody>{body}</tbody></table>"
    )


def title(rows: Sequence[Row], metric: Metric) -> str:
    """The stage that contributed most, and whether the rest hides part of it; plain text."""
    stages = [row for row in rows if row["kind"] == "stage" and row["seconds"]]
    if not stages:
        return "No stage contributed to a change"
    most, rest = stages[0], next(row["seconds"] for row in rows if row["kind"] == "rest")
    size = metric.shown_delta(most["seconds"]).lstrip("+\u2212")
    said = f"{most['step']} {'adds' if most['seconds'] > 0 else 'saves'} {size} s"
    share = -rest / most["seconds"]
    return said + ("; overlap hides it" if share >= 1 else "; overlap hides part of it" if share >= HIDES_FROM else "")


class _Scale:
    """What lies where on the common axis, in per cent of its width; zero is always on it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        ends = [row[name] for row in rows for name in ("starts_at", "ends_at") if row[name] is not None]
        self.low, self.high = min(0.0, *ends), max(0.0, *ends)

    def at(self, seconds: float) -> float:
        return 100 * (seconds - self.low) / (self.high - self.low) if self.high > self.low else 0.0


def _step(row: Row, labels: dict[str, str], scale: _Scale, metric: Metric) -> str:
    is_total = row["kind"] == "total"
    named = html.breakable(labels[row["step"]] if is_total else row["step"])
    name = f'<th scope="row">{named}</th>'
    zero = f'<u style="left:{scale.at(0):.2f}%"></u>'
    if row["seconds"] is None:
        return f'<tr class="none">{name}<td>{zero}<span class="m">{esc(row["note"])}</span></td></tr>'
    left, right = sorted((scale.at(row["starts_at"]), scale.at(row["ends_at"])))
    css = "rest" if row["kind"] == "rest" else "more" if row["seconds"] > 0 else "less"
    css = row["step"].strip("()") if is_total else css
    shown = metric.shown(row["seconds"]) if is_total else metric.shown_delta(row["seconds"])
    note = f" · {esc(row['note'])}" if row["note"] else ""
    place = f"left:{right:.2f}%" if right <= 100 * RIGHT_UP_TO else f"right:{100 - left:.2f}%"
    if right > 100 * RIGHT_UP_TO and left < 100 * (1 - RIGHT_UP_TO):
        place = f"right:{100 - right:.2f}%"
        css += " inside"
    return (
        f'<tr class="{css}">{name}<td>{zero}<i style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
        f'<span style="{place}">{esc(shown)}{note}</span></td></tr>'
    )
