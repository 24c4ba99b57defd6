"""Rows of episodes, worst first: what became of each between two runs. Home lists some, Episodes all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline.metrics import Metric
from driftline.reports import html
from driftline.reports.choice import Comparison
from driftline.reports.html import esc

Row = dict[str, Any]
Registry = dict[str, Metric]
BAR = 52
DELTA_HEAD = {"rougeL_f1": "Δ ROUGE-L", "output_tokens": "Δ tokens", "": "Δ ROUGE-L or tokens"}
GATES = {"speaker_label_leak": "speaker label", "boilerplate_leak": "boilerplate"}


def table(
    comparison: Comparison,
    rows: Sequence[Row],
    registry: Registry,
    counts: Row | None = None,
    opened: str | None = None,
) -> str:
    """Each row opens its episode. With the `counts` of all that is listed a bar shows the size of each change."""
    kinds = {row["judged_by"] for row in rows} & set(DELTA_HEAD)
    if counts:
        kinds = {name for name in DELTA_HEAD if name and counts[f"by_{name}"]}
    head = DELTA_HEAD[kinds.pop() if len(kinds) == 1 else ""]
    body = html.join(_row(comparison, row, registry, counts, opened) for row in rows)
    return (
        f'<table class="ep-rows{"" if counts else " bare"}"><thead><tr><th scope="col">Episode</th>'
        f'<th scope="col" class="n">{head}</th>{"<th aria-hidden=true></th>" if counts else ""}'
        f'<th scope="col" class="n">Tokens</th></tr></thead><tbody>{body}</tbody></table>'
    )


def link(comparison: Comparison, episode: str, attributes: str = "") -> str:
    """The name of an episode, which opens it."""
    return html.link(comparison.query(page="episodes", episode=episode, at=""), esc(episode), attributes)


def gates(row: Row | None) -> str:
    """The gates that an episode did not pass, in words; plain text."""
    return ", ".join(GATES.get(gate, gate) for gate in row["gates"]) if row else ""


def _row(comparison: Comparison, row: Row, registry: Registry, counts: Row | None, opened: str | None) -> str:
    name = row["episode_id"]
    is_open, is_failed = name == opened, row["change"] == "failed"
    named = link(comparison, name, 'aria-current="true"' if is_open else "")
    css = " ".join(word for word, holds in (("on", is_open), ("failed", is_failed)) if holds)
    if is_failed:
        error = esc((row["error"] or "no error text")[:200])
        cells = f'<td class="id" colspan="{4 if counts else 3}">{named} failed · {error}</td>'
    else:
        tokens = registry["output_tokens"]
        pair = f"{tokens.shown(row['baseline_tokens'])} → {tokens.shown(row['candidate_tokens'])}"
        flags = f'<br><span class="m">{esc(gates(row))}</span>' if row["gates"] else ""
        cells = f'<td class="id">{named}{flags}</td>{_moved(row, counts, registry)}<td class="n">{esc(pair)}</td>'
    return f'<tr class="{css}" data-ep="{esc(name)}">{cells}</tr>'


def _moved(row: Row, counts: Row | None, registry: Registry) -> str:
    """The change in the metric that judges the episode, and its bar; or what stands in their place."""
    is_past = row["change"] in ("regressed", "improved")
    if row["judged_by"] == "rougeL_f1":
        size = row["rougeL_f1_delta"]
        shown = html.change(size, registry["rougeL_f1"].shown_delta(size), is_past)
    elif row["judged_by"] == "output_tokens":
        delta, size = row["tokens_delta"], row["tokens_delta_pct"]
        shown = html.change(delta, registry["output_tokens"].shown_change(delta, size), is_past)
    else:
        return f'<td colspan="{2 if counts else 1}" class="m">{esc(_instead(row))}</td>'
    largest = {"rougeL_f1": "largest_rougeL_f1_delta", "output_tokens": "largest_tokens_delta_pct"}[row["judged_by"]]
    bar = f"<td>{_bar(size, counts[largest], is_past)}</td>" if counts else ""
    return f'<td class="n">{shown}</td>{bar}'


def _bar(size: float | None, largest: float | None, is_past: bool) -> str:
    if not size or not largest:
        return ""
    css = " ".join(word for word, holds in (("past", is_past), ("gain", size > 0)) if holds)
    return f'<span class="ep-bar {css}" style="width:{max(2, BAR * abs(size) / largest):.0f}px"></span>'


def _instead(row: Row) -> str:
    if row["judged_by"] != "status":
        return str(row["change"])
    return f"was {_said(row['baseline_status'])}, now {_said(row['status'])}"


def _said(status: str) -> str:
    return {"ok": "a text", "empty": "no text"}.get(status, status)
