"""One episode opened: what was measured of it, what baseline and candidate wrote, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from driftline import queries
from driftline.metrics import Metric, percent
from driftline.reports import html
from driftline.reports.choice import Comparison
from driftline.reports.episode_rows import gates
from driftline.reports.episode_texts import columns, references, written
from driftline.reports.html import esc
from driftline.texts.facts import Facts, lost_and_added

Row = dict[str, Any]
VIEWS = ("diff", "plain", "reference")
MEASURES = (
    ("input_chars", "Input", "chars"),
    ("map_tokens", "Map", "tokens a chunk"),
    ("reduce_input_chars", "Reduce input", "chars"),
    ("final_tokens", "Final", "tokens"),
    ("output_tokens", "Output", "tokens"),
    ("latency_s", "Latency", "s"),
    ("rouge1_f1", "ROUGE-1", "F1"),
    ("rouge2_f1", "ROUGE-2", "F1"),
    ("rougeL_f1", "ROUGE-L", "F1"),
)
FLOW = ("map_tokens", "reduce_input_chars", "final_tokens")
NAMED = 12


@dataclass(frozen=True)
class Opened:
    """Which episode is open, what became of it, its place in the list, and how it is looked at."""

    episode: str
    change: Row | None
    view: str
    place: str = ""
    previous: str | None = None
    next: str | None = None


def render(connection: queries.Connection, comparison: Comparison, candidates: Sequence[str], opened: Opened) -> str:
    """The open episode as HTML; `candidates` in the order of their tabs."""
    texts = queries.episode_texts(connection, [comparison.baseline, *candidates], opened.episode)
    rows = {row["run"]: row for row in texts.rows}
    if comparison.baseline not in rows and comparison.focus not in rows:
        return f'<h2 class="ep-h">No episode {esc(opened.episode)} in either run</h2>'
    reference = opened.change["reference"] if opened.change else None
    measures = queries.episode_measures(connection, comparison.baseline, comparison.focus, opened.episode, reference)
    baseline, candidate = (written(rows.get(run)) for run in (comparison.baseline, comparison.focus))
    is_comparable = "nothing" not in (baseline.kind, candidate.kind)
    facts = (
        _facts(baseline.text, candidate.text)
        if is_comparable and "json" not in (baseline.kind, candidate.kind)
        else None
    )
    registry = queries.registry(connection)
    return (
        '<div class="hd">'
        + _heading(comparison, opened, insight(opened, registry, facts, baseline == candidate and is_comparable))
        + html.show_sql(measures.sql)
        + "</div>"
        + _measures(measures.rows, comparison, opened, registry)
        + _tabs(comparison, candidates, rows, opened, texts.sql)
        + _references(connection, comparison, opened)
        + columns(comparison, rows, baseline, candidate, opened.view)
        + _facts_html(facts, rows.get(comparison.baseline), rows.get(comparison.focus))
    )


def insight(opened: Opened, registry: dict[str, Metric], facts: Facts | None, is_same: bool) -> str:
    """What happened to the episode, plain text that follows its id."""
    row = opened.change
    if row is None:
        return ""
    if row["status"] == "failed":
        return f"failed: {_line(row['error'])}" if row["error"] else "failed"
    if row["status"] is None or row["baseline_status"] is None:
        return f"is {row['change']}"
    if row["baseline_status"] == "failed":
        return "had failed in the baseline"
    if row["judged_by"] == "status":
        return "has no text any more" if row["change"] == "regressed" else "has a text now"
    if is_same:
        return "says the same, word for word"
    return _moved(row, registry, facts) or "cannot be compared"


def _moved(row: Row, registry: dict[str, Metric], facts: Facts | None) -> str:
    parts = []
    if row["rougeL_f1_delta"]:
        verb = "gains" if row["rougeL_f1_delta"] > 0 else "loses"
        size = registry["rougeL_f1"].shown_delta(row["rougeL_f1_delta"]).lstrip("+\u2212")
        parts.append(f"{verb} {size} ROUGE-L")
    is_told = not parts or abs(row["tokens_delta_pct"] or 0) >= (registry["output_tokens"].warn_pct or 0)
    if row["tokens_delta"] and row["tokens_delta_pct"] is not None and is_told:
        size = percent(row["tokens_delta_pct"]).lstrip("+\u2212")
        more = "longer" if row["tokens_delta"] > 0 else "shorter"
        parts.append(f"is {size} as long" if size.startswith("×") else f"is {size} {more}")
    if row["gates"]:
        parts.append(f"fails the {gates(row)} gate{'s' if len(row['gates']) > 1 else ''}")
    if facts and facts.names_lost:
        parts.append(f"no longer names {_few(facts.names_lost)}")
    if not parts and row["tokens_delta"] == 0:
        parts.append("is as long as it was, in other words")
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else ""


def _few(names: Sequence[str]) -> str:
    return f"{len(names)} of the baseline's names" if len(names) > 2 else " and ".join(names)


def _line(error: str) -> str:
    first = error.strip().partition("\n")[0]
    return first if len(first) <= 160 else f"{first[:160]} …"


def _heading(comparison: Comparison, opened: Opened, said: str) -> str:
    css = ' class="w"' if opened.change and opened.change["status"] == "failed" else ""
    steps = ""
    for key, episode, sign, name in (
        ("k", opened.previous, "‹", "Previous episode"),
        ("j", opened.next, "›", "Next episode"),
    ):
        if episode is not None:
            target = comparison.query(episode=episode, at="")
            steps += " " + html.link(target, sign, f'data-key="{key}" aria-label="{name}"')
    keys = " keys j k" if steps else ""
    return (
        f'<h2 class="ep-h"><span{css}>{esc(opened.episode)} {esc(said)}</span> '
        f'<span class="m">{esc(opened.place)}{steps}{keys}</span></h2>'
    )


def _measures(rows: Sequence[Row], comparison: Comparison, opened: Opened, registry: dict[str, Metric]) -> str:
    by_metric = {row["metric"]: row for row in rows}
    final = by_metric.get("final_tokens")
    is_final = final is not None and final["status"] in ("compared", "zero baseline")
    shown = [
        (name, f"{label} <br>{unit}")
        for name, label, unit in MEASURES
        if name in by_metric and not (name == "output_tokens" and is_final)
    ]
    if not shown:
        return '<p class="cap">Nothing was measured of this episode.</p>'
    judged = opened.change["judged_by"] if opened.change else None
    head = [("", ""), *(("n", label) for _, label in shown)]
    measures = [by_metric[name] for name, _ in shown]
    body = [
        ("", [_named("b", comparison, comparison.baseline), *(_value(row, "baseline", registry) for row in measures)]),
        ("", [_named("f", comparison, comparison.focus), *(_value(row, "candidate", registry) for row in measures)]),
        ('class="dl"', ['<span class="m">Delta</span>', *(_delta(row, registry, judged) for row in measures)]),
    ]
    return html.table(head, body, "ep-ct") + _measured_note(by_metric, opened)


def _measured_note(by_metric: dict[str, Row], opened: Opened) -> str:
    notes = []
    if opened.change and opened.change["reference"]:
        notes.append(f"Scored against {opened.change['reference']}.")
    if not any(name in by_metric for name in FLOW):
        notes.append("No diagnostics: map and reduce sizes are not known.")
    return f'<p class="cap">{esc(" ".join(notes))}</p>' if notes else ""


def _named(dot: str, comparison: Comparison, run: str) -> str:
    label = esc(comparison.labels.get(run, run))
    name = f"Baseline · {label}" if dot == "b" else f"<b>{label}</b>"
    return f'<span title="{esc(run)}"><span class="dot-{dot}"></span>{name}</span>'


def _value(row: Row, side: str, registry: dict[str, Metric]) -> str:
    return '<span class="m">–</span>' if row[side] is None else esc(registry[row["metric"]].shown(row[side]))


def _delta(row: Row, registry: dict[str, Metric], judged: str | None) -> str:
    metric = registry[row["metric"]]
    pct = None if metric.unit == "score" else row["delta_pct"]
    return html.change(row["delta"], metric.shown_change(row["delta"], pct), row["metric"] == judged)


def _tabs(
    comparison: Comparison, candidates: Sequence[str], rows: dict[str, Row], opened: Opened, statement: str
) -> str:
    tabs = []
    for run in candidates:
        note = _tab_note(rows.get(run), rows.get(comparison.baseline))
        current = 'aria-current="true"' if run == comparison.focus else ""
        label = esc(comparison.labels.get(run, run))
        target = comparison.query(focus=run, episode=opened.episode, at="")
        tabs.append(html.link(target, label + note, f'{current} title="{esc(run)}"'))
    views = []
    for view in VIEWS:
        current = 'aria-current="true"' if view == opened.view else ""
        target = comparison.query(view="" if view == VIEWS[0] else view, episode=opened.episode, at="")
        views.append(html.link(target, view, current))
    return (
        f'<div class="ep-tabs"><nav aria-label="Candidates">{html.join(tabs)}</nav>'
        f'<nav class="ep-views" aria-label="View">Show {" · ".join(views)}</nav>{html.show_sql(statement)}</div>'
    )


def _tab_note(row: Row | None, baseline: Row | None) -> str:
    if row is None:
        return ' <span class="m">not in run</span>'
    if row["status"] == "failed":
        return ' <span class="w">failed</span>'
    if baseline and row["text"] is not None and row["text"] == baseline["text"]:
        return ' <span class="m">same text</span>'
    return ""


@lru_cache(maxsize=32)
def _facts(baseline: str, candidate: str) -> Facts:
    return lost_and_added(baseline, candidate)


def _references(connection: queries.Connection, comparison: Comparison, opened: Opened) -> str:
    if opened.view != "reference":
        return ""
    table = queries.reference_texts(connection, [comparison.baseline, comparison.focus], opened.episode)
    return references(table, opened.change["reference"] if opened.change else None)


def _facts_html(facts: Facts | None, baseline: Row | None, candidate: Row | None) -> str:
    blocks = []
    if facts:
        blocks += [
            ("Names lost", _words("deleted", facts.names_lost)),
            ("Names added", _words("added", facts.names_added)),
            ("Numbers lost", _words("deleted", facts.numbers_lost)),
            ("Numbers added", _words("added", facts.numbers_added)),
        ]
    flags = [
        f'{esc(gates(row))} <span class="m">in the {side}</span>'
        for side, row in (("baseline", baseline), ("candidate", candidate))
        if row and row["gates"]
    ]
    blocks.append(("Gate flags", "<br>".join(flags) or '<span class="m">none</span>'))
    inner = html.join(f"<div><h4>{title}</h4><p>{words}</p></div>" for title, words in blocks)
    return f'<div class="ep-facts">{inner}</div>'


def _words(kind: str, words: Sequence[str]) -> str:
    if not words:
        return '<span class="m">none</span>'
    sign = "−" if kind == "deleted" else "+"
    shown = [f'<span class="ep-word"><i class="diff-{kind}">{sign}</i> {esc(word)}</span> ' for word in words]
    if len(words) <= NAMED:
        return html.join(shown)
    more = html.fold(f"{len(words) - NAMED} more", html.join(shown[NAMED:]))
    return html.join(shown[:NAMED]) + more
