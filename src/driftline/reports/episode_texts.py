"""What runs wrote for one episode, side by side: text, bullets or JSON, with the differences marked; references too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from driftline import queries
from driftline.reports import diff, html
from driftline.reports.choice import Comparison
from driftline.reports.html import esc
from driftline.texts.bullets import bullets
from driftline.texts.diff import Piece, word_diff

Row = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What one run has of an episode. `text` is what is compared: of bullets the lines, first `titles`."""

    kind: Literal["text", "bullets", "json", "nothing"]
    text: str = ""
    titles: int = 0


def written(row: Row | None) -> Written:
    """What can be shown of an episode of one run."""
    if row is None or row["status"] == "failed" or (row["text"] is None and row["structured"] is None):
        return Written("nothing")
    if row["structured"] is not None:
        return Written("json", _formatted(row["structured"]))
    found = bullets(row["text"])
    if found is None:
        return Written("text", row["text"])
    lines = [" ".join(line.split()) for line in (*found.beside, *found.items)]
    return Written("bullets", "\n".join(lines), len(found.beside))


def _formatted(structured: str) -> str:
    try:
        return json.dumps(json.loads(structured), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return structured


def columns(comparison: Comparison, rows: dict[str, Row], baseline: Written, candidate: Written, view: str) -> str:
    is_diff = view == "diff" and "nothing" not in (baseline.kind, candidate.kind)
    marked = _marked(baseline, candidate) if is_diff else (_plain(baseline), _plain(candidate))
    sides = []
    for dot, run, side, content in (
        ("b", comparison.baseline, baseline, marked[0]),
        ("f", comparison.focus, candidate, marked[1]),
    ):
        row = rows.get(run)
        name = "Baseline" if dot == "b" else esc(comparison.labels.get(run, run))
        sides.append(
            f'<article><h4><span class="dot-{dot}"></span>{name} <span class="m">{_size(row)}</span></h4>'
            f"{_trouble(row)}{content}{_as_written(side, row)}</article>"
        )
    return f'<div class="diff">{html.join(sides)}</div>' + (diff.key() if is_diff else "")


def _size(row: Row | None) -> str:
    if row is None or row["characters"] is None:
        return "structured output" if row and row["structured"] is not None else ""
    literal = ", &lt;n&gt; is in the text" if "<n>" in row["text"] else ""
    return f"{row['characters']:,} characters{literal}"


def _trouble(row: Row | None) -> str:
    if row is None:
        return '<p class="m">This run does not have the episode.</p>'
    if row["status"] == "failed":
        error = row["error"] or "no error text; metrics.json lists it as failed"
        return f'<p class="w diff-text">failed · {esc(error)}</p>'
    if row["text"] is None and row["structured"] is None:
        return '<p class="m">No text.</p>'
    return ""


def _plain(side: Written) -> str:
    return _shaped(side, (Piece("same", side.text, side.text),), 0)


@lru_cache(maxsize=32)
def _marked(baseline: Written, candidate: Written) -> tuple[str, str]:
    """Both texts with their differences marked; bullets stay bullets. Kept for the next look at the episode."""
    pieces = word_diff(baseline.text, candidate.text)
    return _shaped(baseline, pieces, 0), _shaped(candidate, pieces, 1)


def _shaped(side: Written, pieces: Sequence[Piece], at: int) -> str:
    """The pieces of one side (0 baseline, 1 candidate) as paragraphs, bullets or formatted JSON."""
    if side.kind == "bullets":
        lines = [diff.render(line)[at] for line in by_line(pieces, at)]
        titles, items = lines[: side.titles], html.join(f"<li>{line}</li>" for line in lines[side.titles :])
        return f'<div class="ep-title">{html.join(titles)}</div><ul class="ep-bullets">{items}</ul>'
    text = diff.render(pieces)[at]
    return f'<div class="ep-json">{text}</div>' if side.kind == "json" else text


def _as_written(side: Written, row: Row | None) -> str:
    if side.kind != "bullets" or row is None:
        return ""
    return html.fold("as written", f'<pre tabindex="0">{esc(row["text"])}</pre>')


def by_line(pieces: Sequence[Piece], side: int) -> list[list[Piece]]:
    """The pieces cut where the text of one side (0 baseline, 1 candidate) begins a line."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        for number, part in enumerate(piece[1 + side].split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append(piece._replace(baseline=part) if side == 0 else piece._replace(candidate=part))
    return lines


def references(table: queries.Table, scored: str | None) -> str:
    """What the references say of the episode, the one behind the scores first."""
    if not table.rows:
        return html.empty("Neither run was scored against a reference.")
    parts = []
    for row in sorted(table.rows, key=lambda row: (row["reference"] != scored, row["reference"])):
        side = written({**row, "status": "ok"})
        text = _plain(side) if side.kind != "nothing" else f'<p class="m">{_no_reference(row)}</p>'
        name = f'Reference {esc(row["reference"])} <span class="m">{esc(row["run"])}</span>'
        parts.append(f"<article><h4>{name}</h4>{text}</article>")
    statement = f'<div class="hd"><span></span>{html.show_sql(table.sql)}</div>'
    return f'<div class="diff ep-ref">{html.join(parts)}</div>{statement}'


def _no_reference(row: Row) -> str:
    return "No text of this episode." if row["run"] else "Its texts are not in this root."
