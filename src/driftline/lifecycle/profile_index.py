"""Keeps the table of references and archived profiles in `profiles/README.md`; all else in it stays byte for byte."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from driftline.artifacts.reading import file_bytes
from driftline.artifacts.values import moment, text
from driftline.artifacts.yaml_text import Document, load_mapping
from driftline.errors import Problems
from driftline.files import write_atomically
from driftline.lifecycle.profile_places import ARCHIVE, FOLDER, REFERENCES, Place, is_archived, places
from driftline.reports.tables import as_markdown

BEGIN, END = "<!-- driftline:profiles -->", "<!-- /driftline:profiles -->"
COLUMNS = ("id", "release", "date", "dataset", "host", "promoted at", "reason", "archived")
HEADING = "Promoted and archived profiles"
# Alone on its line: what only mentions a marker is none.
_MARK = re.compile(rf"^(?:{re.escape(BEGIN)}|{re.escape(END)})(?=[ \t\r]*$)", re.MULTILINE)


def index_of(root: Path) -> Path:
    """The file that has the table."""
    return root / FOLDER / "README.md"


def write_index(root: Path) -> list[str]:
    """Brings the table up to date and returns what is to be said of it: nothing where it was already.

    A README that cannot be changed is left as it is, and that is said: the profiles themselves are what counts.
    """
    path = index_of(root)
    try:
        before = file_bytes(path).decode(errors="surrogateescape") if os.path.lexists(path) else None
        after = with_index(before, rows(root))
        if after is None:
            return [f"warning: {path} has no single pair of {BEGIN} and {END}, each on a line: not changed"]
        if after == before:
            return []
        write_atomically(path, after)
    except OSError as error:
        return [f"warning: the index in {path} is not up to date: {error.strerror}"]
    return [f"wrote {path}"]


def with_index(content: str | None, table_rows: Sequence[Sequence[str]]) -> str | None:
    """The README with the table between its markers, which are added where there are none; None where they cannot be
    told: one alone, several, or in the wrong order."""
    before = "# Profiles\n" if content is None else content
    end = "\r\n" if "\r\n" in before else "\n"
    table = as_markdown(COLUMNS, table_rows).replace("\n", end)
    marks = list(_MARK.finditer(before))
    if not marks:
        title = "" if content is None else f"## {HEADING}{end}{end}"
        joint = "" if not before else end if before.endswith("\n") else end + end
        return f"{before}{joint}{title}{BEGIN}{end}{table}{end}{END}{end}"
    if [mark[0] for mark in marks] != [BEGIN, END]:
        return None
    return f"{before[: marks[0].end()]}{end}{table}{end}{before[marks[1].start() :]}"


def rows(root: Path) -> list[tuple[str, ...]]:
    """A row for each reference and each archived profile, in order of their dates."""
    found = []
    for key, place in places(root).items():
        if is_archived(key) or key.startswith(f"{REFERENCES}/"):
            document = _document(place)
            if document is None or "release" in document.content:
                found.append(_row(key, document))
    return [row for _, row in sorted(found)]


def _document(place: Place) -> Document | None:
    try:
        return load_mapping(file_bytes(place.path), Problems())
    except OSError:
        return None


def _row(key: str, document: Document | None) -> tuple[tuple[str, str], tuple[str, ...]]:
    """What the row is ordered by, and its cells in the order of COLUMNS; what is not stated is empty."""
    own = key.removeprefix(f"{ARCHIVE}/").removeprefix(f"{REFERENCES}/")
    if document is None:
        return ("", own), (own, "cannot be read", "", "", "", "", "", "")
    content, written = document.content, document.written
    environment, promoted, archived = (_mapping(content, name) for name in ("environment", "promoted", "archived"))
    away = ": ".join(filter(None, (text(archived.get("at")), text(archived.get("reason")))))
    cells = (
        promoted.get("promoted_id") or own,
        written.get("release"),
        written.get("date"),
        written.get("dataset_id"),
        environment.get("hostname"),
        promoted.get("promoted_at"),
        promoted.get("reason"),
        away or ("yes" if is_archived(key) else ""),
    )
    return (moment(content.get("date")) or "", own), tuple(text(cell) or "" for cell in cells)


def _mapping(content: dict[Any, Any], name: str) -> dict[Any, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}
