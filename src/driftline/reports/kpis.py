"""KPIs: the few numbers of every run side by side, with the best and the worst of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import answer, csv, html
from driftline.reports.choice import Comparison
from driftline.reports.html import attr, esc

Row = dict[str, Any]
MARKS = {"best": "▲ best", "worst": "▼ worst"}
NAMED = 3


@dataclass(frozen=True)
class Column:
    """A column as it is headed: below the name of its group, if it has one, with its unit."""

    name: str
    label: str
    unit: str
    group: str = ""


@dataclass(frozen=True)
class View:
    """How the table is sorted, what is searched for, and whether the whole comparison group is shown."""

    sort: str = ""
    search: str = ""
    is_group: bool = False


COLUMNS = (
    Column("episodes", "Episodes", ""),
    Column("rougeL_f1", "ROUGE-L F1", ""),
    Column("success_rate", "Success", "%"),
    Column("failed_episodes", "Failed", "episodes"),
    Column("avg_output_tokens", "Output tokens", "per episode"),
    Column("avg_latency_s", "Latency", "s per episode"),
    Column("truncation_failures", "Trunca&shy;tion", "", "Gate failures, episodes"),
    Column("speaker_label_failures", "Speaker label", "", "Gate failures, episodes"),
    Column("boilerplate_failures", "Boiler&shy;plate", "", "Gate failures, episodes"),
    Column("truncation_rate", "Trunca&shy;tion", "", "Gate rates, %"),
    Column("speaker_label_leak_rate", "Speaker label", "", "Gate rates, %"),
    Column("boilerplate_leak_rate", "Boiler&shy;plate", "", "Gate rates, %"),
)
WORDS = {
    "rougeL_f1": "ROUGE-L",
    "failed_episodes": "failed episodes",
    "success_rate": "success rate",
    "avg_output_tokens": "output tokens",
    "avg_latency_s": "latency",
    "truncation_failures": "truncation failures",
    "speaker_label_failures": "speaker-label failures",
    "boilerplate_failures": "boilerplate failures",
    "truncation_rate": "truncation rate",
    "speaker_label_leak_rate": "speaker-label rate",
    "boilerplate_leak_rate": "boilerplate rate",
}
FILE_COLUMNS = ("run", *queries.KPI_COLUMNS, "rouge_reference", "model", "dataset_id", "category", "best", "worst")


def render(connection: queries.Connection, comparison: Comparison, view: View) -> str:
    """The whole page as HTML."""
    runs = [comparison.baseline, *comparison.candidates]
    table = queries.kpi_table(connection, runs, group=view.is_group, search=view.search, sort=view.sort)
    controls = _controls(comparison, view, table)
    if not table.rows:
        nothing = html.empty(f"No run holds every word of “{view.search}” in its name, model or dataset.")
        return f"<h1>No run found.</h1>{controls}{nothing}"
    rows = [row | {"label": comparison.labels.get(row["run"], row["label"])} for row in table.rows]
    return (
        f"<h1>{esc(insight(rows))}</h1>"
        + html.lead(esc(_about(rows)))
        + controls
        + _table(rows, comparison, view, queries.registry(connection))
    )


def insight(rows: Sequence[Row]) -> str:
    """Which run is best, and which worst, in how many columns."""
    if len(rows) == 1:
        return f"{rows[0]['label']} alone: nothing to rank it against."
    best, worst = _leading(rows, "best"), _leading(rows, "worst")
    if not best and not worst:
        return f"No column tells the {len(rows)} runs apart."
    return "; ".join(part for part in (best, worst) if part) + "."


def _leading(rows: Sequence[Row], side: str) -> str:
    most = max(len(row[side]) for row in rows)
    if not most:
        return ""
    leading = [row for row in rows if len(row[side]) == most]
    columns = f"{most} column{'s' if most > 1 else ''}"
    if len(leading) > NAMED:
        return f"{len(leading)} runs are {side} in {columns} each"
    names = _list([row["label"] for row in leading])
    if len(leading) > 1:
        return f"{names} are {side} in {columns} each"
    named = [WORDS[name] for name in WORDS if name in leading[0][side]]
    return f"{names} is {side} in {_list(named) if most <= NAMED else columns}"


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _about(rows: Sequence[Row]) -> str:
    """What the scores are against, and what the marks mean."""
    references = sorted({row["rouge_reference"] for row in rows if row["rouge_reference"]})
    if len(references) == 1:
        against = f"ROUGE-L against {references[0]}. "
    elif references:
        against = f"ROUGE-L against {len(references)} references, ranked within each. "
    else:
        against = "No run has a ROUGE-L score. "
    found = rows[0]["found"]
    cut = f"The first {len(rows)} of {found} runs: search or sort to see the others. " if found > len(rows) else ""
    return f"{cut}{against}Best and worst are not marked where more than half of the runs share them."


def _controls(comparison: Comparison, view: View, table: queries.Table) -> str:
    tabs = (("", "Selected runs", not view.is_group), ("group", "Whole comparison group", view.is_group))
    shown = html.join(
        f'<b aria-current="true">{name}</b>' if is_current else html.link(comparison.query(show=value), name)
        for value, name, is_current in tabs
    )
    sorted_by = html.link(comparison.query(sort=""), "Sort: baseline first") if view.sort else ""
    return (
        f'<div class="hd ctl"><span class="ctl-tabs">{shown}{sorted_by}</span>'
        f'<input type="search" data-param="q" value="{attr(view.search)}" placeholder="Search names, models, datasets"'
        ' aria-label="Search the table">'
        f"{csv.behind('kpis.csv', table, FILE_COLUMNS)}</div>"
    )


def _table(rows: Sequence[Row], comparison: Comparison, view: View, registry: answer.Registry) -> str:
    is_mixed = len({row["rouge_reference"] for row in rows if row["rouge_reference"]}) > 1
    body = html.join(_row(row, comparison, registry, is_mixed) for row in rows)
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="KPIs of every run">'
        f'<table class="kp">{_head(comparison, view, registry)}<tbody>{body}</tbody></table></div>'
    )


def _head(comparison: Comparison, view: View, registry: answer.Registry) -> str:
    """Two rows: what a group of columns shares stands above it once."""
    upper, lower = [], []
    groups = [column.group for column in COLUMNS]
    upper.append(_sortable(Column("label", "Run", ""), comparison, view, registry, 'rowspan="2"'))
    for at, column in enumerate(COLUMNS):
        if not column.group:
            upper.append(_sortable(column, comparison, view, registry, 'rowspan="2"'))
            continue
        if column.group not in groups[:at]:
            span = groups.count(column.group)
            upper.append(f'<th scope="colgroup" colspan="{span}" class="grp g1">{column.group}</th>')
        lower.append(
            _sortable(column, comparison, view, registry, f'aria-label="{column.group}, {WORDS[column.name]}"')
        )
    return f"<thead><tr>{html.join(upper)}</tr><tr>{html.join(lower)}</tr></thead>"


def _sortable(column: Column, comparison: Comparison, view: View, registry: answer.Registry, attributes: str) -> str:
    """A head that sorts: what is best first, then the other way round, then the baseline first again."""
    metric = registry.get(column.name)
    down, up = f"-{column.name}", column.name
    steps = (up, down) if column.name == "label" or (metric and metric.better == "lower") else (down, up)
    following = {steps[0]: steps[1], steps[1]: ""}.get(view.sort, steps[0])
    order = {up: "ascending", down: "descending"}.get(view.sort, "none")
    sign = {"ascending": " ↑", "descending": " ↓"}.get(order, "")
    title = f'title="{esc(metric.description)}"' if metric else ""
    unit = f'<span class="m">{column.unit}</span>' if column.unit else ""
    name = html.link(comparison.query(sort=following), column.label + sign, title)
    css = "" if column.name == "label" else f"n{_opens(column)}"
    return f'<th scope="col" class="{css}" aria-sort="{order}" {attributes}>{name}{unit}</th>'


def _opens(column: Column) -> str:
    """The class of the first column of a group."""
    return " g1" if column.name in ("truncation_failures", "truncation_rate") else ""


def _row(row: Row, comparison: Comparison, registry: answer.Registry, is_mixed: bool) -> str:
    run = row["run"]
    is_base, is_focus = run == comparison.baseline, run == comparison.focus
    role = "baseline" if is_base else "in focus" if is_focus else "reference" if row["category"] == "reference" else ""
    dot = '<span class="dot-b"></span>' if is_base else '<span class="dot-f"></span>' if is_focus else ""
    name = f"<b>{esc(row['label'])}</b>" if is_base else html.link(_focusing(comparison, run), esc(row["label"]))
    css = "base" if is_base else "focus" if is_focus else "" if run in comparison.candidates else "off"
    cells = html.join(
        f'<td class="n{_opens(column)}">{_cell(row, column, registry, is_mixed)}</td>' for column in COLUMNS
    )
    below = f'<span class="m">{role}</span>' if role else ""
    return f'<tr class="{css}"><th scope="row" title="{esc(run)}">{dot}{name}{below}</th>{cells}</tr>'


def _focusing(comparison: Comparison, run: str) -> str:
    """The link that focuses a run, as one more candidate where it is none."""
    if run in comparison.candidates:
        return comparison.to(run)
    return comparison.query(candidates=(*comparison.candidates, run), focus=run)


def _cell(row: Row, column: Column, registry: answer.Registry, is_mixed: bool) -> str:
    value = row[column.name]
    if value is None:
        return f'<span class="m">{_gap(column.name)}</span>'
    metric: Metric | None = registry.get(column.name)
    text = esc(metric.shown(value)) if metric else esc(f"{value:,}")
    if column.name == "failed_episodes" and value:
        text = f'<span class="w">{text}</span>'
    side = next((side for side in MARKS if column.name in row[side]), "")
    mark = f'<span class="mk {side}">{MARKS[side]}</span>' if side else ""
    against = is_mixed and column.name == "rougeL_f1"
    name = html.breakable(row["rouge_reference"])
    reference = f'<span class="m ref">{name}</span>' if against else ""
    return f"{text}{mark}{reference}"


def _gap(name: str) -> str:
    if name == "rougeL_f1":
        return "no score"
    return "not stated"
