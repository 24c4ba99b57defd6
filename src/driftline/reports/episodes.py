"""Episodes: what became of each between two runs, worst first, and one of them opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from driftline import queries
from driftline.metrics import Metric
from driftline.reports import episode, episode_rows, html
from driftline.reports.choice import Comparison
from driftline.reports.html import attr, esc

Row = dict[str, Any]
ONLY = {
    "": ("All", "found"),
    "regressed": ("Regressed", "regressed"),
    "improved": ("Improved", "improved"),
    "failed": ("Failed", "failed"),
    "gates": ("Gate flags", "gates"),
    "unpaired": ("Unpaired", "unpaired"),
}


@dataclass(frozen=True)
class Asked:
    """What the URL says of this page: the filter, words to find, page of the list, the open episode and its view."""

    only: str = ""
    search: str = ""
    page: int = 1
    episode: str = ""
    view: str = "diff"

    @classmethod
    def from_text(cls, only: str, search: str, at: str, episode_id: str, view: str) -> Asked:
        """Reads what a person may have typed; what makes no sense is the default."""
        return cls(
            only if only in queries.EPISODE_FILTERS else "",
            search.replace("\0", ""),
            int(at) if at.isascii() and at.isdigit() and 0 < len(at) < 10 and int(at) > 0 else 1,
            episode_id.replace("\0", ""),
            view if view in episode.VIEWS else "diff",
        )


@dataclass(frozen=True)
class Listed:
    """One page of the list and what its filters count. `opened` is the open episode, None where there is none."""

    asked: Asked
    counts: Row
    counts_sql: str
    table: queries.Table
    opened: str | None

    @property
    def total(self) -> int:
        """The episodes that the filter keeps."""
        return int(self.counts[ONLY[self.asked.only][1]])


def read(connection: queries.Connection, comparison: Comparison, asked: Asked) -> Listed:
    """The page that holds the open episode, else the page asked for, at most the last one."""
    counts = queries.episode_counts(connection, comparison.baseline, comparison.focus, asked.search)
    found = counts.rows[0][ONLY[asked.only][1]]
    page = max(1, min(asked.page, -(-found // queries.PAGE)))
    table = queries.listed_episodes(
        connection,
        comparison.baseline,
        comparison.focus,
        only=asked.only,
        search=asked.search,
        page=page,
        episode=asked.episode,
    )
    opened = asked.episode or (table.rows[0]["episode_id"] if table.rows else None)
    return Listed(asked, counts.rows[0], counts.sql, table, opened)


def render(connection: queries.Connection, comparison: Comparison, candidates: tuple[str, ...], listed: Listed) -> str:
    """The list beside the open episode, as HTML; `candidates` in the order of their tabs."""
    registry = queries.registry(connection)
    if not listed.counts["all_episodes"]:
        nothing = html.empty("Neither run has a predictions.jsonl that can be read.", "driftline check")
        return f'<h1 class="ep-h">No episodes to compare</h1>{nothing}{html.show_sql(listed.counts_sql)}'
    opened = _opened(connection, comparison, listed)
    right = episode.render(connection, comparison, candidates, opened) if opened else ""
    left = _list(comparison, listed, registry)
    return f'<div class="eps"><section class="ep-list">{left}</section><section>{right}</section></div>'


def _opened(connection: queries.Connection, comparison: Comparison, listed: Listed) -> episode.Opened | None:
    if listed.opened is None:
        return None
    view, name = listed.asked.view, listed.opened
    row = next((row for row in listed.table.rows if row["episode_id"] == name), None)
    if row is not None:
        place = f"{row['place']} of {listed.total}"
        return episode.Opened(name, row, view, place, row["previous"], row["next"])
    # The filter leaves it out; it stays open, and the next one is the first of the list.
    everywhere = queries.listed_episodes(
        connection, comparison.baseline, comparison.focus, only="", search="", page=1, episode=name
    )
    row = next((row for row in everywhere.rows if row["episode_id"] == name), None)
    following = listed.table.rows[0]["episode_id"] if listed.table.rows else None
    return episode.Opened(name, row, view, "not in this list", None, following)


def title(counts: Row) -> str:
    """What happened to the pairs, in one line; plain text."""
    by_score = counts["by_rougeL_f1"] >= counts["by_output_tokens"]
    metric, words = ("rougeL_f1", "ROUGE-L") if by_score else ("output_tokens", "output tokens")
    pairs, lost, gained = counts[f"by_{metric}"], counts[f"lost_{metric}"], counts[f"gained_{metric}"]
    regressed, improved = counts[f"regressed_{metric}"], counts[f"improved_{metric}"]
    if not pairs:
        said = "No two texts to compare"
    elif not lost and not gained:
        said = f"{words[0].upper()}{words[1:]}: no change in {pairs} pair{'s' if pairs > 1 else ''}"
    elif lost >= gained:
        said = f"{lost} of {pairs} pairs lost {words}{_past(regressed, lost)}"
        said += f"; {improved} improved" if improved else ""
    else:
        said = f"{gained} of {pairs} pairs gained {words}{_past(improved, gained)}"
        said += f"; {regressed} regressed" if regressed else ""
    failed = counts["all_failed"]
    return said + (f"; {'one episode' if failed == 1 else f'{failed} episodes'} failed" if failed else "")


def _past(number: int, of: int) -> str:
    return f", {'all' if number == of > 1 else number} past the warn level" if number else ""


def _list(comparison: Comparison, listed: Listed, registry: dict[str, Metric]) -> str:
    asked = listed.asked
    filters = []
    for only, (label, counted) in ONLY.items():
        current = 'aria-current="true"' if only == asked.only else ""
        target = comparison.query(only=only, at="", episode="")
        filters.append(html.link(target, f"{label} {listed.counts[counted]}", current))
    search = (
        f'<input type="search" data-param="q" value="{attr(asked.search)}" placeholder="Search ids and texts" '
        'aria-label="Search ids and texts">'
    )
    return (
        f'<h1 class="ep-h">{esc(title(listed.counts))}</h1>'
        f'<div class="ep-only"><nav aria-label="Filter">{html.join(filters)}</nav>'
        f"{html.show_sql(listed.counts_sql)}</div>"
        f"{search}{episode_rows.table(comparison, listed.table.rows, registry, listed.counts, listed.opened)}"
        f'<div class="hd">{_pages(comparison, listed)}{html.show_sql(listed.table.sql)}</div>'
    )


def _pages(comparison: Comparison, listed: Listed) -> str:
    rows = listed.table.rows
    if not rows:
        return '<span class="cap">No episode is left.</span>'
    first, last = rows[0]["place"], rows[-1]["place"]
    page = (first - 1) // queries.PAGE + 1
    steps = ""
    if page > 1:
        steps += " · " + html.link(comparison.query(at=str(page - 1), episode=""), "previous")
    if last < listed.total:
        steps += " · " + html.link(comparison.query(at=str(page + 1), episode=""), "next")
    return f'<span class="cap">{first}–{last} of {listed.total}{steps}</span>'
