"""Files of other benchmark tools for the tests of their import: real ones, and real ones that were changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from driftline.artifacts.foreign import read_foreign
from driftline.errors import Problems

FILES = Path(__file__).parent / "foreign"


def imported(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of a file and its problems as `severity: problem`."""
    problems = Problems()
    records = read_foreign(path, problems)
    # What is imported is written as strict JSON in UTF-8.
    json.dumps(records, allow_nan=False, ensure_ascii=False).encode()
    return records, [f"{problem.severity}: {problem.problem}" for problem in problems]


def metrics_of(path: Path) -> dict[str, float | None]:
    """The metrics of the one record of a file."""
    ((record,), _) = imported(path)
    metrics: dict[str, float | None] = record["metrics"]
    return metrics


def real(name: str) -> Any:
    """What a tool wrote."""
    return json.loads((FILES / name).read_text())


def written(folder: Path, content: Any) -> Path:
    """A file with the content as JSON."""
    path = folder / "written"
    path.write_text(json.dumps(content))
    return path


def changed(folder: Path, name: str, change: Callable[[Any], object]) -> Path:
    """A file that a tool wrote, after a change."""
    content = real(name)
    change(content)
    return written(folder, content)
